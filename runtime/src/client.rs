//! A client: admitted at one server, and connected to it.

mod callee;
mod connect;
mod dynamic;
mod exchange;
mod inherit;
mod lease;
mod link;
mod liveness;
mod observed;
mod raw;
mod reconnect;
mod retry;
mod session;
mod stream;
mod stub;
mod unary;
mod upload;

pub use connect::ConnectError;
pub use dynamic::{DynamicMethod, DynamicService, ServiceError};
pub use raw::RawResponse;
pub use retry::RetryPolicy;
pub use session::Session;
pub use stream::{BidiCall, ClientStreamCall, Sender, ServerStreamCall};
pub use stub::{Stub, StubError};
pub use unary::{CallResult, Response, UnaryCall};

pub(crate) use callee::Callee;

use crate::admission::ServiceEntry;
use crate::budget::PeerBudget;
use crate::compress::{Exempt, Shrinks};
use crate::interceptor::{ClientChain, ClientInterceptor};
use crate::node::{Node, PeerAddress};
use crate::trust::{PeerId, RootPublicKey};
use connect::Place;
use reconnect::Links;
use retry::Retries;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a connect may take, unless told otherwise.
pub const CONNECT_TIME: Duration = Duration::from_secs(10);

/// A connection to one server that has admitted this node. Cheap to clone; stubs are made of it.
///
/// A connection that is lost is made again, with a new admission, by the next call; the call waits for it until its
/// deadline, and as long as a connect may take at most. Each stub is checked against what the server lists then.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    peer: PeerId,
    pub(crate) links: Arc<Links>,
    pub(crate) budget: Arc<PeerBudget>,
    pub(crate) retries: Retries,
    uncompressed: Exempt,
    pub(crate) interceptors: ClientChain,
    next_call: AtomicU64,
}

/// Options of a [`Client`].
#[derive(Clone)]
pub struct ClientBuilder {
    node: Node,
    time: Duration,
    retry: RetryPolicy,
    uncompressed: Exempt,
    interceptors: Vec<Arc<dyn ClientInterceptor>>,
    mesh: Option<RootPublicKey>,
    trusts_address: bool,
}

impl ClientBuilder {
    /// How long each connect may take. The default is 10 s.
    #[must_use]
    pub fn connect_time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Which failed calls are made again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sends the requests of a service, `package.Name`, or of one of its methods, `package.Name/method`, without
    /// compression. A single call does the same with its own `uncompressed`.
    ///
    /// The length of what is compressed tells of its content: a request that mixes a secret with text that an attacker
    /// chooses is to be sent so. Stubs of services that the client never calls may be named.
    #[must_use]
    pub fn uncompressed(mut self, path: impl Into<String>) -> Self {
        self.uncompressed.add(path.into());
        self
    }

    /// Adds an interceptor behind those that are there: it sees every call of every stub.
    #[must_use]
    pub fn interceptor(mut self, interceptor: impl ClientInterceptor) -> Self {
        self.interceptors.push(Arc::new(interceptor));
        self
    }

    /// The mesh that the server is in: a credential of it is shown, and the server has to show one too. The default is the
    /// node's own. The node's revocations are of that one alone.
    #[must_use]
    pub fn mesh(mut self, root: RootPublicKey) -> Self {
        self.mesh = Some(root);
        self
    }

    /// Believes that the server is who it should be for its address alone: without this, a node that has a root key calls
    /// nobody but the producers of its mesh.
    #[must_use]
    pub fn trust_address(mut self) -> Self {
        self.trusts_address = true;
        self
    }

    /// Connects to the server at an address: a ticket, its text, an endpoint id or an endpoint address.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(self, address: impl PeerAddress) -> Result<Client, ConnectError> {
        let Self {
            node,
            time,
            retry,
            uncompressed,
            interceptors,
            mesh,
            trusts_address,
        } = self;
        let address = address.to_endpoint_addr()?;
        let peer = PeerId(*address.id.as_bytes());
        let place = Place {
            mesh,
            trusts_address,
            ..Place::new(&node, address, time)
        };
        let admission = place.connect().await?;
        Ok(Client {
            inner: Arc::new(Inner {
                peer,
                links: Links::new(place, admission),
                budget: node.shared().budgets.peer(peer),
                retries: Retries::new(retry),
                uncompressed,
                interceptors: ClientChain::new(interceptors),
                next_call: AtomicU64::new(1),
            }),
        })
    }
}

impl Client {
    /// Options for the client of a node.
    pub fn builder(node: &Node) -> ClientBuilder {
        ClientBuilder {
            node: node.clone(),
            time: CONNECT_TIME,
            retry: RetryPolicy::default(),
            uncompressed: Exempt::default(),
            interceptors: Vec::new(),
            mesh: None,
            trusts_address: false,
        }
    }

    /// Connects to the server at an address: a ticket, its text, an endpoint id or an endpoint address. It may be the
    /// node's own. Waits 10 s at most.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(node: &Node, address: impl PeerAddress) -> Result<Self, ConnectError> {
        Self::builder(node).connect(address).await
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
        Self::builder(node).connect_time(time).connect(address).await
    }

    /// The node at this end.
    pub fn node(&self) -> &Node {
        self.inner.node()
    }

    /// The server's key.
    pub fn peer(&self) -> PeerId {
        self.inner.peer
    }

    /// What the server told of its services when it last admitted this node.
    pub fn services(&self) -> Arc<[ServiceEntry]> {
        self.inner.links.services()
    }

    /// A session: stubs of services with the scope `session` are made of it.
    pub fn session(&self) -> Session {
        Session::new(self)
    }

    /// Ends the connection, for good: calls that run, wait for a connection or come later end with `CANCELLED`.
    pub fn close(&self) {
        self.inner.links.close();
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

impl Inner {
    pub(crate) fn node(&self) -> &Node {
        &self.links.place().node
    }

    /// What is to be known of the requests of a method: whether they shrink, or that they are never compressed.
    fn shrinks(&self, service: &str, method: &str) -> Shrinks {
        let exempt = self.uncompressed.covers(service, method);
        Shrinks::new(self.node().shared().compresses && !exempt)
    }

    /// The number of another call.
    pub(crate) fn call_id(&self) -> u64 {
        self.next_call.fetch_add(1, Ordering::Relaxed)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Client");
        out.field("peer", &self.inner.peer)
            .field("services", &self.services())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("ClientBuilder");
        out.field("node", &self.node)
            .field("connect_time", &self.time)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
