//! From an address to a connection whose server has admitted this node, or why there is none.

use crate::admission::{self, Answer, ExchangeError, ServiceEntry};
use crate::alpn::{Alpn, close};
use crate::client::lease::{Believed, Lease};
use crate::client::link::NOT_SENT;
use crate::client::retry::{RetryPolicy, pause};
use crate::header::FORMAT;
use crate::node::mesh::{Choice, Shown};
use crate::node::{AddressError, DialError, Node};
use crate::status::Status;
use crate::trust::{PeerId, RootPublicKey};
use iroh::EndpointAddr;
use iroh::endpoint::{Connection, ConnectionError, VarInt};
use std::sync::Arc;
use std::time::Duration;

/// Why there is no connection.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not one.
    #[error(transparent)]
    Address(#[from] AddressError),
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
    /// The server does not prove that it is a producer of the mesh.
    #[error(
        "the server at {address} is not trusted: {reason}; enrol it as a producer, or allow this address with \
         `trust_address`"
    )]
    ServerNotTrusted {
        /// Where the node dialled.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// The node has credentials of several meshes.
    #[error(
        "this node has credentials of several meshes, and it is not known of which the server at {address} is: say so \
         with `mesh`, or give the node its root key with `trust`"
    )]
    WhichMesh {
        /// Where the node would have dialled.
        address: String,
    },
    /// The node at this end is closed.
    #[error("this node is closed")]
    Closed,
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

impl From<ConnectError> for Status {
    fn from(error: ConnectError) -> Self {
        let message = format!("{error}{NOT_SENT}");
        match error {
            ConnectError::NotAdmitted { .. } => Self::unauthenticated(message),
            ConnectError::Closed => Self::cancelled(message),
            ConnectError::Address(_)
            | ConnectError::NotAster { .. }
            | ConnectError::ServerNotTrusted { .. }
            | ConnectError::WhichMesh { .. } => Self::failed_precondition(message),
            ConnectError::Timeout { .. } | ConnectError::Unreachable { .. } => Self::unavailable(message),
        }
    }
}

/// Where a client connects, each time it does.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) node: Node,
    pub(crate) address: EndpointAddr,
    /// The address for people.
    pub(crate) shown: String,
    /// How long it may take.
    pub(crate) time: Duration,
    /// The mesh of the server, if it is not the node's.
    pub(crate) mesh: Option<RootPublicKey>,
    /// Whether the server is believed for its address alone.
    pub(crate) trusts_address: bool,
}

/// A connection, and what its server said when it admitted this node.
pub(crate) struct Admission {
    pub(crate) connection: Connection,
    pub(crate) services: Arc<[ServiceEntry]>,
    pub(crate) lease: Lease,
}

impl Place {
    pub(crate) fn new(node: &Node, address: EndpointAddr, time: Duration) -> Self {
        Self {
            node: node.clone(),
            shown: shown(&address),
            address,
            time,
            mesh: None,
            trusts_address: false,
        }
    }

    fn server(&self) -> PeerId {
        self.address.id.into()
    }

    /// The mesh of the server; `None` if any may be meant.
    fn root(&self) -> Option<RootPublicKey> {
        self.mesh.or_else(|| self.node.shared().mesh.root())
    }

    /// Connects once.
    pub(crate) async fn connect(&self) -> Result<Admission, ConnectError> {
        // boxed, here and below: it is large, and those who wait for it would have it on their stacks
        let work = self.unless_closed(Box::pin(self.attempt()));
        match tokio::time::timeout(self.time, work).await {
            Ok(result) => result,
            Err(_) => Err(self.timeout()),
        }
    }

