//! Peers that hurry, peers that come in crowds.

use super::{over, soon, until};
use crate::support::{Pair, text};
use aster_runtime::node::Placement;
use aster_runtime::{Admission, AdmitError, Node, PeerId};
use futures_util::future::join_all;
use iroh::endpoint::{Connection, ConnectionError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const PROTOCOLS: [&[u8]; 3] = [b"aster/1", iroh_blobs::ALPN, iroh_gossip::ALPN];

/// Connects without end until it is told, over all protocols, and keeps what it gets.
async fn hurry(client: Node, server: Node, stop: Arc<AtomicBool>) -> Vec<Connection> {
    let address = server.address().endpoint_addr().clone();
    let mut connections = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        for alpn in PROTOCOLS {
            connections.extend(client.endpoint().connect(address.clone(), alpn).await.ok());
        }
    }
    connections
}

async fn race(placement: Placement) {
    let server = Node::builder().placement(placement).spawn().await.unwrap();
    let mut queue = server.accept_aster().unwrap();
    let draining = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Some(connection) = queue.next().await {
            kept.push(connection);
        }
    });
    let client = Node::dev().spawn().await.unwrap();
    for _ in 0..5 {
        server.admit(client.id(), Admission::new()).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let racers: Vec<_> = (0..8)
            .map(|_| tokio::spawn(hurry(client.clone(), server.clone(), Arc::clone(&stop))))
            .collect();
        let before = server.stats();
        until(|| server.admitted()[0].connections >= 10).await;
        assert!(server.revoke(client.id()));
        // those that come too late are refused, and there are some
        until(|| server.stats().not_admitted > before.not_admitted + 10).await;
        stop.store(true, Ordering::Relaxed);
        for connection in join_all(racers).await.into_iter().flat_map(Result::unwrap) {
            match soon(connection.closed()).await {
                ConnectionError::ApplicationClosed(close) => {
                    assert!(
                        [410u32, 403].map(Into::into).contains(&close.error_code),
                        "{close}"
                    );
                }
                // a busy machine drops the packet that says so, and what this side sends then meets nobody
                ConnectionError::Reset => {}
                other => panic!("{other}"),
            }
        }
        assert!(server.stats().revoked >= before.revoked + 10);
        assert!(server.admitted().is_empty());
    }
    client.close().await;
    server.close().await;
    draining.await.unwrap();
}

#[tokio::test]
async fn no_connection_survives_a_revocation_that_it_races() {
    race(Placement::Inline).await;
}

#[tokio::test]
async fn no_connection_survives_where_the_node_has_a_thread() {
    race(Placement::Separate).await;
}

#[tokio::test]
async fn connections_that_ended_leave_nothing() {
    let pair = Pair::new().await;
    let (server, client) = (&pair.server_node, &pair.client_node);
    let count = || server.admitted().first().map(|peer| peer.connections);
    until(|| count() == Some(1)).await;
    for round in 0..6 {
        let connecting = (0..20).map(|_| over(iroh_blobs::ALPN, client, server));
        let connections = join_all(connecting).await;
        if round % 2 == 0 {
            for connection in &connections {
                connection.close(0u32.into(), b"");
            }
        }
        drop(connections);
        until(|| count() == Some(1)).await;
    }
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    // one was counted for each that came, and one for each that went
    server.revoke(client.id());
    assert_eq!(server.stats().revoked, 1);
    pair.close().await;
}

#[tokio::test]
async fn a_crowd_fills_the_set_and_no_more() {
    let pair = super::admitted_pair().await;
    let node = &pair.server_node;
    let peer = |number: u32| {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&number.to_le_bytes());
        PeerId(key)
    };
    for number in 1..65_536 {
        node.admit(peer(number), Admission::new()).unwrap();
    }
    assert_eq!(node.admit(peer(65_536), Admission::new()), Err(AdmitError::Full));
    assert_eq!(node.admitted().len(), 65_536);
    // who is in it is served, renewed and revoked as ever
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    node.admit(pair.client_node.id(), Admission::new()).unwrap();
    assert!(node.revoke(peer(1)));
    node.admit(peer(65_536), Admission::new()).unwrap();
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}
