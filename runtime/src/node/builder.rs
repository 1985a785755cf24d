//! Options of a node, and its start.

use crate::alpn::Alpn;
use crate::budget::Budgets;
use crate::limits::Limits;
use crate::node::gate::{self, Gate, GateHook};
use crate::node::lookup::Lookup;
use crate::node::mesh::{self, CredentialUnusable, MeshOptions};
use crate::node::placement::{self, Host, Placement};
use crate::node::relay::Relay;
use crate::node::stats::Counters;
use crate::node::{Inner, Node, Shared, store};
use crate::queue::Queue;
use crate::trust::{self, Credential, DevRoles, PeerId, RootPublicKey};
use iroh::address_lookup::MemoryLookup;
use iroh::endpoint::{self, BindError, QuicTransportConfig, QuicTransportConfigBuilder, VarInt, presets};
use iroh::protocol::Router;
use iroh::{Endpoint, EndpointId, SecretKey};
use iroh_blobs::BlobsProtocol;
use iroh_gossip::net::Gossip;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OnceCell, watch};

const MIB: u32 = 1024 * 1024;
/// Above this, one lost packet may leave more gaps than the transport keeps, and it ends the connection.
const STREAM_WINDOW: u32 = MIB;
const ACCEPTED_WINDOW: u32 = 8 * MIB;
/// Streaming calls that a connection is dialled for.
pub(crate) const DIALLED_STREAMS: u32 = 64;
/// Datagrams have nine bytes; more than this of them is dropped.
const DATAGRAMS: usize = 16 * 1024;
const SEND_WINDOW: u64 = 4 * MIB as u64;
/// A path on which nothing arrives for so long is left for another one, the last one never; asked every second, it has been silent
/// four times.
const PATH_IDLE: Duration = Duration::from_secs(4);
const PATH_KEEP_ALIVE: Duration = Duration::from_secs(1);
/// A connection whose peer is silent on all its paths ends after this.
const IDLE_MILLIS: u32 = 30_000;

/// Options of a [`Node`]. Without any it is offline: loopback only, no relay, no look-up, stores in memory.
#[derive(Debug, Clone)]
pub struct NodeBuilder {
    secret_key: Option<SecretKey>,
    bind: Option<SocketAddr>,
    lan: bool,
    relay: Relay,
    lookup: Lookup,
    endpoint: Vec<Step>,
    folder: Option<PathBuf>,
    open: Option<DevRoles>,
    mesh: MeshOptions,
    limits: Limits,
    placement: Option<Placement>,
    compresses: bool,
}

/// Why a node was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// Gates are open, and peers other than this machine's could connect.
    #[error(
        "the gates are open and {0}: everybody who reaches it could call. \
         Bind a loopback address, or allow the local network with `lan`"
    )]
    OpenGate(String),
    /// The address could not be bound.
    #[error("cannot bind {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: Box<BindError>,
    },
    /// What peers without a credential are to have is no role.
    #[error("`{}` is no role: 1 to 128 characters, without blanks and commas", .0.escape_debug())]
    DevRole(String),
    /// Something that is no URL of a relay.
    #[error(
        "`{0}` is not the URL of a relay: they begin with `https://` and name a host, as `https://relay.example.com`"
    )]
    RelayUrl(String),
    /// Relays are asked for, and none is named.
    #[error("no relay is named: name one, or ask for none with `Relay::disabled()`")]
    NoRelay,
    /// Something that is no address to bind.
    #[error("cannot bind {0}: it is not an address to listen on")]
    Address(SocketAddr),
    /// The folder cannot be used.
    #[error("cannot use the folder {}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Another node has the folder.
    #[error("the folder {} is in use by another node: stop that one, or choose another folder", .0.display())]
    FolderInUse(PathBuf),
    /// The blobs in the folder cannot be opened.
    #[error("cannot open the blobs in {}: {reason}", path.display())]
    Blobs {
        /// The folder.
        path: PathBuf,
        /// What the store said.
        reason: String,
    },
    /// The docs cannot be opened.
    #[error("cannot open the docs: {0}")]
    Docs(String),
    /// A credential is not one that the node can show.
    #[error(transparent)]
    Credential(#[from] CredentialUnusable),
    /// There are revocations, and no root key whose they are.
    #[error(
        "the revocations {} are of no mesh: name its root key with `trust`, or leave them out", .0.display()
    )]
    RevocationsWithoutTrust(PathBuf),
    /// The file of revocations cannot be gone by.
    #[error("it is not known who is revoked, and nobody could be admitted: {0}")]
    Revocations(String),
    /// The nonces of one-time credentials in the folder cannot be gone by.
    #[error("{0}")]
    Nonces(String),
    /// The node's own thread cannot be started.
    #[error("cannot start a thread for the node: {0}")]
    Thread(std::io::Error),
}

