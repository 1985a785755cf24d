//! The connections of Aster's protocols on their way to whoever serves them.

use crate::support::{PROBE, Pair, ProbeClient, ProbeServer, raw, text};
use aster_runtime::alpn::Alpn;
use aster_runtime::codegen::v1;
use aster_runtime::queue::AlreadyServing;
use aster_runtime::{Client, Limits, Node, PeerId, Server};
use iroh::endpoint::{Connection, ConnectionError};

async fn close_code(connection: &Connection) -> u64 {
    match connection.closed().await {
        ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
        error => panic!("{error}"),
    }
}

fn service() -> ProbeServer {
    ProbeServer {
        info: &PROBE,
        seen: Default::default(),
    }
}

/// A node whose queue has room for so many.
async fn narrow(queue: usize) -> Node {
    let mut limits = Limits::default();
    limits.queue = queue;
    Node::dev().limits(limits).spawn().await.unwrap()
}

#[tokio::test]
async fn what_overflows_is_closed_with_503_and_the_server_goes_on() {
    let server_node = narrow(2).await;
    let client_node = Node::dev().spawn().await.unwrap();
    let server = Server::builder(&server_node).add(service()).build().unwrap();
    let mut accepted = server_node.accept_aster().unwrap();
    // served by hand, one at a time: the rest waits in the queue
    let connecting = tokio::spawn({
        let (node, address) = (client_node.clone(), server_node.address());
        async move { Client::connect(&node, address).await.unwrap() }
    });
    for _ in 0..2 {
        let connection = accepted.next().await.unwrap();
        let server = server.clone();
        tokio::spawn(async move { server.handle(connection).await });
    }
    let client = connecting.await.unwrap();
    let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
    let mut waiting = Vec::new();
    for _ in 0..2 {
        waiting.push(raw(&client_node, &server_node).await);
    }
    for _ in 0..3 {
        let one_too_many = raw(&client_node, &server_node).await;
        assert_eq!(close_code(&one_too_many).await, 503);
        assert_eq!(probe.echo("served").await.unwrap(), text("served"));
    }
    assert_eq!(server_node.stats().queue_full, 3);
    // those that wait get their turn
    drop(accepted);
    let serving = tokio::spawn(async move { server.serve().await.unwrap() });
    for connection in &waiting {
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        let mut request = crate::garbage::head(&crate::garbage::header("echo"));
        request.extend(crate::garbage::message("at last"));
        send.write_all(&request).await.unwrap();
        send.finish().unwrap();
        assert!(!receive.read_to_end(1 << 16).await.unwrap().is_empty());
    }
    client_node.close().await;
    server_node.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn admission_leaves_half_of_the_queue_to_calls() {
    let server_node = narrow(4).await;
    let client_node = Node::dev().spawn().await.unwrap();
    let mut accepted = server_node.accept_aster().unwrap();
    let server = Server::builder(&server_node).build().unwrap();
    let connecting = tokio::spawn({
        let (node, address) = (client_node.clone(), server_node.address());
        async move { Client::connect(&node, address).await.unwrap() }
    });
    for _ in 0..2 {
        let connection = accepted.next().await.unwrap();
        let server = server.clone();
        tokio::spawn(async move { server.handle(connection).await });
    }
    let _client = connecting.await.unwrap();
    let address = server_node.address().endpoint_addr().clone();
    let ask = async || {
        let endpoint = client_node.endpoint();
        endpoint
            .connect(address.clone(), b"aster.consumer_admission")
            .await
            .unwrap()
    };
    let waiting = [ask().await, ask().await];
    assert_eq!(close_code(&ask().await).await, 503);
    let calls = [
        raw(&client_node, &server_node).await,
        raw(&client_node, &server_node).await,
    ];
    let mut protocols = Vec::new();
    for _ in 0..4 {
        protocols.push(accepted.next().await.unwrap().alpn);
    }
    assert_eq!(
        protocols,
        [
            Alpn::ConsumerAdmission,
            Alpn::ConsumerAdmission,
            Alpn::Calls,
            Alpn::Calls
        ]
    );
    drop((waiting, calls));
    client_node.close().await;
    server_node.close().await;
}

#[tokio::test]
async fn while_a_server_serves_nobody_else_takes_connections() {
    let pair = Pair::new().await;
    pair.probe.echo("x").await.unwrap();
    assert_eq!(pair.server_node.accept_aster().unwrap_err(), AlreadyServing);
    let other = Server::builder(&pair.server_node).build().unwrap();
    assert_eq!(other.serve().await, Err(AlreadyServing));
    pair.close().await;
}

#[tokio::test]
async fn a_loop_of_ones_own_may_serve_some_and_see_who_comes() {
    let node = Node::dev().spawn().await.unwrap();
    let id = PeerId(*node.id().as_bytes());
    let server = Server::builder(&node).add(service()).build().unwrap();
    let mut accepted = node.accept_aster().unwrap();
    let (own, client) = tokio::join!(
        async {
            let mut peers = Vec::new();
            for _ in 0..2 {
                let connection = accepted.next().await.unwrap();
                peers.push(connection.peer());
                let server = server.clone();
                tokio::spawn(async move { server.handle(connection).await });
            }
            peers
        },
        // the node calls itself
        Client::connect(&node, node.address())
    );
    assert_eq!(own, [id, id]);
    let probe = ProbeClient(v1::Stub::new(&client.unwrap(), &PROBE).unwrap());
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    // the next one is the loop's own: it says no
    let refused = tokio::spawn({
        let (node, address) = (Node::dev().spawn().await.unwrap(), node.address());
        async move {
            let result = Client::connect(&node, address).await;
            node.close().await;
            result.map(drop)
        }
    });
    let connection = accepted.next().await.unwrap();
    connection.connection.close(403u32.into(), b"not admitted");
    let error = refused.await.unwrap().unwrap_err();
    assert!(
        matches!(error, aster_runtime::ConnectError::NotAdmitted { .. }),
        "{error}"
    );
    node.close().await;
}
