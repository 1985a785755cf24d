//! A node: one endpoint that carries Aster's calls, blobs, docs and gossip.

pub(crate) mod connections;
pub(crate) mod gate;
pub(crate) mod io;
pub(crate) mod stats;

mod admitted;
mod bring;
mod builder;
mod identity;
mod lookup;
pub(crate) mod mesh;
mod nonce_file;
mod own;
mod placement;
mod relay;
mod revocation_file;
mod seats;
mod store;
mod ticket;

pub use bring::RevokeError;
pub(crate) use builder::{DIALLED_STREAMS, dialled_window};
pub use builder::{NodeBuilder, SpawnError};
pub use connections::{ConnectionStats, PathStats};
pub(crate) use identity::nearest;
pub use identity::{IdentityError, IdentityFile, PeerCredential};
pub use lookup::Lookup;
pub use mesh::{CredentialUnusable, MAX_CREDENTIALS};
pub use placement::Placement;
pub use relay::Relay;
pub use stats::Stats;
pub use ticket::{AddressError, PeerAddress, Ticket};

use crate::alpn::Alpn;
use crate::budget::Budgets;
use crate::limits::Limits;
use crate::queue::{AlreadyServing, AsterConnections, Queue};
use gate::Gate;
use iroh::address_lookup::MemoryLookup;
use iroh::endpoint::{ConnectOptions, ConnectWithOptsError, Connection, QuicTransportConfig};
use iroh::protocol::Router;
use iroh::{Endpoint, EndpointAddr, EndpointId, TransportAddr};
use iroh_docs::protocol::Docs;
use iroh_gossip::net::Gossip;
use mesh::Mesh;
use placement::Host;
use stats::Counters;
use std::fmt;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, watch};

/// How long `close` waits for calls that run, and for the protocols after them.
const DRAIN: Duration = Duration::from_secs(10);
/// How long it waits for peers to leave when no call runs any more.
const LEAVE: Duration = Duration::from_secs(1);
const SHUTDOWN: Duration = Duration::from_secs(5);
/// How long the end of connections waits for the close hooks of their sessions.
const HOOKS: Duration = Duration::from_secs(5);

/// One endpoint with everything on it: calls, admission, blobs, docs and gossip share its id and address.
///
/// Cheap to clone. [`Node::close`] ends it gracefully; the last clone that is dropped ends it in the background.
#[derive(Clone)]
pub struct Node {
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: Endpoint,
    /// The endpoint with which the node calls itself, once it has.
    own: OnceCell<Endpoint>,
    router: Router,
    blobs: iroh_blobs::api::Store,
    docs: Docs,
    gossip: Gossip,
    lookup: MemoryLookup,
    dialled: QuicTransportConfig,
    queue: Queue,
    shared: Arc<Shared>,
    closed: Arc<OnceCell<()>>,
    /// Held as long as the node uses its folder.
    lock: Mutex<Option<File>>,
    /// The node's own thread, if it has one.
    host: Option<Arc<Host>>,
    /// Where what docs ask for is fetched; it ends with the node.
    downloads: Arc<Host>,
}

/// What servers and clients of a node need of it.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    /// Whether payloads are compressed on their way out.
    pub(crate) compresses: bool,
    pub(crate) gate: Arc<Gate>,
    pub(crate) mesh: Arc<Mesh>,
    pub(crate) counters: Arc<Counters>,
    /// Turns true when the node begins to close.
    pub(crate) closing: watch::Sender<bool>,
    /// How many connections are served for calls.
    pub(crate) calling: watch::Sender<usize>,
    pub(crate) budgets: Arc<Budgets>,
    /// Connections of which a session may still be open, or its close hook run.
    pub(crate) with_sessions: watch::Sender<usize>,
    /// Sessions that are open.
    pub(crate) sessions: AtomicU64,
}

impl Shared {
    /// Waits until the close hooks of ended connections have run, some seconds at most.
    pub(crate) async fn sessions_over(&self) {
        let mut open = self.with_sessions.subscribe();
        let over = open.wait_for(|count| *count == 0);
        if tokio::time::timeout(HOOKS, over).await.is_err() {
            tracing::warn!(
                "close hooks of sessions still run after {HOOKS:?}, nobody waits for them any more"
            );
        }
    }
}

