//! Gate 0: every connection to this node, of whatever protocol, is of an admitted peer or is for admission.
//!
//! Source: trust, "Gates".

mod live;

use crate::admission::now;
use crate::alpn::{Alpn, close};
use crate::limits::Limits;
use crate::node::connections::Connections;
use crate::node::seats::{Seat, Seats, Verdict};
use crate::node::stats::{Counter, Counters};
use crate::trust::{
    Admission, AdmitError, Admitted, AdmittedPeer, AdmittedSet, DevRoles, GrantError, Granted, Now, PeerId,
    Refusal, Revocations,
};
use iroh::endpoint::{
    AfterHandshakeOutcome, Connection, EndpointHooks, Incoming, Side, VarInt, WeakConnectionHandle,
};
use iroh::protocol::{IncomingFilter, IncomingFilterOutcome};
use live::Live;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often the clocks are read while something is to expire: nobody says that the wall clock was set.
const LOOK: Duration = Duration::from_secs(60);
/// The roles of the node itself under closed gates.
static NO_ROLES: DevRoles = DevRoles::Only(Vec::new());

/// The admitted set of a node with the connections of its peers, and whether admission is open to everybody.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The roles of peers without a credential; `None` while a credential is asked for.
    pub(crate) open: Option<DevRoles>,
    state: RwLock<State>,
    /// The endpoint with which the node calls itself, and the node.
    own: OnceLock<(PeerId, PeerId)>,
    counters: Arc<Counters>,
    /// Those that peers have made.
    seats: Mutex<Seats>,
    /// All connections of the node.
    pub(crate) connections: Connections,
    /// Each change lets the timer look again; true once the node is closed.
    timer: watch::Sender<bool>,
}

/// Behind one lock: a connection is registered in the same moment in which the set is read for it, so that whatever is
/// revoked or expires later finds it.
#[derive(Debug, Default)]
struct State {
    set: AdmittedSet,
    live: Live<WeakConnectionHandle>,
    /// What the mesh had revoked when the set was last held against it.
    revocations: Arc<Revocations>,
}

impl Gate {
    pub(crate) fn new(open: Option<DevRoles>, counters: Arc<Counters>, limits: &Limits) -> Self {
        Self {
            open,
            seats: Mutex::new(Seats::new(limits)),
            state: RwLock::default(),
            own: OnceLock::new(),
            counters,
            connections: Connections::default(),
            timer: watch::Sender::new(false),
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

    /// Grants an admission to a peer.
    pub(crate) fn admit(&self, peer: PeerId, admission: Admission) -> Result<(), AdmitError> {
        self.change(|State { set, live, .. }, now| set.admit(peer, admission, live.count(&peer), now))
    }

    /// Admits a peer that has shown a credential. What was revoked while it was verified lets nobody in.
    pub(crate) fn grant(&self, granted: Granted) -> Result<Arc<Admitted>, GrantError> {
        self.change(
            |State {
                 set,
                 live,
                 revocations,
             },
             now| {
                let connections = live.count(&granted.grounds.peer);
                set.grant(granted, revocations, connections, now)
            },
        )
    }

    /// Takes what the mesh has revoked by now: who is here for what is revoked goes, with all connections.
    pub(crate) fn hold_against(&self, revocations: &Arc<Revocations>) {
        let over = self.change(
            |State {
                 set,
                 live,
                 revocations: last,
             },
             _| {
                *last = Arc::clone(revocations);
                let over = set.hold_against(last).into_iter();
                over.map(|peer| (peer, live.take(&peer))).collect::<Vec<_>>()
            },
        );
        for (peer, connections) in &over {
            tracing::info!(%peer, connections = connections.len(), "peer revoked by the mesh");
            cut(connections, &self.counters.revoked);
        }
    }

    /// Answers a remote key that asks without a credential. Under closed gates a node may call itself, without any role.
    pub(crate) fn ask(&self, key: PeerId) -> Result<Arc<Admitted>, Refusal> {
        let peer = self.peer(key);
        let own = self.is_own(key).then_some(&NO_ROLES);
        let roles = self.open.as_ref().or(own);
        self.change(|State { set, live, .. }, now| set.ask(peer, roles, live.count(&peer), now))
    }

    /// Removes a peer from the set, and closes its connections. Says whether it was admitted.
    pub(crate) fn revoke(&self, peer: PeerId) -> bool {
        let (was, connections) =
            self.change(|State { set, live, .. }, _| (set.revoke(&peer), live.take(&peer)));
        if was {
            tracing::info!(%peer, connections = connections.len(), "peer revoked");
        }
        cut(&connections, &self.counters.revoked);
        was
    }

    /// What is known of the peer, while it is admitted. Read for each call.
    pub(crate) fn admitted(&self, peer: &PeerId) -> Option<Arc<Admitted>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let admitted = state.set.get(peer, now).cloned();
        if admitted.is_none() && state.set.next().has_passed(now) {
            // a clock that was set is seen here first
            self.wake();
        }
        admitted
    }

    /// Everybody who is admitted.
    pub(crate) fn peers(&self) -> Vec<AdmittedPeer> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.set.peers(now())
    }

