//! What a peer may use at once. Source: wire protocol, "Limits and budgets".

use super::frames::ask;
use super::service::{LARGE, LARGE_STREAM, Odd};
use super::{HANG, OK, Wire};
use crate::garbage::{framed, head, header, message};
use crate::support::{Pair, text};
use aster_runtime::{Code, Limits, compress};
use std::time::Duration;

const RESOURCE_EXHAUSTED: u64 = 8;

#[test]
fn the_defaults_are_those_of_the_specification() {
    let limits = Limits::default();
    let seconds = Duration::from_secs;
    assert_eq!(
        (limits.frame, limits.streams, limits.sessions, limits.queue),
        (16 << 20, 1024, 1024, 256)
    );
    assert_eq!((limits.calls_per_peer, limits.calls), (256, 4096));
    assert_eq!(
        (limits.bytes_per_peer, limits.bytes, limits.bytes_wait),
        (32 << 20, 512 << 20, seconds(10))
    );
    assert_eq!(
        (limits.header_time, limits.request_time),
        (seconds(10), seconds(30))
    );
    assert_eq!((limits.unary_time, limits.silence), (seconds(300), seconds(3)));
}

#[tokio::test]
async fn streams_beyond_the_limit_of_a_connection_wait() {
    let pair = Pair::with(|limits| limits.streams = 2).await;
    let connection = pair.raw().await;
    let first = Wire::call(&connection, &head(&header("chat"))).await;
    let _second = Wire::call(&connection, &head(&header("chat"))).await;
    let third = tokio::time::timeout(Duration::from_millis(100), connection.open_bi()).await;
    assert!(third.is_err(), "the peer holds it back");
    drop(first);
    let third = tokio::time::timeout(HANG, connection.open_bi()).await;
    third.expect("a place is free").unwrap();
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}

#[tokio::test]
async fn a_unary_call_takes_its_slot_when_its_request_is_complete() {
    let pair = Pair::with(|limits| limits.calls_per_peer = 1).await;
    let connection = pair.raw().await;
    let mut slow = Vec::new();
    for _ in 0..5 {
        slow.push(Wire::call(&connection, &head(&header("echo"))).await);
    }
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"), "they hold none");
    for wire in &mut slow {
        wire.write(&framed(0x40, &message("y"))).await;
        assert_eq!(wire.answer().await.trailer.code, OK);
    }
    // a stream takes its slot with its header
    let mut chat = Wire::call(&connection, &head(&header("chat"))).await;
    chat.write(&framed(0, &message("a"))).await;
    assert!(chat.frame().await.unwrap().is_some());
    let answer = ask(
        &connection,
        &[head(&header("echo")), framed(0x40, &message("x"))].concat(),
    )
    .await;
    assert_eq!(answer.trailer.code, RESOURCE_EXHAUSTED);
    assert_eq!(pair.server_node.stats().over_limit, 1);
    pair.close().await;
}

#[tokio::test]
async fn a_large_frame_begins_only_with_budget_and_waits_for_it_no_longer_than_told() {
    let pair = Pair::with(|limits| {
        limits.bytes_per_peer = 200_000;
        limits.bytes_wait = Duration::from_millis(100);
    })
    .await;
    let connection = pair.raw().await;
    let large = message(&"x".repeat(150_000));
    let request = [head(&header("echo")), framed(0x40, &large)].concat();
    // the first is left in the middle, and keeps its share
    let mut first = Wire::call(&connection, &request[..100_000]).await;
    let second = ask(&connection, &request).await;
    assert_eq!(
        second.trailer.code, RESOURCE_EXHAUSTED,
        "{}",
        second.trailer.message
    );
    let packed = compress::compress(&large).unwrap();
    let third = ask(
        &connection,
        &[head(&header("echo")), framed(0x41, &packed)].concat(),
    )
    .await;
    assert_eq!(
        third.trailer.code, RESOURCE_EXHAUSTED,
        "also what is unpacked: {}",
        third.trailer.message
    );
    assert_eq!(pair.server_node.stats().over_limit, 2);
    // 64 KiB need no share
    let small = message(&"x".repeat(60_000));
    let answer = ask(
        &connection,
        &[head(&header("echo")), framed(0x40, &small)].concat(),
    )
    .await;
    assert_eq!(answer.trailer.code, OK);
    first.write(&request[100_000..]).await;
    assert_eq!(first.answer().await.trailer.code, OK);
    assert_eq!(
        ask(&connection, &request).await.trailer.code,
        OK,
        "the share is given back"
    );
    pair.close().await;
}

#[tokio::test]
async fn a_share_is_given_back_when_the_next_message_is_asked_for() {
    let pair = Pair::with(|limits| {
        limits.bytes_per_peer = 200_000;
        limits.bytes_wait = Duration::from_millis(100);
    })
    .await;
    let connection = pair.raw().await;
    let large = message(&"x".repeat(150_000));
    // `collect` asks for the next message at once: the share of the last is free then
    let requests = [framed(0, &large), framed(0, &large), framed(0, &large)].concat();
    let answer = ask(&connection, &[head(&header("collect")), requests].concat()).await;
    assert_eq!(answer.trailer.code, OK, "{}", answer.trailer.message);
    pair.close().await;
}

#[tokio::test]
async fn a_handler_cannot_send_more_than_a_frame_may_hold() {
    let odd = Odd::with(|limits| limits.frame = 10_000, |node| node, |server| server).await;
    let status = odd.unary(LARGE, "20000").await.unwrap_err();
    assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED, "{status}");
    let mut items = odd.server_stream(LARGE_STREAM, "20000").into_future();
    let status = match (&mut items).await {
        Ok(mut items) => items.message().await.unwrap_err(),
        Err(status) => status,
    };
    assert_eq!(status.code(), Code::RESOURCE_EXHAUSTED, "{status}");
    assert_eq!(odd.unary(LARGE, "9000").await.unwrap().len(), 9000);
    odd.close().await;
}
