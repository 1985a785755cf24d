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
mod tests;
