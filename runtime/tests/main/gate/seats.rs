//! How many connections peers have, and what becomes of those who want more.

use super::mesh::serve;
use super::{over, soon, until};
use crate::support::{PROBE, ProbeClient, close_code, text};
use aster_runtime::codegen::v1;
use aster_runtime::{Admission, Client, Code, Limits, Node};
use iroh::endpoint::Connection;

const CALLS: &[u8] = b"aster/1";
const ADMISSION: &[u8] = b"aster.consumer_admission";

/// A node with closed gates and such limits, which serves.
async fn serving(change: impl FnOnce(&mut Limits)) -> Node {
    let mut limits = Limits::default();
    change(&mut limits);
    let node = Node::builder().limits(limits).spawn().await.unwrap();
    serve(&node, &PROBE);
    node
}

/// Another node, which that one admits.
async fn guest(server: &Node) -> Node {
    let guest = Node::dev().spawn().await.unwrap();
    server.admit(guest.id(), Admission::new()).unwrap();
    guest
}

fn stub(client: &Client) -> ProbeClient {
    ProbeClient(v1::Stub::new(client, &PROBE).unwrap())
}

/// Whether the server answers on that connection.
async fn lives(connection: &Connection) -> bool {
    // the server refuses what is no call; a closed connection has no streams
    soon(connection.open_bi()).await.is_ok() && connection.close_reason().is_none()
}

#[tokio::test]
async fn a_peer_has_so_many_connections_for_each_protocol_and_others_have_theirs() {
    let server = serving(|limits| limits.connections_per_peer = 3).await;
    let (greedy, other) = (guest(&server).await, guest(&server).await);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(over(CALLS, &greedy, &server).await);
    }
    for count in 1..=5 {
        let refused = over(CALLS, &greedy, &server).await;
        assert_eq!(soon(close_code(&refused)).await, 429);
        assert_eq!(server.stats().too_many, count);
    }
    for connection in &open {
        assert!(lives(connection).await);
    }
    // blobs are another protocol, and the other is another peer
    let blobs = over(iroh_blobs::ALPN, &greedy, &server).await;
    assert!(lives(&blobs).await);
    let client = soon(Client::connect(&other, server.address())).await.unwrap();
    let probe = stub(&client);
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    // one that ends makes room for one
    open.pop().unwrap().close(0u32.into(), b"");
    let connections = || {
        let stats = server.stats().connections.into_iter();
        stats
            .filter(|one| one.peer == greedy.id().into() && one.protocol == "aster/1")
            .count()
    };
    until(|| connections() == 2).await;
    assert!(lives(&over(CALLS, &greedy, &server).await).await);
    for node in [greedy, other, server] {
        node.close().await;
    }
}

#[tokio::test]
async fn a_client_whose_node_has_too_many_connections_is_told_so() {
    let server = serving(|limits| limits.connections_per_peer = 1).await;
    let node = guest(&server).await;
    let first = soon(Client::connect(&node, server.address())).await.unwrap();
    // the admission passes, what comes after it does not
    let second = soon(Client::connect(&node, server.address())).await.unwrap();
    let status = soon(stub(&second).echo("x").into_future()).await.unwrap_err();
    assert_eq!(status.code(), Code::UNAVAILABLE, "{status}");
    assert!(status.message().contains("too many connections"), "{status}");
    let probe = stub(&first);
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    node.close().await;
    server.close().await;
}

#[tokio::test]
async fn a_node_has_so_many_connections() {
    let server = serving(|limits| limits.connections = 4).await;
    let mut guests = Vec::new();
    for _ in 0..4 {
        let guest = guest(&server).await;
        let connection = over(CALLS, &guest, &server).await;
        assert!(lives(&connection).await);
        guests.push((guest, connection));
    }
    let late = guest(&server).await;
    let address = server.address().endpoint_addr().clone();
    soon(late.endpoint().connect(address, CALLS)).await.unwrap_err();
    assert!(server.stats().too_many >= 1);
    let (first, connection) = guests.pop().unwrap();
    connection.close(0u32.into(), b"");
    until(|| server.stats().connections.len() == 3).await;
    assert!(lives(&over(CALLS, &late, &server).await).await);
    for (guest, connection) in &guests {
        assert!(lives(connection).await);
        guest.close().await;
    }
    for node in [first, late, server] {
        node.close().await;
    }
}

#[tokio::test]
async fn who_knocks_and_says_nothing_takes_no_room_from_who_is_here() {
    let server = serving(|limits| limits.unadmitted = 2).await;
    let friend = guest(&server).await;
    let client = soon(Client::connect(&friend, server.address())).await.unwrap();
    let probe = stub(&client);
    let mut silent = Vec::new();
    for _ in 0..8 {
        let stranger = Node::dev().spawn().await.unwrap();
        let connection = over(ADMISSION, &stranger, &server).await;
        silent.push((stranger, connection));
    }
    // nobody else is heard while they are there
    let late = guest(&server).await;
    let error = soon(Client::connect(&late, server.address())).await.unwrap_err();
    assert!(server.stats().too_many >= 1, "{error}");
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    for (_, connection) in &silent {
        connection.close(0u32.into(), b"");
    }
    until(|| {
        server
            .stats()
            .connections
            .iter()
            .all(|one| one.protocol == "aster/1")
    })
    .await;
    let client = soon(Client::connect(&late, server.address())).await.unwrap();
    let probe = stub(&client);
    assert_eq!(probe.echo("y").await.unwrap(), text("y"));
    for (stranger, _) in silent {
        stranger.close().await;
    }
    for node in [friend, late, server] {
        node.close().await;
    }
}
