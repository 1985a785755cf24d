//! One node for everything: blobs, docs and gossip beside calls; folders; the end.

mod queue;
mod whole;

use crate::support::{Pair, text};
use aster_runtime::node::Placement;
use aster_runtime::{Client, Code, ConnectError, DevRoles, Node, Server, SpawnError};
use futures_util::StreamExt;
use iroh_docs::api::protocol::{AddrInfoOptions, ShareMode};
use iroh_docs::engine::LiveEvent;
use iroh_docs::store::Query;
use iroh_gossip::api::Event as GossipEvent;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};

#[tokio::test]
async fn an_admitted_peer_gets_blobs() {
    let pair = Pair::new().await;
    let hash = pair
        .server_node
        .blobs()
        .blobs()
        .add_slice(b"content")
        .await
        .unwrap()
        .hash;
    let downloader = pair.client_node.blobs().downloader(pair.client_node.endpoint());
    downloader
        .download(hash, vec![pair.server_node.id()])
        .await
        .unwrap();
    assert_eq!(
        &pair.client_node.blobs().blobs().get_bytes(hash).await.unwrap()[..],
        b"content"
    );
    assert_eq!(pair.probe.echo("beside").await.unwrap(), text("beside"));
    pair.close().await;
}

#[tokio::test]
async fn docs_and_gossip_run_between_nodes_that_admitted_each_other() {
    let pair = Pair::new().await;
    let (a, b) = (&pair.server_node, &pair.client_node);
    // docs and gossip dial in both directions
    let back = Server::builder(b).build().unwrap();
    let serving = tokio::spawn(async move { back.serve().await.unwrap() });
    let _client = Client::connect(a, b.address()).await.unwrap();

    let author = a.docs().author_create().await.unwrap();
    let doc = a.docs().create().await.unwrap();
    doc.set_bytes(author, "key", "value").await.unwrap();
    let ticket = doc
        .share(ShareMode::Write, AddrInfoOptions::Addresses)
        .await
        .unwrap();
    let (copy, mut events) = b.docs().import_and_subscribe(ticket).await.unwrap();
    loop {
        match events.next().await.unwrap().unwrap() {
            LiveEvent::ContentReady { .. } => break,
            _ => continue,
        }
    }
    let entry = copy.get_one(Query::key_exact("key")).await.unwrap().unwrap();
    assert_eq!(
        &b.blobs().blobs().get_bytes(entry.content_hash()).await.unwrap()[..],
        b"value"
    );
    drop(events);

    let topic = [5; 32].into();
    let (_send, mut receive) = b.gossip().subscribe(topic, vec![]).await.unwrap().split();
    let (send, _receive) = a
        .gossip()
        .subscribe_and_join(topic, vec![b.id()])
        .await
        .unwrap()
        .split();
    send.broadcast("news".into()).await.unwrap();
    loop {
        if let GossipEvent::Received(message) = receive.next().await.unwrap().unwrap() {
            assert_eq!(&message.content[..], b"news");
            break;
        }
    }
    drop((_send, send, receive, _receive, doc, copy));
    pair.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_node_calls_itself_through_its_gates() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    for (builder, admin) in [
        (Node::dev(), None),
        (Node::dev().lan(), None),
        (Node::dev().dev_roles(DevRoles::Only(vec!["admin".into()])), None),
        (
            Node::dev().dev_roles(DevRoles::Only(vec![])),
            Some(Code::PERMISSION_DENIED),
        ),
        // closed gates: itself and nobody else, without any role
        (Node::builder(), Some(Code::PERMISSION_DENIED)),
        (Node::builder().bind(everywhere), Some(Code::PERMISSION_DENIED)),
    ] {
        let node = builder.spawn().await.unwrap();
        let pair = Pair::serve(node.clone(), node).await;
        assert_eq!(pair.probe.echo("mirror").await.unwrap(), text("mirror"));
        let peer = pair.probe.unary(4, "peer").await.unwrap();
        assert_eq!(
            peer.0,
            pair.client.peer().to_string(),
            "handlers see the node itself"
        );
        let denied = pair.probe.unary(8, "x").await.err().map(|status| status.code());
        assert_eq!(denied, admin);
        // by its id alone, and again on another connection
        let client = Client::connect(&pair.client_node, pair.server_node.id())
            .await
            .unwrap();
        assert_eq!(client.services().len(), 2);
        pair.close().await;
    }

    // the door that is open for the node itself is closed for others
    let node = Node::builder().spawn().await.unwrap();
    let pair = Pair::serve(node.clone(), node).await;
    let stranger = Node::dev().spawn().await.unwrap();
    let refused = Client::connect(&stranger, pair.server_node.address()).await;
    assert!(matches!(refused, Err(ConnectError::NotAdmitted { .. })));
    stranger.close().await;
    pair.close().await;
}

#[tokio::test]
async fn a_folder_belongs_to_one_node_and_outlives_it() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::dev().folder(folder.path()).spawn().await.unwrap();
    let hash = node.blobs().blobs().add_slice(b"kept").await.unwrap().hash;
    let error = Node::dev().folder(folder.path()).spawn().await.unwrap_err();
    assert!(matches!(error, SpawnError::FolderInUse(_)), "{error}");
    // whoever still holds the closed node does not keep others out
    node.close().await;
    let again = Node::dev().folder(folder.path()).spawn().await.unwrap();
    drop(node);
    let node = again;
    assert_eq!(&node.blobs().blobs().get_bytes(hash).await.unwrap()[..], b"kept");
    node.close().await;
}

