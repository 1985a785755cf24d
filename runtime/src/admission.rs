//! The admission exchange: one JSON object each way, on a connection of its own.
//!
//! Source: trust, "Admission exchange".

use crate::alpn::{Alpn, close};
use crate::node::mesh::{Distrust, Shown};
use crate::node::{DialError, Node, Shared};
use crate::queue::AsterConnection;
use crate::trust::{Admitted, Now, PeerId, Purpose};
use aster_contract::model::ContractId;
use data_encoding::HEXLOWER;
use iroh::EndpointAddr;
use iroh::endpoint::{Connection, ConnectionError, VarInt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

const MAX_REQUEST: usize = 64 * 1024;
const MAX_ANSWER: usize = 1024 * 1024;

/// A service as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEntry {
    /// The full name, `package.Name`.
    pub name: String,
    /// The version.
    #[serde(default)]
    pub version: i32,
    /// The id of the contract, in hexadecimal.
    pub contract_id: String,
    /// Reserved.
    #[serde(default)]
    pub channels: BTreeMap<String, String>,
    /// `shared` or `session`.
    #[serde(default)]
    pub pattern: String,
    /// The names of the serialization modes.
    #[serde(default)]
    pub serialization_modes: Vec<String>,
}

impl ServiceEntry {
    /// The id of the contract, if the entry has a proper one.
    pub fn contract(&self) -> Option<ContractId> {
        let bytes = HEXLOWER.decode(self.contract_id.as_bytes()).ok()?;
        <[u8; 32]>::try_from(bytes).ok().map(ContractId)
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Request {
    #[serde(default)]
    credential_json: String,
    #[serde(default)]
    iid_token: String,
    /// What the operator has revoked, instead of a credential: over the producers' protocol alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    revocation_json: String,
}

/// What a server says of an admission.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) admitted: bool,
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) services: Vec<ServiceEntry>,
    #[serde(default)]
    registry_namespace: String,
    #[serde(default)]
    root_pubkey: String,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) producer_credential_json: String,
    #[serde(default)]
    pub(crate) wire_versions: Vec<u64>,
    /// A revocation was taken in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    revoked: bool,
}

/// Why an exchange did not come to an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("{0}")]
    Closed(ConnectionError),
    #[error("the peer's answer is not that of an Aster server: {0}")]
    Malformed(String),
}

/// What both clocks say: admissions are granted by the one of the wall, and held to the other too.
pub(crate) fn now() -> Now {
    Now {
        wall: SystemTime::now(),
        monotonic: Instant::now(),
    }
}

/// Brings the server at `address` what the operator has revoked. `Ok(false)` if it is not taken in.
pub(crate) async fn bring(
    node: &Node,
    address: EndpointAddr,
    revocation_json: String,
) -> Result<bool, ExchangeError> {
    let connection = node.dial(address, Alpn::ProducerAdmission).await?;
    let request = Request {
        revocation_json,
        ..Request::default()
    };
    let answer = exchange(&connection, &request).await;
    connection.close(VarInt::from_u32(close::DONE), b"done");
    answer.map(|answer| answer.revoked)
}

/// Asks the server at `address` to admit this node, for what is shown.
pub(crate) async fn ask(node: &Node, address: EndpointAddr, shown: Shown) -> Result<Answer, ExchangeError> {
    let connection = node.dial(address, shown.alpn).await?;
    let request = Request {
        credential_json: shown.json,
        ..Request::default()
    };
    let answer = exchange(&connection, &request).await;
    connection.close(VarInt::from_u32(close::DONE), b"done");
    answer
}

async fn exchange(connection: &Connection, request: &Request) -> Result<Answer, ExchangeError> {
    // a stream fails because its connection does: that says more
    let lost = |error: String| match connection.close_reason() {
        Some(reason) => ExchangeError::Closed(reason),
        None => ExchangeError::Malformed(error),
    };
    let (mut send, mut receive) = connection.open_bi().await.map_err(ExchangeError::Closed)?;
    let request = serde_json::to_vec(request).unwrap_or_default();
    send.write_all(&request)
        .await
        .map_err(|error| lost(error.to_string()))?;
    // a stream that the server has stopped is finished as well
    let _ = send.finish();
    let answer = receive
        .read_to_end(MAX_ANSWER)
        .await
        .map_err(|error| lost(error.to_string()))?;
    serde_json::from_slice(&answer).map_err(|error| ExchangeError::Malformed(error.to_string()))
}

