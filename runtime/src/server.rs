//! A server: the services of one node, answered for admitted peers.

mod connection;
mod dispatch;
mod exchange;
mod requests;
mod run;
mod sessions;

use crate::admission::{self, ServiceEntry};
use crate::alpn::Alpn;
use crate::aster_node::{self, HealthReporter};
use crate::compress::Exempt;
use crate::interceptor::{Chain, ServerInterceptor};
use crate::json::{Bounds, DefinitionsError, JsonService};
use crate::node::{Node, Shared};
use crate::queue::{AlreadyServing, AsterConnection};
use crate::service::{Service, ServiceInfo};
use aster_contract::model::{ContractId, Scope};
use dispatch::Table;
use iroh::endpoint::WeakConnectionHandle;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The services of a node. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

struct Inner {
    node: Node,
    table: Arc<Table>,
    entries: Vec<ServiceEntry>,
    interceptors: Chain,
    health: HealthReporter,
    draining: AtomicBool,
    stop: watch::Sender<bool>,
    connections: Mutex<HashMap<usize, WeakConnectionHandle>>,
    /// How many connections are served.
    open: watch::Sender<usize>,
}

/// Collects the services of a [`Server`].
pub struct ServerBuilder {
    node: Node,
    services: Vec<Box<dyn Service>>,
    interceptors: Vec<Arc<dyn ServerInterceptor>>,
    describe: bool,
    uncompressed: Exempt,
}

/// Why services cannot be served together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Two implementations of one contract.
    #[error(
        "two implementations of contract {contract_id} (`{service}`): a server has one for each contract"
    )]
    DuplicateContract {
        /// The full name of the second.
        service: &'static str,
        /// The contract.
        contract_id: ContractId,
    },
    /// A name that every node has for itself.
    #[error("a service is called `{0}`: that is what every node calls its own, name it otherwise")]
    Reserved(&'static str),
    /// A service takes JSON, which cannot be read without the definitions behind its contract.
    #[error("service `{service}` takes JSON, for which its definitions are needed: {error}")]
    Definitions {
        /// The full name.
        service: &'static str,
        /// What is wrong with them.
        error: DefinitionsError,
    },
    /// Something is to be sent without compression that the server does not have.
    #[error("`{path}` is to be sent without compression, but the server has no such service or method")]
    UnknownMethod {
        /// What was named.
        path: String,
    },
}

impl ServerBuilder {
    /// Adds a service: generated code makes one of an implementation.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "a builder's `add` adds no numbers")]
    pub fn add(mut self, service: impl Service) -> Self {
        self.services.push(Box::new(service));
        self
    }

    /// Adds an interceptor behind those that are there: it sees every call of every service.
    #[must_use]
    pub fn interceptor(mut self, interceptor: impl ServerInterceptor) -> Self {
        self.interceptors.push(Arc::new(interceptor));
        self
    }

    /// Whether peers that are admitted get the definitions behind the contracts. The default is yes: tools can then call the
    /// services without generated code. Without it only generated clients can.
    #[must_use]
    pub fn describe(mut self, describe: bool) -> Self {
        self.describe = describe;
        self
    }

    /// Sends the responses of a service, `package.Name`, or of one of its methods, `package.Name/method`, without
    /// compression. A single call does the same with [`Context::uncompressed`](crate::Context::uncompressed).
    ///
    /// The length of what is compressed tells of its content: a response that mixes a secret with text that an attacker
    /// chooses is to be sent so.
    #[must_use]
    pub fn uncompressed(mut self, path: impl Into<String>) -> Self {
        self.uncompressed.add(path.into());
        self
    }

    /// Checks the services against each other, and adds `aster.Node`.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(self) -> Result<Server, BuildError> {
        let compresses = self.node.shared().compresses;
        let mut table = Table::new(compresses, self.uncompressed);
        let json = Bounds::new(self.node.shared().limits.frame);
        let services = self
            .services
            .iter()
            .map(|service| service.info())
            .collect::<Vec<_>>();
        if let Some(info) = services.iter().find(|info| info.name == aster_node::SERVICE) {
            return Err(BuildError::Reserved(info.name));
        }
        let (node_service, health) = aster_node::service(services, self.describe);
        for service in self
            .services
            .into_iter()
            .chain([Box::new(node_service) as Box<dyn Service>])
        {
            let info = service.info();
            let json = JsonService::build(info, &json).map_err(|error| BuildError::Definitions {
                service: info.name,
                error,
            })?;
            table
                .add(service, json)
                .map_err(|info| BuildError::DuplicateContract {
                    service: info.name,
                    contract_id: info.contract_id,
                })?;
        }
        if let Some(path) = table.unknown_exemption() {
            return Err(BuildError::UnknownMethod {
                path: path.to_owned(),
            });
        }
        let entries = table.services().map(entry).collect();
        warn_of_open_roles(self.node.shared(), &table);
        Ok(Server {
            inner: Arc::new(Inner {
                node: self.node,
                table: Arc::new(table),
                entries,
                interceptors: Chain::new(self.interceptors),
                health,
                draining: AtomicBool::new(false),
                stop: watch::Sender::new(false),
                connections: Mutex::default(),
                open: watch::Sender::new(0),
            }),
        })
    }
}

