//! A server: the services of one node, answered for admitted peers.

mod dispatch;
mod exchange;
mod requests;
mod run;
mod sessions;

use crate::admission::{self, ServiceEntry};
use crate::alpn::{Alpn, close, stream};
use crate::interceptor::{Chain, ServerInterceptor};
use crate::node::{Node, Shared, io};
use crate::queue::{AlreadyServing, AsterConnection};
use crate::service::{Service, ServiceInfo};
use aster_contract::model::{ContractId, Scope};
use dispatch::Table;
use exchange::Peer;
use iroh::endpoint::{Connection, VarInt, WeakConnectionHandle};
use sessions::{EndAll, Sessions};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
    draining: AtomicBool,
    stop: watch::Sender<bool>,
    connections: Mutex<HashMap<usize, WeakConnectionHandle>>,
}

/// Collects the services of a [`Server`].
pub struct ServerBuilder {
    node: Node,
    services: Vec<Box<dyn Service>>,
    interceptors: Vec<Arc<dyn ServerInterceptor>>,
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

    /// Checks the services against each other.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(self) -> Result<Server, BuildError> {
        let mut table = Table::default();
        for service in self.services {
            table.add(service).map_err(|info| BuildError::DuplicateContract {
                service: info.name,
                contract_id: info.contract_id,
            })?;
        }
        let entries = table.services().map(entry).collect();
        warn_of_open_roles(self.node.shared(), &table);
        Ok(Server {
            inner: Arc::new(Inner {
                node: self.node,
                table: Arc::new(table),
                entries,
                interceptors: Chain::new(self.interceptors),
                draining: AtomicBool::new(false),
                stop: watch::Sender::new(false),
                connections: Mutex::default(),
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
        self.inner.draining.store(true, Ordering::Release);
        Ok(())
    }

    /// Serves one connection to its end: for people who bring their own accept loop.
    pub async fn handle(&self, connection: AsterConnection) {
        let shared = self.inner.node.shared();
        match connection.alpn {
            Alpn::Calls => self.calls(connection).await,
            Alpn::ConsumerAdmission | Alpn::ProducerAdmission => {
                admission::answer(shared, connection, &self.inner.entries).await;
            }
        }
    }

    /// Stops taking calls, gives those that run until `deadline` from now, then closes the connections.
    pub async fn shutdown(&self, deadline: Duration) {
        self.inner.draining.store(true, Ordering::Release);
        self.inner.stop.send_replace(true);
        let drained = self.inner.node.shared().budgets.drained();
        if tokio::time::timeout(deadline, drained).await.is_err() {
            tracing::warn!("calls still run at the deadline of the shutdown, they are cancelled");
        }
        for connection in self
            .connections()
            .values()
            .filter_map(WeakConnectionHandle::upgrade)
        {
            connection.close(VarInt::from_u32(close::DONE), b"shutting down");
        }
        self.inner.node.shared().sessions_over().await;
    }

    async fn calls(&self, connection: AsterConnection) {
        let peer = connection.peer();
        let connection = connection.connection;
        let shared = self.inner.node.shared();
        let peer = Arc::new(Peer {
            id: peer,
            shared: Arc::clone(shared),
            table: Arc::clone(&self.inner.table),
            budget: shared.budgets.peer(peer),
            interceptors: self.inner.interceptors.clone(),
            sessions: Sessions::new(shared),
        });
        let _ends = EndAll(&peer.sessions);
        let id = connection.stable_id();
        self.connections().insert(id, connection.weak_handle());
        tokio::select! {
            () = self.streams(&connection, &peer) => {}
            never = sessions::end_idle(&peer.sessions) => match never {},
        }
        self.connections().remove(&id);
    }

    async fn streams(&self, connection: &Connection, peer: &Arc<Peer>) {
        let closing = self.inner.node.shared().closing.subscribe();
        while let Ok((mut send, mut receive)) = connection.accept_bi().await {
            if self.inner.draining.load(Ordering::Acquire) || *closing.borrow() {
                io::reset(&mut send, stream::REFUSED);
                // a stream that has ended already needs no stop
                let _ = receive.stop(VarInt::from_u32(stream::REFUSED));
                continue;
            }
            tokio::spawn(exchange::serve(Arc::clone(peer), send, receive));
        }
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, HashMap<usize, WeakConnectionHandle>> {
        self.inner
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("services", &self.inner.entries)
            .finish_non_exhaustive()
    }
}
