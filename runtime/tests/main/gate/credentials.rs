//! Admission by credentials: servers and clients of one mesh.

use super::mesh::{
    CONSUMER, GUARDED, PRODUCER, Revoked, between, consumer, hour, id, is_admitted, json, key, mesh,
    nearly_over, node, one_time, other_root, peer, producer, root, serve,
};
use super::{assert_cut, soon, until};
use crate::support::{PROBE, ProbeClient, text};
use aster_runtime::codegen::v1;
use aster_runtime::node::CredentialUnusable;
use aster_runtime::trust::{Claims, Credential, Nonce};
use aster_runtime::{Admission, Client, Code, ConnectError, Node, PeerId, SpawnError};
use std::time::{Duration, SystemTime};

fn signed(claims: Claims) -> Credential {
    claims.sign(&root()).unwrap()
}

pub(super) async fn probe(from: &Node, to: &Node) -> (Client, ProbeClient) {
    let client = soon(Client::connect(from, to.address())).await.unwrap();
    let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
    (client, probe)
}

#[tokio::test]
async fn a_consumer_comes_in_with_the_attributes_and_expiry_of_its_credential() {
    let server = node(1).spawn().await.unwrap();
    let (_, serving) = serve(&server, &GUARDED);
    let claims = consumer(id(2)).roles(["user"]).name("anna");
    let expires = signed(claims.clone()).validity().expires_at;
    let client_node = peer(2, claims).spawn().await.unwrap();
    let (client, probe) = probe(&client_node, &server).await;
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    let denied = probe.unary(8, "x").await.unwrap_err();
    assert_eq!(denied.code(), Code::PERMISSION_DENIED);
    let peers = server.admitted();
    assert_eq!(peers.len(), 1);
    assert_eq!(peers[0].peer, id(2));
    assert_eq!(peers[0].attributes["aster.name"], "anna");
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(expires + 60);
    assert_eq!(peers[0].expires, Some(end), "with the skew");
    client.close();
    client_node.close().await;
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn roles_of_service_and_method_come_from_the_credential() {
    let server = node(1).spawn().await.unwrap();
    let (seen, serving) = serve(&server, &GUARDED);
    for (number, roles, echo, admin) in [
        (2, vec![], false, false),
        (3, vec!["user"], true, false),
        (4, vec!["admin"], false, false),
        (5, vec!["user", "admin"], true, true),
        (6, vec!["users", "ADMIN", "user2"], false, false),
    ] {
        let client_node = peer(number, consumer(id(number)).roles(roles))
            .spawn()
            .await
            .unwrap();
        let (_client, probe) = probe(&client_node, &server).await;
        for (method, expected) in [(0, echo), (8, admin)] {
            match soon(probe.unary(method, "x").into_future()).await {
                Ok(_) => assert!(expected, "{number} {method}"),
                Err(status) => {
                    assert_eq!(status.code(), Code::PERMISSION_DENIED, "{status}");
                    assert!(!expected, "{number} {method}");
                }
            }
        }
        if !echo {
            // a handler that says when it begins never did
            let status = soon(probe.unary(2, "").into_future()).await.unwrap_err();
            assert_eq!(status.code(), Code::PERMISSION_DENIED);
        }
        client_node.close().await;
    }
    assert_eq!(seen.begun.load(std::sync::atomic::Ordering::SeqCst), 0);
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_client_of_the_mesh_believes_producers_alone() {
    let admitting = |builder: aster_runtime::NodeBuilder| async move { builder.spawn().await.unwrap() };
    let base = |number| Node::builder().secret_key(key(number)).trust(mesh());
    let foreign = Claims::producer(id(13), hour()).sign(&other_root()).unwrap();
    let over = signed(Claims::producer(id(14), between(-3600, -61)));
    let late = signed(Claims::producer(id(15), between(61 + 60, 3600)));
    let client = peer(2, consumer(id(2))).spawn().await.unwrap();
    for (number, builder) in [
        (11, base(11)),
        (12, base(12).credential(signed(consumer(id(12))))),
        (13, base(13).credential(foreign)),
        (14, base(14).credential(over)),
        (15, base(15).credential(late)),
        // to be shown to another client alone
        (16, base(16).credential(signed(producer(id(16)).audience(id(3))))),
    ] {
        let server = admitting(builder).await;
        let (_, serving) = serve(&server, &PROBE);
        let error = soon(Client::connect(&client, server.address()))
            .await
            .unwrap_err();
        match &error {
            ConnectError::ServerNotTrusted { reason, .. } => {
                assert!(reason.contains("no producer's credential"), "{number}: {reason}");
            }
            other => panic!("{number}: {other}"),
        }
        assert!(error.to_string().contains("`trust_address`"));
        let trusting = Client::builder(&client).trust_address().connect(server.address());
        let trusting = soon(trusting).await.unwrap();
        let probe = ProbeClient(v1::Stub::new(&trusting, &PROBE).unwrap());
        assert_eq!(probe.echo("x").await.unwrap(), text("x"));
        server.close().await;
        serving.await.unwrap();
    }
    let server = base(17).credential(signed(producer(id(17)).audience(id(2))));
    let server = admitting(server).await;
    let (_, serving) = serve(&server, &PROBE);
    let (_client, probe) = probe(&client, &server).await;
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    client.close().await;
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_node_of_several_meshes_shows_what_is_meant() {
    let server = node(1).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let other = consumer(id(2)).sign(&other_root()).unwrap();
    let both = Node::dev()
        .secret_key(key(2))
        .credential(other)
        .credential(signed(consumer(id(2))));
    let both = both.spawn().await.unwrap();
    let error = soon(Client::connect(&both, server.address())).await.unwrap_err();
    assert!(matches!(error, ConnectError::WhichMesh { .. }), "{error}");
    let client = Client::builder(&both).mesh(mesh()).connect(server.address());
    soon(client).await.unwrap();
    let wrong = Client::builder(&both)
        .mesh(other_root().public())
        .connect(server.address());
    let error = soon(wrong).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotAdmitted { .. }), "{error}");
    both.close().await;
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn open_gates_refuse_a_bad_credential() {
    let open = Node::dev()
        .secret_key(key(1))
        .trust(mesh())
        .spawn()
        .await
        .unwrap();
    let blind = Node::dev().spawn().await.unwrap();
    let (_, serving) = serve(&open, &PROBE);
    let (_, blind_serving) = serve(&blind, &PROBE);
    let stranger = Node::dev().secret_key(key(2)).spawn().await.unwrap();
    let good = json(consumer(id(2)));
    for alpn in [CONSUMER, PRODUCER] {
        for bad in ["{}", "x", &json(consumer(id(3)))] {
            assert!(!is_admitted(&stranger, &open, alpn, bad).await, "{bad}");
        }
        assert!(
            !is_admitted(&stranger, &blind, alpn, &good).await,
            "it has no root key"
        );
        assert!(open.admitted().is_empty());
    }
    assert!(is_admitted(&stranger, &open, CONSUMER, "").await);
    assert!(is_admitted(&stranger, &open, CONSUMER, &good).await);
    for node in [stranger, open, blind] {
        node.close().await;
    }
    serving.await.unwrap();
    blind_serving.await.unwrap();
}

#[tokio::test]
async fn a_client_renews_before_its_admission_ends() {
    let server = node(1).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let first = Claims::consumer(id(2), nearly_over(10)).roles(["user"]);
    let client_node = peer(2, first).spawn().await.unwrap();
    let (client, probe) = probe(&client_node, &server).await;
    let before = server.admitted()[0].expires.unwrap();
    let second = signed(consumer(id(2)).roles(["user", "admin"]));
    client_node.add_credential(second.clone()).unwrap();
    // two thirds of what was left later, over the same connection
    until(|| {
        server
            .admitted()
            .first()
            .is_some_and(|peer| peer.expires.unwrap() > before)
    })
    .await;
    assert!(SystemTime::now() < before, "in time");
    until(|| SystemTime::now() > before).await;
    assert_eq!(probe.unary(8, "x").await.unwrap(), text("x"));
    let stats = server.stats();
    assert_eq!((stats.expired, stats.revoked), (0, 0));
    client.close();
    client_node.close().await;
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn an_admission_that_is_not_renewed_ends_with_the_credential() {
    let server = node(1).spawn().await.unwrap();
    let (seen, serving) = serve(&server, &PROBE);
    let client_node = peer(2, Claims::consumer(id(2), nearly_over(5)))
        .spawn()
        .await
        .unwrap();
    let (_client, probe) = probe(&client_node, &server).await;
    let hang = tokio::spawn(probe.unary(2, "").into_future());
    seen.begun(1).await;
    assert_cut(&soon(hang).await.unwrap().unwrap_err(), true);
    soon(seen.dropped(1)).await;
    let status = soon(probe.echo("x").into_future()).await.unwrap_err();
    assert_eq!(status.code(), Code::UNAUTHENTICATED, "{status}");
    client_node.close().await;
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_client_leaves_a_server_that_is_revoked_or_expires() {
    let revoked = Revoked::none();
    for number in [11, 12] {
        let server = match number {
            11 => node(11),
            _ => Node::builder()
                .secret_key(key(12))
                .trust(mesh())
                .credential(signed(Claims::producer(id(12), nearly_over(5)))),
        };
        let server = server.spawn().await.unwrap();
        let (seen, serving) = serve(&server, &PROBE);
        let client_node = peer(2, consumer(id(2)))
            .revocations(&revoked.path)
            .spawn()
            .await
            .unwrap();
        let (_client, probe) = probe(&client_node, &server).await;
        let hang = tokio::spawn(probe.unary(2, "").into_future());
        seen.begun(1).await;
        if number == 11 {
            revoked.peer(id(11));
        }
        let status = soon(hang).await.unwrap().unwrap_err();
        assert_eq!(status.code(), Code::FAILED_PRECONDITION, "{status}");
        let status = soon(probe.echo("x").into_future()).await.unwrap_err();
        assert_eq!(status.code(), Code::FAILED_PRECONDITION, "{status}");
        assert!(status.message().contains("is not trusted"), "{status}");
        client_node.close().await;
        server.close().await;
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn who_was_revoked_by_the_program_needs_more_than_a_credential() {
    let server = node(1).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let client = Node::dev().secret_key(key(2)).spawn().await.unwrap();
    let good = json(consumer(id(2)));
    assert!(is_admitted(&client, &server, CONSUMER, &good).await);
    assert!(server.revoke(client.id()));
    assert!(!is_admitted(&client, &server, CONSUMER, &good).await);
    assert!(!is_admitted(&client, &server, PRODUCER, &json(producer(id(2)))).await);
    server.admit(client.id(), Admission::new()).unwrap();
    assert!(is_admitted(&client, &server, CONSUMER, &good).await);
    client.close().await;
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn options_that_do_not_fit_are_told() {
    let revoked = Revoked::none();
    let error = Node::builder()
        .revocations(&revoked.path)
        .spawn()
        .await
        .unwrap_err();
    assert!(matches!(error, SpawnError::RevocationsWithoutTrust(_)), "{error}");
    let error = node(1).revocations("/nowhere").spawn().await.unwrap_err();
    assert!(matches!(error, SpawnError::Revocations(_)), "{error}");
    std::fs::write(&revoked.path, "no statement\n").unwrap();
    let error = node(1).revocations(&revoked.path).spawn().await.unwrap_err();
    assert!(error.to_string().contains("line 1"), "{error}");

    let foreign = signed(consumer(id(2)));
    for builder in [node(1), Node::builder()] {
        let error = builder.credential(foreign.clone()).spawn().await.unwrap_err();
        let unusable = matches!(
            &error,
            SpawnError::Credential(CredentialUnusable::Foreign { subject, .. }) if *subject == id(2)
        );
        assert!(unusable, "{error}");
    }
    let altered = foreign
        .to_json()
        .replace("\"attributes\":{}", "\"attributes\":{\"a\":\"\"}");
    let altered = Credential::from_json(&altered).unwrap();
    let error = node(2).credential(altered.clone()).spawn().await.unwrap_err();
    assert!(
        matches!(error, SpawnError::Credential(CredentialUnusable::Unsigned)),
        "{error}"
    );
    let node_2 = node(2).spawn().await.unwrap();
    assert_eq!(node_2.add_credential(altered), Err(CredentialUnusable::Unsigned));
    node_2.add_credential(foreign).unwrap();
    for nonce in 0..=255 {
        let invitation = Claims::one_time(PeerId([nonce; 32]), Nonce([nonce; 32]), hour());
        let added = node_2.add_credential(signed(invitation));
        assert_eq!(added.is_err(), nonce >= 254, "{nonce}");
    }
    node_2.close().await;

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("nonces"), "damaged").unwrap();
    let error = node(1).folder(folder.path()).spawn().await.unwrap_err();
    assert!(matches!(error, SpawnError::Nonces(_)), "{error}");
    assert_eq!(std::fs::read(folder.path().join("nonces")).unwrap(), b"damaged");
}

#[tokio::test]
async fn an_answer_says_of_the_mesh_what_an_admitted_peer_may_know() {
    let server = node(1).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let client = Node::dev().secret_key(key(2)).spawn().await.unwrap();
    let address = server.address().endpoint_addr().clone();
    let answer = super::mesh::ask(&client, &address, CONSUMER, &json(consumer(id(2)).name("b"))).await;
    let answer = answer.unwrap();
    assert_eq!(answer["root_pubkey"], mesh().to_string());
    assert_eq!(answer["attributes"]["aster.name"], "b");
    let shown = answer["producer_credential_json"].as_str().unwrap();
    let shown = Credential::from_json(shown).unwrap();
    assert!(shown.is_signed() && shown.subject() == Some(id(1)));
    client.close().await;
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn an_invitation_is_taken_by_a_client_that_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = node(1).folder(folder.path()).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let invitation = Credential::from_json(&one_time(9, &server)).unwrap();
    let guest = |number| {
        let node = Node::dev().secret_key(key(number)).trust(mesh());
        node.credential(invitation.clone()).spawn()
    };
    let (first, second) = (guest(2).await.unwrap(), guest(3).await.unwrap());
    let (_client, probe) = probe(&first, &server).await;
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    let error = soon(Client::connect(&second, server.address()))
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectError::NotAdmitted { .. }), "{error}");
    soon(Client::connect(&first, server.address())).await.unwrap();
    for node in [first, second, server] {
        node.close().await;
    }
    serving.await.unwrap();
}

#[tokio::test]
async fn who_shows_a_credential_wants_to_see_one() {
    // the client has no root key, but what it shows names one
    let server = Node::builder().secret_key(key(18)).trust(mesh());
    let server = server.spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let client = Node::dev().secret_key(key(2)).credential(signed(consumer(id(2))));
    let client = client.spawn().await.unwrap();
    let error = soon(Client::connect(&client, server.address()))
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectError::ServerNotTrusted { .. }), "{error}");
    client.close().await;
    server.close().await;
    serving.await.unwrap();
}
