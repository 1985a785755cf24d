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
    /// The mesh that it is of.
    pub(crate) root: Option<RootPublicKey>,
    /// When it counts no more.
    pub(crate) due: Due,
}

impl Shown {
    /// To who is known.
    pub(crate) fn nothing() -> Self {
        Self {
            alpn: Alpn::ConsumerAdmission,
            json: String::new(),
            root: None,
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
        if chosen.is_none() && self.has(fits) {
            tracing::warn!(%server, "none of this node's credentials for that server counts now, it is shown none");
        }
        let end = chosen.as_ref().and_then(Credential::end);
        let root = chosen.as_ref().map(|credential| *credential.root());
        Some(Shown {
            alpn,
            json: chosen.map_or_else(String::new, |credential| credential.to_json()),
            root,
            due: end.and_then(|end| Due::at(end, now)).unwrap_or_default(),
        })
    }

    fn has(&self, fits: impl Fn(&Credential) -> bool) -> bool {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(fits)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::now;
    use crate::trust::{Claims, Nonce, RootKey, Validity};
    use std::time::Duration;

    const NODE: PeerId = PeerId([1; 32]);
    const SERVER: PeerId = PeerId([2; 32]);
    const OTHER: PeerId = PeerId([3; 32]);
    const HOUR: Duration = Duration::from_secs(3600);

    fn root(number: u8) -> RootKey {
        RootKey::from_bytes(&[number; 32])
    }

    fn sign(claims: Claims) -> Credential {
        claims.sign(&root(7)).unwrap()
    }

    /// For so many hours.
    fn hours(count: u32) -> Validity {
        Validity::lasting(now().wall, HOUR * count)
    }

    fn own(credentials: &[Credential]) -> Credentials {
        Credentials::new(NODE, credentials.to_vec()).unwrap()
    }

    fn chosen(credentials: &[Credential], mesh: u8) -> (Alpn, Option<Credential>) {
        let choice = Choice {
            server: SERVER,
            root: Some(root(mesh).public()),
        };
        let shown = own(credentials).choose(choice, now()).unwrap();
        (shown.alpn, Credential::from_json(&shown.json).ok())
    }

    #[test]
    fn a_consumers_credential_is_shown_before_a_producers() {
        let producer = sign(Claims::producer(NODE, hours(9)));
        let invitation = sign(Claims::one_time(SERVER, Nonce([1; 32]), hours(8)));
        let consumer = sign(Claims::consumer(NODE, hours(1)));
        let all = [producer.clone(), invitation.clone(), consumer.clone()];
        assert_eq!(chosen(&all, 7), (Alpn::ConsumerAdmission, Some(consumer)));
        assert_eq!(chosen(&all[..2], 7), (Alpn::ConsumerAdmission, Some(invitation)));
        assert_eq!(chosen(&all[..1], 7), (Alpn::ProducerAdmission, Some(producer)));
        assert_eq!(chosen(&all, 8), (Alpn::ConsumerAdmission, None));
        assert_eq!(chosen(&[], 7), (Alpn::ConsumerAdmission, None));
    }

    #[test]
    fn of_those_that_fit_and_count_the_longest_is_shown() {
        let start = now().wall;
        let hours = |count| Validity::lasting(start, HOUR * count);
        let good = |count, name| sign(Claims::consumer(NODE, hours(count)).name(name));
        let (short, long, same) = (good(1, "short"), good(2, "long"), good(2, "same"));
        let later = Validity::lasting(start + HOUR, HOUR * 9);
        let over = Validity::lasting(start - HOUR * 9, HOUR * 8);
        let unfit = [
            sign(Claims::consumer(NODE, later)),
            sign(Claims::consumer(NODE, over)),
            sign(Claims::consumer(NODE, hours(9)).audience(OTHER)),
            sign(Claims::one_time(OTHER, Nonce([1; 32]), hours(9))),
            Claims::consumer(NODE, hours(9)).sign(&root(8)).unwrap(),
        ];
        let all = [&unfit[..], &[short, long.clone(), same]].concat();
        assert_eq!(chosen(&all, 7).1, Some(long));
        assert_eq!(chosen(&unfit, 7).1, None);
    }

    #[test]
    fn what_is_shown_is_of_the_mesh_that_is_meant() {
        let [ours, theirs] =
            [7, 8].map(|number| Claims::consumer(NODE, hours(1)).sign(&root(number)).unwrap());
        let any = Choice {
            server: SERVER,
            root: None,
        };
        let of = |credentials: &[Credential]| own(credentials).choose(any, now());
        assert!(of(&[ours.clone(), theirs.clone()]).is_none());
        assert_eq!(of(std::slice::from_ref(&theirs)).unwrap().json, theirs.to_json());
        // one for another server is not meant
        let elsewhere = Claims::consumer(NODE, hours(1))
            .audience(OTHER)
            .sign(&root(8))
            .unwrap();
        assert_eq!(of(&[ours.clone(), elsewhere]).unwrap().json, ours.to_json());
        assert_eq!(chosen(&[ours, theirs.clone()], 8).1, Some(theirs));
    }

    #[test]
    fn producers_show_what_convinces_the_peer() {
        let shown = |credentials: &[Credential]| own(credentials).producer(&root(7).public(), SERVER, now());
        let producer = sign(Claims::producer(NODE, hours(1)));
        let foreign = Claims::producer(NODE, hours(2)).sign(&root(8)).unwrap();
        let elsewhere = sign(Claims::producer(NODE, hours(2)).audience(OTHER));
        let consumer = sign(Claims::consumer(NODE, hours(2)));
        let unfit = [foreign, elsewhere, consumer];
        assert_eq!(shown(&unfit), None);
        assert_eq!(
            shown(&[&unfit[..], std::slice::from_ref(&producer)].concat()),
            Some(producer)
        );
    }

    #[test]
    fn what_counts_no_more_makes_room() {
        let mut over = now();
        let mut all = vec![sign(Claims::consumer(NODE, hours(1)))];
        for number in 1..MAX_CREDENTIALS {
            let name = number.to_string();
            all.push(sign(Claims::consumer(NODE, hours(3)).name(name)));
        }
        let own = own(&all);
        let one_more = sign(Claims::consumer(NODE, hours(4)));
        assert_eq!(own.add(one_more.clone(), over), Err(CredentialUnusable::Many));
        assert_eq!(own.add(all[5].clone(), over), Ok(()), "it is there");
        over.wall += HOUR * 2;
        assert_eq!(own.add(one_more, over), Ok(()));
        all.push(all[0].clone());
        assert_eq!(Credentials::new(NODE, all).unwrap_err(), CredentialUnusable::Many);
    }
}
