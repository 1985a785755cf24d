//! Everything of a node over one id, and what it says of itself.

use crate::support::{PROBE, Pair, ProbeClient, ProbeServer, text};
use aster_runtime::codegen::v1;
use aster_runtime::node::{Placement, Stats};
use aster_runtime::{Client, Node, NodeBuilder, PeerId, Server};
use futures_util::StreamExt as _;
use iroh_docs::api::protocol::{AddrInfoOptions, ShareMode};
use iroh_docs::store::Query;
use iroh_gossip::api::Event;
use std::time::Duration;

/// A node that admits whoever asks, and serves nothing but that.
async fn open(builder: NodeBuilder) -> (Node, tokio::task::JoinHandle<()>) {
    let node = builder.spawn().await.unwrap();
    let server = Server::builder(&node).build().unwrap();
    let serving = tokio::spawn(async move { server.serve().await.unwrap() });
    (node, serving)
}

/// The other node calls, fetches, syncs and hears: all from one id, and with one.
async fn use_everything(builder: NodeBuilder) {
    let server_node = builder.spawn().await.unwrap();
    let (client_node, answering) = open(Node::dev()).await;
    let pair = Pair::serve(server_node, client_node).await;
    let (a, b) = (&pair.server_node, &pair.client_node);
    // docs and gossip dial in both directions
    Client::connect(a, b.address()).await.unwrap();

    assert_eq!(pair.probe.echo("a call").await.unwrap(), text("a call"));

    let hash = a.blobs().blobs().add_slice(b"a blob").await.unwrap().hash;
    let downloader = b.blobs().downloader(b.endpoint());
    downloader.download(hash, vec![a.id()]).await.unwrap();
    assert_eq!(&b.blobs().blobs().get_bytes(hash).await.unwrap()[..], b"a blob");

    let author = a.docs().author_create().await.unwrap();
    let doc = a.docs().create().await.unwrap();
    doc.set_bytes(author, "key", "an entry").await.unwrap();
    let ticket = doc.share(ShareMode::Write, AddrInfoOptions::Id).await.unwrap();
    let (copy, mut events) = b.docs().import_and_subscribe(ticket).await.unwrap();
    let entry = loop {
        // the first sync may fail and be repeated: the entry counts, not what is said of syncs
        if let Some(entry) = copy.get_one(Query::key_exact("key")).await.unwrap()
            && let Ok(content) = b.blobs().blobs().get_bytes(entry.content_hash()).await
        {
            break content;
        }
        events.next().await.unwrap().unwrap();
    };
    assert_eq!(&entry[..], b"an entry");
    drop(events);

    let topic = [5; 32].into();
    let (own, mut heard) = b.gossip().subscribe(topic, vec![]).await.unwrap().split();
    let joined = a.gossip().subscribe_and_join(topic, vec![b.id()]).await;
    let (told, others) = joined.unwrap().split();
    told.broadcast("a message".into()).await.unwrap();
    let message = loop {
        if let Event::Received(message) = heard.next().await.unwrap().unwrap() {
            break message;
        }
    };
    assert_eq!(&message.content[..], b"a message");

    let id = PeerId(*b.id().as_bytes());
    let protocols = |stats: &Stats| {
        let connections = stats.connections.iter();
        let mut protocols: Vec<_> = connections
            .filter(|connection| connection.peer == id)
            .map(|connection| connection.protocol.clone())
            .collect();
        protocols.sort_unstable();
        protocols.dedup();
        protocols
    };
    let stats = a.stats();
    for protocol in ["aster/1", "/iroh-gossip/1"] {
        assert!(
            protocols(&stats).iter().any(|known| known == protocol),
            "{protocol}: {:?}",
            stats.connections
        );
    }
    drop((own, heard, told, others, doc, copy));
    pair.close().await;
    answering.await.unwrap();
}

