//! Relays, look-up, and what a user changes on the endpoint itself.

use crate::support::{PROBE, Pair, ProbeClient, ProbeServer, text};
use aster_runtime::codegen::v1;
use aster_runtime::node::{Lookup, Relay};
use aster_runtime::{Client, ConnectError, Node, NodeBuilder, Server, SpawnError};
use iroh::address_lookup::MemoryLookup;
use iroh::endpoint::{AfterHandshakeOutcome, Connection, ConnectionError, EndpointHooks, presets};
use iroh::test_utils::run_relay_server;
use iroh::tls::CaTlsConfig;
use iroh::{Endpoint, EndpointAddr, RelayMode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A node of the local network that takes the relay's certificate, which no authority has signed.
fn at(relay: impl Into<Relay>) -> NodeBuilder {
    Node::dev()
        .lan()
        .bind("127.0.0.1:0".parse().unwrap())
        .relay(relay)
        .endpoint(|builder| builder.ca_tls_config(CaTlsConfig::insecure_skip_verify()))
}

/// What must happen, told instead of waited for when it does not.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_node_is_called_through_its_relay() {
    let (map, url, _relay) = run_relay_server().await.unwrap();
    for relay in [Relay::urls([&url]), RelayMode::Custom(map).into()] {
        let server_node = at(relay.clone()).spawn().await.unwrap();
        let client_node = at(relay).spawn().await.unwrap();
        soon(server_node.endpoint().online()).await;
        let address = server_node.address();
        let relays: Vec<_> = address.endpoint_addr().relay_urls().collect();
        assert_eq!(relays, [&url]);

        let service = ProbeServer {
            info: &PROBE,
            seen: Arc::default(),
        };
        let server = Server::builder(&server_node).add(service).build().unwrap();
        let serving = tokio::spawn(async move { server.serve().await.unwrap() });
        let by_relay = EndpointAddr::from(server_node.id()).with_relay_url(url.clone());
        let client = Client::connect(&client_node, by_relay).await.unwrap();
        let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
        assert_eq!(probe.echo("far").await.unwrap(), text("far"));
        client_node.close().await;
        server_node.close().await;
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn open_gates_and_a_relay_need_the_word_lan() {
    let url = "https://relay.example.com";
    for builder in [
        Node::dev().relay(Relay::n0()),
        Node::dev().relay(Relay::urls([url])),
        Node::builder().relay(RelayMode::Default).open_gates(),
    ] {
        let error = builder.spawn().await.unwrap_err();
        assert!(matches!(error, SpawnError::OpenGate(_)), "{error}");
        assert!(error.to_string().contains("`lan`"), "{error}");
    }
    // a relay that is brought in by the back door does not stay
    let map = RelayMode::custom([url.parse().unwrap()]);
    let node = Node::dev().endpoint(move |builder| builder.relay_mode(map.clone()).clear_ip_transports());
    let node = node.spawn().await.unwrap();
    let sockets = node.endpoint().bound_sockets();
    assert!(
        sockets.iter().all(|address| address.ip().is_loopback()),
        "{sockets:?}"
    );
    assert!(
        node.endpoint()
            .remove_relay(&url.parse().unwrap())
            .await
            .is_none()
    );
    node.close().await;
}

#[tokio::test]
async fn a_relay_that_is_none_is_told_at_the_start() {
    let error = Node::builder()
        .relay(Relay::urls(["relay.example.com"]))
        .spawn()
        .await
        .unwrap_err();
    assert!(matches!(error, SpawnError::RelayUrl(_)), "{error}");
}

#[tokio::test]
async fn a_peer_is_found_by_its_id_where_it_is_looked_up() {
    let pair = Pair::new().await;
    let id = pair.server_node.id();
    let book = MemoryLookup::new();
    let finding = Node::dev().lookup(book.clone()).spawn().await.unwrap();
    let also = Node::dev().lookup(Lookup::none().and(book.clone())).spawn();
    let also = also.await.unwrap();
    let lost = Node::dev().spawn().await.unwrap();
    book.add_endpoint_info(pair.server_node.address().endpoint_addr().clone());
    for node in [&finding, &also] {
        let client = Client::connect(node, id).await.unwrap();
        let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
        assert_eq!(probe.echo("found").await.unwrap(), text("found"));
    }
    assert!(Client::connect(&lost, id).await.is_err());
    for node in [finding, also, lost] {
        node.close().await;
    }
    pair.close().await;
}

/// A user's hook that lets everybody in.
#[derive(Debug, Default)]
struct Welcome(Arc<AtomicUsize>);

impl EndpointHooks for Welcome {
    async fn after_handshake(&self, _: &Connection) -> AfterHandshakeOutcome {
        self.0.fetch_add(1, Ordering::SeqCst);
        AfterHandshakeOutcome::Accept
    }
}

#[tokio::test]
async fn no_change_to_the_endpoint_opens_the_gate() {
    let seen: Arc<AtomicUsize> = Arc::default();
    let count = Arc::clone(&seen);
    let node = Node::builder()
        // a builder of their own, without what was in ours
        .endpoint(move |_| Endpoint::builder(presets::Minimal).hooks(Welcome(Arc::clone(&count))))
        .spawn()
        .await
        .unwrap();
    let stranger = Node::dev().spawn().await.unwrap();
    let address = node.address().endpoint_addr().clone();
    for alpn in [
        &b"aster/1"[..],
        iroh_blobs::ALPN,
        iroh_docs::ALPN,
        iroh_gossip::ALPN,
    ] {
        let connection = stranger.endpoint().connect(address.clone(), alpn).await.unwrap();
        match soon(connection.closed()).await {
            ConnectionError::ApplicationClosed(close) => assert_eq!(close.error_code, 403u32.into()),
            other => panic!("{other}"),
        }
    }
    assert_eq!(
        seen.load(Ordering::SeqCst),
        4,
        "the user's hook runs, before the gate"
    );
    stranger.close().await;
    node.close().await;
}

/// A user's hook that lets nobody in.
#[derive(Debug)]
struct Away;

impl EndpointHooks for Away {
    async fn after_handshake(&self, connection: &Connection) -> AfterHandshakeOutcome {
        AfterHandshakeOutcome::Reject {
            error_code: 429u32.into(),
            reason: connection.alpn().to_vec(),
        }
    }
}

#[tokio::test]
async fn a_hook_of_the_user_may_refuse_more() {
    let node = Node::dev().endpoint(|builder| builder.hooks(Away));
    let node = node.spawn().await.unwrap();
    let serving = Server::builder(&node).build().unwrap();
    let serving = tokio::spawn(async move { serving.serve().await.unwrap() });
    let peer = Node::dev().spawn().await.unwrap();
    let error = Client::connect(&peer, node.address()).await.unwrap_err();
    assert!(!matches!(error, ConnectError::NotAdmitted { .. }), "{error}");
    peer.close().await;
    node.close().await;
    serving.await.unwrap();
}
