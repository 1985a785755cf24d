//! The admitted set: who may connect, as what, and for how long.

use super::expiry::{Due, Now};
use super::{
    Admission, AdmitError, Admitted, AdmittedPeer, DevRoles, GRACE, Granted, Grounds, MAX_ADMITTED, PeerId,
    Revocations, Revoked,
};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// Why a peer that asks without a credential is not let in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the gates are closed and it has no credential")]
    Closed,
    #[error("it was revoked")]
    Revoked,
    #[error("too many peers are admitted")]
    Full,
}

/// Why a credential that was verified lets nobody in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrantError {
    #[error("it was revoked by this node's program, which alone can let it in again")]
    ByNode,
    #[error("its credential counts no more: {0}")]
    ByMesh(Revoked),
    #[error(transparent)]
    Admit(#[from] AdmitError),
}

/// Who has told a peer to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The node's program: it alone takes that back.
    Node,
    /// The mesh: a credential that counts from later on lets the peer in again.
    Mesh,
}

/// The peers that may connect, and those that were told to go.
#[derive(Debug)]
pub(crate) struct AdmittedSet {
    entries: HashMap<PeerId, Entry>,
    /// Which entries end next, on each clock.
    by_wall: BTreeSet<(SystemTime, PeerId)>,
    by_monotonic: BTreeSet<(Instant, PeerId)>,
    /// Peers that were revoked and not admitted since.
    revoked: HashMap<PeerId, By>,
    /// Whether there was no room to remember one more that the program revoked, or the mesh.
    forgets: [bool; 2],
    capacity: usize,
}

#[derive(Debug)]
struct Entry {
    admitted: Arc<Admitted>,
    /// What a credential has let it in for.
    grounds: Option<Grounds>,
    lasts: Lasts,
    connections: usize,
}

#[derive(Clone, Copy, Debug)]
enum Lasts {
    Always,
    Until(Due),
    /// As long as it is connected, and a grace after that was last seen.
    Guest {
        seen: Instant,
    },
}

impl Entry {
    fn due(&self) -> Due {
        match self.lasts {
            Lasts::Until(due) => due,
            Lasts::Guest { seen } if self.connections == 0 => Due::after(seen, GRACE),
            Lasts::Always | Lasts::Guest { .. } => Due::default(),
        }
    }
}

impl Default for AdmittedSet {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            by_wall: BTreeSet::new(),
            by_monotonic: BTreeSet::new(),
            revoked: HashMap::new(),
            forgets: [false; 2],
            capacity: MAX_ADMITTED,
        }
    }
}

impl AdmittedSet {
    /// Lets a peer in, whose connections are that many. What was granted to it before is replaced, its expiry too.
    pub(crate) fn admit(
        &mut self,
        peer: PeerId,
        admission: Admission,
        connections: usize,
        now: Now,
    ) -> Result<(), AdmitError> {
        self.enter(peer, admission, None, connections, now).map(drop)
    }

    /// Lets a peer in that has shown a credential, unless that is revoked by now. It replaces what was granted before. Whom
    /// the program has revoked stays out, whatever it shows.
    pub(crate) fn grant(
        &mut self,
        granted: Granted,
        revocations: &Revocations,
        connections: usize,
        now: Now,
    ) -> Result<Arc<Admitted>, GrantError> {
        let Granted { admission, grounds } = granted;
        let peer = grounds.peer;
        let forgotten = self.forgets[By::Node as usize] && !self.entries.contains_key(&peer);
        if forgotten || self.revoked.get(&peer) == Some(&By::Node) {
            return Err(GrantError::ByNode);
        }
        if let Some(revoked) = revocations.revoked(&grounds) {
            return Err(GrantError::ByMesh(revoked));
        }
        Ok(self.enter(peer, admission, Some(grounds), connections, now)?)
    }

