//! Gates: who may connect, who may call.

use crate::support::{PROBE, Pair, ProbeClient, close_code, text};
use aster_runtime::codegen::v1;
use aster_runtime::queue::AlreadyServing;
use aster_runtime::{Client, Code, ConnectError, DevRoles, Node, Server, SpawnError};

#[tokio::test]
async fn a_peer_that_is_not_admitted_is_refused_everywhere() {
    let pair = Pair::new().await;
    let stranger = Node::dev().spawn().await.unwrap();
    let address = pair.server_node.address().endpoint_addr().clone();
    for alpn in [
        b"aster/1".as_slice(),
        iroh_blobs::ALPN,
        iroh_docs::ALPN,
        iroh_gossip::ALPN,
    ] {
        let connection = stranger.endpoint().connect(address.clone(), alpn).await.unwrap();
        assert_eq!(
            close_code(&connection).await,
            403,
            "{}",
            String::from_utf8_lossy(alpn)
        );
    }
    assert_eq!(pair.server_node.stats().not_admitted, 4);
    let hash = pair
        .server_node
        .blobs()
        .blobs()
        .add_slice(b"secret")
        .await
        .unwrap()
        .hash;
    let connection = stranger
        .endpoint()
        .connect(address, iroh_blobs::ALPN)
        .await
        .unwrap();
    assert!(
        stranger
            .blobs()
            .remote()
            .fetch(connection, hash)
            .complete()
            .await
            .is_err()
    );
    stranger.close().await;
    pair.close().await;
}

#[tokio::test]
async fn closed_gates_admit_nobody() {
    let server_node = Node::builder().spawn().await.unwrap();
    let server = Server::builder(&server_node).build().unwrap();
    let serving = tokio::spawn(async move { server.serve().await });
    let node = Node::dev().spawn().await.unwrap();
    let error = Client::connect(&node, server_node.address()).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotAdmitted { .. }), "{error}");
    node.close().await;
    server_node.close().await;
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn required_roles_are_checked_before_the_request_is_read() {
    let pair = Pair::new().await;
    assert_eq!(
        pair.probe.unary(8, "x").await.unwrap(),
        text("x"),
        "dev peers have all roles"
    );
    pair.close().await;

    let node = Node::dev()
        .dev_roles(DevRoles::Only(vec!["user".into()]))
        .spawn()
        .await
        .unwrap();
    let pair = Pair::serve(node, Node::dev().spawn().await.unwrap()).await;
    let status = pair.probe.unary(8, "x").await.unwrap_err();
    assert_eq!(status.code(), Code::PERMISSION_DENIED);
    // more than fits the stream's window: the server stops the request, the client reads why
    let mut large = vec![0; 3_000_000];
    blake3::Hasher::new().finalize_xof().fill(&mut large);
    let large: String = large.iter().map(|byte| char::from(32 + byte % 95)).collect();
    let status = pair.probe.unary(8, &large).await.unwrap_err();
    assert_eq!(status.code(), Code::PERMISSION_DENIED);
    assert_eq!(pair.probe.echo("x").await.unwrap(), text("x"));
    assert_eq!(pair.server_node.stats().permission_denied, 2);
    pair.close().await;
}

#[tokio::test]
async fn open_gates_need_loopback_or_consent() {
    let error = Node::dev()
        .bind("0.0.0.0:0".parse().unwrap())
        .spawn()
        .await
        .unwrap_err();
    assert!(matches!(error, SpawnError::OpenGate(_)), "{error}");
    assert!(error.to_string().contains("`lan`"));
    let error = Node::dev()
        .relay(iroh::RelayMode::Default)
        .spawn()
        .await
        .unwrap_err();
    assert!(matches!(error, SpawnError::OpenGate(_)), "{error}");
    let node = Node::dev().lan().spawn().await.unwrap();
    node.close().await;
}

#[tokio::test]
async fn a_role_that_no_service_can_require_is_refused() {
    for role in ["ops,dev", "ops,", "", "o ps"] {
        let roles = DevRoles::Only(vec!["ops".to_owned(), role.to_owned()]);
        let error = Node::dev().dev_roles(roles).spawn().await.unwrap_err();
        assert!(
            matches!(&error, SpawnError::DevRole(other) if other == role),
            "{error}"
        );
    }
}

#[tokio::test]
async fn one_consumer_takes_the_connections() {
    let node = Node::dev().spawn().await.unwrap();
    let server = Server::builder(&node).build().unwrap();
    let own_loop = node.accept_aster().unwrap();
    assert_eq!(server.serve().await, Err(AlreadyServing));
    assert_eq!(node.accept_aster().unwrap_err(), AlreadyServing);
    drop(own_loop);
    assert!(node.accept_aster().is_ok());
    node.close().await;
}

#[tokio::test]
async fn an_own_accept_loop_serves_through_the_server() {
    let server_node = Node::dev().spawn().await.unwrap();
    let service = crate::support::ProbeServer {
        info: &PROBE,
        seen: Default::default(),
    };
    let server = Server::builder(&server_node).add(service).build().unwrap();
    let mut connections = server_node.accept_aster().unwrap();
    let serving = tokio::spawn(async move {
        while let Some(connection) = connections.next().await {
            let server = server.clone();
            tokio::spawn(async move { server.handle(connection).await });
        }
    });
    let node = Node::dev().spawn().await.unwrap();
    let client = Client::connect(&node, server_node.address()).await.unwrap();
    let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    node.close().await;
    server_node.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_full_queue_closes_with_503() {
    let mut limits = aster_runtime::Limits::default();
    limits.queue = 4;
    let server_node = Node::dev().limits(limits).spawn().await.unwrap();
    let node = Node::dev().spawn().await.unwrap();
    let address = server_node.address().endpoint_addr().clone();
    let mut waiting = Vec::new();
    for _ in 0..2 {
        // nobody serves: admission may have half of the queue
        let alpn = b"aster.consumer_admission";
        waiting.push(node.endpoint().connect(address.clone(), alpn).await.unwrap());
    }
    let third = node
        .endpoint()
        .connect(address, b"aster.consumer_admission")
        .await
        .unwrap();
    assert_eq!(close_code(&third).await, 503);
    assert!(
        waiting
            .iter()
            .all(|connection| connection.close_reason().is_none())
    );
    assert_eq!(server_node.stats().queue_full, 1);
    node.close().await;
    server_node.close().await;
}

#[tokio::test]
async fn bad_admission_requests_are_closed_and_a_credential_is_not_believed() {
    let pair = Pair::new().await;
    let address = pair.server_node.address().endpoint_addr().clone();
    let stranger = Node::dev().spawn().await.unwrap();
    let ask = async |request: &[u8]| {
        let connection = stranger
            .endpoint()
            .connect(address.clone(), b"aster.consumer_admission")
            .await
            .unwrap();
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        send.write_all(request).await.unwrap();
        send.finish().unwrap();
        receive.read_to_end(1 << 20).await
    };
    assert!(ask(b"no json").await.is_err());
    assert!(ask(&vec![b' '; 70_000]).await.is_err());
    let answer = ask(br#"{"credential_json": "{}", "iid_token": ""}"#)
        .await
        .unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.contains(r#""admitted":false"#) && answer.contains(r#""services":[]"#),
        "{answer}"
    );
    let answer = String::from_utf8(ask(b"{}").await.unwrap()).unwrap();
    for part in [
        r#""admitted":true"#,
        r#""name":"probe.Probe""#,
        r#""wire_versions":[1]"#,
        r#""pattern":"shared""#,
    ] {
        assert!(answer.contains(part), "{answer}");
    }
    stranger.close().await;
    pair.close().await;
}
