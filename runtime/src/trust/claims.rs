//! What a credential says: drafted here, checked, and signed. The rules are those for reading one, too.

use super::attributes::{self, AttributeError};
use super::validity::{MAX_TIME, Validity, date};
use super::{Attributes, Credential, NAME, PeerId, ROLE, RootKey};
use std::fmt;
use std::time::Duration;
use unicode_normalization::UnicodeNormalization;

/// The longest that a credential for whoever has it may count.
pub const MAX_BEARER: Duration = Duration::from_secs(24 * 60 * 60);

/// What a credential lets a peer be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A consumer, as often as it comes.
    ConsumerPolicy,
    /// A consumer, whoever shows it first.
    ConsumerOneTime,
    /// A producer.
    Producer,
}

impl CredentialKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::ConsumerPolicy, Self::ConsumerOneTime, Self::Producer];

    /// The name, as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConsumerPolicy => "consumer-policy",
            Self::ConsumerOneTime => "consumer-one-time",
            Self::Producer => "producer",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The number, as the signed bytes have it.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::ConsumerPolicy => 0,
            Self::ConsumerOneTime => 1,
            Self::Producer => 2,
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What makes a one-time credential one of its kind. Not shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Nonce(pub [u8; 32]);

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// A credential that is not signed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    pub(crate) kind: CredentialKind,
    pub(crate) subject: Option<PeerId>,
    pub(crate) audience: Option<PeerId>,
    pub(crate) validity: Validity,
    pub(crate) attributes: Attributes,
    pub(crate) nonce: Option<Nonce>,
}

impl Claims {
    /// The peer is a consumer.
    pub fn consumer(subject: PeerId, validity: Validity) -> Self {
        let bearer = Self::bearer(validity);
        Self {
            subject: Some(subject),
            ..bearer
        }
    }

    /// Whoever has it is a consumer: who steals it as well. For 24 hours at most.
    pub fn bearer(validity: Validity) -> Self {
        Self {
            kind: CredentialKind::ConsumerPolicy,
            subject: None,
            audience: None,
            validity,
            attributes: Attributes::new(),
            nonce: None,
        }
    }

    /// Whoever shows it first to the audience is a consumer there, and nobody else. The nonce is to be random.
    pub fn one_time(audience: PeerId, nonce: Nonce, validity: Validity) -> Self {
        Self {
            kind: CredentialKind::ConsumerOneTime,
            audience: Some(audience),
            nonce: Some(nonce),
            ..Self::bearer(validity)
        }
    }

    /// The peer is a producer.
    pub fn producer(subject: PeerId, validity: Validity) -> Self {
        Self {
            kind: CredentialKind::Producer,
            ..Self::consumer(subject, validity)
        }
    }

    /// For that peer alone.
    #[must_use]
    pub fn subject(mut self, subject: PeerId) -> Self {
        self.subject = Some(subject);
        self
    }

    /// To be shown to that node alone.
    #[must_use]
    pub fn audience(mut self, audience: PeerId) -> Self {
        self.audience = Some(audience);
        self
    }

    /// With an attribute.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.insert(key.into(), value.into());
        self
    }

    /// With these roles, brought into normalisation form C as `@requires` has them. Without one there is no attribute.
    #[must_use]
    pub fn roles<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        let roles: Vec<String> = roles.into_iter().map(|role| role.nfc().collect()).collect();
        self.attributes.remove(ROLE);
        match roles.is_empty() {
            true => self,
            false => self.attribute(ROLE, attributes::joined(roles.iter().map(String::as_str))),
        }
    }

    /// With a name for people.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.attribute(NAME, name)
    }

    /// Signs it for the mesh of that key.
    ///
    /// # Errors
    /// [`ClaimsError`]: no node would take it.
    pub fn sign(self, root: &RootKey) -> Result<Credential, ClaimsError> {
        self.check()?;
        Credential::sign(self, root)
    }

    /// Whether it says all that its kind has to say, and nothing that no credential may.
    pub(super) fn check(&self) -> Result<(), ClaimsError> {
        let is = |kind| self.kind == kind;
        if is(CredentialKind::Producer) && self.subject.is_none() {
            return Err(ClaimsError::NoSubject);
        }
        if is(CredentialKind::ConsumerOneTime) && self.audience.is_none() {
            return Err(ClaimsError::NoAudience);
        }
        match (is(CredentialKind::ConsumerOneTime), self.nonce) {
            (true, None) => return Err(ClaimsError::NoNonce),
            (false, Some(_)) => return Err(ClaimsError::NonceOf(self.kind)),
            _ => {}
        }
        let Validity {
            not_before,
            expires_at,
        } = self.validity;
        if let Some(time) = [not_before, expires_at].into_iter().find(|time| *time > MAX_TIME) {
            return Err(ClaimsError::Time(time));
        }
        if expires_at <= not_before {
            return Err(ClaimsError::Never {
                not_before,
                expires_at,
            });
        }
        let is_bearer = is(CredentialKind::ConsumerPolicy) && self.subject.is_none();
        if is_bearer && self.validity.length() > MAX_BEARER {
            return Err(ClaimsError::LongBearer(self.validity.length()));
        }
        Ok(attributes::check(&self.attributes)?)
    }
}