/// Says once for each service that its requirements are met by peers without a credential.
fn warn_of_open_roles(shared: &Shared, table: &Table) {
    let Some(roles) = &shared.gate.open else { return };
    for info in table.services() {
        let requires = info.requires.is_some() || info.methods.iter().any(|method| method.requires.is_some());
        if requires {
            tracing::warn!(
                service = info.name,
                ?roles,
                "gates are open: peers without a credential have these roles"
            );
        }
    }
}

fn entry(info: &'static ServiceInfo) -> ServiceEntry {
    ServiceEntry {
        name: info.name.to_owned(),
        version: info.version,
        contract_id: info.contract_id.to_string(),
        channels: Default::default(),
        pattern: match info.scope {
            Scope::Shared => "shared".to_owned(),
            Scope::Session => "session".to_owned(),
        },
        serialization_modes: info.modes.iter().map(|mode| mode.name().to_owned()).collect(),
    }
}

impl Server {
    /// A server of the node, without services.
    pub fn builder(node: &Node) -> ServerBuilder {
        ServerBuilder {
            node: node.clone(),
            services: Vec::new(),
            interceptors: Vec::new(),
            describe: true,
            uncompressed: Exempt::default(),
        }
    }

    /// The node.
    pub fn node(&self) -> &Node {
        &self.inner.node
    }

    /// What admitted peers are told of the services.
    pub fn services(&self) -> &[ServiceEntry] {
        &self.inner.entries
    }

    /// Whether nothing else holds the server: it has no clone, and serves no connection and no call. The garbage collectors of other
    /// languages ask.
    #[must_use]
    pub fn is_unshared(&self) -> bool {
        Arc::strong_count(&self.inner) == 1 && Arc::strong_count(&self.inner.table) == 1
    }

    /// Says to peers how the services do.
    pub fn health(&self) -> &HealthReporter {
        &self.inner.health
    }

    /// Serves until [`Server::shutdown`] or until the node closes.
    ///
    /// # Errors
    /// [`AlreadyServing`]: another server or accept loop has the node's connections.
    pub async fn serve(&self) -> Result<(), AlreadyServing> {
        let mut connections = self.inner.node.accept_aster()?;
        let mut stop = self.inner.stop.subscribe();
        let mut closing = self.inner.node.shared().closing.subscribe();
        loop {
            let connection = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                _ = closing.wait_for(|closing| *closing) => break,
                connection = connections.next() => connection,
            };
            let Some(connection) = connection else { break };
            let server = self.clone();
            tokio::spawn(async move { server.handle(connection).await });
        }
        self.inner.drain();
        Ok(())
    }

    /// Serves one connection to its end: for people who bring their own accept loop.
    pub async fn handle(&self, connection: AsterConnection) {
        let shared = self.inner.node.shared();
        match connection.alpn {
            Alpn::Calls => connection::serve(&self.inner, connection).await,
            Alpn::ConsumerAdmission | Alpn::ProducerAdmission => {
                admission::answer(shared, connection, &self.inner.entries).await;
            }
        }
    }

    /// Drains: refuses new calls, tells the peers to finish theirs and to go, and returns when all have gone. What is
    /// still open at `deadline` from now is closed.
    pub async fn shutdown(&self, deadline: Duration) {
        self.inner.drain();
        if !connection::all_closed(&self.inner, deadline).await {
            tracing::warn!("connections are still open at the deadline of the shutdown, they are closed");
        }
        connection::close_all(&self.inner);
        self.inner.node.shared().sessions_over().await;
    }
}

impl Inner {
    /// Refuses new calls from now on, and lets each connection know.
    fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.health.drain();
        self.stop.send_replace(true);
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<usize, WeakConnectionHandle>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("services", &self.inner.entries)
            .finish_non_exhaustive()
    }
}
