//! A client: admitted at one server, and connected to it.

mod exchange;
mod inherit;
mod session;
mod stream;
mod stub;
mod unary;

pub use session::Session;
pub use stream::{BidiCall, ClientStreamCall, Sender, ServerStreamCall};
pub use stub::{Stub, StubError};
pub use unary::{CallResult, Response, UnaryCall};

use crate::admission::{self, ExchangeError, ServiceEntry};
use crate::alpn::{Alpn, close};
use crate::budget::PeerBudget;
use crate::header::FORMAT;
use crate::node::{AddressError, DialError, Node, PeerAddress};
use crate::status::Status;
use crate::trust::PeerId;
use iroh::EndpointAddr;
use iroh::endpoint::{Connection, ConnectionError, VarInt};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a connect may take, unless told otherwise.
pub const CONNECT_TIME: Duration = Duration::from_secs(10);

/// A connection to one server that has admitted this node. Cheap to clone; stubs are made of it.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    node: Node,
    peer: PeerId,
    connection: Connection,
    services: Vec<ServiceEntry>,
    budget: Arc<PeerBudget>,
    next_call: AtomicU64,
    next_session: AtomicU64,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not one.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The address is this node's own.
    #[error(
        "this is the node's own address: calls from a node to itself are not served yet, use another node"
    )]
    OwnNode,
    /// Nobody answered in time.
    #[error("no answer from {address} within {}: is the server running, and is its address still that one?", seconds(*after))]
    Timeout {
        /// Where the node dialled.
        address: String,
        /// How long it waited.
        after: Duration,
    },
    /// The connection could not be made.
    #[error("cannot connect to {address}: {reason}")]
    Unreachable {
        /// Where the node dialled.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// The server does not admit this node.
    #[error("the server at {address} does not admit this node")]
    NotAdmitted {
        /// Where the node dialled.
        address: String,
    },
    /// Something answered that is no Aster server of this version.
    #[error("{address} is not an Aster server this client can use: {reason}")]
    NotAster {
        /// Where the node dialled.
        address: String,
        /// What is wrong.
        reason: String,
    },
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f32())
}

impl Client {
    /// Connects to the server at an address: a ticket, its text, an endpoint id or an endpoint address. Waits 10 s at
    /// most.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(node: &Node, address: impl PeerAddress) -> Result<Self, ConnectError> {
        Self::connect_within(node, address, CONNECT_TIME).await
    }

    /// The same with another time.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect_within(
        node: &Node,
        address: impl PeerAddress,
        time: Duration,
    ) -> Result<Self, ConnectError> {
        let address = address.to_endpoint_addr()?;
        if address.id == node.id() {
            return Err(ConnectError::OwnNode);
        }
        let shown = shown(&address);
        match tokio::time::timeout(time, connect(node, address, &shown)).await {
            Ok(result) => result,
            Err(_) => Err(ConnectError::Timeout {
                address: shown,
                after: time,
            }),
        }
    }

    /// The node at this end.
    pub fn node(&self) -> &Node {
        &self.inner.node
    }

    /// The server's key.
    pub fn peer(&self) -> PeerId {
        self.inner.peer
    }

    /// What the server told of its services when it admitted this node.
    pub fn services(&self) -> &[ServiceEntry] {
        &self.inner.services
    }

    /// A session at this server: stubs of services with the scope `session` are made of it.
    pub fn session(&self) -> Session {
        Session::new(self)
    }

    /// Ends the connection. Calls that run fail.
    pub fn close(&self) {
        self.inner
            .connection
            .close(VarInt::from_u32(close::DONE), b"done");
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

async fn connect(node: &Node, address: EndpointAddr, shown: &str) -> Result<Client, ConnectError> {
    node.remember(address.clone());
    let answer = admission::ask(node, address.clone())
        .await
        .map_err(|error| failed(error, shown))?;
    if !answer.admitted {
        tracing::info!(address = shown, reason = answer.reason, "not admitted");
        return Err(ConnectError::NotAdmitted {
            address: shown.to_owned(),
        });
    }
    if !answer.wire_versions.is_empty() && !answer.wire_versions.contains(&FORMAT.into()) {
        let reason = format!(
            "it speaks wire versions {:?}, this client version {FORMAT}",
            answer.wire_versions
        );
        return Err(ConnectError::NotAster {
            address: shown.to_owned(),
            reason,
        });
    }
    let peer = PeerId(*address.id.as_bytes());
    let connection = node.dial(address, Alpn::Calls).await;
    let connection = connection.map_err(|error| failed(ExchangeError::Dial(error), shown))?;
    Ok(Client {
        inner: Arc::new(Inner {
            node: node.clone(),
            peer,
            connection,
            services: answer.services,
            budget: node.shared().budgets.peer(peer),
            next_call: AtomicU64::new(1),
            next_session: AtomicU64::new(1),
        }),
    })
}

fn failed(error: ExchangeError, address: &str) -> ConnectError {
    let address = address.to_owned();
    match error {
        ExchangeError::Closed(ConnectionError::ApplicationClosed(close))
            if close.error_code == VarInt::from_u32(close::NOT_ADMITTED) =>
        {
            ConnectError::NotAdmitted { address }
        }
        ExchangeError::Closed(ConnectionError::ApplicationClosed(close))
            if close.error_code == VarInt::from_u32(close::QUEUE_FULL) =>
        {
            let reason = "too many connections wait to be served there, or nothing serves them".to_owned();
            ConnectError::Unreachable { address, reason }
        }
        ExchangeError::Closed(error) => ConnectError::Unreachable {
            address,
            reason: error.to_string(),
        },
        ExchangeError::Dial(DialError::Begin(error)) => ConnectError::Unreachable {
            address,
            reason: chain(&error),
        },
        ExchangeError::Dial(DialError::Handshake(error)) => ConnectError::Unreachable {
            address,
            reason: chain(&error),
        },
        ExchangeError::Malformed(reason) => ConnectError::NotAster { address, reason },
    }
}

/// An error and its causes, in one sentence.
fn chain(error: &dyn std::error::Error) -> String {
    let mut out = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !out.contains(&text) {
            out = format!("{out}: {text}");
        }
        source = error.source();
    }
    out
}

/// The peer's address for people: where it is dialled, or its id.
fn shown(address: &EndpointAddr) -> String {
    let mut places: Vec<_> = address.ip_addrs().map(ToString::to_string).collect();
    places.extend(address.relay_urls().map(ToString::to_string));
    let id = PeerId(*address.id.as_bytes()).to_string();
    let id = &id[..10];
    if places.is_empty() {
        format!("node {id}…")
    } else {
        format!("node {id}… at {}", places.join(", "))
    }
}

impl Inner {
    fn call_id(&self) -> u64 {
        self.next_call.fetch_add(1, Ordering::Relaxed)
    }

    /// What the end of the connection means for a call.
    fn lost(&self, error: &ConnectionError) -> Status {
        let id = self.peer;
        match error {
            ConnectionError::ApplicationClosed(close)
                if close.error_code == VarInt::from_u32(close::NOT_ADMITTED) =>
            {
                Status::unauthenticated(format!("the server {id} does not admit this node"))
            }
            error => Status::unavailable(format!("the connection to {id} is lost: {error}")),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Client");
        out.field("peer", &self.inner.peer)
            .field("services", &self.inner.services)
            .finish_non_exhaustive()
    }
}
