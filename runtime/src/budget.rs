//! What peers use of a node at once: calls, and bytes of large frames.
//!
//! Source: wire protocol, "Limits and budgets".

use crate::limits::Limits;
use crate::node::stats::Counters;
use crate::trust::PeerId;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Frames up to this size need no share of the bytes.
pub(crate) const FREE: usize = 64 * 1024;
/// Bytes are counted in units of this many.
const UNIT: usize = 1024;

/// The budgets of one node.
#[derive(Debug)]
pub(crate) struct Budgets {
    peers: Mutex<HashMap<PeerId, Weak<PeerBudget>>>,
    calls: AtomicUsize,
    max_calls: usize,
    max_calls_per_peer: usize,
    bytes: Arc<Semaphore>,
    bytes_units: u32,
    peer_units: u32,
    wait: Duration,
    idle: Notify,
    counters: Arc<Counters>,
}

/// What the connections of one peer share.
#[derive(Debug)]
pub(crate) struct PeerBudget {
    node: Arc<Budgets>,
    calls: AtomicUsize,
    bytes: Arc<Semaphore>,
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT))
        .unwrap_or(u32::MAX)
        .clamp(1, 1 << 24)
}

impl Budgets {
    pub(crate) fn new(limits: &Limits, counters: Arc<Counters>) -> Arc<Self> {
        let bytes_units = units(limits.bytes);
        Arc::new(Self {
            peers: Mutex::default(),
            calls: AtomicUsize::new(0),
            max_calls: limits.calls,
            max_calls_per_peer: limits.calls_per_peer,
            bytes: Arc::new(Semaphore::new(bytes_units as usize)),
            bytes_units,
            peer_units: units(limits.bytes_per_peer),
            wait: limits.bytes_wait,
            idle: Notify::new(),
            counters,
        })
    }

    /// The budget that all connections of a peer share.
    pub(crate) fn peer(self: &Arc<Self>, peer: PeerId) -> Arc<PeerBudget> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(budget) = peers.get(&peer).and_then(Weak::upgrade) {
            return budget;
        }
        if peers.len() == peers.capacity() {
            peers.retain(|_, budget| budget.strong_count() > 0);
        }
        let bytes = Arc::new(Semaphore::new(self.peer_units as usize));
        let budget = Arc::new(PeerBudget {
            node: Arc::clone(self),
            calls: AtomicUsize::new(0),
            bytes,
        });
        peers.insert(peer, Arc::downgrade(&budget));
        budget
    }

    pub(crate) fn calls_in_flight(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Bytes that large frames take now.
    pub(crate) fn bytes_in_use(&self) -> u64 {
        let used = (self.bytes_units as usize).saturating_sub(self.bytes.available_permits());
        (used * UNIT) as u64
    }

    /// Waits until no call runs.
    pub(crate) async fn drained(&self) {
        loop {
            let idle = self.idle.notified();
            if self.calls_in_flight() == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl PeerBudget {
    /// A slot for one call, or `None` if the peer or the node has none left.
    pub(crate) fn call(self: &Arc<Self>) -> Option<CallSlot> {
        if !take(&self.node.calls, self.node.max_calls) {
            self.node.counters.over_limit.add();
            return None;
        }
        if !take(&self.calls, self.node.max_calls_per_peer) {
            self.node.release();
            self.node.counters.over_limit.add();
            return None;
        }
        Some(CallSlot(Arc::clone(self)))
    }

    /// A share of the bytes for one large frame, or `None` if there was none in time.
    pub(crate) fn bytes(&self, size: usize) -> Pin<Box<dyn Future<Output = Option<Bytes>> + Send>> {
        let node = Arc::clone(&self.node);
        let peer = Arc::clone(&self.bytes);
        let size = units(size).min(node.peer_units).min(node.bytes_units);
        Box::pin(async move {
            let both = async {
                let peer = peer.acquire_many_owned(size).await.ok()?;
                let node = Arc::clone(&node.bytes).acquire_many_owned(size).await.ok()?;
                Some(Bytes {
                    _peer: peer,
                    _node: node,
                })
            };
            let share = tokio::time::timeout(node.wait, both).await.ok().flatten();
            if share.is_none() {
                node.counters.over_limit.add();
            }
            share
        })
    }
}

impl Budgets {
    fn release(&self) {
        if self.calls.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.idle.notify_waiters();
        }
    }
}

fn take(count: &AtomicUsize, max: usize) -> bool {
    let taken = count.fetch_add(1, Ordering::AcqRel) < max;
    if !taken {
        count.fetch_sub(1, Ordering::AcqRel);
    }
    taken
}

/// A running call.
#[derive(Debug)]
pub(crate) struct CallSlot(Arc<PeerBudget>);

impl Drop for CallSlot {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::AcqRel);
        self.0.node.release();
    }
}

/// Bytes that are in use until this is dropped.
#[derive(Debug)]
pub(crate) struct Bytes {
    _peer: OwnedSemaphorePermit,
    _node: OwnedSemaphorePermit,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budgets(change: impl FnOnce(&mut Limits)) -> Arc<Budgets> {
        let mut limits = Limits::default();
        change(&mut limits);
        Budgets::new(&limits, Arc::default())
    }

    #[test]
    fn calls_are_capped_per_peer_and_per_node() {
        let budgets = budgets(|limits| (limits.calls, limits.calls_per_peer) = (3, 2));
        let (a, b) = (budgets.peer(PeerId([1; 32])), budgets.peer(PeerId([2; 32])));
        let first = a.call().unwrap();
        let _second = a.call().unwrap();
        assert!(a.call().is_none(), "a peer has two");
        let _third = b.call().unwrap();
        assert!(b.call().is_none(), "the node has three");
        drop(first);
        assert!(b.call().is_some());
        assert!(Arc::ptr_eq(&a, &budgets.peer(PeerId([1; 32]))));
    }

    #[test]
    fn peers_that_left_take_no_memory() {
        let budgets = budgets(|_| ());
        for number in 0..10_000u32 {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&number.to_le_bytes());
            budgets.peer(PeerId(id));
        }
        assert!(budgets.peers.lock().unwrap().capacity() < 64);
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_frame_waits_for_its_share_and_then_is_refused() {
        let budgets = budgets(|limits| limits.bytes_per_peer = 4 * UNIT);
        let peer = budgets.peer(PeerId([1; 32]));
        let all = peer.bytes(100 * UNIT).await.unwrap();
        assert!(
            peer.bytes(UNIT).await.is_none(),
            "the clock is paused: the wait is over at once"
        );
        let waiting = tokio::spawn(peer.bytes(UNIT));
        tokio::task::yield_now().await;
        drop(all);
        assert!(waiting.await.unwrap().is_some());
    }
}
