//! Whether a credential lets a peer in: every check but that of its nonce, which has to be durable.
//!
//! Source: trust, "Credentials".

use super::claims::{CredentialKind, Nonce};
use super::credential::{Credential, CredentialError, CredentialHash};
use super::nonces::NonceRefusal;
use super::revocations::{Revocations, Revoked};
use super::validity::{Outside, date};
use super::{Admission, PeerId, RootPublicKey};
use std::time::SystemTime;

/// What a node goes by when a credential is shown to it.
#[derive(Clone, Copy, Debug)]
pub struct Verifier<'a> {
    /// The root key of its mesh.
    pub root: &'a RootPublicKey,
    /// The node itself, as the audience of credentials.
    pub node: PeerId,
    /// What its mesh has revoked.
    pub revocations: &'a Revocations,
}

/// What a credential is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be let in as a consumer.
    Consumer,
    /// To be let in, or to be believed, as a producer.
    Producer,
}

impl Purpose {
    fn is_of(self, kind: CredentialKind) -> bool {
        match kind {
            CredentialKind::ConsumerPolicy | CredentialKind::ConsumerOneTime => self == Self::Consumer,
            CredentialKind::Producer => self == Self::Producer,
        }
    }
}

/// A credential that passed all checks that need no memory. Made by [`Verifier::verify`] alone.
#[derive(Debug)]
pub enum Verified {
    /// The peer may come in.
    Granted(Granted),
    /// The peer may come in if the nonce is its own: ask the [`NonceBook`](super::NonceBook).
    OneTime(OneTime),
}

/// What a credential grants to the peer that has shown it.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Granted {
    /// With its attributes, until its expiry and the skew.
    pub admission: Admission,
    /// What it is granted for.
    pub grounds: Grounds,
}

/// What a peer is let in for: kept beside it, to be held against later revocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grounds {
    /// The kind of the credential.
    pub kind: CredentialKind,
    /// The hash of the credential.
    pub credential: CredentialHash,
    /// The peer that has shown it.
    pub peer: PeerId,
    /// From when it counts, in seconds of the Unix epoch.
    pub not_before: u64,
}

/// What is granted to the peer to which the nonce is bound.
#[derive(Debug)]
pub struct OneTime {
    pub(super) granted: Granted,
    pub(super) nonce: Nonce,
    pub(super) expires_at: u64,
}

/// Why a credential lets nobody in. For the log of the node, and never for the peer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialRefusal {
    /// It is none.
    #[error("it is no credential: {0}")]
    Malformed(#[from] CredentialError),
    /// It is of another mesh.
    #[error("its credential is of another mesh, whose root key is {0}")]
    OtherRoot(RootPublicKey),
    /// The root key has not signed it.
    #[error("the signature of its credential is not that of the root key")]
    Signature,
    /// It was revoked.
    #[error("its credential counts no more: {0}")]
    Revoked(Revoked),
    /// It counts later.
    #[error("its credential counts from {} on", date(*.0))]
    NotYetValid(u64),
    /// It counted once.
    #[error("its credential expired at {}", date(*.0))]
    Expired(u64),
    /// It is for another purpose.
    #[error("it has shown a credential of kind `{kind}` to be a {}", match .purpose {
        Purpose::Consumer => "consumer",
        Purpose::Producer => "producer",
    })]
    Kind {
        /// Its kind.
        kind: CredentialKind,
        /// What it was shown for.
        purpose: Purpose,
    },
    /// It is for another peer.
    #[error("its credential is that of {0}")]
    Subject(PeerId),
    /// It is to be shown to another node.
    #[error("its credential is to be shown to {0}, not to this node")]
    Audience(PeerId),
    /// Its nonce is not for the peer.
    #[error("its one-time credential: {0}")]
    Nonce(#[from] NonceRefusal),
}

impl Verifier<'_> {
    /// Checks what a peer shows, in this order: the root key, the signature, revocations, the time, the purpose, the subject
    /// and the audience. That it is a credential at all is checked by [`Credential::from_json`].
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(
        &self,
        credential: &Credential,
        purpose: Purpose,
        peer: PeerId,
        now: SystemTime,
    ) -> Result<Verified, CredentialRefusal> {
        if credential.root() != self.root {
            return Err(CredentialRefusal::OtherRoot(*credential.root()));
        }
        let signed = credential.signed_bytes();
        if !self.root.has_signed(&signed, credential.signature()) {
            return Err(CredentialRefusal::Signature);
        }
        let validity = credential.validity();
        let grounds = Grounds {
            kind: credential.kind(),
            credential: CredentialHash(*blake3::hash(&signed).as_bytes()),
            // whoever shows what is another's is refused below; what is nobody's is the peer's own
            peer: credential.subject().unwrap_or(peer),
            not_before: validity.not_before,
        };
        if let Some(revoked) = self.revocations.revoked(&grounds) {
            return Err(CredentialRefusal::Revoked(revoked));
        }
        validity.holds(now).map_err(|outside| match outside {
            Outside::Before => CredentialRefusal::NotYetValid(validity.not_before),
            Outside::After => CredentialRefusal::Expired(validity.expires_at),
        })?;
        let kind = credential.kind();
        if !purpose.is_of(kind) {
            return Err(CredentialRefusal::Kind { kind, purpose });
        }
        if grounds.peer != peer {
            return Err(CredentialRefusal::Subject(grounds.peer));
        }
        if let Some(audience) = credential.audience()
            && audience != self.node
        {
            return Err(CredentialRefusal::Audience(audience));
        }
        let granted = Granted {
            admission: Admission {
                attributes: credential.attributes().clone(),
                expires: validity.end(),
            },
            grounds,
        };
        Ok(match credential.nonce() {
            None => Verified::Granted(granted),
            Some(nonce) => Verified::OneTime(OneTime {
                granted,
                nonce,
                expires_at: validity.expires_at,
            }),
        })
    }
}

#[cfg(test)]
mod tests;
