//! The admission exchange: one JSON object each way, on a connection of its own.
//!
//! Source: trust, "Admission exchange".

use crate::alpn::{Alpn, close};
use crate::node::{DialError, Node, Shared};
use crate::queue::AsterConnection;
use crate::trust::{Now, PeerId};
use aster_contract::model::ContractId;
use data_encoding::HEXLOWER;
use iroh::EndpointAddr;
use iroh::endpoint::{Connection, ConnectionError, VarInt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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

#[derive(Debug, Default, Serialize, Deserialize)]
struct Request {
    #[serde(default)]
    credential_json: String,
    #[serde(default)]
    iid_token: String,
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
    producer_credential_json: String,
    #[serde(default)]
    pub(crate) wire_versions: Vec<u64>,
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

/// Asks the server at `address` to admit this node.
pub(crate) async fn ask(node: &Node, address: EndpointAddr) -> Result<Answer, ExchangeError> {
    let connection = node.dial(address, Alpn::ConsumerAdmission).await?;
    let answer = exchange(&connection).await;
    connection.close(VarInt::from_u32(close::DONE), b"done");
    answer
}

async fn exchange(connection: &Connection) -> Result<Answer, ExchangeError> {
    // a stream fails because its connection does: that says more
    let lost = |error: String| match connection.close_reason() {
        Some(reason) => ExchangeError::Closed(reason),
        None => ExchangeError::Malformed(error),
    };
    let (mut send, mut receive) = connection.open_bi().await.map_err(ExchangeError::Closed)?;
    let request = serde_json::to_vec(&Request::default()).unwrap_or_default();
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
    let peer = connection.key();
    let connection = connection.connection;
    let work = answer_stream(shared, &connection, peer, services);
    let (code, reason) = match tokio::time::timeout(shared.limits.admission_time, work).await {
        Ok(Ok(())) => return,
        Ok(Err(reason)) => (close::DONE, reason),
        Err(_) => (close::ADMISSION_SLOW, "too slow".to_owned()),
    };
    shared.counters.admission_failed.add();
    tracing::info!(%peer, %reason, "admission failed");
    connection.close(VarInt::from_u32(code), b"admission failed");
}

async fn answer_stream(
    shared: &Shared,
    connection: &Connection,
    peer: PeerId,
    services: &[ServiceEntry],
) -> Result<(), String> {
    let (mut send, mut receive) = connection.accept_bi().await.map_err(|error| error.to_string())?;
    let request = receive
        .read_to_end(MAX_REQUEST)
        .await
        .map_err(|error| error.to_string())?;
    let request: Request = serde_json::from_slice(&request).map_err(|error| error.to_string())?;
    let answer = decide(shared, peer, &request, services);
    let answer = serde_json::to_vec(&answer).map_err(|error| error.to_string())?;
    send.write_all(&answer).await.map_err(|error| error.to_string())?;
    send.finish().map_err(|error| error.to_string())?;
    // the client closes the connection: closing it here could drop the answer
    connection.closed().await;
    Ok(())
}

/// Admits the peer, or says why not: to the log in full, to the peer without the reason.
fn decide(shared: &Shared, peer: PeerId, request: &Request, services: &[ServiceEntry]) -> Answer {
    let asked = if request.credential_json.is_empty() {
        shared.gate.ask(peer).map_err(|refusal| refusal.to_string())
    } else {
        Err("its credential cannot be verified: this node has no root key".to_owned())
    };
    let refusal = match asked {
        Ok(admitted) => {
            tracing::info!(%peer, "peer admitted");
            return Answer {
                admitted: true,
                attributes: admitted.attributes().clone(),
                services: services.to_vec(),
                wire_versions: vec![crate::header::FORMAT.into()],
                ..Answer::default()
            };
        }
        Err(refusal) => refusal,
    };
    shared.counters.not_admitted.add();
    tracing::info!(%peer, reason = refusal, "peer not admitted");
    Answer {
        reason: "not admitted".to_owned(),
        ..Answer::default()
    }
}
