//! What is stolen, tried by the thief at real nodes: what it allows, what it does not, and how the owner recovers.
//!
//! The page is `docs/threat-model.md`.

use super::credentials::probe;
use super::mesh::{
    CONSUMER, GUARDED, PRODUCER, Revoked, append, ask, between, consumer, hour, id, is_admitted, json, key,
    mesh, node, one_time, other_root, producer, root, seconds, serve,
};
use super::{over, soon, until};
use crate::identity::{peers, written};
use crate::log::Log;
use crate::support::{PROBE, close_code, text};
use aster_runtime::trust::{Claims, Credential, Revocation, RootKey, RootPublicKey};
use aster_runtime::{Client, Code, ConnectError, Node};
use std::collections::BTreeSet;

fn signed(claims: Claims) -> Credential {
    claims.sign(&root()).unwrap()
}

/// A server of a mesh.
async fn server_of(number: u8, mesh: &RootKey) -> Node {
    let credential = producer(id(number)).sign(mesh).unwrap();
    let server = Node::builder().secret_key(key(number)).trust(mesh.public());
    server.credential(credential).spawn().await.unwrap()
}

/// A client node of a mesh.
async fn client_of(number: u8, mesh: RootPublicKey, credential: Credential) -> Node {
    let client = Node::dev().secret_key(key(number)).trust(mesh);
    client.credential(credential).spawn().await.unwrap()
}

#[tokio::test]
async fn who_has_the_root_key_is_anybody_until_the_nodes_are_told_another() {
    let server = server_of(1, &root()).await;
    let (_, serving) = serve(&server, &GUARDED);
    let claims = consumer(id(66)).roles(["user", "admin"]).name("anna");
    let thief = client_of(66, mesh(), signed(claims)).await;
    let (_client, as_admin) = probe(&thief, &server).await;
    assert_eq!(as_admin.unary(8, "x").await.unwrap(), text("x"));
    assert_eq!(server.admitted()[0].attributes["aster.name"], "anna");
    assert!(is_admitted(&thief, &server, PRODUCER, &json(producer(id(66)))).await);
    server.close().await;
    serving.await.unwrap();

    let server = server_of(1, &other_root()).await;
    let (_, serving) = serve(&server, &GUARDED);
    for alpn in [CONSUMER, PRODUCER] {
        for claims in [consumer(id(66)), producer(id(66))] {
            assert!(!is_admitted(&thief, &server, alpn, &json(claims)).await);
        }
    }
    let error = soon(Client::connect(&thief, server.address())).await.unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::NotAdmitted { .. } | ConnectError::ServerNotTrusted { .. }
        ),
        "{error}"
    );
    let again = consumer(id(2)).roles(["user"]).sign(&other_root()).unwrap();
    let owner = client_of(2, other_root().public(), again).await;
    let (_client, probe) = probe(&owner, &server).await;
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    for node in [thief, owner, server] {
        node.close().await;
    }
    serving.await.unwrap();
}

#[tokio::test]
async fn who_has_an_identity_is_that_node_until_it_is_revoked_and_no_other() {
    let revoked = Revoked::none();
    let server = node(1).revocations(&revoked.path).spawn().await.unwrap();
    let (_, serving) = serve(&server, &GUARDED);
    let credential = signed(consumer(id(2)).roles(["user"]));
    let text_of_file = format!(
        "[node]\nsecret_key = \"{}\"\nendpoint_id = \"{}\"\n{}",
        "02".repeat(32),
        id(2),
        peers::peer("prod", "consumer", &credential)
    );
    // the owner's file, and the copy
    let files = [written(&text_of_file), written(&text_of_file)];
    let mut both = Vec::new();
    for file in &files {
        let stolen = Node::from_identity(&file.path).unwrap().spawn().await.unwrap();
        let (client, probe) = probe(&stolen, &server).await;
        assert_eq!(probe.echo("x").await.unwrap(), text("x"));
        // no role that was not given, and none that is written in
        assert_eq!(
            probe.unary(8, "x").await.unwrap_err().code(),
            Code::PERMISSION_DENIED
        );
        let better = credential.to_json().replace("user", "admin");
        assert!(!is_admitted(&stolen, &server, CONSUMER, &better).await);
        assert!(!is_admitted(&stolen, &server, CONSUMER, &json(consumer(id(3)))).await);
        assert!(!is_admitted(&stolen, &server, PRODUCER, &credential.to_json()).await);
        both.push((stolen, client));
    }
    assert_eq!(
        server.admitted().len(),
        1,
        "they are the same to everybody else: {:?}",
        server.admitted()
    );

    revoked.peer(id(2));
    until(|| server.admitted().is_empty()).await;
    for (stolen, _) in &both {
        assert!(!is_admitted(stolen, &server, CONSUMER, &credential.to_json()).await);
        let refused = over(b"aster/1", stolen, &server).await;
        assert_eq!(soon(close_code(&refused)).await, 403);
    }
    let owner = client_of(5, mesh(), signed(consumer(id(5)).roles(["user"]))).await;
    let (_client, probe) = probe(&owner, &server).await;
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    // enrolled under its old id, the thief would come in with the owner
    assert!(
        is_admitted(
            &both[1].0,
            &server,
            CONSUMER,
            &json(Claims::consumer(id(2), between(1, 60)))
        )
        .await
    );
    for node in both.into_iter().map(|(node, _)| node).chain([owner, server]) {
        node.close().await;
    }
    serving.await.unwrap();
}

