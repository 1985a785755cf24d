//! Who may connect and who may call: the admitted set, and roles. No IO; the clock is an argument.
//!
//! Source: trust, "Gates".

use aster_contract::model::CapabilityKind;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most peers that are admitted at once.
pub const MAX_ADMITTED: usize = 65_536;
/// Under an open gate, a peer is forgotten so long after its last connection.
pub const GRACE: Duration = Duration::from_secs(60);
/// The attribute that holds a peer's roles, separated by commas.
pub const ROLE: &str = "aster.role";

/// The ed25519 public key that a peer is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub [u8; 32]);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is known of an admitted peer, by key.
pub type Attributes = BTreeMap<String, String>;

/// Roles that a caller must have; part of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// How the roles combine.
    pub kind: CapabilityKind,
    /// The roles.
    pub roles: &'static [&'static str],
}

/// The roles that a peer without a credential has under an open gate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DevRoles {
    /// Every role there is.
    #[default]
    All,
    /// These.
    Only(Vec<String>),
}

/// A peer that admission let in. Made by [`AdmittedSet::admit`] alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Admitted {
    attributes: Attributes,
    every_role: bool,
}

impl Admitted {
    /// What is known of the peer.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Whether the peer's roles are what is required.
    pub fn satisfies(&self, requirement: &Requirement) -> bool {
        let has = |role: &&str| self.every_role || self.roles().any(|own| own == *role);
        match requirement.kind {
            CapabilityKind::AnyOf => requirement.roles.iter().any(has),
            CapabilityKind::Role | CapabilityKind::AllOf => requirement.roles.iter().all(has),
        }
    }

    fn roles(&self) -> impl Iterator<Item = &str> {
        self.attributes
            .get(ROLE)
            .into_iter()
            .flat_map(|roles| roles.split(','))
    }
}

/// The set is full of peers that are connected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_ADMITTED} peers are admitted and connected, there is no room for another")]
pub struct Full;

/// The peers that may connect.
#[derive(Debug)]
pub struct AdmittedSet {
    entries: HashMap<PeerId, Entry>,
    capacity: usize,
}

#[derive(Debug)]
struct Entry {
    admitted: Arc<Admitted>,
    connections: usize,
    /// The last time the peer did anything that was seen here.
    seen: Instant,
}

impl Entry {
    fn is_live(&self, now: Instant) -> bool {
        self.connections > 0 || now.saturating_duration_since(self.seen) <= GRACE
    }
}

impl Default for AdmittedSet {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            capacity: MAX_ADMITTED,
        }
    }
}

impl AdmittedSet {
    /// Lets a peer without a credential in, as an open gate does.
    ///
    /// # Errors
    /// [`Full`]: entries that have run out were removed first.
    pub fn admit(&mut self, peer: PeerId, roles: &DevRoles, now: Instant) -> Result<Arc<Admitted>, Full> {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&peer) {
            self.entries.retain(|_, entry| entry.is_live(now));
            if self.entries.len() >= self.capacity {
                return Err(Full);
            }
        }
        let mut attributes = Attributes::new();
        if let DevRoles::Only(roles) = roles {
            attributes.insert(ROLE.to_owned(), roles.join(","));
        }
        let admitted = Arc::new(Admitted {
            attributes,
            every_role: *roles == DevRoles::All,
        });
        let connections = self.entries.get(&peer).map_or(0, |entry| entry.connections);
        let entry = Entry {
            admitted: Arc::clone(&admitted),
            connections,
            seen: now,
        };
        self.entries.insert(peer, entry);
        Ok(admitted)
    }

    /// The peer's entry, while it lasts.
    pub fn get(&self, peer: &PeerId, now: Instant) -> Option<&Arc<Admitted>> {
        self.entries
            .get(peer)
            .filter(|entry| entry.is_live(now))
            .map(|entry| &entry.admitted)
    }

    /// Counts a connection of the peer.
    pub fn connected(&mut self, peer: &PeerId, now: Instant) {
        if let Some(entry) = self.entries.get_mut(peer) {
            entry.connections += 1;
            entry.seen = now;
        }
    }

    /// Takes the end of a connection that was counted.
    pub fn disconnected(&mut self, peer: &PeerId, now: Instant) {
        if let Some(entry) = self.entries.get_mut(peer) {
            entry.connections = entry.connections.saturating_sub(1);
            entry.seen = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: PeerId = PeerId([1; 32]);
    const B: PeerId = PeerId([2; 32]);

    #[test]
    fn an_entry_outlives_its_connections_by_the_grace() {
        let start = Instant::now();
        let mut set = AdmittedSet::default();
        assert!(set.get(&A, start).is_none());
        set.admit(A, &DevRoles::All, start).unwrap();
        set.connected(&A, start);
        let later = start + Duration::from_secs(3600);
        set.admit(A, &DevRoles::All, start).unwrap();
        assert!(
            set.get(&A, later).is_some(),
            "a second admission keeps the connections"
        );
        set.disconnected(&A, later);
        assert!(set.get(&A, later + GRACE).is_some());
        assert!(set.get(&A, later + GRACE + Duration::from_secs(1)).is_none());
    }

    #[test]
    fn a_full_set_forgets_only_who_has_left() {
        let start = Instant::now();
        let mut set = AdmittedSet {
            capacity: 1,
            ..AdmittedSet::default()
        };
        set.admit(A, &DevRoles::All, start).unwrap();
        set.connected(&A, start);
        let later = start + GRACE * 2;
        assert_eq!(set.admit(B, &DevRoles::All, later), Err(Full));
        set.disconnected(&A, start);
        set.admit(B, &DevRoles::All, later).unwrap();
        assert!(set.get(&A, later).is_none() && set.get(&B, later).is_some());
    }

    #[test]
    fn roles_combine_as_the_requirement_says() {
        let admitted = |roles: &[&str]| {
            let roles = DevRoles::Only(roles.iter().map(ToString::to_string).collect());
            AdmittedSet::default().admit(A, &roles, Instant::now()).unwrap()
        };
        let requirement = |kind| Requirement {
            kind,
            roles: &["ops", "dev"],
        };
        let role = Requirement {
            kind: CapabilityKind::Role,
            roles: &["ops"],
        };
        assert!(admitted(&["ops"]).satisfies(&role) && !admitted(&["op", "s"]).satisfies(&role));
        assert!(admitted(&["dev"]).satisfies(&requirement(CapabilityKind::AnyOf)));
        assert!(!admitted(&["dev"]).satisfies(&requirement(CapabilityKind::AllOf)));
        assert!(admitted(&["dev", "ops"]).satisfies(&requirement(CapabilityKind::AllOf)));
        assert!(!admitted(&[]).satisfies(&role));
        let all = AdmittedSet::default()
            .admit(A, &DevRoles::All, Instant::now())
            .unwrap();
        assert!(all.satisfies(&requirement(CapabilityKind::AllOf)));
    }
}