/// Answers one admission connection, within its time.
pub(crate) async fn answer(shared: &Shared, connection: AsterConnection, services: &[ServiceEntry]) {
    let candidate = Candidate {
        key: connection.key(),
        peer: connection.peer(),
        purpose: match connection.alpn {
            Alpn::ProducerAdmission => Purpose::Producer,
            Alpn::ConsumerAdmission | Alpn::Calls => Purpose::Consumer,
        },
    };
    let connection = connection.connection;
    let work = answer_stream(shared, &connection, candidate, services);
    let (code, reason) = match tokio::time::timeout(shared.limits.admission_time, work).await {
        Ok(Ok(())) => return,
        Ok(Err(reason)) => (close::DONE, reason),
        Err(_) => (close::ADMISSION_SLOW, "too slow".to_owned()),
    };
    shared.counters.admission_failed.add();
    tracing::info!(peer = %candidate.peer, %reason, "admission failed");
    connection.close(VarInt::from_u32(code), b"admission failed");
}

/// Who asks to be admitted.
#[derive(Clone, Copy)]
struct Candidate {
    /// The key with which it dialled.
    key: PeerId,
    peer: PeerId,
    /// What it asks to be, by the protocol.
    purpose: Purpose,
}

async fn answer_stream(
    shared: &Shared,
    connection: &Connection,
    candidate: Candidate,
    services: &[ServiceEntry],
) -> Result<(), String> {
    let (mut send, mut receive) = connection.accept_bi().await.map_err(|error| error.to_string())?;
    let request = receive
        .read_to_end(MAX_REQUEST)
        .await
        .map_err(|error| error.to_string())?;
    // the place alone: the rest of the error may show a credential
    let request: Request = serde_json::from_slice(&request).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("its request is none, at line {line}, column {column}")
    })?;
    let answer = match (request.revocation_json, candidate.purpose) {
        (none, _) if none.is_empty() => decide(shared, candidate, request.credential_json, services).await,
        (revocation, Purpose::Producer) => revoke(shared, candidate.peer, revocation).await,
        (_, Purpose::Consumer) => {
            return Err("it brings a revocation over the protocol of consumers".to_owned());
        }
    };
    let answer = serde_json::to_vec(&answer).map_err(|error| error.to_string())?;
    send.write_all(&answer).await.map_err(|error| error.to_string())?;
    send.finish().map_err(|error| error.to_string())?;
    // the client closes the connection: closing it here could drop the answer
    connection.closed().await;
    Ok(())
}

/// Takes in a revocation, whoever brings it: the root key has signed it, or it is none. Nobody is admitted by it.
async fn revoke(shared: &Shared, peer: PeerId, json: String) -> Answer {
    match shared.mesh.revoke(json).await {
        Ok(()) => {
            tracing::info!(%peer, "a revocation was brought and taken in");
            Answer {
                revoked: true,
                ..Answer::default()
            }
        }
        Err(refusal) => {
            shared.counters.admission_failed.add();
            tracing::info!(%peer, reason = %refusal, "a revocation was brought and not taken in");
            Answer {
                reason: "not taken in".to_owned(),
                ..Answer::default()
            }
        }
    }
}

/// Admits the peer, or says why not: to the log in full, to the peer without the reason.
async fn decide(
    shared: &Shared,
    candidate: Candidate,
    credential: String,
    services: &[ServiceEntry],
) -> Answer {
    let Candidate { peer, purpose, .. } = candidate;
    let refusal = match admit(shared, candidate, credential).await {
        Ok(admitted) => {
            tracing::info!(%peer, ?purpose, "peer admitted");
            return Answer {
                admitted: true,
                attributes: admitted.attributes().clone(),
                services: services.to_vec(),
                root_pubkey: shared
                    .mesh
                    .root()
                    .map_or_else(String::new, |root| root.to_string()),
                producer_credential_json: shared.mesh.producer(peer),
                wire_versions: vec![crate::header::FORMAT.into()],
                ..Answer::default()
            };
        }
        Err(refusal) => refusal,
    };
    shared.counters.not_admitted.add();
    tracing::info!(%peer, ?purpose, reason = %refusal, "peer not admitted");
    Answer {
        reason: "not admitted".to_owned(),
        ..Answer::default()
    }
}