    /// How many are admitted.
    pub(crate) fn count(&self) -> u64 {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.set.count(now()) as u64
    }

    /// Turns true when the node is closed, and changes in between.
    pub(crate) fn ended(&self) -> watch::Receiver<bool> {
        self.timer.subscribe()
    }

    /// The timer ends: the node is closed.
    pub(crate) fn end(&self) {
        self.timer.send_replace(true);
    }

    fn wake(&self) {
        self.timer.send_modify(|_| ());
    }

    /// Changes the state, in which nothing is over by then.
    fn change<R>(&self, act: impl FnOnce(&mut State, Now) -> R) -> R {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let before = state.set.next();
        let State { set, live, .. } = &mut *state;
        let over: Vec<_> = set
            .expire(now)
            .into_iter()
            .map(|peer| (peer, live.take(&peer)))
            .collect();
        let result = act(&mut state, now);
        let sooner = state.set.next().is_sooner(&before);
        drop(state);
        for (peer, connections) in &over {
            tracing::info!(%peer, connections = connections.len(), "admission expired");
            cut(connections, &self.counters.expired);
        }
        if sooner {
            self.wake();
        }
        result
    }

    /// Judges somebody who knocks, before the handshake.
    fn knock(&self, incoming: &Incoming) -> IncomingFilterOutcome {
        match self
            .seats()
            .knock(incoming.remote_addr_validated(), Instant::now())
        {
            Verdict::Accept => IncomingFilterOutcome::Accept,
            Verdict::Prove => IncomingFilterOutcome::Retry,
            Verdict::Refuse => {
                self.counters.too_many.add();
                tracing::info!("connection refused: there are too many");
                IncomingFilterOutcome::Reject
            }
        }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a connection if it may be. Taken from the hook, it is there as long as the hook looks at it.
    fn enter(&self, peer: PeerId, way: Way, connection: &Connection) -> Option<u64> {
        self.change(|State { set, live, .. }, now| {
            let passes = match way {
                Way::In => set.get(&peer, now).is_some(),
                Way::Out => !set.is_revoked(&peer),
            };
            passes.then(|| {
                let number = live.insert(peer, connection.weak_handle());
                set.connections(&peer, live.count(&peer), now);
                number
            })
        })
    }

    fn leave(&self, peer: &PeerId, number: u64) {
        self.change(|State { set, live, .. }, now| {
            // one that was cut is counted no more
            if live.remove(peer, number) {
                set.connections(peer, live.count(peer), now);
            }
        });
    }

    /// Takes out who is over, and says when to look again.
    fn look(&self) -> Option<Duration> {
        self.change(|State { set, .. }, now| set.next().left(now))
    }
}

/// Closes connections at once.
fn cut(connections: &[WeakConnectionHandle], counter: &Counter) {
    for connection in connections.iter().filter_map(WeakConnectionHandle::upgrade) {
        counter.add();
        connection.close(VarInt::from_u32(close::EXPIRED), b"expired or revoked");
    }
}

/// Ends admissions at their time, one timer for all of them, until the node is closed or gone.
pub(crate) async fn expire(gate: Weak<Gate>) {
    let Some(mut timer) = gate.upgrade().map(|gate| gate.ended()) else {
        return;
    };
    loop {
        let Some(next) = gate.upgrade().map(|gate| gate.look()) else {
            return;
        };
        let sleep = async {
            match next {
                Some(left) => tokio::time::sleep(left.min(LOOK)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = timer.changed() => if changed.is_err() || *timer.borrow() { return },
            () = sleep => {}
        }
    }
}

/// Who dialled.
#[derive(Clone, Copy, Debug)]
enum Way {
    In,
    Out,
}

/// The hook of the endpoint. It decides at once and fails closed.
#[derive(Debug)]
pub(crate) struct GateHook(pub(crate) Arc<Gate>);

impl EndpointHooks for GateHook {
    async fn after_handshake(&self, connection: &Connection) -> AfterHandshakeOutcome {
        let alpn = connection.alpn();
        let peer = self.0.peer(PeerId(*connection.remote_id().as_bytes()));
        if connection.side() == Side::Server {
            self.0.seats().shaken();
        }
        let way = match connection.side() {
            Side::Server if Alpn::parse(alpn).is_some_and(Alpn::is_admission) => None,
            Side::Server => Some(Way::In),
            // whoever dials, docs and gossip give both ends the same: what we dial for them ends with the peer's admission
            Side::Client if [iroh_docs::ALPN, iroh_gossip::ALPN].contains(&alpn) => Some(Way::Out),
            Side::Client => None,
        };
        let entered = match way {
            None => None,
            Some(way) => match self.0.enter(peer, way, connection) {
                Some(number) => Some(number),
                None => return self.refuse(peer, way, alpn),
            },
        };
        let seat = match connection.side() {
            Side::Client => None,
            Side::Server => match self.sit(peer, alpn) {
                Some(seat) => Some(seat),
                None => {
                    if let Some(number) = entered {
                        self.0.leave(&peer, number);
                    }
                    return self.too_many(peer, alpn);
                }
            },
        };
        let seen = self.0.connections.insert(peer, connection);
        let (gate, closed) = (Arc::clone(&self.0), connection.weak_handle().closed());
        tokio::spawn(async move {
            closed.await;
            gate.connections.remove(seen);
            if let Some(seat) = seat {
                gate.seats().leave(&seat);
            }
            if let Some(number) = entered {
                gate.leave(&peer, number);
            }
        });
        AfterHandshakeOutcome::Accept
    }
}

/// What the router asks of each who knocks.
pub(crate) fn filter(gate: &Arc<Gate>) -> IncomingFilter {
    let gate = Arc::downgrade(gate);
    Arc::new(move |incoming| {
        let gate = gate.upgrade();
        gate.map_or(IncomingFilterOutcome::Reject, |gate| gate.knock(incoming))
    })
}

impl GateHook {
    /// The lock is not held any more when others are told.
    fn sit(&self, peer: PeerId, alpn: &[u8]) -> Option<Seat> {
        self.0.seats().take(peer, alpn)
    }

    fn too_many(&self, peer: PeerId, alpn: &[u8]) -> AfterHandshakeOutcome {
        self.0.counters.too_many.add();
        let alpn = String::from_utf8_lossy(alpn);
        tracing::info!(%peer, %alpn, "connection refused: there are too many, of the peer or of all");
        AfterHandshakeOutcome::Reject {
            error_code: VarInt::from_u32(close::TOO_MANY),
            reason: "too many connections".into(),
        }
    }

    fn refuse(&self, peer: PeerId, way: Way, alpn: &[u8]) -> AfterHandshakeOutcome {
        let alpn = String::from_utf8_lossy(alpn);
        let (code, reason) = match way {
            Way::In => {
                self.0.counters.not_admitted.add();
                tracing::info!(%peer, %alpn, "connection refused: the peer is not admitted");
                (close::NOT_ADMITTED, "not admitted")
            }
            Way::Out => {
                tracing::info!(%peer, %alpn, "connection given up: the peer was revoked");
                (close::EXPIRED, "expired or revoked")
            }
        };
        AfterHandshakeOutcome::Reject {
            error_code: VarInt::from_u32(code),
            reason: reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;
    use std::pin::pin;
    use std::time::SystemTime;

    const PEER: PeerId = PeerId([1; 32]);

    fn gate() -> Arc<Gate> {
        Arc::new(Gate::new(None, Arc::default(), &Limits::default()))
    }

    #[tokio::test]
    async fn the_timer_ends_with_the_node() {
        let closed = gate();
        let mut timer = pin!(expire(Arc::downgrade(&closed)));
        assert!(poll!(&mut timer).is_pending());
        closed.end();
        timer.await;

        let dropped = gate();
        let hour = SystemTime::now() + Duration::from_secs(3600);
        dropped.admit(PEER, Admission::new().expires(hour)).unwrap();
        let mut timer = pin!(expire(Arc::downgrade(&dropped)));
        assert!(poll!(&mut timer).is_pending());
        drop(dropped);
        timer.await;
    }

    #[tokio::test]
    async fn the_timer_takes_out_who_expires_first_and_nobody_else() {
        let gate = gate();
        let timer = tokio::spawn(expire(Arc::downgrade(&gate)));
        tokio::task::yield_now().await;
        let later = SystemTime::now() + Duration::from_secs(3600);
        gate.admit(PeerId([2; 32]), Admission::new().expires(later))
            .unwrap();
        tokio::task::yield_now().await;
        // sooner than what it waits for
        let soon = SystemTime::now() + Duration::from_millis(20);
        gate.admit(PEER, Admission::new().expires(soon)).unwrap();
        let due = || {
            let state = gate.state.read().unwrap_or_else(PoisonError::into_inner);
            state.set.next().wall
        };
        while due() != Some(later) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(gate.admitted(&PEER).is_none() && gate.admitted(&PeerId([2; 32])).is_some());
        gate.end();
        timer.await.unwrap();
    }
}
