//! Who may connect and who may call: credentials, what is revoked, the admitted set, and roles. No IO; clock and randomness
//! are arguments.
//!
//! Source: trust, "Gates" and "Credentials".

mod admitted;
mod attributes;
mod claims;
mod credential;
mod expiry;
mod json;
mod nonces;
mod revocation;
mod revocations;
mod root_key;
mod validity;
mod verifier;

pub(crate) use admitted::{AdmittedSet, GrantError, Refusal};
pub use attributes::AttributeError;
pub(crate) use attributes::is_role;
pub use claims::{Claims, ClaimsError, CredentialKind, MAX_BEARER, Nonce};
pub use credential::{Credential, CredentialError, CredentialHash, MAX_CREDENTIAL};
pub(crate) use expiry::{Due, Now};
pub use json::JsonError;
pub use nonces::{Binding, Bound, MAX_NONCES, NonceBook, NonceBookError, NonceRefusal, Recovered};
pub use revocation::{MAX_REVOCATION, Revocation, RevocationError};
pub use revocations::{MAX_REVOCATIONS, Revocations, RevocationsError, Revoked};
pub use root_key::{RootKey, RootKeyError, RootPublicKey};
pub use validity::{MAX_TIME, SKEW, Validity};
pub use verifier::{CredentialRefusal, Granted, Grounds, OneTime, Purpose, Verified, Verifier};

use aster_contract::model::CapabilityKind;
use data_encoding::HEXLOWER;
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

/// The most peers that are admitted at once.
pub const MAX_ADMITTED: usize = 65_536;
/// The most attributes of one peer.
pub const MAX_ATTRIBUTES: usize = 32;
/// The most bytes of an attribute's key.
pub const MAX_KEY: usize = 64;
/// The most bytes of an attribute's value.
pub const MAX_VALUE: usize = 1024;
/// Under an open gate, a peer is forgotten so long after its last connection.
pub const GRACE: Duration = Duration::from_secs(60);
/// The attribute that holds a peer's roles, separated by commas.
pub const ROLE: &str = "aster.role";
/// The most characters of a role.
pub const MAX_ROLE: usize = 128;
/// The attribute that holds a name of the peer, for people.
pub const NAME: &str = "aster.name";

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

/// What is granted to a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// What handlers and gates know of the peer: its roles are in `aster.role`.
    pub attributes: Attributes,
    /// When it ends, by the wall clock; `None` for when the peer is revoked.
    pub expires: Option<SystemTime>,
}

impl Admission {
    /// One without attributes that lasts until the peer is revoked.
    pub fn new() -> Self {
        Self::default()
    }

    /// With an attribute.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.insert(key.into(), value.into());
        self
    }

    /// With roles, as services and methods require them. Without one there is no attribute.
    #[must_use]
    pub fn roles<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        let mut roles = roles.into_iter().peekable();
        self.attributes.remove(ROLE);
        match roles.peek() {
            None => self,
            Some(_) => self.attribute(ROLE, attributes::joined(roles)),
        }
    }

    /// Ends at that time.
    #[must_use]
    pub fn expires(mut self, at: SystemTime) -> Self {
        self.expires = Some(at);
        self
    }

    fn check(&self) -> Result<(), AdmitError> {
        attributes::check(&self.attributes).map_err(|error| match error {
            AttributeError::TooMany(count) => AdmitError::TooManyAttributes(count),
            AttributeError::Large(key) => AdmitError::LargeAttribute(key),
            AttributeError::Role(role) => AdmitError::Role(role),
        })
    }
}

/// Why a peer was not admitted. What was granted to it before stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmitError {
    /// The time at which it ends has passed.
    #[error("the admission has expired already")]
    Expired,
    /// There are that many attributes.
    #[error("a peer has {MAX_ATTRIBUTES} attributes at most, not {0}")]
    TooManyAttributes(usize),
    /// The attribute with that key.
    #[error("the attribute `{0}` is too large: {MAX_KEY} bytes for a key and {MAX_VALUE} for a value")]
    LargeAttribute(String),
    /// What no service can require.
    #[error(
        "`{}` is no role: 1 to {MAX_ROLE} characters in normalisation form C, without blanks and commas",
        shown(.0)
    )]
    Role(String),
    /// The set is full.
    #[error("{MAX_ADMITTED} peers are admitted, there is no room for another")]
    Full,
}

/// A peer in the admitted set, as it was when somebody looked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdmittedPeer {
    /// Its key.
    pub peer: PeerId,
    /// What is known of it.
    pub attributes: Attributes,
    /// When its admission ends, by the wall clock.
    pub expires: Option<SystemTime>,
    /// How many connections with it are open.
    pub connections: usize,
}

/// A peer that admission let in. Made by the admitted set alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Admitted {
    attributes: Attributes,
    every_role: bool,
}

impl Admitted {
    fn of(attributes: Attributes) -> Self {
        Self {
            attributes,
            every_role: false,
        }
    }

    /// A peer without a credential.
    fn guest(roles: &DevRoles) -> Self {
        match roles {
            DevRoles::All => Self {
                attributes: Attributes::new(),
                every_role: true,
            },
            DevRoles::Only(roles) => Self::of(
                Admission::new()
                    .roles(roles.iter().map(String::as_str))
                    .attributes,
            ),
        }
    }

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

/// Bytes of lower-case hexadecimal digits, exactly as many.
fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// What a peer sent, as a message may have it: in part, and on one line.
fn shown(text: &str) -> String {
    const MOST: usize = 64;
    let mut start = text.chars();
    let shown: String = start.by_ref().take(MOST).flat_map(char::escape_debug).collect();
    match start.as_str() {
        "" => shown,
        _ => format!("{shown}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_combine_as_the_requirement_says() {
        let admitted = |roles: &[&str]| {
            Admitted::guest(&DevRoles::Only(roles.iter().map(ToString::to_string).collect()))
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
        let all = Admitted::guest(&DevRoles::All);
        assert!(all.satisfies(&requirement(CapabilityKind::AllOf)));
    }
    #[test]
    fn attributes_are_bounded() {
        let many = (0..33).fold(Admission::new(), |admission, n| {
            admission.attribute(n.to_string(), "")
        });
        assert_eq!(many.check(), Err(AdmitError::TooManyAttributes(33)));
        let large = Admission::new().attribute("k", "v".repeat(1025));
        assert_eq!(large.check(), Err(AdmitError::LargeAttribute("k".to_owned())));
        let key = "k".repeat(65);
        let large = Admission::new().attribute(&key, "");
        assert_eq!(large.check(), Err(AdmitError::LargeAttribute(key)));
        let most = (10..42).fold(Admission::new(), |admission, n| {
            admission.attribute(format!("{n}{}", "k".repeat(62)), "v".repeat(1024))
        });
        assert_eq!(most.check(), Ok(()));
    }

    #[test]
    fn a_role_with_a_comma_is_not_two() {
        assert_eq!(Admission::new().roles(["a", "b"]).check(), Ok(()));
        assert_eq!(Admission::new().roles([]), Admission::new());
        for role in ["a,b", "a,", "", "a b"] {
            let admission = Admission::new().roles(["ops", role]);
            assert!(matches!(admission.check(), Err(AdmitError::Role(_))), "{role}");
        }
    }
}
