//! The codes that end streams and connections. Source: wire protocol, "Codes".

use super::{AtHand, HANG, ok};
use crate::garbage::{framed, head, header, message};
use crate::support::{Pair, text};
use aster_runtime::{Client, Code, Node, Server};
use iroh::endpoint::{ConnectOptions, Connection, ConnectionError, ZeroRttStatus};
use std::sync::atomic::Ordering;
use std::time::Duration;

async fn close_code(connection: &Connection) -> u64 {
    match tokio::time::timeout(HANG, connection.closed())
        .await
        .expect("the connection stays")
    {
        ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
        other => panic!("closed for another reason: {other}"),
    }
}

#[tokio::test]
async fn a_client_reports_a_reset_as_what_its_code_means() {
    let hand = AtHand::new().await;
    for (code, expected, says) in [
        (0u32, Code::UNAVAILABLE, "gave the call up"),
        (1, Code::UNAVAILABLE, "gave the call up"),
        (3, Code::INTERNAL, "broke the protocol"),
        (99, Code::UNAVAILABLE, "gave the call up"),
    ] {
        for begun in [false, true] {
            let (result, _wire) = tokio::join!(
                async { hand.probe.count(1).await?.message().await.map(drop) },
                async {
                    let mut wire = hand.accept().await;
                    wire.flags().await;
                    if begun {
                        wire.write(&framed(0x04, &super::response_header::<&str>(&[])))
                            .await;
                    }
                    wire.send.reset(code.into()).unwrap();
                    wire
                }
            );
            let status = result.unwrap_err();
            assert_eq!(status.code(), expected, "{code}: {status}");
            assert!(status.message().contains(says), "{code}: {status}");
        }
    }
    hand.close().await;
}

#[tokio::test]
async fn code_2_is_always_safe_to_repeat() {
    let hand = AtHand::new().await;
    // `echo` is not idempotent
    let (reply, ()) = tokio::join!(hand.probe.echo("x").into_future(), async {
        for attempt in 0..2 {
            let mut wire = hand.accept().await;
            if attempt == 0 {
                wire.send.reset(2u32.into()).unwrap();
                wire.receive.stop(2u32.into()).unwrap();
            } else {
                assert_eq!(wire.flags().await, [0x04, 0x40]);
                wire.write(&[framed(0, &message("y")), ok()].concat()).await;
                wire.finish();
            }
        }
    });
    assert_eq!(reply.unwrap(), text("y"));
    hand.close().await;
}

#[tokio::test]
async fn a_client_that_is_done_closes_with_0() {
    for explicit in [true, false] {
        let hand = AtHand::new().await;
        let AtHand {
            node,
            client_node,
            client,
            probe,
            connection,
        } = hand;
        if explicit {
            client.close();
        }
        drop((probe, client));
        assert_eq!(close_code(&connection).await, 0);
        client_node.close().await;
        node.close().await;
    }
}

#[tokio::test]
async fn a_peer_that_was_not_admitted_is_closed_with_403() {
    let pair = Pair::new().await;
    let stranger = Node::dev().spawn().await.unwrap();
    let connection = crate::support::raw(&stranger, &pair.server_node).await;
    assert_eq!(close_code(&connection).await, 403);
    stranger.close().await;
    pair.close().await;
}

#[tokio::test]
async fn an_admission_that_takes_too_long_is_closed_with_408() {
    let mut limits = aster_runtime::Limits::default();
    limits.admission_time = Duration::from_millis(100);
    let node = Node::dev().limits(limits).spawn().await.unwrap();
    let server = Server::builder(&node).build().unwrap();
    let serving = tokio::spawn(async move { server.serve().await });
    let client_node = Node::dev().spawn().await.unwrap();
    let address = node.address().endpoint_addr().clone();
    for begun in [false, true] {
        let endpoint = client_node.endpoint();
        let connection = endpoint
            .connect(address.clone(), b"aster.consumer_admission")
            .await
            .unwrap();
        let mut stream = connection.open_bi().await.unwrap();
        if begun {
            stream.0.write_all(b"{").await.unwrap();
        }
        assert_eq!(close_code(&connection).await, 408);
    }
    assert_eq!(node.stats().admission_failed, 2);
    client_node.close().await;
    node.close().await;
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_connection_beyond_the_queue_is_closed_with_503_and_the_client_says_so() {
    let mut limits = aster_runtime::Limits::default();
    limits.queue = 2;
    let node = Node::dev().limits(limits).spawn().await.unwrap();
    let client_node = Node::dev().spawn().await.unwrap();
    // nothing serves them: one admission waits, which is half of the queue
    let address = node.address().endpoint_addr().clone();
    let endpoint = client_node.endpoint();
    let first = endpoint
        .connect(address.clone(), b"aster.consumer_admission")
        .await
        .unwrap();
    let mut refused = Vec::new();
    while refused.is_empty() {
        let next = endpoint
            .connect(address.clone(), b"aster.consumer_admission")
            .await
            .unwrap();
        refused.push(close_code(&next).await);
    }
    assert_eq!(refused, [503]);
    let error = Client::connect(&client_node, node.address()).await.unwrap_err();
    assert!(error.to_string().contains("too many connections wait"), "{error}");
    assert!(first.close_reason().is_none());
    client_node.close().await;
    node.close().await;
}

/// Our nodes never send in 0-RTT, but iroh takes it from others: gate 0 comes before anything of it is looked at.
#[tokio::test]
async fn what_a_stranger_sends_in_0_rtt_does_not_pass_gate_0() {
    let pair = Pair::new().await;
    let stranger = Node::dev().spawn().await.unwrap();
    let address = pair.server_node.address().endpoint_addr().clone();
    let request = [head(&header("hang")), framed(0x40, &message("x"))].concat();
    let connect = async || {
        let endpoint = stranger.endpoint();
        let options = ConnectOptions::new();
        endpoint
            .connect_with_opts(address.clone(), b"aster/1", options)
            .await
            .unwrap()
            .into_0rtt()
    };
    // a connection that is refused gives the means to send early on the next
    let Err(first) = connect().await else {
        panic!("there is nothing to resume yet");
    };
    assert_eq!(close_code(&first.await.unwrap()).await, 403);
    let Ok(early) = connect().await else {
        panic!("iroh sends nothing early any more: this test has nothing to show");
    };
    let (mut send, _receive) = early.open_bi().await.unwrap();
    send.write_all(&request).await.unwrap();
    let ZeroRttStatus::Accepted(connection) = early.handshake_completed().await.unwrap() else {
        panic!("iroh takes nothing early any more: this test has nothing to show");
    };
    assert_eq!(close_code(&connection).await, 403);
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    assert_eq!(pair.seen.begun.load(Ordering::SeqCst), 0, "no handler has begun");
    stranger.close().await;
    pair.close().await;
}