#[tokio::test]
async fn whoever_has_a_bearers_credential_comes_in_until_it_is_revoked() {
    let revoked = Revoked::none();
    let server = node(1).revocations(&revoked.path).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let bearer = signed(Claims::bearer(hour()));
    let mut peers = Vec::new();
    for number in [2, 66] {
        let peer = client_of(number, mesh(), bearer.clone()).await;
        let (client, probe) = probe(&peer, &server).await;
        assert_eq!(probe.echo("x").await.unwrap(), text("x"));
        peers.push((peer, client));
    }
    revoked.append(&Revocation::of_credential(&root(), bearer.hash(), seconds()).unwrap());
    until(|| server.admitted().is_empty()).await;
    for (peer, _) in &peers {
        assert!(!is_admitted(peer, &server, CONSUMER, &bearer.to_json()).await);
    }
    for node in peers.into_iter().map(|(node, _)| node).chain([server]) {
        node.close().await;
    }
    serving.await.unwrap();
}

#[tokio::test]
async fn a_stolen_invitation_is_missed_and_revoked() {
    let (folder, revoked) = (tempfile::tempdir().unwrap(), Revoked::none());
    let server = node(1).folder(folder.path()).revocations(&revoked.path);
    let server = server.spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let [invitation, another] = [1, 2].map(|nonce| Credential::from_json(&one_time(nonce, &server)).unwrap());
    let thief = client_of(66, mesh(), invitation.clone()).await;
    let (_client, stolen) = probe(&thief, &server).await;
    assert_eq!(stolen.echo("x").await.unwrap(), text("x"));

    let guest = client_of(2, mesh(), invitation.clone()).await;
    let error = soon(Client::connect(&guest, server.address())).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotAdmitted { .. }), "{error}");
    revoked.append(&Revocation::of_credential(&root(), invitation.hash(), seconds()).unwrap());
    until(|| server.admitted().is_empty()).await;
    assert!(!is_admitted(&thief, &server, CONSUMER, &invitation.to_json()).await);
    guest.close().await;
    let guest = client_of(2, mesh(), another).await;
    let (_client, probe) = probe(&guest, &server).await;
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    for node in [thief, guest, server] {
        node.close().await;
    }
    serving.await.unwrap();
}

#[tokio::test]
async fn who_cuts_lines_off_the_revocations_lets_that_peer_back_in() {
    let revoked = Revoked::none();
    let server = node(1).revocations(&revoked.path).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let peer = Node::dev().secret_key(key(2)).spawn().await.unwrap();
    let before = std::fs::read(&revoked.path).unwrap();
    revoked.peer(id(2));
    assert!(!is_admitted(&peer, &server, CONSUMER, &json(consumer(id(2)))).await);
    std::fs::write(&revoked.path, before).unwrap();
    // the gate has what it knew until the node looks at the file again
    let credential = json(consumer(id(2)));
    soon(async {
        while !is_admitted(&peer, &server, CONSUMER, &credential).await {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
    peer.close().await;
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_refusal_is_the_same_whatever_its_reason_which_the_log_has() {
    let (log, _guard) = Log::catch();
    let (folder, revoked) = (tempfile::tempdir().unwrap(), Revoked::none());
    let server = node(1).folder(folder.path()).revocations(&revoked.path);
    let server = server.spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let address = server.address().endpoint_addr().clone();
    let stranger = Node::dev().secret_key(key(2)).spawn().await.unwrap();
    let guest = Node::dev().secret_key(key(3)).spawn().await.unwrap();
    assert!(is_admitted(&guest, &server, CONSUMER, &one_time(1, &server)).await);
    revoked.append(
        &Revocation::of_credential(&root(), signed(consumer(id(2)).name("old")).hash(), seconds()).unwrap(),
    );
    let foreign = consumer(id(2)).sign(&other_root()).unwrap().to_json();
    let tries = [
        (String::new(), "without a credential"),
        ("{}".to_owned(), "no credential"),
        (foreign.clone(), "of another mesh"),
        (
            foreign.replace(&other_root().public().to_string(), &mesh().to_string()),
            "forged",
        ),
        (json(Claims::consumer(id(2), between(-3600, -61))), "expired"),
        (json(Claims::consumer(id(2), between(600, 3600))), "too early"),
        (json(producer(id(2))), "for another purpose"),
        (json(consumer(id(4))), "another's"),
        (json(consumer(id(2)).audience(id(250))), "for another node"),
        (one_time(1, &server), "used"),
        (json(consumer(id(2)).name("old")), "revoked"),
        (json(consumer(id(2))), "while it is not known who is revoked"),
    ];
    let mut answers = BTreeSet::new();
    for (number, (credential, what)) in tries.iter().enumerate() {
        if number + 1 == tries.len() {
            append(&revoked.path, "half a statement");
        }
        let answer = ask(&stranger, &address, CONSUMER, credential).await;
        answers.insert(answer.expect("an answer").to_string());
        assert_eq!(answers.len(), 1, "{what}: {answers:?}");
    }
    let said = log.lines("peer not admitted");
    assert_eq!(said.len(), tries.len(), "{said:?}");
    let reasons: BTreeSet<_> = said
        .iter()
        .map(|line| line.split_once("reason=").unwrap().1)
        .collect();
    assert_eq!(reasons.len(), tries.len(), "each is told apart: {reasons:?}");
    for node in [stranger, guest, server] {
        node.close().await;
    }
    serving.await.unwrap();
}
