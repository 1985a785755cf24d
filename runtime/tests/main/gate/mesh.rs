//! A mesh for tests: its root key, nodes of known keys, credentials, and admissions by hand.

use super::soon;
use crate::support::{PROBE, ProbeServer, Seen};
use aster_runtime::codegen::v1;
use aster_runtime::trust::{Claims, Nonce, Revocation, RootKey, RootPublicKey, Validity};
use aster_runtime::{Node, NodeBuilder, PeerId, Server};
use iroh::endpoint::Connection;
use iroh::{EndpointAddr, SecretKey};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub(crate) const CONSUMER: &[u8] = b"aster.consumer_admission";
pub(crate) const PRODUCER: &[u8] = b"aster.producer_admission";
const HOUR: u64 = 3600;

/// Requires `user` of everybody, and `admin` in one method.
pub(crate) static GUARDED: v1::ServiceInfo = v1::ServiceInfo {
    requires: Some(v1::Requirement {
        kind: v1::CapabilityKind::Role,
        roles: &["user"],
    }),
    ..PROBE
};

pub(crate) fn root() -> RootKey {
    RootKey::from_bytes(&[7; 32])
}

pub(crate) fn other_root() -> RootKey {
    RootKey::from_bytes(&[8; 32])
}

pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_bytes(&[number; 32])
}

pub(crate) fn id(number: u8) -> PeerId {
    key(number).public().into()
}

pub(crate) fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// From that second relative to now until that one.
pub(crate) fn between(from: i64, to: i64) -> Validity {
    let at = |second: i64| seconds().checked_add_signed(second).unwrap();
    Validity {
        not_before: at(from),
        expires_at: at(to),
    }
}

pub(crate) fn hour() -> Validity {
    between(-60, 3600)
}

/// One that counts for so few seconds more: the skew is nearly over.
pub(crate) fn nearly_over(left: i64) -> Validity {
    between(-HOUR.cast_signed(), left - 60)
}

pub(crate) fn consumer(of: PeerId) -> Claims {
    Claims::consumer(of, hour())
}

pub(crate) fn producer(of: PeerId) -> Claims {
    Claims::producer(of, hour())
}

pub(crate) fn one_time(nonce: u8, to: &Node) -> String {
    json(Claims::one_time(to.id().into(), Nonce([nonce; 32]), hour()))
}

pub(crate) fn json(claims: Claims) -> String {
    claims.sign(&root()).unwrap().to_json()
}

/// A node of the mesh whose key has that number, in which it is a producer.
pub(crate) fn node(number: u8) -> NodeBuilder {
    Node::builder()
        .secret_key(key(number))
        .trust(root().public())
        .credential(producer(id(number)).sign(&root()).unwrap())
}

/// A node whose gates are open, and which shows a credential of the mesh.
pub(crate) fn peer(number: u8, claims: Claims) -> NodeBuilder {
    Node::dev()
        .secret_key(key(number))
        .trust(root().public())
        .credential(claims.sign(&root()).unwrap())
}

/// Asks to be admitted with what is given, and gives the answer; `None` if there is none.
pub(crate) async fn ask(from: &Node, to: &EndpointAddr, alpn: &[u8], credential: &str) -> Option<Value> {
    let connection = soon(from.endpoint().connect(to.clone(), alpn)).await.ok()?;
    let answer = soon(exchange(&connection, credential)).await;
    connection.close(0u32.into(), b"done");
    answer
}

pub(crate) async fn exchange(connection: &Connection, credential: &str) -> Option<Value> {
    let (mut send, mut receive) = connection.open_bi().await.ok()?;
    let request = serde_json::json!({ "credential_json": credential, "iid_token": "" });
    send.write_all(&serde_json::to_vec(&request).unwrap())
        .await
        .ok()?;
    send.finish().ok()?;
    let answer = receive.read_to_end(1 << 20).await.ok()?;
    serde_json::from_slice(&answer).ok()
}

/// Whether the node is let in with that.
pub(crate) async fn is_admitted(from: &Node, to: &Node, alpn: &[u8], credential: &str) -> bool {
    let to = to.address().endpoint_addr().clone();
    let answer = ask(from, &to, alpn, credential).await.expect("an answer");
    let admitted = answer["admitted"] == true;
    if !admitted {
        // nothing of why, or of the mesh
        assert_eq!(answer["reason"], "not admitted");
        for empty in ["root_pubkey", "producer_credential_json"] {
            assert_eq!(answer[empty], "", "{answer}");
        }
        assert_eq!(
            (&answer["services"], &answer["attributes"]),
            (&serde_json::json!([]), &serde_json::json!({}))
        );
    }
    admitted
}

/// Serves the probe at a node.
pub(crate) fn serve(node: &Node, info: &'static v1::ServiceInfo) -> (Arc<Seen>, JoinHandle<()>) {
    let seen = Arc::new(Seen::default());
    let service = ProbeServer {
        info,
        seen: Arc::clone(&seen),
    };
    let server = Server::builder(node).add(service).build().unwrap();
    (seen, tokio::spawn(async move { server.serve().await.unwrap() }))
}

/// A file of revocations.
pub(crate) struct Revoked {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl Revoked {
    pub(crate) fn none() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("revocations");
        std::fs::write(&path, "").unwrap();
        Self {
            _folder: folder,
            path,
        }
    }

    pub(crate) fn append(&self, statement: &Revocation) {
        append(&self.path, &format!("{}\n", statement.to_json()));
    }

    /// Revokes a peer, with all that counts by now.
    pub(crate) fn peer(&self, peer: PeerId) {
        self.append(&Revocation::of_peer(&root(), peer, seconds()).unwrap());
    }
}

pub(crate) fn append(path: &Path, text: &str) {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

pub(crate) fn mesh() -> RootPublicKey {
    root().public()
}