    /// Ends the work when the node at this end begins to close.
    async fn unless_closed<T>(
        &self,
        work: impl Future<Output = Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        let mut closing = self.node.shared().closing.subscribe();
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => Err(ConnectError::Closed),
            result = work => result,
        }
    }

    /// Connects again after a connection was lost: the server may be about to return, so that failures are not the end
    /// until the time is.
    pub(crate) async fn reconnect(&self) -> Result<Admission, ConnectError> {
        let policy = RetryPolicy::default();
        let mut last = None;
        let work = async {
            for failures in 1.. {
                match Box::pin(self.attempt()).await {
                    Err(error @ ConnectError::Unreachable { .. }) => last = Some(error),
                    result => return result,
                }
                tokio::time::sleep(pause(&policy, failures)).await;
            }
            Err(self.timeout())
        };
        match tokio::time::timeout(self.time, self.unless_closed(work)).await {
            Ok(result) => result,
            Err(_) => Err(last.unwrap_or_else(|| self.timeout())),
        }
    }

    async fn attempt(&self) -> Result<Admission, ConnectError> {
        let (answer, lease) = self.admission().await?;
        let connection = self.node.dial(self.address.clone(), Alpn::Calls).await;
        let connection = connection.map_err(|error| failed(ExchangeError::Dial(error), &self.shown))?;
        Ok(Admission {
            connection,
            services: answer.services.into(),
            lease,
        })
    }

    /// Asks again to be admitted, while there is a connection.
    pub(crate) async fn renew(&self) -> Result<(Arc<[ServiceEntry]>, Lease), ConnectError> {
        let work = self.unless_closed(Box::pin(self.admission()));
        match tokio::time::timeout(self.time, work).await {
            Ok(result) => result.map(|(answer, lease)| (answer.services.into(), lease)),
            Err(_) => Err(self.timeout()),
        }
    }

    /// Shows what the node has, and believes the server if it has shown enough.
    async fn admission(&self) -> Result<(Answer, Lease), ConnectError> {
        let Self {
            node, address, shown, ..
        } = self;
        node.remember(address.clone());
        let shows = self.shows()?;
        // who is shown a credential has to be of the same mesh, also where the node does not say which it is in
        let (due, root) = (shows.due, self.root().or(shows.root));
        let answer = admission::ask(node, address.clone(), shows).await;
        let mut answer = answer.map_err(|error| failed(error, shown))?;
        if !answer.admitted {
            tracing::info!(address = shown, reason = answer.reason, "not admitted");
            return Err(ConnectError::NotAdmitted {
                address: shown.clone(),
            });
        }
        let lease = Lease {
            admission: due,
            server: self
                .believe(root, std::mem::take(&mut answer.producer_credential_json))
                .await?,
        };
        if !answer.wire_versions.is_empty() && !answer.wire_versions.contains(&FORMAT.into()) {
            let reason = format!(
                "it speaks wire versions {:?}, this client version {FORMAT}",
                answer.wire_versions
            );
            return Err(ConnectError::NotAster {
                address: shown.clone(),
                reason,
            });
        }
        Ok((answer, lease))
    }

    fn shows(&self) -> Result<Shown, ConnectError> {
        // the node knows itself
        if self.server() == self.node.id().into() {
            return Ok(Shown::nothing());
        }
        let choice = Choice {
            server: self.server(),
            root: self.root(),
        };
        let mesh = &self.node.shared().mesh;
        let shows = mesh.credentials.choose(choice, admission::now());
        shows.ok_or_else(|| ConnectError::WhichMesh {
            address: self.shown.clone(),
        })
    }

    /// What the server is believed for: nothing if it need not show anything.
    async fn believe(
        &self,
        root: Option<RootPublicKey>,
        producer: String,
    ) -> Result<Option<Believed>, ConnectError> {
        let server = self.server();
        let Some(root) = root else { return Ok(None) };
        if self.trusts_address || server == self.node.id().into() {
            return Ok(None);
        }
        let granted = self.node.shared().mesh.trusts(root, server, producer).await;
        let granted = granted.map_err(|error| ConnectError::ServerNotTrusted {
            address: self.shown.clone(),
            reason: error.to_string(),
        })?;
        Ok(Some(Believed::new(&granted, root, admission::now())))
    }

    fn timeout(&self) -> ConnectError {
        ConnectError::Timeout {
            address: self.shown.clone(),
            after: self.time,
        }
    }
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
        ExchangeError::Closed(ConnectionError::ApplicationClosed(close))
            if close.error_code == VarInt::from_u32(close::TOO_MANY) =>
        {
            let reason = "this node has too many connections there, or all nodes have".to_owned();
            ConnectError::Unreachable { address, reason }
        }
        ExchangeError::Closed(error) => ConnectError::Unreachable {
            address,
            reason: error.to_string(),
        },
        ExchangeError::Dial(error @ DialError::Own(_)) => ConnectError::Unreachable {
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
