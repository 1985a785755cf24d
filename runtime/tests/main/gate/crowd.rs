//! A thousand admissions at once.

use super::mesh::{
    CONSUMER, PRODUCER, Revoked, between, consumer, exchange, hour, json, key, node, other_root, producer,
    root, serve,
};
use crate::support::{PROBE, close_code};
use aster_runtime::trust::Claims;
use aster_runtime::{Limits, PeerId};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use iroh::endpoint::presets;
use iroh::{Endpoint, EndpointAddr, RelayMode};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
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
        _ => (CONSUMER, renamed(peer), false),
    }
}

/// A credential that another mesh has signed, under the name of this one.
fn renamed(peer: PeerId) -> String {
    let foreign = Claims::consumer(peer, hour())
        .sign(&other_root())
        .unwrap()
        .to_json();
    foreign.replace(&other_root().public().to_string(), &root().public().to_string())
}

/// Peers with an endpoint, a key and a credential of their own.
const CROWD: usize = 1000;
/// So many come at once: a thousand idle connections would take more of a debug build's time than those that come.
const WAVE: usize = 200;
/// Of every six, one is not to come in.
const SIXTH: usize = 6;

/// What one shows that is not to come in: the credential of somebody else, one of another mesh under our name, one that is over,
/// one that is as good as any, of a peer that was revoked, or nothing.
fn worthless(peer: PeerId, number: usize, revoked: &Revoked) -> String {
    match number / SIXTH % 5 {
        0 => json(consumer(key(1).public().into())),
        1 => renamed(peer),
        2 => json(Claims::consumer(peer, between(-7200, -3600))),
        3 => {
            revoked.peer(peer);
            json(consumer(peer))
        }
        _ => String::new(),
    }
}

/// The peers of one wave: all are connected, then all ask at the same moment. Gives those that came in, with their numbers.
async fn wave(numbers: Range<usize>, address: &EndpointAddr, revoked: &Revoked) -> Vec<(PeerId, usize)> {
    let endpoints = join_all(numbers.clone().map(endpoint)).await;
    let connecting = endpoints
        .iter()
        .map(|endpoint| endpoint.connect(address.clone(), CONSUMER));
    let connections: Vec<_> = stream::iter(connecting).buffered(50).collect().await;
    let asks =
        connections
            .into_iter()
            .zip(&endpoints)
            .zip(numbers)
            .map(|((connection, endpoint), number)| {
                let peer = PeerId::from(endpoint.id());
                let good = number % SIXTH != 0;
                let credential = match good {
                    true => json(consumer(peer).attribute("n", number.to_string())),
                    false => worthless(peer, number, revoked),
                };
                let connection = connection.unwrap();
                async move {
                    let answer = exchange(&connection, &credential).await.expect("an answer");
                    connection.close(0u32.into(), b"done");
                    assert_eq!(answer["admitted"], good, "{number}: {answer}");
                    good.then_some((peer, number))
                }
            });
    // each is made before the first is polled
    let asks: Vec<_> = asks.collect();
    let admitted = join_all(asks).await;
    // one of each kind tries the gate
    for (at, endpoint) in endpoints.iter().enumerate().take(SIXTH) {
        let connection = endpoint.connect(address.clone(), b"aster/1").await.unwrap();
        match admitted[at] {
            // the node says something else than that it is not admitted: it is served
            Some(_) => assert!(connection.open_bi().await.is_ok()),
            None => assert_eq!(close_code(&connection).await, 403),
        }
    }
    join_all(endpoints.iter().map(Endpoint::close)).await;
    admitted.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_thousand_peers_with_their_own_endpoints_come_in_and_nobody_else() {
    let mut limits = Limits::default();
    limits.queue = 2 * WAVE;
    // nobody has to prove their address first: of those that do, iroh forgets one now and then (decision 0020)
    limits.unadmitted = 2 * WAVE;
    limits.admission_time = LONG;
    let revoked = Revoked::none();
    let server = node(1).limits(limits).revocations(&revoked.path);
    let server = server.spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let address = server.address().endpoint_addr().clone();
    let all = CROWD * SIXTH / (SIXTH - 1);
    let mut expected = BTreeMap::new();
    for first in (0..all).step_by(WAVE) {
        let numbers = first..all.min(first + WAVE);
        let admitted = tokio::time::timeout(LONG, wave(numbers, &address, &revoked)).await;
        expected.extend(admitted.unwrap());
    }
    // all of them are there in the end, each as it came
    let peers: BTreeMap<_, usize> = server
        .admitted()
        .into_iter()
        .map(|peer| (peer.peer, peer.attributes["n"].parse().unwrap()))
        .collect();
    assert_eq!((peers.len(), &peers), (CROWD, &expected));
    // those that asked, and those that tried nevertheless
    let (refused, tried) = ((all - CROWD) as u64, all.div_ceil(WAVE) as u64);
    let stats = server.stats();
    assert_eq!(
        (stats.not_admitted, stats.queue_full, stats.admission_failed),
        (refused + tried, 0, 0)
    );
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_thousand_admissions_at_once_are_each_their_own() {
    let mut limits = Limits::default();
    // all of them are there before the first is answered, however slow the machine
    limits.queue = 2 * PEERS * TIMES;
    limits.unadmitted = PEERS * TIMES;
    limits.connections = 2 * PEERS * TIMES;
    limits.connections_per_peer = TIMES;
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