/// Puts the peer into the admitted set, if what it shows is worth it. Nothing that is shown is passed over, whoever may come in
/// without.
async fn admit(shared: &Shared, candidate: Candidate, credential: String) -> Result<Arc<Admitted>, Distrust> {
    let Candidate { key, peer, purpose } = candidate;
    let (gate, mesh) = (&shared.gate, &shared.mesh);
    if gate.is_own(key) {
        return Ok(gate.ask(key)?);
    }
    if credential.is_empty() {
        mesh.admits().await?;
        return Ok(gate.ask(key)?);
    }
    let granted = mesh.judge(credential, purpose, peer).await?;
    Ok(gate.grant(granted)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::gate::Gate;
    use crate::node::mesh::MeshOptions;
    use crate::trust::{Claims, RootKey, Validity};
    use std::time::Duration;

    const NODE: PeerId = PeerId([1; 32]);
    const PEER: PeerId = PeerId([2; 32]);

    /// What an altered request comes to: nothing, or what it was before.
    #[tokio::test]
    async fn no_altered_request_is_worth_more() {
        let root = RootKey::from_bytes(&[7; 32]);
        let options = MeshOptions {
            root: Some(root.public()),
            ..MeshOptions::default()
        };
        let mesh = Arc::new(options.open(NODE, None).unwrap());
        let hour = Validity::lasting(now().wall, Duration::from_secs(3600));
        let credential = Claims::consumer(PEER, hour).roles(["user"]).sign(&root).unwrap();
        let request = Request {
            credential_json: credential.to_json(),
            ..Request::default()
        };
        let bytes = serde_json::to_vec(&request).unwrap();
        let attributes = credential.attributes();
        let (mut parsed, mut granted, mut random) = (0, 0, fastrand::Rng::with_seed(7));
        for _ in 0..100_000 {
            let mut bytes = bytes.clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len());
                match random.u8(..4) {
                    0 => bytes[at] = random.u8(..),
                    1 => drop(bytes.remove(at)),
                    2 => bytes.insert(at, random.u8(b' '..b'~')),
                    _ => {
                        let to = random.usize(..bytes.len());
                        bytes.swap(at, to);
                    }
                }
            }
            let Ok(request) = serde_json::from_slice::<Request>(&bytes) else {
                continue;
            };
            parsed += 1;
            if request.credential_json.is_empty() {
                continue;
            }
            if let Ok(grant) = mesh.judge(request.credential_json, Purpose::Consumer, PEER).await {
                granted += 1;
                assert_eq!(&grant.admission.attributes, attributes);
                assert_eq!(grant.grounds.credential, credential.hash());
            }
        }
        // what is altered is mostly seen by the signature, and some of it says the same
        assert!(
            parsed > 10_000 && (1..parsed / 2).contains(&granted),
            "{parsed} {granted}"
        );
    }

    fn peer(number: u32) -> PeerId {
        let mut id = [3; 32];
        id[..4].copy_from_slice(&number.to_le_bytes());
        PeerId(id)
    }

    /// Each with a credential of its own, and as many beside them that show another's. What a connection adds is tested over real
    /// ones, with fewer.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_thousand_peers_come_in_at_once_and_a_thousand_others_do_not() {
        let root = RootKey::from_bytes(&[7; 32]);
        let options = MeshOptions {
            root: Some(root.public()),
            ..MeshOptions::default()
        };
        let mesh = Arc::new(options.open(NODE, None).unwrap());
        let gate = Arc::new(Gate::new(None, Arc::default(), &crate::limits::Limits::default()));
        let hour = Validity::lasting(now().wall, Duration::from_secs(3600));
        let tasks: Vec<_> = (0..2000)
            .map(|number| {
                let own = number < 1000;
                let claims = Claims::consumer(peer(number % 1000), hour).name(number.to_string());
                let json = claims.sign(&root).unwrap().to_json();
                let (mesh, gate) = (Arc::clone(&mesh), Arc::clone(&gate));
                tokio::spawn(async move {
                    let granted = mesh.judge(json, Purpose::Consumer, peer(number)).await;
                    let admitted = granted.and_then(|granted| Ok(gate.grant(granted)?));
                    assert_eq!(admitted.is_ok(), own, "{number}");
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(gate.count(), 1000);
        for number in 0..1000 {
            let admitted = gate.admitted(&peer(number)).unwrap();
            assert_eq!(admitted.attributes()["aster.name"], number.to_string());
        }
    }
}