    fn enter(
        &mut self,
        peer: PeerId,
        admission: Admission,
        grounds: Option<Grounds>,
        connections: usize,
        now: Now,
    ) -> Result<Arc<Admitted>, AdmitError> {
        admission.check()?;
        let lasts = match admission.expires {
            None => Lasts::Always,
            Some(at) => Lasts::Until(Due::at(at, now).ok_or(AdmitError::Expired)?),
        };
        if self.is_full_for(&peer) {
            return Err(AdmitError::Full);
        }
        self.revoked.remove(&peer);
        let admitted = Arc::new(Admitted::of(admission.attributes));
        self.insert(
            peer,
            Entry {
                admitted: Arc::clone(&admitted),
                grounds,
                lasts,
                connections,
            },
        );
        Ok(admitted)
    }

    /// Answers a peer that asks without a credential: what was granted to it holds, else it is a guest with these roles.
    /// Without roles no guest is let in.
    pub(crate) fn ask(
        &mut self,
        peer: PeerId,
        roles: Option<&DevRoles>,
        connections: usize,
        now: Now,
    ) -> Result<Arc<Admitted>, Refusal> {
        if let Some(entry) = self.entries.get(&peer)
            && !matches!(entry.lasts, Lasts::Guest { .. })
            && !entry.due().has_passed(now)
        {
            return Ok(Arc::clone(&entry.admitted));
        }
        let roles = roles.ok_or(Refusal::Closed)?;
        if self.is_revoked(&peer) {
            return Err(Refusal::Revoked);
        }
        if self.is_full_for(&peer) {
            return Err(Refusal::Full);
        }
        let admitted = Arc::new(Admitted::guest(roles));
        self.insert(
            peer,
            Entry {
                admitted: Arc::clone(&admitted),
                grounds: None,
                lasts: Lasts::Guest { seen: now.monotonic },
                connections,
            },
        );
        Ok(admitted)
    }

    /// What is known of a peer, while it is admitted.
    pub(crate) fn get(&self, peer: &PeerId, now: Now) -> Option<&Arc<Admitted>> {
        let entry = self.entries.get(peer)?;
        (!entry.due().has_passed(now)).then_some(&entry.admitted)
    }

    /// Takes the number of a peer's connections whenever it changes.
    pub(crate) fn connections(&mut self, peer: &PeerId, connections: usize, now: Now) {
        if let Some(mut entry) = self.remove(peer) {
            entry.connections = connections;
            if let Lasts::Guest { seen } = &mut entry.lasts {
                *seen = now.monotonic;
            }
            self.insert(*peer, entry);
        }
    }

    /// Removes a peer and remembers it: it is no guest any more, until it is admitted anew. Says whether it was there.
    ///
    /// Where nobody more can be remembered, everybody who is not admitted counts as revoked.
    pub(crate) fn revoke(&mut self, peer: &PeerId) -> bool {
        self.remember(*peer, By::Node);
        self.remove(peer).is_some()
    }

    /// Removes whom the mesh has revoked, by what they were let in for, and remembers them. Says who they were, by key.
    pub(crate) fn hold_against(&mut self, revocations: &Revocations) -> Vec<PeerId> {
        let is_revoked = |entry: &Entry| {
            let grounds = entry.grounds.as_ref();
            grounds.is_some_and(|grounds| revocations.revoked(grounds).is_some())
        };
        let over = self.entries.iter().filter(|(_, entry)| is_revoked(entry));
        let mut over: Vec<_> = over.map(|(peer, _)| *peer).collect();
        over.sort_unstable();
        for peer in &over {
            self.remember(*peer, By::Mesh);
            self.remove(peer);
        }
        over
    }

    fn remember(&mut self, peer: PeerId, by: By) {
        let has_room = self.revoked.len() < self.capacity;
        match self.revoked.get_mut(&peer) {
            // what the program has said stands
            Some(before) if by == By::Node => *before = by,
            Some(_) => {}
            None if has_room => drop(self.revoked.insert(peer, by)),
            None => self.forgets[by as usize] = true,
        }
    }

