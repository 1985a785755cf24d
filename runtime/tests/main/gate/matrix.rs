//! The gates in every combination: who comes how, and over which protocol something reaches the node.
//!
//! Each row is a peer of its own. It asks to be admitted with what the row says, then tries all four protocols: it calls, fetches
//! a blob, writes to a document and speaks to a topic. What has reached the node is looked up at the node.

use super::mesh::{
    CONSUMER, PRODUCER, Revoked, between, consumer, id, is_admitted, json, key, mesh, node, one_time,
    other_root, producer, root, seconds, serve,
};
use super::{over, soon};
use crate::support::{PROBE, ProbeClient, Seen, Text, close_code, text};
use aster_runtime::codegen::v1;
use aster_runtime::trust::{Claims, Credential, Revocation};
use aster_runtime::{Client, Node, PeerId};
use futures_util::StreamExt;
use iroh_blobs::Hash;
use iroh_docs::DocTicket;
use iroh_docs::api::Doc;
use iroh_docs::api::protocol::{AddrInfoOptions, ShareMode};
use iroh_docs::engine::LiveEvent;
use iroh_docs::store::Query;
use iroh_gossip::api::{Event, GossipReceiver, GossipSender};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tempfile::TempDir;
use tokio::task::JoinHandle;

const PROTOCOLS: [&[u8]; 4] = [b"aster/1", iroh_blobs::ALPN, iroh_docs::ALPN, iroh_gossip::ALPN];
const TOPIC: [u8; 32] = [7; 32];

/// A node that has something to reach behind each protocol.
struct Target {
    node: Node,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
    blob: Hash,
    doc: Doc,
    ticket: DocTicket,
    speaks: GossipSender,
    hears: GossipReceiver,
    revoked: Revoked,
    _folder: TempDir,
}

impl Target {
    async fn new(number: u8) -> Self {
        let (folder, revoked) = (tempfile::tempdir().unwrap(), Revoked::none());
        let node = node(number).folder(folder.path()).revocations(&revoked.path);
        let node = node.spawn().await.unwrap();
        let (seen, serving) = serve(&node, &PROBE);
        let blob = node.blobs().blobs().add_slice(b"secret").await.unwrap().hash;
        let doc = node.docs().create().await.unwrap();
        let author = node.docs().author_create().await.unwrap();
        doc.set_bytes(author, "of the node", "secret").await.unwrap();
        let ticket = doc.share(ShareMode::Write, AddrInfoOptions::Addresses);
        let ticket = ticket.await.unwrap();
        let topic = node.gossip().subscribe(TOPIC.into(), Vec::new()).await.unwrap();
        let (speaks, hears) = topic.split();
        Self {
            node,
            seen,
            serving,
            blob,
            doc,
            ticket,
            speaks,
            hears,
            revoked,
            _folder: folder,
        }
    }

    /// The names that are in the document.
    async fn written(&self) -> BTreeSet<String> {
        let entries = self.doc.get_many(Query::all()).await.unwrap();
        entries
            .map(|entry| String::from_utf8(entry.unwrap().key().to_vec()).unwrap())
            .collect()
            .await
    }

    /// Ends the node, and gives what was said in the topic.
    async fn close(self) -> BTreeSet<String> {
        let Self {
            node,
            serving,
            doc,
            speaks,
            mut hears,
            ..
        } = self;
        drop((doc, speaks));
        node.close().await;
        serving.await.unwrap();
        let mut heard = BTreeSet::new();
        while let Some(Ok(event)) = soon(hears.next()).await {
            if let Event::Received(message) = event {
                heard.insert(String::from_utf8(message.content.to_vec()).unwrap());
            }
        }
        heard
    }
}

/// What a peer reaches that is let in: everything.
async fn reaches(peer: &Node, target: &Target, name: &str) {
    let client = Client::builder(peer).connect(target.node.address());
    let client = soon(client).await.unwrap();
    let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
    let begun = target.seen.begun.load(Ordering::SeqCst);
    let collected = probe.0.client_stream(
        6,
        futures_util::stream::iter([text(name)]),
        |item: Text| item,
        |out: Text| out,
    );
    assert_eq!(soon(collected.into_future()).await.unwrap(), text(name), "{name}");
    assert_eq!(target.seen.begun.load(Ordering::SeqCst), begun + 1, "{name}");

    let connection = over(iroh_blobs::ALPN, peer, &target.node).await;
    let fetch = peer.blobs().remote().fetch(connection, target.blob).complete();
    soon(fetch).await.unwrap();

    let author = peer.docs().author_create().await.unwrap();
    let (copy, mut events) = peer
        .docs()
        .import_and_subscribe(target.ticket.clone())
        .await
        .unwrap();
    copy.set_bytes(author, name.to_owned(), name.to_owned())
        .await
        .unwrap();
    soon(async {
        while !target.written().await.contains(name) {
            copy.start_sync(vec![target.node.address().endpoint_addr().clone()])
                .await
                .unwrap();
            while !matches!(events.next().await.unwrap().unwrap(), LiveEvent::SyncFinished(_)) {}
        }
    })
    .await;
    assert!(
        copy.get_one(Query::key_exact("of the node"))
            .await
            .unwrap()
            .is_some(),
        "{name}"
    );

    let topic = peer
        .gossip()
        .subscribe(TOPIC.into(), vec![target.node.id()])
        .await
        .unwrap();
    let (speaks, mut hears) = topic.split();
    soon(hears.joined()).await.unwrap();
    speaks.broadcast(name.to_owned().into()).await.unwrap();
    target
        .speaks
        .broadcast(format!("to {name}").into())
        .await
        .unwrap();
    soon(async {
        loop {
            if let Event::Received(message) = hears.next().await.unwrap().unwrap()
                && message.content == format!("to {name}").as_bytes()
            {
                return;
            }
        }
    })
    .await;
}

