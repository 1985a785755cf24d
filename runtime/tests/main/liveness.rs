//! Servers that are silent: they are asked for a sign of life, and dead without one.

use crate::support::{PROBE, Pair, ProbeClient, by_hand, text};
use aster_runtime::codegen::v1;
use aster_runtime::{Client, Code, Limits, Node, Status};
use iroh::endpoint::{Connection, ConnectionError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// A server made by hand that never answers by itself, and a call that waits for it.
struct Silent {
    node: Node,
    client_node: Node,
    connection: Connection,
    call: JoinHandle<Result<crate::support::Text, Status>>,
}

impl Silent {
    async fn new() -> Self {
        let node = Node::dev().spawn().await.unwrap();
        let mut calls = by_hand(&node);
        let mut limits = Limits::default();
        limits.silence = Duration::from_millis(200);
        let client_node = Node::dev().limits(limits).spawn().await.unwrap();
        let client = Client::connect(&client_node, node.address()).await.unwrap();
        let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
        let call = tokio::spawn(probe.echo("x").into_future());
        let connection = calls.recv().await.unwrap();
        Self {
            node,
            client_node,
            connection,
            call,
        }
    }

    async fn asked(&self) -> [u8; 8] {
        let datagram = self.connection.read_datagram().await.unwrap();
        assert_eq!((datagram.len(), datagram[0]), (9, 1));
        datagram[1..].try_into().unwrap()
    }

    async fn close(self) {
        self.client_node.close().await;
        self.node.close().await;
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_three_times_is_dead() {
    let silent = Silent::new().await;
    let (_send, _receive) = silent.connection.accept_bi().await.unwrap();
    let mut asked = Vec::new();
    for _ in 0..3 {
        asked.push(silent.asked().await);
        // neither other bytes nor other forms are an answer
        for noise in [&b""[..], &[2], &[2; 9], &[2; 10], &[1; 9], &[7; 1000]] {
            silent.connection.send_datagram(noise.to_vec().into()).unwrap();
        }
    }
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked.len(), 3, "each asks with bytes of its own");
    match silent.connection.read_datagram().await.unwrap_err() {
        ConnectionError::ApplicationClosed(close) => assert_eq!(close.error_code, 504u32.into()),
        other => panic!("{other}"),
    }
    let Silent {
        node,
        client_node,
        call,
        ..
    } = silent;
    let status = call.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
    assert!(status.message().contains("no sign of life"), "{status}");
    client_node.close().await;
    node.close().await;
}

#[tokio::test]
async fn a_server_that_answers_may_take_its_time() {
    let mut silent = Silent::new().await;
    let (mut send, mut receive) = silent.connection.accept_bi().await.unwrap();
    for round in 0..6 {
        let bytes = silent.asked().await;
        // two of three go unanswered
        if round % 3 == 2 {
            let answer = [&[2][..], &bytes].concat();
            silent.connection.send_datagram(answer.into()).unwrap();
        }
    }
    let request = receive.read_to_end(1 << 16).await.unwrap();
    // the request's payload behind the header's frame and its own prefix
    let head = 4 + u32::from_le_bytes(request[..4].try_into().unwrap()) as usize;
    let mut answer = request[head..].to_vec();
    answer[4] = 0;
    answer.extend_from_slice(&[1, 0, 0, 0, 2]);
    send.write_all(&answer).await.unwrap();
    send.finish().unwrap();
    assert_eq!((&mut silent.call).await.unwrap().unwrap(), text("x"));
    silent.close().await;
}

#[tokio::test]
async fn a_server_answers_who_asks_and_nothing_else() {
    let pair = Pair::new().await;
    let connection = pair.raw().await;
    for noise in [&b""[..], &[1], &[1; 8], &[1; 10], &[2; 9], &[3], &[9; 1000]] {
        connection.send_datagram(noise.to_vec().into()).unwrap();
    }
    for bytes in [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1; 9]] {
        connection.send_datagram(bytes.to_vec().into()).unwrap();
        let answer = connection.read_datagram().await.unwrap();
        assert_eq!((answer[0], &answer[1..]), (2, &bytes[1..]));
    }
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}