    /// Whether the peer was revoked, and not admitted since.
    pub(crate) fn is_revoked(&self, peer: &PeerId) -> bool {
        let forgets = self.forgets.contains(&true);
        self.revoked.contains_key(peer) || (forgets && !self.entries.contains_key(peer))
    }

    /// Removes who ends now.
    pub(crate) fn expire(&mut self, now: Now) -> Vec<PeerId> {
        let mut over = Vec::new();
        while let Some(peer) = self.first_over(now) {
            self.remove(&peer);
            over.push(peer);
        }
        over
    }

    fn first_over(&self, now: Now) -> Option<PeerId> {
        let wall = self.by_wall.first().filter(|(at, _)| *at <= now.wall);
        let monotonic = || self.by_monotonic.first().filter(|(at, _)| *at <= now.monotonic);
        wall.map(|(_, peer)| *peer)
            .or_else(|| monotonic().map(|(_, peer)| *peer))
    }

    /// When the next entry ends.
    pub(crate) fn next(&self) -> Due {
        Due {
            wall: self.by_wall.first().map(|(at, _)| *at),
            monotonic: self.by_monotonic.first().map(|(at, _)| *at),
        }
    }

    /// Everybody who is admitted, by key.
    pub(crate) fn peers(&self, now: Now) -> Vec<AdmittedPeer> {
        let live = self
            .entries
            .iter()
            .filter(|(_, entry)| !entry.due().has_passed(now));
        let mut peers: Vec<_> = live
            .map(|(peer, entry)| AdmittedPeer {
                peer: *peer,
                attributes: entry.admitted.attributes.clone(),
                expires: entry.due().wall,
                connections: entry.connections,
            })
            .collect();
        peers.sort_unstable_by_key(|peer| peer.peer);
        peers
    }

    /// How many are admitted.
    pub(crate) fn count(&self, now: Now) -> usize {
        let due = self.entries.values().map(Entry::due);
        due.filter(|due| !due.has_passed(now)).count()
    }

    fn is_full_for(&self, peer: &PeerId) -> bool {
        self.entries.len() >= self.capacity && !self.entries.contains_key(peer)
    }

    fn insert(&mut self, peer: PeerId, entry: Entry) {
        self.remove(&peer);
        let due = entry.due();
        self.by_wall.extend(due.wall.map(|at| (at, peer)));
        self.by_monotonic.extend(due.monotonic.map(|at| (at, peer)));
        self.entries.insert(peer, entry);
    }

