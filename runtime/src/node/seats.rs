//! How many connections a node takes: of each peer, of all of them, and of those who are not admitted yet.
//!
//! Source: wire protocol, "Limits and budgets".

use crate::alpn::Alpn;
use crate::limits::Limits;
use crate::trust::PeerId;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// How long a handshake that nobody goes on with takes room: the connection is given up after that.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(30);
/// So many times as many as may come without proof of their address may come with it.
const PROVEN: usize = 4;

/// What is to become of somebody who knocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The handshake begins.
    Accept,
    /// First they show that they are where they say.
    Prove,
    /// There is no room.
    Refuse,
}

/// The name of a protocol.
type Protocol = Box<[u8]>;

/// The place of a connection that a peer has made.
#[derive(Debug)]
pub(crate) struct Seat {
    peer: PeerId,
    protocol: Protocol,
}

/// The connections that peers have made, counted.
#[derive(Debug)]
pub(crate) struct Seats {
    all: usize,
    per_peer: usize,
    unadmitted: usize,
    /// How many each peer has, for each protocol.
    taken: HashMap<PeerId, Vec<(Protocol, usize)>>,
    count: usize,
    /// Those whose protocol is admission.
    admitting: usize,
    /// When handshakes are given up that have begun and have not ended, in order.
    opening: VecDeque<Instant>,
}

impl Seats {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            all: limits.connections,
            per_peer: limits.connections_per_peer,
            unadmitted: limits.unadmitted,
            taken: HashMap::new(),
            count: 0,
            admitting: 0,
            opening: VecDeque::new(),
        }
    }

    /// Somebody knocks, whose address is `proven` or may be forged.
    pub(crate) fn knock(&mut self, proven: bool, now: Instant) -> Verdict {
        while self.opening.front().is_some_and(|until| *until <= now) {
            self.opening.pop_front();
        }
        let unadmitted = self.opening.len() + self.admitting;
        if self.count >= self.all || unadmitted >= self.unadmitted.saturating_mul(PROVEN) {
            return Verdict::Refuse;
        }
        if unadmitted >= self.unadmitted && !proven {
            return Verdict::Prove;
        }
        self.opening.push_back(now + HANDSHAKE);
        Verdict::Accept
    }

    /// A handshake has ended well. Which one does not matter: they are all as long.
    pub(crate) fn shaken(&mut self) {
        self.opening.pop_front();
    }

    /// Takes a seat, if there is one.
    pub(crate) fn take(&mut self, peer: PeerId, protocol: &[u8]) -> Option<Seat> {
        if self.count >= self.all || self.per_peer == 0 {
            return None;
        }
        let protocols = self.taken.entry(peer).or_default();
        match protocols.iter_mut().find(|(other, _)| **other == *protocol) {
            Some((_, count)) if *count >= self.per_peer => return None,
            Some((_, count)) => *count += 1,
            None => protocols.push((protocol.into(), 1)),
        }
        self.count += 1;
        self.admitting += usize::from(is_admission(protocol));
        Some(Seat {
            peer,
            protocol: protocol.into(),
        })
    }

    /// The connection has ended.
    pub(crate) fn leave(&mut self, seat: &Seat) {
        let Some(protocols) = self.taken.get_mut(&seat.peer) else {
            return;
        };
        if let Some((_, count)) = protocols.iter_mut().find(|(other, _)| *other == seat.protocol) {
            *count -= 1;
        }
        protocols.retain(|(_, count)| *count > 0);
        if protocols.is_empty() {
            self.taken.remove(&seat.peer);
        }
        self.count -= 1;
        self.admitting -= usize::from(is_admission(&seat.protocol));
    }
}

fn is_admission(protocol: &[u8]) -> bool {
    Alpn::parse(protocol).is_some_and(Alpn::is_admission)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: PeerId = PeerId([1; 32]);
    const B: PeerId = PeerId([2; 32]);
    const CALLS: &[u8] = b"aster/1";
    const ADMISSION: &[u8] = b"aster.consumer_admission";

    fn seats(all: usize, per_peer: usize, unadmitted: usize) -> Seats {
        Seats::new(&Limits {
            connections: all,
            connections_per_peer: per_peer,
            unadmitted,
            ..Limits::default()
        })
    }

    #[test]
    fn a_peer_has_so_many_seats_for_each_protocol() {
        let mut seats = seats(100, 2, 100);
        let first = seats.take(A, CALLS).unwrap();
        let second = seats.take(A, CALLS).unwrap();
        assert!(seats.take(A, CALLS).is_none());
        let other = seats.take(A, b"other").unwrap();
        let of_b = seats.take(B, CALLS).unwrap();
        seats.leave(&first);
        let again = seats.take(A, CALLS).unwrap();
        assert!(seats.take(A, CALLS).is_none());
        for seat in [second, other, of_b, again] {
            seats.leave(&seat);
        }
        assert_eq!((seats.count, seats.admitting, seats.taken.len()), (0, 0, 0));
    }

    #[test]
    fn a_node_has_so_many_seats() {
        let mut seats = seats(2, 2, 100);
        let now = Instant::now();
        let first = seats.take(A, CALLS).unwrap();
        let _second = seats.take(B, ADMISSION).unwrap();
        assert_eq!(seats.knock(true, now), Verdict::Refuse);
        assert!(seats.take(PeerId([3; 32]), CALLS).is_none());
        seats.leave(&first);
        assert_eq!(seats.knock(false, now), Verdict::Accept);
        assert!(seats.take(A, CALLS).is_some());
    }

    #[test]
    fn who_is_not_admitted_proves_where_they_are_and_then_finds_no_room() {
        let mut seats = seats(100, 100, 2);
        let now = Instant::now();
        let admitting = seats.take(A, ADMISSION).unwrap();
        assert_eq!(seats.knock(false, now), Verdict::Accept);
        // one is admitted, one shakes hands
        assert_eq!(seats.knock(false, now), Verdict::Prove);
        for _ in 2..8 {
            assert_eq!(seats.knock(true, now), Verdict::Accept);
        }
        assert_eq!(seats.knock(true, now), Verdict::Refuse);
        seats.leave(&admitting);
        seats.shaken();
        assert_eq!(seats.knock(false, now), Verdict::Prove);
        assert_eq!(seats.knock(true, now), Verdict::Accept);
        // who has begun and says nothing is forgotten; who is admitted is not counted
        let later = now + HANDSHAKE;
        let _calls: Vec<_> = (0..50).map(|_| seats.take(A, CALLS).unwrap()).collect();
        assert_eq!(seats.knock(false, later), Verdict::Accept);
        assert_eq!(seats.opening.len(), 1);
    }
}
