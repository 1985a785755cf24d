//! The credentials that a node shows, and which of them to whom.

use crate::alpn::Alpn;
use crate::trust::{Credential, CredentialKind, Due, Now, PeerId, RootPublicKey};
use std::sync::{PoisonError, RwLock};

/// The most credentials that a node shows.
pub const MAX_CREDENTIALS: usize = 256;

/// Why a node cannot show a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialUnusable {
    /// It is for another node.
    #[error("the credential is that of {subject}, and this node is {node}: enrol this node by its id")]
    Foreign {
        /// Whose it is.
        subject: PeerId,
        /// The node.
        node: PeerId,
    },
    /// The root key that it names has not signed it.
    #[error(
        "the credential is not signed by the root key that it names: it was altered, enrol the node again"
    )]
    Unsigned,
    /// There are too many.
    #[error("a node shows {MAX_CREDENTIALS} credentials at most")]
    Many,
}

/// The credentials of a node.
#[derive(Debug)]
pub(crate) struct Credentials {
    node: PeerId,
    all: RwLock<Vec<Credential>>,
}

/// What a client is told of the mesh that its server is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) server: PeerId,
    /// `None` if any may be meant.
    pub(crate) root: Option<RootPublicKey>,
}

/// What a client shows to a server, and by which protocol.
pub(crate) struct Shown {
    pub(crate) alpn: Alpn,
    /// Empty if there is nothing to show.
    pub(crate) json: String,
    /// When it counts no more.
    pub(crate) due: Due,
}

impl Shown {
    /// To who is known.
    pub(crate) fn nothing() -> Self {
        Self {
            alpn: Alpn::ConsumerAdmission,
            json: String::new(),
            due: Due::default(),
        }
    }
}

impl Credentials {
    pub(super) fn new(node: PeerId, credentials: Vec<Credential>) -> Result<Self, CredentialUnusable> {
        let own = Self {
            node,
            all: RwLock::default(),
        };
        for credential in credentials {
            own.check(&credential)?;
            let mut all = own.all.write().unwrap_or_else(PoisonError::into_inner);
            if all.len() >= MAX_CREDENTIALS {
                return Err(CredentialUnusable::Many);
            }
            all.push(credential);
        }
        Ok(own)
    }

    fn check(&self, credential: &Credential) -> Result<(), CredentialUnusable> {
        if let Some(subject) = credential.subject().filter(|subject| *subject != self.node) {
            let node = self.node;
            return Err(CredentialUnusable::Foreign { subject, node });
        }
        match credential.is_signed() {
            true => Ok(()),
            false => Err(CredentialUnusable::Unsigned),
        }
    }

    /// Adds one. Those that count no more make room.
    pub(crate) fn add(&self, credential: Credential, now: Now) -> Result<(), CredentialUnusable> {
        self.check(&credential)?;
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        if all.contains(&credential) {
            return Ok(());
        }
        all.retain(|credential| credential.end().is_none_or(|end| end > now.wall));
        if all.len() >= MAX_CREDENTIALS {
            return Err(CredentialUnusable::Many);
        }
        all.push(credential);
        Ok(())
    }

    /// The producer's credential of a mesh that is shown to a peer.
    pub(super) fn producer(&self, root: &RootPublicKey, peer: PeerId, now: Now) -> Option<Credential> {
        self.longest(now, |credential| {
            credential.kind() == CredentialKind::Producer
                && credential.root() == root
                && is_for(credential, peer)
        })
    }

    /// What is shown to a server: a consumer's credential, else a producer's, else nothing. `None` if there are credentials of
    /// several meshes and it is not known which one is meant.
    pub(crate) fn choose(&self, choice: Choice, now: Now) -> Option<Shown> {
        let Choice { server, root } = choice;
        let fits = |credential: &Credential| {
            is_for(credential, server) && root.is_none_or(|root| root == *credential.root())
        };
        if root.is_none() && self.has_many_meshes(fits) {
            return None;
        }
        let of = |kind| self.longest(now, |credential| credential.kind() == kind && fits(credential));
        let chosen = of(CredentialKind::ConsumerPolicy)
            .or_else(|| of(CredentialKind::ConsumerOneTime))
            .or_else(|| of(CredentialKind::Producer));
        let alpn = match chosen.as_ref().map(Credential::kind) {
            Some(CredentialKind::Producer) => Alpn::ProducerAdmission,
            _ => Alpn::ConsumerAdmission,
        };
        let end = chosen.as_ref().and_then(Credential::end);
        Some(Shown {
            alpn,
            json: chosen.map_or_else(String::new, |credential| credential.to_json()),
            due: end.and_then(|end| Due::at(end, now)).unwrap_or_default(),
        })
    }

    fn has_many_meshes(&self, fits: impl Fn(&Credential) -> bool) -> bool {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let mut roots = all
            .iter()
            .filter(|credential| fits(credential))
            .map(Credential::root);
        roots.next().is_some_and(|first| roots.any(|root| root != first))
    }

    /// Of those that count now the one that does so longest, and of several the first.
    fn longest(&self, now: Now, fits: impl Fn(&Credential) -> bool) -> Option<Credential> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let now = all
            .iter()
            .filter(|credential| credential.counts(now.wall) && fits(credential));
        // the last of the largest is the first of these
        now.rev()
            .max_by_key(|credential| credential.validity().expires_at)
            .cloned()
    }
}

fn is_for(credential: &Credential, peer: PeerId) -> bool {
    credential.audience().is_none_or(|audience| audience == peer)
}
