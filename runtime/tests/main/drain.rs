//! Servers that go: their peers finish what runs, lose nothing, and go elsewhere.

use crate::support::{PROBE, Pair, ProbeClient, ProbeServer, Text, text};
use aster_runtime::{Code, Server, Status};
use futures_util::future::join_all;
use iroh::endpoint::ConnectionError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Longer than any test may take.
const NEVER: Duration = Duration::from_secs(600);

#[tokio::test]
async fn calls_in_flight_end_as_they_would_have() {
    let pair = Pair::new().await;
    let chats = (0..200).map(|_| {
        let chat = pair
            .probe
            .0
            .bidi_stream(7, |item: String| text(item), |Text(item)| item);
        async move {
            let (mut send, mut receive) = chat.await.unwrap();
            send.send("a".to_owned()).await.unwrap();
            assert_eq!(receive.message().await.unwrap().unwrap(), "<a>");
            (send, receive)
        }
    });
    let chats = join_all(chats).await;
    let server = pair.server.clone();
    let shutdown = tokio::spawn(async move { server.shutdown(NEVER).await });
    // the server is told to drain before the next answers are read: some go on while it does
    let rest = chats.into_iter().map(|(mut send, mut receive)| async move {
        for number in 0..20 {
            send.send(number.to_string()).await.unwrap();
            assert_eq!(receive.message().await.unwrap().unwrap(), format!("<{number}>"));
        }
        send.finish();
        assert_eq!(receive.message().await.unwrap(), None);
        // an ended stream does not hold its connection
        receive
    });
    let ended = join_all(rest).await;
    shutdown.await.unwrap();
    assert_eq!(ended.len(), 200);
    pair.close().await;
}

#[tokio::test]
async fn a_call_that_runs_holds_the_drain_until_it_ends() {
    let pair = Pair::new().await;
    let (mut send, mut receive) = pair
        .probe
        .0
        .bidi_stream(7, |item: String| text(item), |Text(item)| item)
        .await
        .unwrap();
    send.send("a".to_owned()).await.unwrap();
    assert_eq!(receive.message().await.unwrap().unwrap(), "<a>");
    let server = pair.server.clone();
    let shutdown = tokio::spawn(async move { server.shutdown(NEVER).await });
    pair.serving.await.unwrap();
    for _ in 0..50 {
        send.send("b".to_owned()).await.unwrap();
        assert_eq!(receive.message().await.unwrap().unwrap(), "<b>");
    }
    assert!(!shutdown.is_finished());
    send.finish();
    assert_eq!(receive.message().await.unwrap(), None);
    shutdown.await.unwrap();
    pair.client_node.close().await;
    pair.server_node.close().await;
}

#[tokio::test]
async fn an_idle_client_goes_at_once() {
    let pair = Pair::new().await;
    pair.server.shutdown(NEVER).await;
    pair.close().await;
}

async fn chat(probe: &ProbeClient, request: String) -> Result<Text, Status> {
    let chat = probe.0.bidi_stream(7, |item: String| text(item), |out: Text| out);
    let (mut sender, mut replies) = chat.await?;
    sender.send(request).await?;
    sender.finish();
    let reply = replies.message().await?.unwrap();
    assert_eq!(replies.message().await?, None);
    Ok(reply)
}

async fn upload(probe: &ProbeClient, request: String) -> Result<Text, Status> {
    let requests = futures_util::stream::iter([request]);
    probe.0.client_stream(6, requests, text, |out: Text| out).await
}

#[tokio::test]
async fn no_call_is_lost_when_one_server_takes_over_from_another() {
    let pair = Pair::new().await;
    let (done, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let change = Arc::new(Notify::new());
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let (probe, done, stop) = (pair.probe.clone(), Arc::clone(&done), Arc::clone(&stop));
            let change = Arc::clone(&change);
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let number = done.fetch_add(1, Ordering::SeqCst);
                    // no method is idempotent: only what was refused is made again
                    let reply = match number % 4 {
                        0 => chat(&probe, number.to_string()).await,
                        1 => upload(&probe, number.to_string()).await,
                        _ => probe.echo(&number.to_string()).await,
                    };
                    let expected = match number % 4 {
                        0 => format!("<{number}>"),
                        _ => number.to_string(),
                    };
                    assert_eq!(reply, Ok(text(expected)));
                    change.notify_one();
                }
            })
        })
        .collect();
    let more = async |count: usize| {
        let until = done.load(Ordering::SeqCst) + count;
        while done.load(Ordering::SeqCst) < until && !callers.iter().any(tokio::task::JoinHandle::is_finished)
        {
            change.notified().await;
        }
    };
    let mut server = pair.server.clone();
    let mut serving = pair.serving;
    for _ in 0..3 {
        more(1000).await;
        let old = server.clone();
        let shutdown = tokio::spawn(async move { old.shutdown(NEVER).await });
        serving.await.unwrap();
        let service = ProbeServer {
            info: &PROBE,
            seen: Arc::default(),
        };
        server = Server::builder(&pair.server_node).add(service).build().unwrap();
        let next = server.clone();
        serving = tokio::spawn(async move { next.serve().await.unwrap() });
        shutdown.await.unwrap();
    }
    more(1000).await;
    stop.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    pair.client_node.close().await;
    pair.server_node.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_peer_that_does_not_go_is_told_again_refused_and_closed_at_the_deadline() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    let server = pair.server.clone();
    let shutdown = tokio::spawn(async move { server.shutdown(Duration::from_secs(2)).await });
    for _ in 0..2 {
        assert_eq!(&connection.read_datagram().await.unwrap()[..], [3]);
    }
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    send.write_all(b"x").await.unwrap();
    let refused = receive.read_to_end(1).await.unwrap_err();
    assert!(refused.to_string().contains('2'), "{refused}");
    assert_eq!(send.stopped().await.unwrap(), Some(2u32.into()));
    match connection.closed().await {
        ConnectionError::ApplicationClosed(close) => assert_eq!(close.error_code, 0u32.into()),
        other => panic!("{other}"),
    }
    shutdown.await.unwrap();
    pair.close().await;
}

#[tokio::test]
async fn without_another_server_the_next_call_waits_for_its_deadline() {
    let pair = Pair::new().await;
    pair.server.shutdown(NEVER).await;
    let call = pair.probe.echo("").deadline(Duration::from_millis(50));
    assert_eq!(call.await.unwrap_err().code(), Code::DEADLINE_EXCEEDED);
    pair.close().await;
}
