//! A thousand admissions at once.

use super::mesh::{CONSUMER, PRODUCER, consumer, exchange, json, key, node, producer, root, serve};
use crate::support::PROBE;
use aster_runtime::trust::Claims;
use aster_runtime::{Limits, PeerId};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use iroh::endpoint::presets;
use iroh::{Endpoint, RelayMode};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Bare endpoints: nodes would be more than a test can have.
const PEERS: usize = 100;
/// Of each peer, with something else each time.
const TIMES: usize = 10;

/// A hang guard.
const LONG: Duration = Duration::from_secs(600);

async fn endpoint(number: usize) -> Endpoint {
    let mut secret = [9; 32];
    secret[..8].copy_from_slice(&number.to_le_bytes());
    let builder = Endpoint::builder(presets::Minimal)
        .secret_key(secret.into())
        .relay_mode(RelayMode::Disabled)
        .clear_ip_transports()
        .bind_addr(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    builder.unwrap().bind().await.unwrap()
}

/// What a peer shows the n-th time, and whether that is worth something.
fn shown(peer: PeerId, time: usize) -> (&'static [u8], String, bool) {
    let number = time.to_string();
    match time % 5 {
        0 => (CONSUMER, json(consumer(peer).attribute("n", number)), true),
        1 => (PRODUCER, json(producer(peer).attribute("n", number)), true),
        2 => (CONSUMER, json(producer(peer)), false),
        3 => (CONSUMER, json(consumer(key(1).public().into())), false),
        _ => {
            let foreign = Claims::consumer(peer, super::mesh::hour());
            let foreign = foreign.sign(&super::mesh::other_root()).unwrap().to_json();
            let ours = root().public().to_string();
            let renamed = foreign.replace(&super::mesh::other_root().public().to_string(), &ours);
            (CONSUMER, renamed, false)
        }
    }
}

#[tokio::test]
async fn a_thousand_admissions_at_once_are_each_their_own() {
    let mut limits = Limits::default();
    // all of them are there before the first is answered, however slow the machine
    limits.queue = 2 * PEERS * TIMES;
    limits.admission_time = LONG;
    let server = node(1).limits(limits).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let endpoints = join_all((0..PEERS).map(endpoint)).await;
    let address = server.address().endpoint_addr().clone();
    let all = endpoints
        .iter()
        .flat_map(|endpoint| (0..TIMES).map(move |time| (endpoint, time)));
    let dials = all.map(|(endpoint, time)| {
        let (peer, address) = (PeerId::from(endpoint.id()), address.clone());
        async move {
            let (alpn, credential, good) = shown(peer, time);
            let connection = endpoint.connect(address, alpn).await.unwrap();
            (connection, credential, good, time)
        }
    });
    let dialled = stream::iter(dials).buffer_unordered(50).collect::<Vec<_>>();
    let dialled = tokio::time::timeout(LONG, dialled).await.unwrap();
    let asks = dialled.into_iter().map(|(connection, credential, good, time)| {
        tokio::spawn(async move {
            let answer = exchange(&connection, &credential).await.expect("an answer");
            connection.close(0u32.into(), b"done");
            assert_eq!(answer["admitted"], good, "{time}: {answer}");
            if good {
                assert_eq!(answer["attributes"]["n"], time.to_string());
            }
        })
    });
    let asks: Vec<_> = asks.collect();
    for ask in asks {
        tokio::time::timeout(LONG, ask).await.unwrap().unwrap();
    }
    let peers: BTreeMap<_, _> = server
        .admitted()
        .into_iter()
        .map(|peer| (peer.peer, peer))
        .collect();
    assert_eq!(peers.len(), PEERS);
    for endpoint in &endpoints {
        let number: usize = peers[&endpoint.id().into()].attributes["n"].parse().unwrap();
        assert!(number % 5 < 2, "only what was good counts: {number}");
    }
    let refused = PEERS * TIMES * 3 / 5;
    assert_eq!(server.stats().not_admitted, refused as u64);
    assert_eq!(
        (server.stats().queue_full, server.stats().admission_failed),
        (0, 0)
    );
    join_all(endpoints.iter().map(Endpoint::close)).await;
    server.close().await;
    serving.await.unwrap();
}
