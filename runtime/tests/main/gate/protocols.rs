//! One gate for every protocol: calls, blobs, docs and gossip.

use super::{from_now, over, soon};
use crate::support::close_code;
use aster_runtime::node::Placement;
use aster_runtime::{Admission, Client, Node, Server};
use futures_util::StreamExt;
use iroh_docs::api::protocol::{AddrInfoOptions, ShareMode};
use iroh_docs::engine::LiveEvent;
use iroh_docs::store::Query;
use iroh_gossip::api::{Event, GossipReceiver};
use std::time::Duration;

const PROTOCOLS: [&[u8]; 4] = [b"aster/1", iroh_blobs::ALPN, iroh_docs::ALPN, iroh_gossip::ALPN];

/// Refused, admitted, cut, refused again: over each protocol, however the admission ends.
async fn every_protocol(placement: Placement, expires: bool) {
    let server = Node::builder().placement(placement).spawn().await.unwrap();
    let serving = Server::builder(&server).build().unwrap();
    let serving = tokio::spawn(async move { serving.serve().await });
    let client = Node::dev().spawn().await.unwrap();
    for alpn in PROTOCOLS {
        let connection = over(alpn, &client, &server).await;
        assert_eq!(soon(close_code(&connection)).await, 403);
    }
    assert_eq!(server.stats().not_admitted, 4);

    server.admit(client.id(), Admission::new()).unwrap();
    let mut connections = Vec::new();
    for alpn in PROTOCOLS {
        connections.push(over(alpn, &client, &server).await);
    }
    let entered = || server.admitted().first().map_or(0, |peer| peer.connections) == 4;
    super::until(entered).await;
    assert!(
        connections
            .iter()
            .all(|connection| connection.close_reason().is_none())
    );

    if expires {
        server
            .admit(client.id(), from_now(Duration::from_millis(50)))
            .unwrap();
    } else {
        assert!(server.revoke(client.id()));
    }
    for connection in &connections {
        assert_eq!(soon(close_code(connection)).await, 410);
    }
    assert!(server.admitted().is_empty());
    let stats = server.stats();
    assert_eq!(
        (stats.expired, stats.revoked),
        if expires { (4, 0) } else { (0, 4) }
    );
    for alpn in PROTOCOLS {
        let connection = over(alpn, &client, &server).await;
        assert_eq!(soon(close_code(&connection)).await, 403);
    }
    client.close().await;
    server.close().await;
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn revocation_cuts_every_protocol() {
    for placement in [Placement::Inline, Placement::Separate] {
        every_protocol(placement, false).await;
    }
}

#[tokio::test]
async fn expiry_cuts_every_protocol() {
    for placement in [Placement::Inline, Placement::Separate] {
        every_protocol(placement, true).await;
    }
}

#[tokio::test]
async fn a_blobs_connection_serves_nothing_after_the_cut() {
    let server = Node::builder().spawn().await.unwrap();
    let client = Node::dev().spawn().await.unwrap();
    let mut hashes = Vec::new();
    for content in [b"one", b"two"] {
        hashes.push(server.blobs().blobs().add_slice(content).await.unwrap().hash);
    }
    server.admit(client.id(), Admission::new()).unwrap();
    let connection = over(iroh_blobs::ALPN, &client, &server).await;
    let fetch = async |hash| {
        let remote = client.blobs().remote();
        soon(remote.fetch(connection.clone(), hash).complete()).await
    };
    fetch(hashes[0]).await.unwrap();
    server.revoke(client.id());
    assert_eq!(soon(close_code(&connection)).await, 410);
    fetch(hashes[1]).await.unwrap_err();
    assert!(!client.blobs().blobs().has(hashes[1]).await.unwrap());
    client.close().await;
    server.close().await;
}

/// Two nodes with closed gates that admit each other, as docs and gossip dial in both directions.
async fn friends() -> (Node, Node) {
    let a = Node::builder().spawn().await.unwrap();
    let b = Node::builder().spawn().await.unwrap();
    a.admit(b.id(), Admission::new()).unwrap();
    b.admit(a.id(), Admission::new()).unwrap();
    // a connect lets the others dial by id
    for (from, to) in [(&a, &b), (&b, &a)] {
        let server = Server::builder(to).build().unwrap();
        let serving = server.clone();
        let serving = tokio::spawn(async move { serving.serve().await });
        Client::connect(from, to.address()).await.unwrap();
        server.shutdown(Duration::ZERO).await;
        serving.await.unwrap().unwrap();
    }
    (a, b)
}

#[tokio::test]
async fn docs_sync_only_while_the_peer_is_admitted() {
    let (a, b) = friends().await;
    let author = a.docs().author_create().await.unwrap();
    let doc = a.docs().create().await.unwrap();
    doc.set_bytes(author, "before", "1").await.unwrap();
    let ticket = doc
        .share(ShareMode::Write, AddrInfoOptions::Addresses)
        .await
        .unwrap();
    let (copy, mut events) = b.docs().import_and_subscribe(ticket).await.unwrap();
    let ready = async {
        while !matches!(
            events.next().await.unwrap().unwrap(),
            LiveEvent::ContentReady { .. }
        ) {}
    };
    soon(ready).await;
    assert!(copy.get_one(Query::key_exact("before")).await.unwrap().is_some());

    assert!(a.revoke(b.id()));
    let gone =
        async { while !matches!(events.next().await.unwrap().unwrap(), LiveEvent::NeighborDown(_)) {} };
    soon(gone).await;
    doc.set_bytes(author, "after", "2").await.unwrap();
    copy.start_sync(vec![a.address().endpoint_addr().clone()])
        .await
        .unwrap();
    let failed = async {
        loop {
            if let LiveEvent::SyncFinished(event) = events.next().await.unwrap().unwrap()
                && event.result.is_err()
            {
                break;
            }
        }
    };
    soon(failed).await;
    assert!(copy.get_one(Query::key_exact("after")).await.unwrap().is_none());

    // the rest comes when it is admitted again
    a.admit(b.id(), Admission::new()).unwrap();
    copy.start_sync(vec![a.address().endpoint_addr().clone()])
        .await
        .unwrap();
    let synced = async {
        while copy.get_one(Query::key_exact("after")).await.unwrap().is_none() {
            events.next().await.unwrap().unwrap();
        }
    };
    soon(synced).await;
    drop((events, copy, doc));
    b.close().await;
    a.close().await;
}

async fn event(receiver: &mut GossipReceiver, wanted: impl Fn(&Event) -> bool) -> Event {
    soon(async {
        loop {
            let event = receiver.next().await.unwrap().unwrap();
            if wanted(&event) {
                return event;
            }
        }
    })
    .await
}

/// Whoever of the two dialled, a neighbour that is revoked hears nothing more, and is not dialled again.
async fn gossip(a_dials: bool) {
    let (a, b) = friends().await;
    let topic = [7; 32].into();
    let to = |id: &Node, dials: bool| if dials { vec![id.id()] } else { vec![] };
    let (_keep, mut hears) = b
        .gossip()
        .subscribe(topic, to(&a, !a_dials))
        .await
        .unwrap()
        .split();
    let (speaks, mut own) = a
        .gossip()
        .subscribe(topic, to(&b, a_dials))
        .await
        .unwrap()
        .split();
    event(&mut own, |event| matches!(event, Event::NeighborUp(_))).await;
    event(&mut hears, |event| matches!(event, Event::NeighborUp(_))).await;
    speaks.broadcast("first".into()).await.unwrap();
    event(&mut hears, |event| matches!(event, Event::Received(_))).await;

    assert!(a.revoke(b.id()));
    event(&mut own, |event| matches!(event, Event::NeighborDown(_))).await;
    event(&mut hears, |event| matches!(event, Event::NeighborDown(_))).await;
    // a itself asks for it: the gate says no
    let connection = a.endpoint().connect(b.id(), iroh_gossip::ALPN).await;
    assert!(connection.is_err(), "what was revoked is not dialled");
    speaks.join_peers(vec![b.id()]).await.unwrap();
    let refused = over(iroh_gossip::ALPN, &b, &a).await;
    assert_eq!(soon(close_code(&refused)).await, 403);
    speaks.broadcast("secret".into()).await.unwrap();
    assert!(own.neighbors().next().is_none());

    // what was heard until the end is all there was
    drop((speaks, own));
    a.close().await;
    b.close().await;
    while let Some(Ok(heard)) = soon(hears.next()).await {
        assert!(!matches!(heard, Event::Received(_)), "{heard:?}");
    }
}

#[tokio::test]
async fn a_revoked_neighbour_that_dialled_hears_nothing_more() {
    gossip(false).await;
}

#[tokio::test]
async fn a_revoked_neighbour_that_was_dialled_hears_nothing_more() {
    gossip(true).await;
}
