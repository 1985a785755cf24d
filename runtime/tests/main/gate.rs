//! Gate 0 at work: peers are admitted, renewed and revoked, and expire, while they are connected and call.

mod attacks;
mod credentials;
mod crowd;
mod matrix;
mod mesh;
mod protocols;
mod revocations;
mod seats;
mod threats;

use crate::support::{Pair, Text, close_code, raw, text};
use aster_runtime::node::Placement;
use aster_runtime::{Admission, AdmitError, Client, Code, ConnectError, Node, PeerId, Status};
use iroh::endpoint::Connection;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

/// A hang guard: what these tests wait for comes long before.
const LONG: Duration = Duration::from_secs(60);

async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LONG, future)
        .await
        .expect("it comes to its end")
}

/// Looks until it is so: for what no event tells of.
async fn until(done: impl Fn() -> bool) {
    soon(async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

fn from_now(time: Duration) -> Admission {
    Admission::new().expires(SystemTime::now() + time)
}

/// A node with closed gates, and one that it admits and serves.
async fn admitted_pair() -> Pair {
    let server = Node::builder().spawn().await.unwrap();
    let client = Node::dev().spawn().await.unwrap();
    server.admit(client.id(), Admission::new()).unwrap();
    Pair::serve(server, client).await
}

/// A connection over a protocol, which need not have anything to say.
async fn over(alpn: &[u8], from: &Node, to: &Node) -> Connection {
    let address = to.address().endpoint_addr().clone();
    soon(from.endpoint().connect(address, alpn)).await.unwrap()
}

/// What the client of a peer that is admitted no more is told.
fn assert_cut(status: &Status, sent: bool) {
    assert_eq!(status.code(), Code::UNAUTHENTICATED, "{status}");
    assert!(status.message().contains("expired or was revoked"), "{status}");
    assert_eq!(
        status.message().contains("the request was sent"),
        sent,
        "{status}"
    );
    assert_eq!(
        status.message().contains("the request was not sent"),
        !sent,
        "{status}"
    );
}

#[tokio::test]
async fn a_revoked_peer_loses_its_calls_and_may_be_admitted_anew() {
    let pair = admitted_pair().await;
    let (node, peer) = (&pair.server_node, pair.client_node.id());
    for round in 1..=3 {
        let hang = tokio::spawn(pair.probe.unary(2, "").into_future());
        pair.seen.begun(round).await;
        assert!(node.revoke(peer));
        assert_cut(&soon(hang).await.unwrap().unwrap_err(), true);
        soon(pair.seen.dropped(round)).await;
        assert_eq!(pair.seen.dropped.load(Ordering::SeqCst), round);

        let status = soon(pair.probe.echo("late").into_future()).await.unwrap_err();
        assert_eq!(status.code(), Code::UNAUTHENTICATED, "{status}");
        assert!(status.message().ends_with("the request was not sent"), "{status}");
        assert!(!node.revoke(peer), "it is gone already");

        node.admit(peer, Admission::new()).unwrap();
        let answer = soon(pair.probe.echo("again").into_future()).await;
        assert_eq!(answer.unwrap(), text("again"));
    }
    assert_eq!(node.stats().revoked, 3);
    assert_eq!(node.stats().expired, 0);
    pair.close().await;
}

#[tokio::test]
async fn a_call_that_finds_its_connection_cut_asks_for_a_new_admission() {
    let pair = admitted_pair().await;
    let peer = pair.client_node.id();
    for number in 0..50 {
        // nothing waits in between: the close may arrive before, in or after the call, which is never sent twice
        pair.server_node.revoke(peer);
        pair.server_node.admit(peer, Admission::new()).unwrap();
        match soon(pair.probe.echo("x").into_future()).await {
            Ok(answer) => assert_eq!(answer, text("x")),
            Err(status) => assert_cut(&status, true),
        }
        let answer = soon(pair.probe.echo("x").into_future()).await;
        assert_eq!(answer.unwrap(), text("x"), "{number}");
    }
    pair.close().await;
}

#[tokio::test]
async fn a_stream_ends_with_the_admission() {
    let pair = admitted_pair().await;
    let chat = pair
        .probe
        .0
        .bidi_stream(7, |item: String| text(item), |item: Text| item.0);
    let (mut send, mut receive) = chat.await.unwrap();
    send.send("a".into()).await.unwrap();
    assert_eq!(receive.message().await.unwrap().unwrap(), "<a>");
    pair.server_node
        .admit(pair.client_node.id(), from_now(Duration::from_millis(50)))
        .unwrap();
    assert_cut(&soon(receive.message()).await.unwrap_err(), true);
    assert_cut(&send.send("b".into()).await.unwrap_err(), true);
    soon(pair.seen.dropped(1)).await;
    assert_eq!(
        (pair.server_node.stats().expired, pair.server_node.stats().revoked),
        (1, 0)
    );
    pair.close().await;
}

#[tokio::test]
async fn attributes_are_read_for_each_call() {
    let pair = admitted_pair().await;
    let (node, peer) = (&pair.server_node, pair.client_node.id());
    let admin = async || {
        let result = pair.probe.unary(8, "x").await;
        result.map(drop).map_err(|status| status.code())
    };
    assert_eq!(admin().await, Err(Code::PERMISSION_DENIED));
    node.admit(peer, Admission::new().roles(["user", "admin"]))
        .unwrap();
    assert_eq!(admin().await, Ok(()));
    node.admit(peer, Admission::new().roles(["user"])).unwrap();
    assert_eq!(admin().await, Err(Code::PERMISSION_DENIED));
    let peers = node.admitted();
    assert_eq!(peers.len(), 1);
    assert_eq!(
        (peers[0].peer, peers[0].connections),
        (PeerId::from(peer), 1),
        "the same connection"
    );
    assert_eq!(peers[0].attributes["aster.role"], "user");

    // who asks again without a credential keeps what was granted
    node.admit(peer, Admission::new().roles(["admin"])).unwrap();
    let _second = Client::connect(&pair.client_node, node.address()).await.unwrap();
    assert_eq!(admin().await, Ok(()));
    pair.close().await;
}

#[tokio::test]
async fn a_renewal_keeps_connections_beyond_the_first_expiry() {
    for placement in [Placement::Inline, Placement::Separate] {
        let server = Node::builder().placement(placement).spawn().await.unwrap();
        let client = Node::dev().spawn().await.unwrap();
        server.admit(client.id(), Admission::new()).unwrap();
        let pair = Pair::serve(server, client).await;
        let node = &pair.server_node;
        let lazy = Node::dev().spawn().await.unwrap();
        node.admit(lazy.id(), Admission::new()).unwrap();
        let witness = raw(&lazy, node).await;
        let connection = pair.raw().await;
        let call = tokio::spawn(pair.probe.unary(2, "").into_future());
        pair.seen.begun(1).await;

        let soon_over = from_now(Duration::from_secs(2));
        for node_id in [pair.client_node.id(), lazy.id()] {
            node.admit(node_id, soon_over.clone()).unwrap();
        }
        node.admit(pair.client_node.id(), from_now(Duration::from_secs(3600)))
            .unwrap();
        // the other one ends when both would have
        assert_eq!(soon(close_code(&witness)).await, 410);
        assert!(SystemTime::now() >= soon_over.expires.unwrap());
        assert!(connection.close_reason().is_none() && !call.is_finished());
        assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
        assert_eq!(node.stats().expired, 1);
        call.abort();
        lazy.close().await;
        pair.close().await;
    }
}

#[tokio::test]
async fn an_open_gate_stays_closed_for_who_was_revoked() {
    let pair = Pair::new().await;
    let (node, peer) = (&pair.server_node, pair.client_node.id());
    assert!(node.revoke(peer));
    for _ in 0..3 {
        let status = soon(pair.probe.echo("x").into_future()).await.unwrap_err();
        assert_eq!(status.code(), Code::UNAUTHENTICATED, "{status}");
        let error = Client::connect(&pair.client_node, node.address())
            .await
            .unwrap_err();
        assert!(matches!(error, ConnectError::NotAdmitted { .. }), "{error}");
    }
    let other = Node::dev().spawn().await.unwrap();
    Client::connect(&other, node.address()).await.unwrap();
    // one that never came is kept out as well
    let third = Node::dev().spawn().await.unwrap();
    assert!(!node.revoke(&third.address()));
    assert!(Client::connect(&third, node.address()).await.is_err());

    node.admit(peer, Admission::new()).unwrap();
    assert_eq!(soon(pair.probe.echo("x").into_future()).await.unwrap(), text("x"));
    for node in [other, third] {
        node.close().await;
    }
    pair.close().await;
}

#[tokio::test]
async fn an_expired_peer_is_a_guest_where_the_gates_are_open() {
    let pair = Pair::new().await;
    let (node, peer) = (&pair.server_node, pair.client_node.id());
    node.admit(peer, Admission::new()).unwrap();
    let connection = pair.raw().await;
    node.admit(peer, from_now(Duration::from_millis(50)).attribute("team", "red"))
        .unwrap();
    assert_eq!(soon(close_code(&connection)).await, 410);
    assert_eq!(soon(pair.probe.echo("x").into_future()).await.unwrap(), text("x"));
    let peers = node.admitted();
    assert_eq!((peers.len(), peers[0].expires), (1, None));
    assert!(peers[0].attributes.is_empty());
    pair.close().await;
}

#[tokio::test]
async fn what_is_no_admission_is_told_and_changes_nothing() {
    let pair = admitted_pair().await;
    let (node, peer) = (&pair.server_node, pair.client_node.id());
    let before = node.admitted();
    let past = Admission::new().expires(SystemTime::now() - Duration::from_secs(1));
    assert_eq!(node.admit(peer, past), Err(AdmitError::Expired));
    let large = Admission::new().attribute("key", "v".repeat(1025));
    assert_eq!(
        node.admit(peer, large),
        Err(AdmitError::LargeAttribute("key".into()))
    );
    assert_eq!(node.admitted(), before);
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    pair.close().await;
}

#[tokio::test]
async fn a_node_does_not_lock_itself_out() {
    let node = Node::builder().spawn().await.unwrap();
    let pair = Pair::serve(node.clone(), node.clone()).await;
    assert!(!node.revoke(node.id()));
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    assert_eq!(
        pair.probe.unary(8, "x").await.unwrap_err().code(),
        Code::PERMISSION_DENIED
    );
    node.admit(node.id(), Admission::new().roles(["admin"])).unwrap();
    assert_eq!(pair.probe.unary(8, "x").await.unwrap(), text("x"));
    pair.close().await;
}
