//! Gate 0: every connection to this node, of whatever protocol, is of an admitted peer or is for admission.

use crate::alpn::{Alpn, close};
use crate::node::stats::Counters;
use crate::trust::{Admitted, AdmittedSet, DevRoles, Full, PeerId};
use iroh::endpoint::{AfterHandshakeOutcome, Connection, EndpointHooks, Side, VarInt};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Instant;

/// The admitted set of a node, and whether admission is open to everybody.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The roles of peers without a credential; `None` while a credential is asked for.
    pub(crate) open: Option<DevRoles>,
    set: RwLock<AdmittedSet>,
    /// The endpoint with which the node calls itself, and the node.
    own: OnceLock<(PeerId, PeerId)>,
    counters: Arc<Counters>,
}

impl Gate {
    pub(crate) fn new(open: Option<DevRoles>, counters: Arc<Counters>) -> Self {
        Self {
            open,
            set: RwLock::default(),
            own: OnceLock::new(),
            counters,
        }
    }

    /// From now on `endpoint` is the node itself.
    pub(crate) fn recognize(&self, endpoint: PeerId, node: PeerId) {
        // a node has one such endpoint
        let _ = self.own.set((endpoint, node));
    }

    /// The peer under which a remote key is admitted and known to handlers: the node itself for its own endpoint.
    pub(crate) fn peer(&self, key: PeerId) -> PeerId {
        match self.own.get() {
            Some((endpoint, node)) if *endpoint == key => *node,
            _ => key,
        }
    }

    /// Whether the key is that of the node's own endpoint.
    pub(crate) fn is_own(&self, key: PeerId) -> bool {
        self.own.get().is_some_and(|(endpoint, _)| *endpoint == key)
    }

    /// Puts a peer into the set.
    pub(crate) fn admit(&self, peer: PeerId, roles: &DevRoles) -> Result<Arc<Admitted>, Full> {
        let mut set = self.set.write().unwrap_or_else(PoisonError::into_inner);
        set.admit(peer, roles, Instant::now())
    }

    /// What is known of the peer, while it is admitted. Read for each call.
    pub(crate) fn admitted(&self, peer: &PeerId) -> Option<Arc<Admitted>> {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner);
        set.get(peer, Instant::now()).cloned()
    }

    /// Counts a connection if its peer is admitted.
    fn enter(&self, peer: &PeerId) -> bool {
        let mut set = self.set.write().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if set.get(peer, now).is_none() {
            return false;
        }
        set.connected(peer, now);
        true
    }

    fn leave(&self, peer: &PeerId) {
        let mut set = self.set.write().unwrap_or_else(PoisonError::into_inner);
        set.disconnected(peer, Instant::now());
    }
}

/// The hook of the endpoint. It decides at once and fails closed.
#[derive(Debug)]
pub(crate) struct GateHook(pub(crate) Arc<Gate>);

impl EndpointHooks for GateHook {
    async fn after_handshake(&self, connection: &Connection) -> AfterHandshakeOutcome {
        // the hook also sees the connections that we dial
        let passes = connection.side() == Side::Client
            || Alpn::parse(connection.alpn()).is_some_and(Alpn::is_admission);
        if passes {
            return AfterHandshakeOutcome::Accept;
        }
        let peer = self.0.peer(PeerId(*connection.remote_id().as_bytes()));
        if !self.0.enter(&peer) {
            self.0.counters.not_admitted.add();
            let alpn = String::from_utf8_lossy(connection.alpn());
            tracing::info!(%peer, %alpn, "connection refused: the peer is not admitted");
            return AfterHandshakeOutcome::Reject {
                error_code: VarInt::from_u32(close::NOT_ADMITTED),
                reason: b"not admitted".to_vec(),
            };
        }
        let (gate, closed) = (Arc::clone(&self.0), connection.weak_handle().closed());
        tokio::spawn(async move {
            closed.await;
            gate.leave(&peer);
        });
        AfterHandshakeOutcome::Accept
    }
}