impl NodeBuilder {
    pub(crate) fn new() -> Self {
        Self {
            secret_key: None,
            bind: None,
            lan: false,
            relay: Relay::disabled(),
            lookup: Lookup::none(),
            endpoint: Vec::new(),
            folder: None,
            open: None,
            mesh: MeshOptions::default(),
            limits: Limits::default(),
            placement: None,
            compresses: true,
        }
    }

    /// The node's key. Without one the node has a new id each time it starts.
    #[must_use]
    pub fn secret_key(mut self, key: SecretKey) -> Self {
        self.secret_key = Some(key);
        self
    }

    /// The id of the node, if its key is given already.
    pub fn id(&self) -> Option<EndpointId> {
        self.secret_key.as_ref().map(SecretKey::public)
    }

    /// The address to listen on; port 0 takes a free one. The default is loopback with a free port.
    #[must_use]
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = Some(address);
        self
    }

    /// Listens on all addresses of this machine, unless [`NodeBuilder::bind`] says otherwise, and allows open gates
    /// there.
    #[must_use]
    pub fn lan(mut self) -> Self {
        self.lan = true;
        self
    }

    /// The relays to use: a [`Relay`], or iroh's `RelayMode`. The default is none.
    ///
    /// `node.endpoint().online()` waits until the node is at one, and its address has it; without a relay it waits for ever.
    #[must_use]
    pub fn relay(mut self, relay: impl Into<Relay>) -> Self {
        self.relay = relay.into();
        self
    }

    /// Where addresses of peers are looked up that are named by their id alone: a [`Lookup`], or a service of one's own.
    /// The default is nowhere.
    #[must_use]
    pub fn lookup(mut self, lookup: impl Into<Lookup>) -> Self {
        self.lookup = lookup.into();
        self
    }

    /// Sets what has no option here on iroh's own builder: hooks, a proxy, the resolver, authorities to trust.
    ///
    /// The node's options go on top of what is returned, and win: key (if one is given), address, relays and transport. Gate 0
    /// stands behind all hooks that are added. Given several times, the changes are made in that order.
    #[must_use]
    pub fn endpoint(
        mut self,
        change: impl Fn(endpoint::Builder) -> endpoint::Builder + Send + Sync + 'static,
    ) -> Self {
        self.endpoint.push(Step::new(change));
        self
    }

    /// Keeps blobs and docs in a folder, which one node at a time may use. The default is in memory.
    #[must_use]
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folder = Some(path.into());
        self
    }

    /// Admits everybody who asks. For development.
    #[must_use]
    pub fn open_gates(mut self) -> Self {
        self.open.get_or_insert_default();
        self
    }

    /// The roles that peers without a credential have under open gates. The default is all.
    #[must_use]
    pub fn dev_roles(mut self, roles: DevRoles) -> Self {
        self.open = Some(roles);
        self
    }

    /// The root key of the mesh that the node is in: peers with a credential of it are admitted, and servers without a
    /// producer's credential of it are not believed. One-time credentials need a [`folder`](Self::folder) too.
    #[must_use]
    pub fn trust(mut self, root: RootPublicKey) -> Self {
        self.mesh.root = Some(root);
        self
    }

    /// Adds a credential that the node shows: as a consumer to servers, as a producer to its clients too. It may have several,
    /// of different meshes; of those that fit, the one that counts longest is shown.
    #[must_use]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.mesh.credentials.push(credential);
        self
    }

    /// The file of what the mesh has revoked, which has to exist. It is looked at every second: who was let in with what is
    /// revoked by then goes. While it cannot be read, or has a line that the root key has not signed, nobody is admitted.
    #[must_use]
    pub fn revocations(mut self, path: impl Into<PathBuf>) -> Self {
        self.mesh.revocations = Some(path.into());
        self
    }

    /// Where the endpoint runs. The default is a thread of its own on a multi-thread runtime, and inline on another.
    #[must_use]
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = Some(placement);
        self
    }

    /// What peers may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Compresses nothing that the node sends in calls. What arrives compressed is read all the same.
    ///
    /// The length of what is compressed tells of its content; [`ServerBuilder::uncompressed`](crate::ServerBuilder) and
    /// [`ClientBuilder::uncompressed`](crate::ClientBuilder) exempt single services and methods.
    #[must_use]
    pub fn uncompressed(mut self) -> Self {
        self.compresses = false;
        self
    }

    /// Starts the node. Its endpoint runs where [`placement`](Self::placement) says.
    ///
    /// # Errors
    /// [`SpawnError`]; nothing is left running.
    pub async fn spawn(self) -> Result<Node, SpawnError> {
        let host = match self.placement.unwrap_or_else(Placement::here) {
            Placement::Inline => None,
            Placement::Separate => Some(Arc::new(Host::start("aster-node").map_err(SpawnError::Thread)?)),
        };
        // boxed: it is large, and those who wait for it would have it on their stacks
        placement::on(host.as_deref(), Box::pin(self.start(host.clone()))).await
    }

    /// Starts the node on the runtime that polls this.
    async fn start(self, host: Option<Arc<Host>>) -> Result<Node, SpawnError> {
        let address = self.address()?;
        self.roles()?;
        let relay = self.relay.mode()?;
        let lock = self.folder.as_deref().map(store::lock).transpose()?;

        let counters = Arc::new(Counters::default());
        let gate = Arc::new(Gate::new(self.open, Arc::clone(&counters), &self.limits));
        let lookup = MemoryLookup::new();
        let builder = Endpoint::builder(presets::Minimal);
        let builder = self
            .endpoint
            .iter()
            .fold(builder, |builder, step| step.take(builder));
        // after the user's changes: none of them can leave out the gate, or what open gates depend on
        let mut builder = self
            .lookup
            .add_to(builder)
            .relay_mode(relay)
            .clear_ip_transports()
            .address_lookup(lookup.clone())
            .transport_config(accepted(&self.limits))
            .hooks(GateHook(Arc::clone(&gate)));
        if let Some(key) = self.secret_key {
            builder = builder.secret_key(key);
        }
        let builder = builder
            .bind_addr(address)
            .map_err(|_| SpawnError::Address(address))?;
        let endpoint = builder.bind().await.map_err(|source| SpawnError::Bind {
            address,
            source: Box::new(source),
        })?;

        let (options, folder, id) = (self.mesh, self.folder.clone(), PeerId::from(endpoint.id()));
        let opening = tokio::task::spawn_blocking(move || options.open(id, folder.as_deref()));
        let mesh = match opening.await {
            Ok(Ok(mesh)) => Arc::new(mesh),
            Ok(Err(error)) => {
                endpoint.close().await;
                return Err(error);
            }
            Err(error) => {
                endpoint.close().await;
                return Err(SpawnError::Thread(error.into()));
            }
        };
        gate.hold_against(&mesh.known().borrow());
        let gossip = Gossip::builder().spawn(endpoint.clone());
        let downloads = match host
            .clone()
            .map_or_else(|| Host::start("aster-docs").map(Arc::new), Ok)
        {
            Ok(downloads) => downloads,
            Err(error) => {
                endpoint.close().await;
                return Err(SpawnError::Thread(error));
            }
        };
        let stores = match (&self.folder, lock) {
            (Some(path), Some(lock)) => store::folder(path, lock, &endpoint, &gossip, &downloads).await,
            _ => store::memory(&endpoint, &gossip, &downloads).await,
        };
        let stores = match stores {
            Ok(stores) => stores,
            Err(error) => {
                endpoint.close().await;
                return Err(error);
            }
        };

        let (queue, sender) = Queue::new(self.limits.queue, Arc::clone(&gate), Arc::clone(&counters));
        let mut router = Router::builder(endpoint.clone()).incoming_filter(gate::filter(&gate));
        for alpn in Alpn::ALL {
            router = router.accept(alpn.as_bytes(), sender.handler(alpn));
        }
        let router = router
            .accept(iroh_blobs::ALPN, BlobsProtocol::new(&stores.blobs, None))
            .accept(iroh_gossip::ALPN, gossip.clone())
            .accept(iroh_docs::ALPN, stores.docs.clone())
            .spawn();
        if gate.open.is_some() {
            tracing::warn!(%address, "the gates are open: every peer that reaches this node is admitted");
        }
        tokio::spawn(gate::expire(Arc::downgrade(&gate)));
        tokio::spawn(mesh::follow(Arc::downgrade(&mesh), Arc::downgrade(&gate)));
        let budgets = Budgets::new(&self.limits, Arc::clone(&counters));
        let shared = Arc::new(Shared {
            limits: self.limits,
            compresses: self.compresses,
            gate,
            mesh,
            counters,
            closing: watch::Sender::new(false),
            calling: watch::Sender::new(0),
            budgets,
            with_sessions: watch::Sender::new(0),
            sessions: AtomicU64::new(0),
        });
        Ok(Node {
            inner: Arc::new(Inner {
                endpoint,
                own: OnceCell::new(),
                router,
                blobs: stores.blobs,
                docs: stores.docs,
                gossip,
                lookup,
                dialled: dialled(),
                queue,
                shared,
                closed: Arc::new(OnceCell::new()),
                lock: Mutex::new(stores.lock),
                host,
                downloads,
            }),
        })
    }

    /// Checks the roles of peers without a credential.
    fn roles(&self) -> Result<(), SpawnError> {
        let Some(DevRoles::Only(roles)) = &self.open else {
            return Ok(());
        };
        match roles.iter().find(|role| !trust::is_role(role)) {
            Some(role) => Err(SpawnError::DevRole(role.clone())),
            None => Ok(()),
        }
    }

    /// The address to bind, unless open gates forbid it.
    fn address(&self) -> Result<SocketAddr, SpawnError> {
        let any = if self.lan {
            Ipv4Addr::UNSPECIFIED
        } else {
            Ipv4Addr::LOCALHOST
        };
        let address = self.bind.unwrap_or(SocketAddr::new(IpAddr::V4(any), 0));
        if self.open.is_some() && !self.lan {
            if !address.ip().is_loopback() {
                return Err(SpawnError::OpenGate(format!(
                    "{address} is not a loopback address"
                )));
            }
            if !self.relay.is_disabled() {
                return Err(SpawnError::OpenGate("a relay is used".to_owned()));
            }
        }
        Ok(address)
    }
}