/// What a peer reaches that is refused: nothing. Gives what it has heard in the topic, which ends with it.
async fn reaches_nothing(peer: &Node, target: &Target, name: &str) -> GossipReceiver {
    let begun = target.seen.begun.load(Ordering::SeqCst);
    for alpn in PROTOCOLS {
        let connection = over(alpn, peer, &target.node).await;
        // what is said before the answer is not read
        if let Ok((mut send, _)) = connection.open_bi().await {
            let _ = send.write_all(b"let me in").await;
        }
        assert_eq!(soon(close_code(&connection)).await, 403, "{name}");
    }
    let error = Client::builder(peer)
        .trust_address()
        .connect(target.node.address());
    soon(error).await.unwrap_err();

    let connection = over(iroh_blobs::ALPN, peer, &target.node).await;
    let fetch = peer.blobs().remote().fetch(connection, target.blob).complete();
    soon(fetch).await.unwrap_err();
    assert!(!peer.blobs().blobs().has(target.blob).await.unwrap(), "{name}");

    let author = peer.docs().author_create().await.unwrap();
    let (copy, mut events) = peer
        .docs()
        .import_and_subscribe(target.ticket.clone())
        .await
        .unwrap();
    copy.set_bytes(author, name.to_owned(), name.to_owned())
        .await
        .unwrap();
    copy.start_sync(vec![target.node.address().endpoint_addr().clone()])
        .await
        .unwrap();
    soon(async {
        loop {
            if let LiveEvent::SyncFinished(event) = events.next().await.unwrap().unwrap() {
                assert!(event.result.is_err(), "{name}");
                return;
            }
        }
    })
    .await;
    assert!(
        copy.get_one(Query::key_exact("of the node"))
            .await
            .unwrap()
            .is_none(),
        "{name}"
    );
    assert!(!target.written().await.contains(name), "{name}");

    let topic = peer
        .gossip()
        .subscribe(TOPIC.into(), vec![target.node.id()])
        .await
        .unwrap();
    let (speaks, hears) = topic.split();
    speaks.broadcast(name.to_owned().into()).await.unwrap();
    target
        .speaks
        .broadcast(format!("not to {name}").into())
        .await
        .unwrap();
    assert!(hears.neighbors().next().is_none(), "{name}");

    assert_eq!(target.seen.begun.load(Ordering::SeqCst), begun, "{name}");
    assert!(
        !target
            .node
            .admitted()
            .iter()
            .any(|admitted| admitted.peer == peer.id().into())
    );
    hears
}

/// A way to ask, and whether it leads in.
struct Row {
    name: &'static str,
    alpn: &'static [u8],
    credential: String,
    passes: bool,
}

fn altered(credential: &str) -> String {
    let altered = credential.replace("user", "admin");
    assert_ne!(altered, credential);
    altered
}