/// Why something is no credential, whoever signs it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// A producer is no particular peer.
    #[error("a producer's credential has a subject")]
    NoSubject,
    /// A one-time credential is for no particular node.
    #[error("a one-time credential has an audience")]
    NoAudience,
    /// A one-time credential has no nonce.
    #[error("a one-time credential has a nonce")]
    NoNonce,
    /// A credential of another kind has a nonce.
    #[error("a credential of kind `{0}` has no nonce")]
    NonceOf(CredentialKind),
    /// A time is too late to be written in JSON.
    #[error("{0} is not a time: seconds of the Unix epoch, {MAX_TIME} at most")]
    Time(u64),
    /// It ends before it begins.
    #[error("it counts from {} and expires at {}", date(*.not_before), date(*.expires_at))]
    Never {
        /// When it begins.
        not_before: u64,
        /// When it ends.
        expires_at: u64,
    },
    /// A credential for whoever has it counts longer than a day.
    #[error(
        "a credential without a subject counts for {} hours at most, not for {}",
        MAX_BEARER.as_secs() / 3600,
        hours(.0)
    )]
    LongBearer(Duration),
    /// The attributes cannot stand in it.
    #[error(transparent)]
    Attributes(#[from] AttributeError),
    /// With all its escapes, it is larger than what an admission takes.
    #[error("it has {0} bytes as a node is shown it, more than an admission takes")]
    Large(usize),
}

fn hours(time: &Duration) -> u64 {
    time.as_secs().div_ceil(3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerId = PeerId([1; 32]);
    const NODE: PeerId = PeerId([2; 32]);
    const DAY: Validity = Validity {
        not_before: 1000,
        expires_at: 1000 + 86_400,
    };

    fn until(expires_at: u64) -> Validity {
        Validity { expires_at, ..DAY }
    }

    #[test]
    fn every_kind_says_what_it_has_to() {
        let one_time = || Claims::one_time(NODE, Nonce([3; 32]), DAY);
        for claims in [
            Claims::consumer(PEER, DAY),
            Claims::consumer(PEER, DAY).audience(NODE),
            Claims::bearer(DAY),
            one_time(),
            one_time().subject(PEER),
            Claims::producer(PEER, DAY),
        ] {
            assert_eq!(claims.check(), Ok(()), "{claims:?}");
        }
        let without = |claims: Claims| Claims {
            subject: None,
            audience: None,
            ..claims
        };
        let producer = Claims::producer(PEER, DAY);
        assert_eq!(without(producer.clone()).check(), Err(ClaimsError::NoSubject));
        assert_eq!(
            without(one_time().subject(PEER)).check(),
            Err(ClaimsError::NoAudience)
        );
        let nonce = |claims, nonce| Claims { nonce, ..claims };
        assert_eq!(nonce(one_time(), None).check(), Err(ClaimsError::NoNonce));
        for claims in [producer, Claims::bearer(DAY)] {
            let kind = claims.kind;
            let error = nonce(claims, Some(Nonce([3; 32]))).check();
            assert_eq!(error, Err(ClaimsError::NonceOf(kind)));
        }
    }

    #[test]
    fn a_bearer_credential_is_for_a_day_and_others_for_as_long_as_one_likes() {
        let long = until(DAY.expires_at + 1);
        let refused = ClaimsError::LongBearer(Duration::from_secs(86_401));
        assert_eq!(
            refused.to_string(),
            "a credential without a subject counts for 24 hours at most, not for 25"
        );
        assert_eq!(Claims::bearer(long).check(), Err(refused));
        assert_eq!(Claims::consumer(PEER, long).check(), Ok(()));
        assert_eq!(Claims::one_time(NODE, Nonce([3; 32]), long).check(), Ok(()));
        assert_eq!(Claims::producer(PEER, until(MAX_TIME)).check(), Ok(()));
    }

    #[test]
    fn it_ends_after_it_begins_and_can_be_written() {
        for expires_at in [0, 999, 1000] {
            let never = ClaimsError::Never {
                not_before: 1000,
                expires_at,
            };
            assert_eq!(Claims::consumer(PEER, until(expires_at)).check(), Err(never));
        }
        for late in [MAX_TIME + 1, u64::MAX] {
            let error = Err(ClaimsError::Time(late));
            assert_eq!(Claims::consumer(PEER, until(late)).check(), error);
            let validity = Validity {
                not_before: late,
                expires_at: late,
            };
            assert_eq!(Claims::consumer(PEER, validity).check(), error);
        }
    }

    #[test]
    fn roles_are_written_as_a_schema_has_them() {
        let claims = Claims::consumer(PEER, DAY)
            .roles(["ops", "re\u{301}seau"])
            .name("anna");
        assert_eq!(claims.attributes[ROLE], "ops,r\u{e9}seau");
        assert_eq!(claims.attributes[NAME], "anna");
        assert_eq!(claims.check(), Ok(()));
        assert!(!claims.roles([]).attributes.contains_key(ROLE));
        let error = Claims::consumer(PEER, DAY).roles(["ops", "de v"]).check();
        let role = AttributeError::Role("de v".to_owned());
        assert_eq!(error, Err(ClaimsError::Attributes(role)));
        // in an attribute that is written by hand, nothing is changed
        let raw = Claims::consumer(PEER, DAY).attribute(ROLE, "re\u{301}seau");
        assert!(raw.check().is_err());
    }

    #[test]
    fn names_and_numbers_are_those_of_the_specification() {
        let kinds = CredentialKind::ALL.map(|kind| (kind.number(), kind.name()));
        assert_eq!(
            kinds,
            [(0, "consumer-policy"), (1, "consumer-one-time"), (2, "producer")]
        );
        assert_eq!(
            CredentialKind::from_name("producer"),
            Some(CredentialKind::Producer)
        );
        assert_eq!(CredentialKind::from_name("Producer"), None);
    }

    #[test]
    fn nothing_shows_a_nonce() {
        let claims = Claims::one_time(NODE, Nonce([0x5a; 32]), DAY);
        let shown = format!("{claims:?}");
        assert!(shown.contains("Nonce(…)") && !shown.contains("90") && !shown.contains("5a"));
    }
}