/// A change to the endpoint's options, made for each node that the builder starts.
#[derive(Clone)]
pub(crate) struct Step(Arc<dyn Fn(endpoint::Builder) -> endpoint::Builder + Send + Sync>);

impl Step {
    pub(crate) fn new(
        change: impl Fn(endpoint::Builder) -> endpoint::Builder + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(change))
    }

    pub(crate) fn take(&self, builder: endpoint::Builder) -> endpoint::Builder {
        (self.0)(builder)
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Step(..)")
    }
}

/// The transport of connections that peers open, and of those that blobs, docs and gossip open.
fn accepted(limits: &Limits) -> QuicTransportConfig {
    transport()
        .max_concurrent_bidi_streams(VarInt::from_u32(limits.streams))
        .receive_window(VarInt::from_u32(ACCEPTED_WINDOW))
        .build()
}

/// The receive window of a connection that this node opened, for so many streaming calls: one full stream window for each, and as
/// much as accepted connections have for the rest.
pub(crate) fn dialled_window(streams: u32) -> VarInt {
    VarInt::from_u32(
        streams
            .saturating_mul(STREAM_WINDOW)
            .saturating_add(ACCEPTED_WINDOW),
    )
}

/// The transport of connections that this node opens for calls. Only the dialler opens streams on them.
fn dialled() -> QuicTransportConfig {
    transport()
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .receive_window(dialled_window(DIALLED_STREAMS))
        .build()
}

/// What all connections have.
fn transport() -> QuicTransportConfigBuilder {
    QuicTransportConfig::builder()
        .default_path_keep_alive_interval(PATH_KEEP_ALIVE)
        .default_path_max_idle_timeout(PATH_IDLE)
        .max_idle_timeout(Some(VarInt::from_u32(IDLE_MILLIS).into()))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .datagram_receive_buffer_size(Some(DATAGRAMS))
        .datagram_send_buffer_size(DATAGRAMS)
        .send_window(SEND_WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_path_is_left_long_before_its_connection_ends() {
        for config in [accepted(&Limits::default()), dialled()] {
            // there is no other way to read it
            let config = format!("{config:?}");
            for part in [
                "default_path_keep_alive_interval: Some(1s)",
                "default_path_max_idle_timeout: Some(4s)",
                "max_idle_timeout: Some(30000)",
            ] {
                assert!(config.contains(part), "{part}: {config}");
            }
        }
    }
}