/// The rows, of which each has the peer with its number.
fn rows(target: &Target, first: u8) -> Vec<Row> {
    let node = PeerId::from(target.node.id());
    let mut rows: Vec<Row> = Vec::new();
    let mut row = |name, alpn, passes, make: &dyn Fn(PeerId) -> String| {
        let peer = id(first + u8::try_from(rows.len()).unwrap());
        rows.push(Row {
            name,
            alpn,
            credential: make(peer),
            passes,
        });
    };
    let (yes, no) = (true, false);
    row("nothing", CONSUMER, no, &|_| String::new());
    row("nothing, as a producer", PRODUCER, no, &|_| String::new());
    row("no credential", CONSUMER, no, &|_| "{}".to_owned());
    row("consumer", CONSUMER, yes, &|peer| {
        json(consumer(peer).roles(["user"]))
    });
    row("producer", PRODUCER, yes, &|peer| json(producer(peer)));
    row("consumer, as a producer", PRODUCER, no, &|peer| {
        json(consumer(peer))
    });
    row("producer, as a consumer", CONSUMER, no, &|peer| {
        json(producer(peer))
    });
    row("bearer", CONSUMER, yes, &|_| {
        json(Claims::bearer(super::mesh::hour()))
    });
    row("wrong mesh", CONSUMER, no, &|peer| {
        consumer(peer).sign(&other_root()).unwrap().to_json()
    });
    row("wrong mesh, under our name", CONSUMER, no, &|peer| {
        let foreign = consumer(peer).sign(&other_root()).unwrap().to_json();
        foreign.replace(&other_root().public().to_string(), &mesh().to_string())
    });
    row("expired", CONSUMER, no, &|peer| {
        json(Claims::consumer(peer, between(-3600, -61)))
    });
    row("expired producer", PRODUCER, no, &|peer| {
        json(Claims::producer(peer, between(-3600, -61)))
    });
    row("not yet valid", CONSUMER, no, &|peer| {
        json(Claims::consumer(peer, between(600, 3600)))
    });
    row("other peer's", CONSUMER, no, &|_| json(consumer(id(first + 3))));
    row("other peer's producer", PRODUCER, no, &|_| {
        json(producer(id(first + 4)))
    });
    row("altered attribute", CONSUMER, no, &|peer| {
        altered(&json(consumer(peer).roles(["user"])))
    });
    row("for this node", CONSUMER, yes, &|peer| {
        json(consumer(peer).audience(node))
    });
    row("for another node", CONSUMER, no, &|peer| {
        json(consumer(peer).audience(id(250)))
    });
    row("one-time", CONSUMER, yes, &|_| one_time(1, &target.node));
    row("replayed one-time", CONSUMER, no, &|_| one_time(1, &target.node));
    row("revoked peer", CONSUMER, no, &|peer| {
        target.revoked.peer(peer);
        json(consumer(peer))
    });
    row("revoked credential", CONSUMER, no, &|peer| {
        let credential = consumer(peer).sign(&root()).unwrap();
        target
            .revoked
            .append(&Revocation::of_credential(&root(), credential.hash(), seconds()).unwrap());
        credential.to_json()
    });
    row("enrolled anew", CONSUMER, yes, &|peer| {
        target.revoked.peer(peer);
        json(Claims::consumer(peer, between(1, 3600)))
    });
    rows
}

#[tokio::test]
async fn nothing_is_reached_but_by_who_is_admitted() {
    let target = Target::new(1).await;
    let (first, mut admitted, mut refused) = (10, BTreeSet::new(), Vec::new());
    for (number, row) in (first..).zip(rows(&target, first)) {
        let Row {
            name,
            alpn,
            credential,
            passes,
        } = row;
        // its own gates are open: docs and gossip go in both directions
        let mut peer = Node::dev().secret_key(key(number));
        if passes {
            peer = peer.credential(Credential::from_json(&credential).unwrap());
        }
        let peer = peer.spawn().await.unwrap();
        assert_eq!(
            is_admitted(&peer, &target.node, alpn, &credential).await,
            passes,
            "{name}"
        );
        if passes {
            reaches(&peer, &target, name).await;
            admitted.insert(name.to_owned());
        } else {
            refused.push((name, reaches_nothing(&peer, &target, name).await));
        }
        peer.close().await;
    }
    assert!(admitted.len() >= 5 && refused.len() >= 16);
    let mut written = admitted.clone();
    written.insert("of the node".to_owned());
    assert_eq!(target.written().await, written);
    assert_eq!(target.close().await, admitted, "what the node has heard");
    for (name, mut hears) in refused {
        while let Some(Ok(event)) = soon(hears.next()).await {
            assert!(!matches!(event, Event::Received(_)), "{name}: {event:?}");
        }
    }
}

#[tokio::test]
async fn a_one_time_credential_is_one_peers_also_at_once_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        let server = node(1).folder(folder.path()).spawn().await.unwrap();
        let (_, serving) = serve(&server, &PROBE);
        (server, serving)
    };
    let (server, serving) = start().await;
    let peers: Vec<_> = (2..10)
        .map(|number| Node::dev().secret_key(key(number)).spawn())
        .collect();
    let peers = futures_util::future::join_all(peers).await;
    let peers: Vec<_> = peers.into_iter().map(Result::unwrap).collect();
    let mut winners = Vec::new();
    for nonce in 1..=5 {
        let invitation = one_time(nonce, &server);
        let asks = peers
            .iter()
            .map(|peer| is_admitted(peer, &server, CONSUMER, &invitation));
        let results = futures_util::future::join_all(asks).await;
        let won: Vec<_> = (0..peers.len()).filter(|at| results[*at]).collect();
        assert_eq!(won.len(), 1, "{results:?}");
        winners.push((invitation, won[0]));
    }
    server.close().await;
    serving.await.unwrap();
    drop(server);

    let mut again = Vec::new();
    for _ in 0..2 {
        let (server, serving) = start().await;
        for (invitation, winner) in &winners {
            for (at, peer) in peers.iter().enumerate() {
                let admitted = is_admitted(peer, &server, CONSUMER, invitation).await;
                assert_eq!(admitted, at == *winner);
            }
        }
        server.close().await;
        serving.await.unwrap();
        again.push(server.id());
    }
    assert_eq!(again.len(), 2);

    // a node that could forget takes none
    let server = node(1).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    assert!(!is_admitted(&peers[winners[0].1], &server, CONSUMER, &winners[0].0).await);
    server.close().await;
    serving.await.unwrap();
    for peer in peers {
        peer.close().await;
    }
}