#[tokio::test]
async fn a_node_that_is_gone_gives_its_socket_back() {
    for placement in [Placement::Inline, Placement::Separate] {
        let node = Node::dev().placement(placement).spawn().await.unwrap();
        let [address] = node.endpoint().bound_sockets()[..] else {
            panic!("one socket")
        };
        std::net::UdpSocket::bind(address).unwrap_err();
        node.close().await;
        drop(node);
        // the tasks that hold the endpoint end on their own threads
        let free = async {
            while std::net::UdpSocket::bind(address).is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let free = tokio::time::timeout(Duration::from_secs(20), free).await;
        free.unwrap_or_else(|_| panic!("{placement:?}: {address} is still bound"));
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Node::dev()
        .folder(file.path().join("below"))
        .spawn()
        .await
        .unwrap_err();
    assert!(matches!(error, SpawnError::Folder { .. }), "{error}");
}

#[tokio::test]
async fn closing_twice_and_at_once_is_closing() {
    let pair = Pair::new().await;
    let (one, other) = (pair.server_node.clone(), pair.server_node.clone());
    tokio::join!(one.close(), other.close());
    one.close().await;
    assert!(pair.server_node.accept_aster().unwrap().next().await.is_none());
    pair.close().await;
}

#[tokio::test]
async fn closing_waits_for_running_calls() {
    let pair = Pair::new().await;
    let (mut send, mut receive) = pair
        .probe
        .0
        .bidi_stream(7, |item: String| text(item), |item: crate::support::Text| item.0)
        .await
        .unwrap();
    send.send("a".into()).await.unwrap();
    assert_eq!(receive.message().await.unwrap().unwrap(), "<a>");
    let node = pair.server_node.clone();
    let closing = tokio::spawn(async move { node.close().await });
    pair.serving.await.unwrap();
    send.send("b".into()).await.unwrap();
    assert_eq!(receive.message().await.unwrap().unwrap(), "<b>");
    send.finish();
    assert_eq!(receive.message().await.unwrap(), None);
    closing.await.unwrap();
    pair.client_node.close().await;
}

/// Takes note of events at level error.
#[derive(Clone, Default)]
struct Errors(Arc<Mutex<Vec<String>>>);

impl Subscriber for Errors {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_dropped_node_logs_no_error() {
    let errors = Errors::default();
    let _guard = tracing::subscriber::set_default(errors.clone());
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };

    // dropped while the runtime goes on: it is closed in the background
    let first = runtime();
    first.block_on(async {
        let node = Node::dev().spawn().await.unwrap();
        // nobody serves; the second endpoint, with which it calls itself, is there all the same
        let call = Client::connect_within(&node, node.id(), Duration::from_millis(200)).await;
        assert!(call.is_err());
        let endpoint = node.endpoint().clone();
        drop(node);
        endpoint.closed().await;
    });
    drop(first);
    // dropped as the last thing of a program
    runtime().block_on(async { drop(Node::dev().spawn().await.unwrap()) });
    // dropped after its runtime
    let last = runtime();
    let node = last.block_on(async { Node::dev().spawn().await.unwrap() });
    drop(last);
    drop(node);
    assert_eq!(*errors.0.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn a_node_on_a_thread_of_its_own_outlives_a_handler_that_blocks() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        // the default on a runtime of several threads
        let pair = Pair::new().await;
        let threads = || {
            let tasks = std::fs::read_dir("/proc/self/task")
                .into_iter()
                .flatten()
                .flatten();
            let names =
                tasks.map(|task| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default());
            names.filter(|name| name.trim() == "aster-node").count()
        };
        if cfg!(target_os = "linux") {
            assert_eq!(threads(), 2);
        }
        assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));

        // blobs, docs and gossip are called from the application's runtime
        let added = pair
            .server_node
            .blobs()
            .blobs()
            .add_slice(b"there")
            .await
            .unwrap();
        let bytes = pair
            .server_node
            .blobs()
            .blobs()
            .get_bytes(added.hash)
            .await
            .unwrap();
        assert_eq!(&bytes[..], b"there");

        // one worker is blocked as long as this test says; calls go on
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let blocking = tokio::spawn(async move { blocked.recv() });
        for _ in 0..50 {
            assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
        }
        drop(release);
        assert!(blocking.await.unwrap().is_err());
        pair.close().await;
    });
}

#[tokio::test]
async fn both_placements_can_be_asked_for() {
    for placement in [Placement::Inline, Placement::Separate] {
        let server = Node::dev().placement(placement).spawn().await.unwrap();
        let client = Node::dev().placement(placement).spawn().await.unwrap();
        let pair = Pair::serve(server, client).await;
        assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
        pair.close().await;
    }
    let dropped = Node::dev().placement(Placement::Separate).spawn().await.unwrap();
    let endpoint = dropped.endpoint().clone();
    drop(dropped);
    endpoint.closed().await;
}
