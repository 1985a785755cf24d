//! The live connections of each peer, so that they can be found when they are to end.

use crate::trust::PeerId;
use std::collections::{BTreeMap, HashMap};

/// Handles of connections, by peer. A peer without connections takes no room.
#[derive(Debug)]
pub(super) struct Live<C> {
    peers: HashMap<PeerId, BTreeMap<u64, C>>,
    next: u64,
}

impl<C> Default for Live<C> {
    fn default() -> Self {
        Self {
            peers: HashMap::new(),
            next: 0,
        }
    }
}

impl<C> Live<C> {
    /// Adds a connection; the number says which it was when it ends.
    pub(super) fn insert(&mut self, peer: PeerId, connection: C) -> u64 {
        let number = self.next;
        self.next += 1;
        self.peers.entry(peer).or_default().insert(number, connection);
        number
    }

    /// Takes the end of a connection; false if it was taken before.
    pub(super) fn remove(&mut self, peer: &PeerId, number: u64) -> bool {
        let Some(connections) = self.peers.get_mut(peer) else {
            return false;
        };
        let was = connections.remove(&number).is_some();
        if connections.is_empty() {
            self.peers.remove(peer);
        }
        was
    }

    /// Takes all connections of a peer.
    pub(super) fn take(&mut self, peer: &PeerId) -> Vec<C> {
        let connections = self.peers.remove(peer);
        connections.into_iter().flat_map(BTreeMap::into_values).collect()
    }

    pub(super) fn count(&self, peer: &PeerId) -> usize {
        self.peers.get(peer).map_or(0, BTreeMap::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: PeerId = PeerId([1; 32]);
    const B: PeerId = PeerId([2; 32]);

    #[test]
    fn a_peer_is_forgotten_with_its_last_connection() {
        let mut live = Live::default();
        for _ in 0..1000 {
            let (one, other) = (live.insert(A, ()), live.insert(A, ()));
            assert_eq!((live.count(&A), live.count(&B)), (2, 0));
            assert!(live.remove(&A, one) && !live.remove(&A, one) && !live.remove(&B, other));
            assert!(live.remove(&A, other));
        }
        assert!(live.peers.is_empty());
    }

    #[test]
    fn the_end_of_a_taken_connection_is_not_that_of_a_later_one() {
        let mut live = Live::default();
        let first = live.insert(A, 'a');
        live.insert(A, 'b');
        live.insert(B, 'c');
        assert_eq!(live.take(&A), ['a', 'b']);
        assert_eq!((live.count(&A), live.count(&B)), (0, 1));
        live.insert(A, 'd');
        assert!(!live.remove(&A, first));
        assert_eq!(live.take(&A), ['d']);
    }
}
