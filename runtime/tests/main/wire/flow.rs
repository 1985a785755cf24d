//! Back-pressure from end to end: what nobody reads stops who sends it. Source: wire protocol, "Limits and budgets".

use super::service::{IGNORE, LINGER, Odd};
use super::{HANG, Wire};
use crate::garbage::{framed, head, header, message};
use crate::support::{PROBE, Pair, ProbeClient, at_rest, by_hand, text};
use aster_runtime::codegen::v1;
use aster_runtime::{Client, Node};
use futures_util::{StreamExt as _, stream};
use iroh::endpoint::ConnectionError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A stream window, the room of a handler, and what is under way: one item has 1,000 bytes.
const MOST: usize = 3_000;

#[tokio::test]
async fn a_stream_of_responses_that_nobody_reads_stops_its_handler() {
    let odd = Odd::new().await;
    // its items do not pass through the handler: also a task that it left is stopped
    let mut items = odd.server_stream(LINGER, "").await.unwrap();
    let produced = at_rest(&odd.taken).await;
    assert!(produced < MOST, "{produced}");
    assert_eq!(odd.pair.probe.echo("beside").await.unwrap(), text("beside"));
    for _ in 0..produced {
        assert!(items.message().await.unwrap().is_some());
    }
    assert!(at_rest(&odd.taken).await > produced, "reading lets it go on");
    odd.close().await;
}

#[tokio::test]
async fn requests_that_no_handler_reads_stop_their_sender() {
    let odd = Odd::new().await;
    let (mut send, receive) = odd.bidi(IGNORE).await.unwrap();
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let sending = tokio::spawn(async move {
        while send.send("y".repeat(1000)).await.is_ok() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let sent = at_rest(&sent).await;
    assert!(sent < MOST, "{sent}");
    assert_eq!(odd.pair.probe.echo("beside").await.unwrap(), text("beside"));
    // the call ends, and with it who waits for room
    drop(receive);
    tokio::time::timeout(HANG, sending)
        .await
        .expect("the sender waits for ever")
        .unwrap();
    odd.close().await;
}

#[tokio::test]
async fn an_upload_that_no_handler_reads_stops_its_source() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let items = stream::repeat("y".repeat(1000)).inspect(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let odd = Odd::new().await;
    let upload = odd.stub.client_stream(
        super::service::SOON_UPLOAD,
        items,
        text,
        |crate::support::Text(out)| out,
    );
    // its `@timeout` ends it, after the source has come to rest or not at all
    upload.await.unwrap_err();
    let taken = taken.load(Ordering::SeqCst);
    assert!(0 < taken && taken < MOST, "{taken}");
    odd.close().await;
}

#[tokio::test]
async fn a_hundred_streams_that_nobody_reads_hold_up_no_other_call() {
    let odd = Odd::new().await;
    let mut unread = Vec::new();
    for _ in 0..100 {
        let call = odd.server_stream(LINGER, "").into_future();
        unread.push(tokio::time::timeout(HANG, call).await.expect("no place").unwrap());
    }
    // each has filled its window
    assert!(at_rest(&odd.taken).await > 64_000);
    for _ in 0..20 {
        let echo = tokio::time::timeout(HANG, odd.pair.probe.echo("x").into_future()).await;
        assert_eq!(echo.expect("held up").unwrap(), text("x"));
    }
    drop(unread);
    odd.close().await;
}

#[tokio::test]
async fn the_sixty_fifth_streaming_call_opens_another_connection() {
    let node = Node::dev().spawn().await.unwrap();
    let mut calls = by_hand(&node);
    let client_node = Node::dev().spawn().await.unwrap();
    let client = Client::connect(&client_node, node.address()).await.unwrap();
    let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
    let first = calls.recv().await.unwrap();
    let mut chats = Vec::new();
    for _ in 0..64 {
        chats.push(probe.chat().await.unwrap());
        Wire::accept(&first).await;
    }
    for _ in 0..2 {
        chats.push(probe.chat().await.unwrap());
    }
    let second = tokio::time::timeout(HANG, calls.recv()).await.unwrap().unwrap();
    for _ in 0..2 {
        Wire::accept(&second).await;
    }
    let echo = tokio::spawn(probe.echo("x").into_future());
    Wire::accept(&first).await;
    echo.abort();
    // a place is free again where one ends; a connection without any is closed
    chats.truncate(63);
    let closed = tokio::time::timeout(HANG, second.closed()).await.unwrap();
    assert!(matches!(closed, ConnectionError::ApplicationClosed(close) if close.error_code == 0u32.into()));
    chats.push(probe.chat().await.unwrap());
    Wire::accept(&first).await;
    client_node.close().await;
    node.close().await;
}

#[tokio::test]
async fn a_peer_that_leaves_its_uploads_open_holds_up_nobody() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let mut open = Vec::new();
    for _ in 0..200 {
        let bytes = [head(&header("collect")), framed(0, &message("a"))].concat();
        open.push(Wire::call(&connection, &bytes).await);
    }
    let echo = tokio::time::timeout(HANG, pair.probe.echo("x").into_future()).await;
    assert_eq!(echo.unwrap().unwrap(), text("x"));
    pair.close().await;
}