impl Node {
    /// A node for development: a new key, loopback only, in memory, its gates open.
    ///
    /// [`NodeBuilder::lan`] opens it to the local network.
    pub fn dev() -> NodeBuilder {
        NodeBuilder::new().open_gates()
    }

    /// A node with explicit options. Its gates are closed.
    pub fn builder() -> NodeBuilder {
        NodeBuilder::new()
    }

    /// The node whose identity file, `.aster-identity`, this is: with its key, it shows all credentials that are there. Its
    /// gates are closed; [`NodeBuilder::trust`] says whom it admits by theirs.
    ///
    /// # Errors
    /// [`IdentityError`], which never has any part of the secret key.
    pub fn from_identity(path: impl AsRef<Path>) -> Result<NodeBuilder, IdentityError> {
        let (secret, peers) = IdentityFile::read(path)?.into_parts();
        let builder = NodeBuilder::new().secret_key(secret);
        let credentials = peers.into_iter().map(|peer| peer.credential);
        Ok(credentials.fold(builder, NodeBuilder::credential))
    }

    /// The public key that the node is known by.
    pub fn id(&self) -> EndpointId {
        self.inner.endpoint.id()
    }

    /// Where the node can be dialled now.
    pub fn address(&self) -> Ticket {
        let endpoint = &self.inner.endpoint;
        let bound = endpoint
            .bound_sockets()
            .into_iter()
            .filter(|address| !address.ip().is_unspecified());
        let known = endpoint.addr().addrs;
        let addresses = known.into_iter().chain(bound.map(TransportAddr::Ip));
        Ticket::from(EndpointAddr::from_parts(endpoint.id(), addresses))
    }

    /// Blobs: content by its hash. Iroh's own API.
    pub fn blobs(&self) -> &iroh_blobs::api::Store {
        &self.inner.blobs
    }

    /// Docs: shared key-value documents. Iroh's own API.
    ///
    /// A subscription that nobody drains stops the writers of its document, and delays [`Node::close`].
    pub fn docs(&self) -> &Docs {
        &self.inner.docs
    }

    /// Gossip: broadcast to everybody in a topic. Iroh's own API.
    pub fn gossip(&self) -> &Gossip {
        &self.inner.gossip
    }

    /// The endpoint, for protocols that iroh users bring.
    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// The connections of Aster's three protocols, for people who bring their own accept loop.
    ///
    /// # Errors
    /// [`AlreadyServing`] while a server or another loop takes them.
    pub fn accept_aster(&self) -> Result<AsterConnections, AlreadyServing> {
        self.inner.queue.take()
    }

    /// What the node has now, and what it has counted.
    pub fn stats(&self) -> Stats {
        let shared = &self.inner.shared;
        shared.counters.snapshot(stats::Now {
            connections: shared.gate.connections.snapshot(),
            calls_in_flight: shared.budgets.calls_in_flight() as u64,
            bytes_in_use: shared.budgets.bytes_in_use(),
            sessions: shared.sessions.load(Ordering::Relaxed),
            admitted: shared.gate.count(),
        })
    }

