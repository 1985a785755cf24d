//! Revocations of the mesh at work: they cut, they keep out, and a file that cannot be read lets nobody in.

use super::mesh::{
    CONSUMER, PRODUCER, Revoked, append, between, consumer, id, is_admitted, json, key, node, peer, producer,
    root, seconds, serve,
};
use super::{assert_cut, over, soon, until};
use crate::log::Log;
use crate::support::{PROBE, ProbeClient, close_code, text};
use aster_runtime::codegen::v1;
use aster_runtime::node::{Placement, RevokeError};
use aster_runtime::trust::{Claims, Credential, Revocation};
use aster_runtime::{Admission, Client, Node};
use iroh_blobs::get::fsm::{self, ConnectedNext};
use iroh_blobs::protocol::GetRequest;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_call_and_a_blob_transfer_end_with_a_revocation() {
    let revoked = Revoked::none();
    let server = node(1).revocations(&revoked.path).spawn().await.unwrap();
    let (seen, serving) = serve(&server, &PROBE);
    // far more than what is on the way between two nodes
    let large = vec![7; 64 * 1024 * 1024];
    let hash = server.blobs().blobs().add_bytes(large).await.unwrap().hash;
    let client_node = peer(2, consumer(id(2))).spawn().await.unwrap();
    let client = soon(Client::connect(&client_node, server.address()))
        .await
        .unwrap();
    let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
    let bystander = peer(3, consumer(id(3))).spawn().await.unwrap();
    let other = soon(Client::connect(&bystander, server.address())).await.unwrap();
    let other = ProbeClient(v1::Stub::new(&other, &PROBE).unwrap());
    let stays = over(iroh_blobs::ALPN, &bystander, &server).await;

    let hang = tokio::spawn(probe.unary(2, "").into_future());
    seen.begun(1).await;
    let connection = over(iroh_blobs::ALPN, &client_node, &server).await;
    let transfer = fsm::start(connection.clone(), GetRequest::blob(hash), Default::default());
    let ConnectedNext::StartRoot(start) = soon(transfer.next()).await.unwrap().next().await.unwrap() else {
        panic!("the request is for the root");
    };
    let (mut content, size) = soon(start.next().next()).await.unwrap();
    assert_eq!(size, 64 * 1024 * 1024);
    for _ in 0..4 {
        match soon(content.next()).await {
            fsm::BlobContentNext::More((rest, item)) => {
                item.unwrap();
                content = rest;
            }
            fsm::BlobContentNext::Done(_) => panic!("it is larger"),
        }
    }

    // what is not theirs cuts nobody
    revoked.peer(id(9));
    revoked.append(&Revocation::of_peer(&root(), id(2), seconds() - 3600).unwrap());
    revoked.peer(id(2));
    assert_cut(&soon(hang).await.unwrap().unwrap_err(), true);
    soon(seen.dropped(1)).await;
    assert_eq!(soon(close_code(&connection)).await, 410);
    let read = loop {
        match soon(content.next()).await {
            fsm::BlobContentNext::More((rest, Ok(_))) => content = rest,
            fsm::BlobContentNext::More((rest, Err(_))) => break rest.stats().counters.payload_bytes_read,
            fsm::BlobContentNext::Done(_) => panic!("the transfer came to its end"),
        }
    };
    assert!(read < size / 2, "{read} bytes were on their way");

    // out over every protocol, with everything it has
    for alpn in [b"aster/1", iroh_blobs::ALPN, iroh_docs::ALPN, iroh_gossip::ALPN] {
        let refused = over(alpn, &client_node, &server).await;
        assert_eq!(soon(close_code(&refused)).await, 403);
    }
    assert!(!is_admitted(&client_node, &server, CONSUMER, &json(consumer(id(2)))).await);
    assert!(!is_admitted(&client_node, &server, PRODUCER, &json(producer(id(2)))).await);
    assert_eq!(
        (seen.begun.load(Ordering::SeqCst), server.stats().revoked),
        (1, 2)
    );
    // and enrolled anew it comes in again
    let later = Claims::consumer(id(2), between(1, 3600));
    assert!(is_admitted(&client_node, &server, CONSUMER, &json(later)).await);

    assert_eq!(soon(other.echo("x").into_future()).await.unwrap(), text("x"));
    assert!(stays.close_reason().is_none());
    for node in [client_node, bystander, server] {
        node.close().await;
    }
    serving.await.unwrap();
}