    fn remove(&mut self, peer: &PeerId) -> Option<Entry> {
        let entry = self.entries.remove(peer)?;
        let due = entry.due();
        if let Some(at) = due.wall {
            self.by_wall.remove(&(at, *peer));
        }
        if let Some(at) = due.monotonic {
            self.by_monotonic.remove(&(at, *peer));
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const A: PeerId = PeerId([1; 32]);
    const B: PeerId = PeerId([2; 32]);
    const C: PeerId = PeerId([3; 32]);
    const SECOND: Duration = Duration::from_secs(1);

    fn start() -> Now {
        Now {
            wall: SystemTime::UNIX_EPOCH + SECOND * 1_800_000_000,
            monotonic: Instant::now(),
        }
    }

    fn later(now: Now, passed: Duration) -> Now {
        Now {
            wall: now.wall + passed,
            monotonic: now.monotonic + passed,
        }
    }

    fn small(capacity: usize) -> AdmittedSet {
        AdmittedSet {
            capacity,
            ..AdmittedSet::default()
        }
    }

    fn until(now: Now, time: Duration) -> Admission {
        Admission::new().expires(now.wall + time)
    }

    /// A guest asks under open gates.
    fn open(set: &mut AdmittedSet, peer: PeerId, now: Now) -> Result<Arc<Admitted>, Refusal> {
        set.ask(peer, Some(&DevRoles::All), 0, now)
    }

    /// No index keeps what the entries do not have.
    fn is_empty(set: &AdmittedSet) -> bool {
        set.entries.is_empty() && set.by_wall.is_empty() && set.by_monotonic.is_empty()
    }

    #[test]
    fn a_guest_outlives_its_connections_by_the_grace() {
        let (start, mut set) = (start(), AdmittedSet::default());
        assert!(set.get(&A, start).is_none());
        open(&mut set, A, start).unwrap();
        set.connections(&A, 1, start);
        let late = later(start, SECOND * 3600);
        set.ask(A, Some(&DevRoles::All), 1, start).unwrap();
        assert!(
            set.get(&A, late).is_some(),
            "a second admission keeps the connections"
        );
        assert_eq!(set.expire(late), []);
        set.connections(&A, 0, late);
        let nearly = later(late, GRACE - SECOND);
        assert!(set.get(&A, nearly).is_some());
        assert_eq!(set.next().left(nearly), Some(SECOND));
        let over = later(late, GRACE);
        assert!(set.get(&A, over).is_none() && set.peers(over).is_empty());
        assert_eq!(set.expire(over), [A]);
        assert!(is_empty(&set));
    }

    #[test]
    fn an_admission_lasts_until_its_expiry_connected_or_not() {
        let (start, mut set) = (start(), AdmittedSet::default());
        set.admit(A, until(start, SECOND * 600), 0, start).unwrap();
        set.admit(B, Admission::new(), 0, start).unwrap();
        set.connections(&A, 3, start);
        let nearly = later(start, SECOND * 599);
        assert!(set.get(&A, nearly).is_some() && set.expire(nearly).is_empty());
        let over = later(start, SECOND * 600);
        assert!(set.get(&A, over).is_none(), "also before it is removed");
        assert_eq!((set.expire(over), set.next()), (vec![A], Due::default()));
        assert!(set.get(&B, later(start, SECOND * 1_000_000_000)).is_some());
        assert_eq!(
            set.admit(A, until(start, SECOND), 0, over),
            Err(AdmitError::Expired)
        );
        assert!(set.get(&A, over).is_none());
    }

    #[test]
    fn a_clock_that_is_set_cuts_and_never_lengthens() {
        let (start, mut set) = (start(), AdmittedSet::default());
        set.admit(A, until(start, SECOND * 60), 0, start).unwrap();
        set.admit(B, until(start, SECOND * 600), 0, start).unwrap();
        let back = Now {
            wall: start.wall - SECOND * 10_000,
            ..later(start, SECOND * 60)
        };
        assert_eq!(set.expire(back), [A]);
        let forward = Now {
            wall: start.wall + SECOND * 600,
            ..start
        };
        assert!(set.get(&B, forward).is_none());
        assert_eq!(set.expire(forward), [B]);
        assert!(is_empty(&set));
    }

    #[test]
    fn a_new_admission_replaces_attributes_and_expiry() {
        let (start, mut set) = (start(), AdmittedSet::default());
        set.admit(A, until(start, SECOND).attribute("team", "red"), 0, start)
            .unwrap();
        set.connections(&A, 1, start);
        let renewed = until(start, SECOND * 5).attribute("name", "anna");
        set.admit(A, renewed.clone(), 1, start).unwrap();
        let after = later(start, SECOND * 2);
        assert_eq!(set.expire(after), []);
        assert_eq!(set.get(&A, after).unwrap().attributes(), &renewed.attributes);
        let peer = AdmittedPeer {
            peer: A,
            attributes: renewed.attributes,
            expires: renewed.expires,
            connections: 1,
        };
        assert_eq!(set.peers(after), [peer]);
        // what is refused changes nothing
        assert_eq!(
            set.admit(A, until(start, SECOND), 1, after),
            Err(AdmitError::Expired)
        );
        assert!(set.get(&A, after).is_some());
        // sooner as well
        set.admit(A, until(after, SECOND), 1, after).unwrap();
        assert_eq!(set.expire(later(start, SECOND * 3)), [A]);
        assert!(is_empty(&set));
    }

    #[test]
    fn who_asks_keeps_what_was_granted() {
        let (start, mut set) = (start(), AdmittedSet::default());
        assert_eq!(set.ask(A, None, 0, start), Err(Refusal::Closed));
        set.admit(A, until(start, SECOND).attribute("team", "red"), 0, start)
            .unwrap();
        for roles in [None, Some(&DevRoles::All)] {
            let admitted = set.ask(A, roles, 0, start).unwrap();
            assert_eq!(admitted.attributes()["team"], "red");
            assert!(!admitted.every_role, "no guest's roles are added");
        }
        let over = later(start, SECOND);
        assert_eq!(set.ask(A, None, 0, over), Err(Refusal::Closed));
        assert!(open(&mut set, A, over).unwrap().attributes().is_empty());
        assert_eq!(set.expire(over), [], "the guest has no expiry");
    }

    #[test]
    fn a_full_set_forgets_only_who_has_left() {
        let (start, mut set) = (start(), small(1));
        open(&mut set, A, start).unwrap();
        set.connections(&A, 1, start);
        let late = later(start, GRACE * 2);
        assert_eq!(open(&mut set, B, late), Err(Refusal::Full));
        assert_eq!(set.admit(B, Admission::new(), 0, late), Err(AdmitError::Full));
        open(&mut set, A, late).unwrap();
        set.admit(A, Admission::new(), 1, late).unwrap();
        assert!(set.revoke(&A));
        open(&mut set, B, late).unwrap();
        assert_eq!(set.admit(A, Admission::new(), 0, late), Err(AdmitError::Full));
        assert_eq!(set.expire(later(late, GRACE)), [B]);
        set.admit(A, Admission::new(), 0, later(late, GRACE)).unwrap();
    }

    #[test]
    fn a_revoked_peer_is_no_guest_until_it_is_admitted_anew() {
        let (start, mut set) = (start(), AdmittedSet::default());
        open(&mut set, A, start).unwrap();
        assert!(set.revoke(&A) && !set.revoke(&A));
        assert!(set.get(&A, start).is_none() && is_empty(&set));
        let never = later(start, SECOND * 1_000_000);
        assert_eq!(open(&mut set, A, never), Err(Refusal::Revoked));
        assert!(open(&mut set, B, never).is_ok());
        set.admit(A, Admission::new(), 0, never).unwrap();
        assert!(!set.is_revoked(&A));
        assert!(open(&mut set, A, never).is_ok());
    }

    #[test]
    fn where_revocations_have_no_room_no_guest_comes_in() {
        let (start, mut set) = (start(), small(2));
        set.admit(B, Admission::new(), 0, start).unwrap();
        for peer in [A, B] {
            set.revoke(&peer);
        }
        set.revoke(&A);
        assert!(open(&mut set, C, start).is_ok(), "all are remembered");
        set.revoke(&C);
        for peer in [A, B, C, PeerId([4; 32])] {
            assert_eq!(open(&mut set, peer, start), Err(Refusal::Revoked));
        }
        set.admit(C, Admission::new(), 0, start).unwrap();
        assert!(open(&mut set, C, start).is_ok());
    }

    #[test]
    fn a_set_full_of_peers_ends_in_order_and_leaves_nothing() {
        let (start, mut set) = (start(), AdmittedSet::default());
        let peer = |number: usize| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&number.to_le_bytes());
            PeerId(id)
        };
        for number in 0..MAX_ADMITTED {
            let time = Duration::from_millis(1 + number as u64 % 1000);
            set.admit(peer(number), until(start, time), 0, start).unwrap();
        }
        let one_more = set.admit(peer(MAX_ADMITTED), Admission::new(), 0, start);
        assert_eq!(one_more, Err(AdmitError::Full));
        let mut ended = 0;
        for millisecond in 1..=1000 {
            ended += set.expire(later(start, Duration::from_millis(millisecond))).len();
            assert_eq!(set.entries.len() + ended, MAX_ADMITTED);
        }
        assert!(is_empty(&set));
    }
}