#[tokio::test]
async fn one_admitted_peer_uses_everything_over_one_id() {
    use_everything(Node::dev()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn also_on_a_thread_of_its_own() {
    use_everything(Node::dev().placement(Placement::Separate)).await;
}

#[tokio::test]
async fn also_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    use_everything(Node::dev().folder(folder.path())).await;
    let node = Node::dev().folder(folder.path()).spawn().await.unwrap();
    let hash = iroh_blobs::Hash::new(b"a blob");
    assert_eq!(
        &node.blobs().blobs().get_bytes(hash).await.unwrap()[..],
        b"a blob"
    );
    node.close().await;
}

/// Reads the figures until they are what is waited for.
async fn until(node: &Node, done: impl Fn(&Stats) -> bool) -> Stats {
    let wait = async {
        loop {
            let stats = node.stats();
            if done(&stats) {
                return stats;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap()
}

#[tokio::test]
async fn a_node_says_what_it_has_now() {
    let pair = Pair::new().await;
    let hanging = tokio::spawn(pair.probe.unary(2, "x").into_future());
    pair.seen.begun(1).await;
    let stats = until(&pair.server_node, |stats| stats.connections.len() == 1).await;
    assert_eq!((stats.calls_in_flight, stats.admitted, stats.sessions), (1, 1, 0));
    assert_eq!(stats.bytes_in_use, 0);
    let [connection] = &stats.connections[..] else {
        panic!()
    };
    assert_eq!(connection.peer, PeerId(*pair.client_node.id().as_bytes()));
    assert_eq!((&*connection.protocol, connection.dialled), ("aster/1", false));
    let path = connection.paths.iter().find(|path| path.selected).unwrap();
    assert!(
        !path.relayed && path.address.starts_with("127.0.0.1:"),
        "{path:?}"
    );
    assert!(path.round_trip > Duration::ZERO);
    let dialled = until(&pair.client_node, |stats| stats.connections.len() == 1).await;
    assert!(dialled.connections[0].dialled);
    assert_eq!(dialled.connections[0].peer, pair.client.peer());

    hanging.abort();
    until(&pair.server_node, |stats| stats.calls_in_flight == 0).await;
    pair.client.close();
    until(&pair.server_node, |stats| stats.connections.is_empty()).await;
    pair.close().await;
}

#[tokio::test]
async fn connections_that_ended_leave_nothing() {
    let pair = Pair::new().await;
    for _ in 0..50 {
        let client = Client::connect(&pair.client_node, pair.server_node.address())
            .await
            .unwrap();
        client.close();
    }
    until(&pair.server_node, |stats| stats.connections.len() == 1).await;
    until(&pair.client_node, |stats| stats.connections.len() == 1).await;
    pair.close().await;
}

#[tokio::test]
async fn stubs_and_clients_of_a_closed_node_fail_at_once() {
    let pair = Pair::new().await;
    pair.client_node.close().await;
    for _ in 0..2 {
        let call = pair.probe.echo("x").deadline(Duration::from_secs(600));
        let status = call.await.unwrap_err();
        assert!(
            ["UNAVAILABLE", "CANCELLED"].contains(&status.code().as_str()),
            "{status}"
        );
    }
    let again = Client::connect_within(
        &pair.client_node,
        pair.server_node.address(),
        Duration::from_secs(600),
    );
    again.await.unwrap_err();
    pair.server_node.close().await;
    pair.serving.await.unwrap();
}

#[tokio::test]
async fn the_ticket_of_a_node_that_moved_fails_in_time_and_the_new_one_works() {
    let key = iroh::SecretKey::from_bytes(&[9; 32]);
    let (node, serving) = open(Node::dev().secret_key(key.clone())).await;
    let old = node.address();
    node.close().await;
    serving.await.unwrap();
    let moved = Node::dev().secret_key(key).spawn().await.unwrap();
    let service = ProbeServer {
        info: &PROBE,
        seen: Default::default(),
    };
    let server = Server::builder(&moved).add(service).build().unwrap();
    let serving = tokio::spawn(async move { server.serve().await.unwrap() });

    let client_node = Node::dev().spawn().await.unwrap();
    let time = Duration::from_millis(300);
    let error = Client::connect_within(&client_node, old, time).await.unwrap_err();
    let sentence = error.to_string();
    assert!(
        sentence.contains("is its address still that one?") || sentence.contains("cannot connect"),
        "{sentence}"
    );
    let client = Client::connect(&client_node, moved.address()).await.unwrap();
    let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
    assert_eq!(probe.echo("moved").await.unwrap(), text("moved"));
    client_node.close().await;
    moved.close().await;
    serving.await.unwrap();
}