async fn cuts_alone(placement: Placement) {
    let revoked = Revoked::none();
    let server = Node::dev()
        .secret_key(key(1))
        .trust(root().public())
        .placement(placement)
        .revocations(&revoked.path);
    let server = server.spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let peers = [2, 3, 4].map(|number| Node::dev().secret_key(key(number)).spawn());
    let peers = futures_util::future::join_all(peers).await;
    let peers: Vec<_> = peers.into_iter().map(Result::unwrap).collect();
    let bad = json(consumer(id(2)));
    for (peer, credential) in peers.iter().zip([&bad, &json(consumer(id(3))), ""]) {
        assert!(is_admitted(peer, &server, CONSUMER, credential).await);
    }
    let mut connections = Vec::new();
    for peer in &peers {
        connections.push(over(iroh_blobs::ALPN, peer, &server).await);
    }
    let entered = || server.admitted().iter().all(|peer| peer.connections == 1);
    until(entered).await;
    let hash = Credential::from_json(&bad).unwrap().hash();
    revoked.append(&Revocation::of_credential(&root(), hash, seconds()).unwrap());
    assert_eq!(soon(close_code(&connections[0])).await, 410);
    assert!(
        connections[1..]
            .iter()
            .all(|connection| connection.close_reason().is_none())
    );
    // the gates are open, and it stays out
    assert!(!is_admitted(&peers[0], &server, CONSUMER, "").await);
    assert!(!is_admitted(&peers[0], &server, CONSUMER, &bad).await);
    assert!(is_admitted(&peers[0], &server, CONSUMER, &json(consumer(id(2)).name("again"))).await);
    assert_eq!(server.stats().revoked, 1);
    for peer in peers {
        peer.close().await;
    }
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_revoked_credential_cuts_who_came_with_it_alone() {
    for placement in [Placement::Inline, Placement::Separate] {
        cuts_alone(placement).await;
    }
}

#[tokio::test]
async fn while_the_file_cannot_be_read_nobody_comes_in_and_nobody_goes() {
    let revoked = Revoked::none();
    let server = node(1).revocations(&revoked.path).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let here = peer(2, consumer(id(2))).spawn().await.unwrap();
    let client = soon(Client::connect(&here, server.address())).await.unwrap();
    let probe = ProbeClient(v1::Stub::new(&client, &PROBE).unwrap());
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    let stays = over(iroh_blobs::ALPN, &here, &server).await;
    let late = Node::dev().secret_key(key(3)).spawn().await.unwrap();
    let good = json(consumer(id(3)));
    let away = revoked.path.with_extension("away");
    for damage in 0..4 {
        match damage {
            0 => std::fs::rename(&revoked.path, &away).unwrap(),
            1 => append(&revoked.path, "{}\n"),
            2 => append(
                &revoked.path,
                &Revocation::of_peer(&super::mesh::other_root(), id(2), 1)
                    .unwrap()
                    .to_json(),
            ),
            // half a statement that revokes the peer that is here
            _ => {
                let statement = Revocation::of_peer(&root(), id(2), seconds()).unwrap().to_json();
                append(&revoked.path, &statement[..statement.len() - 9]);
            }
        }
        for _ in 0..2 {
            assert!(!is_admitted(&late, &server, CONSUMER, &good).await, "{damage}");
            assert!(!is_admitted(&here, &server, CONSUMER, "").await, "{damage}");
        }
        assert_eq!(probe.echo("x").await.unwrap(), text("x"));
        if damage == 0 {
            std::fs::rename(&away, &revoked.path).unwrap();
        } else {
            std::fs::write(&revoked.path, "").unwrap();
        }
        assert!(is_admitted(&late, &server, CONSUMER, &good).await, "{damage}");
    }
    // the program's own word counts meanwhile
    std::fs::remove_file(&revoked.path).unwrap();
    server.admit(id(4), Admission::new()).unwrap();
    assert!(stays.close_reason().is_none());
    assert_eq!((server.stats().revoked, server.stats().expired), (0, 0));
    for node in [here, late, server] {
        node.close().await;
    }
    serving.await.unwrap();
}

#[tokio::test]
async fn the_log_says_once_that_the_file_cannot_be_read_and_once_that_it_can_again() {
    let (log, _guard) = Log::catch();
    let revoked = Revoked::none();
    let server = node(1).revocations(&revoked.path).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let here = peer(2, consumer(id(2))).spawn().await.unwrap();
    let (_client, probe) = super::credentials::probe(&here, &server).await;
    let out = Node::dev().secret_key(key(3)).spawn().await.unwrap();
    revoked.peer(id(3));
    let show = async |node: &Node, number| {
        let good = json(consumer(id(number)));
        is_admitted(node, &server, CONSUMER, &good).await
    };
    assert!(!show(&out, 3).await, "it is revoked");
    let good = std::fs::read(&revoked.path).unwrap();
    let (gone, again) = ("no peer is admitted until", "can be read again");
    for time in 1..=2 {
        append(&revoked.path, "half a statement");
        until(|| log.lines(gone).len() == time).await;
        for _ in 0..3 {
            assert!(!show(&here, 2).await && !show(&out, 3).await);
        }
        assert_eq!(probe.echo("x").await.unwrap(), text("x"));
        std::fs::remove_file(&revoked.path).unwrap();
        assert!(!show(&here, 2).await);
        std::fs::write(&revoked.path, &good).unwrap();
        until(|| log.lines(again).len() == time).await;
        assert!(show(&here, 2).await && !show(&out, 3).await);
        assert_eq!(log.lines(gone).len(), time);
    }
    let said = log.lines(gone);
    let path = revoked.path.display().to_string();
    assert!(
        said.iter()
            .all(|line| line.starts_with("ERROR ") && line.contains(&path) && line.contains("line 2")),
        "{said:?}"
    );
    assert_eq!(log.lines("ERROR ").len(), 2, "{:?}", log.lines("ERROR "));
    assert!(log.lines(again).iter().all(|line| line.starts_with("INFO ")));
    // why each was refused, for the operator alone
    let refused = log.lines("peer not admitted");
    assert!(
        refused
            .iter()
            .any(|line| line.contains("it is not known who is revoked")),
        "{refused:?}"
    );
    for node in [here, out, server] {
        node.close().await;
    }
    serving.await.unwrap();
}

#[tokio::test]
async fn a_revocation_that_is_brought_is_kept_and_cuts() {
    let revoked = Revoked::none();
    let server = node(1).revocations(&revoked.path).spawn().await.unwrap();
    let (_, serving) = serve(&server, &PROBE);
    let client = peer(2, consumer(id(2))).spawn().await.unwrap();
    let (_client, probe) = super::credentials::probe(&client, &server).await;
    assert_eq!(probe.echo("x").await.unwrap(), text("x"));
    // whoever it is that brings it
    let stranger = Node::dev().spawn().await.unwrap();
    let before = std::fs::read(&revoked.path).unwrap();
    let other = Revocation::of_peer(&super::mesh::other_root(), id(2), seconds()).unwrap();
    let refused = stranger.bring_revocation(server.address(), &other).await;
    assert_eq!(refused, Err(RevokeError::NotTaken), "of another mesh");
    assert_eq!(std::fs::read(&revoked.path).unwrap(), before);
    let statement = Revocation::of_peer(&root(), id(2), seconds()).unwrap();
    for _ in 0..2 {
        stranger
            .bring_revocation(server.address(), &statement)
            .await
            .unwrap();
        let text = std::fs::read_to_string(&revoked.path).unwrap();
        assert_eq!(text, statement.to_json() + "\n", "once");
    }
    until(|| server.stats().revoked >= 1).await;
    assert!(!is_admitted(&client, &server, CONSUMER, &json(consumer(id(2)))).await);
    // nobody is admitted by it
    let bystander = over(b"aster/1", &stranger, &server).await;
    assert_eq!(soon(close_code(&bystander)).await, 403);
    client.close().await;
    stranger.close().await;
    server.close().await;
    serving.await.unwrap();
}

#[tokio::test]
async fn a_revocation_is_not_taken_in_where_it_could_not_be_kept() {
    let statement = Revocation::of_peer(&root(), id(2), seconds()).unwrap();
    let stranger = Node::dev().spawn().await.unwrap();
    let revoked = Revoked::none();
    for (number, builder) in [
        (11, node(11)),
        (12, Node::dev().secret_key(key(12))),
        (13, node(13).revocations(&revoked.path)),
    ] {
        let server = builder.spawn().await.unwrap();
        let (_, serving) = serve(&server, &PROBE);
        if number == 13 {
            std::fs::write(&revoked.path, "half a li").unwrap();
        }
        let refused = stranger.bring_revocation(server.address(), &statement).await;
        assert_eq!(refused, Err(RevokeError::NotTaken), "{number}");
        server.close().await;
        serving.await.unwrap();
    }
    assert_eq!(std::fs::read_to_string(&revoked.path).unwrap(), "half a li");
    stranger.close().await;
}