    /// Closes the node: no new calls, time for those that run, then the protocols and the endpoint.
    ///
    /// Drop subscriptions of docs and gossip first. Calling it again, or at the same time, waits for the first.
    pub async fn close(&self) {
        let inner = &self.inner;
        inner
            .closed
            .get_or_init(async || {
                let (shared, router, endpoint) = (
                    Arc::clone(&inner.shared),
                    inner.router.clone(),
                    inner.endpoint.clone(),
                );
                let own = inner.own.get().cloned();
                let host = inner.host.as_deref();
                let closing = async move { shut_down(&shared, &router, &endpoint, own.as_ref()).await };
                let stores_closed = placement::on(host, closing).await;
                inner.downloads.stop();
                if let Some(host) = host {
                    host.stop();
                }
                // stores that still run have their folder until the last of the node is gone
                if stores_closed {
                    inner.lock().take();
                }
            })
            .await;
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// Opens a connection for one of Aster's protocols.
    pub(crate) async fn dial(&self, address: EndpointAddr, alpn: Alpn) -> Result<Connection, DialError> {
        let options = ConnectOptions::new().with_transport_config(self.inner.dialled.clone());
        let inner = Arc::clone(&self.inner);
        let dialling = async move {
            let (endpoint, address) = if address.id == inner.endpoint.id() {
                let bind = || own::bind(&inner.endpoint, &inner.shared.gate);
                (
                    inner.own.get_or_try_init(bind).await.map_err(DialError::Own)?,
                    own::address(&inner.endpoint),
                )
            } else {
                (&inner.endpoint, address)
            };
            let connecting = endpoint
                .connect_with_opts(address, alpn.as_bytes(), options)
                .await?;
            Ok(connecting.await?)
        };
        placement::on(self.inner.host.as_deref(), dialling).await
    }

    /// Lets blobs, docs and gossip dial the peer by its id alone.
    pub fn remember(&self, address: EndpointAddr) {
        if !address.addrs.is_empty() && address.id != self.id() {
            self.inner.lookup.add_endpoint_info(address);
        }
    }
}

/// Why a connection was not opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("the endpoint with which the node calls itself cannot be bound: {0}")]
    Own(String),
    #[error(transparent)]
    Begin(#[from] ConnectWithOptsError),
    #[error(transparent)]
    Handshake(#[from] iroh::endpoint::ConnectingError),
}

/// Ends everything in its order, and says whether the stores are closed.
async fn shut_down(shared: &Shared, router: &Router, endpoint: &Endpoint, own: Option<&Endpoint>) -> bool {
    shared.closing.send_replace(true);
    if tokio::time::timeout(DRAIN, shared.budgets.drained())
        .await
        .is_err()
    {
        tracing::warn!("calls still run after {DRAIN:?}, the node closes without them");
    }
    // peers that were told to go have then read their last answers; those that do not go are not waited for
    let mut calling = shared.calling.subscribe();
    let gone = calling.wait_for(|open| *open == 0);
    // the senders of this live as long as the node
    let _ = tokio::time::timeout(LEAVE, gone).await;
    // a subscription of docs that nobody drains holds the router up for good
    let ended = tokio::time::timeout(SHUTDOWN, router.shutdown()).await;
    match &ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a protocol failed while it was shut down"),
        Err(_) => tracing::warn!("protocols did not shut down in {SHUTDOWN:?}: is a subscription undrained?"),
    }
    if let Some(own) = own {
        own.close().await;
    }
    endpoint.close().await;
    shared.gate.end();
    shared.sessions_over().await;
    matches!(ended, Ok(Ok(())))
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Option<File>> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.closed.initialized() {
            return;
        }
        let endpoint = Unclosed(ManuallyDrop::new(self.endpoint.clone()));
        let own = self.own.take().map(|own| Unclosed(ManuallyDrop::new(own)));
        let (shared, router, lock) = (Arc::clone(&self.shared), self.router.clone(), self.lock().take());
        let (host, downloads) = (self.host.take(), Arc::clone(&self.downloads));
        let runtime = match &host {
            Some(host) => Ok(host.handle().clone()),
            None => tokio::runtime::Handle::try_current(),
        };
        if let Ok(runtime) = runtime {
            runtime.spawn(async move {
                shut_down(&shared, &router, &endpoint.0, own.as_ref().map(|own| &*own.0)).await;
                endpoint.closed();
                if let Some(own) = own {
                    own.closed();
                }
                downloads.stop();
                drop(lock);
                if let Some(host) = host {
                    host.stop();
                }
            });
        }
    }
}

/// An endpoint that iroh would complain about if it were dropped now.
///
/// Without a runtime nothing can close it any more, and the process is about to end: then it is left as it is.
struct Unclosed(ManuallyDrop<Endpoint>);

impl Unclosed {
    fn closed(self) {
        drop(ManuallyDrop::into_inner(self.0));
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
