//! Everything that a mesh has revoked, as a node knows it.

use super::revocation::{Revocation, RevocationError};
use super::validity::date;
use super::{Grounds, RootPublicKey};
use std::collections::HashMap;
use std::fmt;

/// The most peers and credentials that are revoked at once.
pub const MAX_REVOCATIONS: usize = 65_536;

/// The revoked peers and credentials. Each has the latest time at which it was revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revocations {
    latest: HashMap<[u8; 32], u64>,
}

/// How a credential was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// Its peer, at that second of the Unix epoch.
    Peer(u64),
    /// It alone, at that second.
    Credential(u64),
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(at) => write!(f, "its peer was revoked at {}", date(*at)),
            Self::Credential(at) => write!(f, "it was revoked at {}", date(*at)),
        }
    }
}

/// Why a file of revocations cannot be gone by: nobody is to be admitted then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationsError {
    /// A line is no statement of the mesh.
    #[error("line {line}: {error}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        error: RevocationError,
    },
    /// A line is not UTF-8.
    #[error("line {0} is not UTF-8")]
    Utf8(usize),
    /// There are too many.
    #[error("more than {MAX_REVOCATIONS} peers and credentials are revoked")]
    Full,
}

impl Revocations {
    /// Reads a file: a statement in each line, of that root key. Lines of spaces are allowed.
    ///
    /// # Errors
    /// [`RevocationsError`] of the first line that is wrong. What a node does not know of could be what somebody cut out, so
    /// there is no reading of the rest.
    pub fn parse(file: &[u8], root: &RootPublicKey) -> Result<Self, RevocationsError> {
        let mut revocations = Self::default();
        revocations.extend(file, root)?;
        Ok(revocations)
    }

    /// Takes in the lines that were appended to a file.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), the line counted from the first of these. What stands before it was taken in.
    pub fn extend(&mut self, lines: &[u8], root: &RootPublicKey) -> Result<(), RevocationsError> {
        for (line, bytes) in (1..).zip(lines.split(|byte| *byte == b'\n')) {
            let text = str::from_utf8(bytes).map_err(|_| RevocationsError::Utf8(line))?;
            if text.trim_ascii().is_empty() {
                continue;
            }
            let statement =
                Revocation::from_json(text, root).map_err(|error| RevocationsError::Line { line, error })?;
            self.insert(&statement)?;
        }
        Ok(())
    }

    /// Takes in a statement. A peer that is revoked again stays revoked at the later time.
    ///
    /// # Errors
    /// There is no room for another.
    pub fn insert(&mut self, statement: &Revocation) -> Result<(), RevocationsError> {
        let revoked = *statement.revoked();
        if self.latest.len() >= MAX_REVOCATIONS && !self.latest.contains_key(&revoked) {
            return Err(RevocationsError::Full);
        }
        let latest = self.latest.entry(revoked).or_default();
        *latest = statement.revoked_at().max(*latest);
        Ok(())
    }

    /// Whether what lets a peer in is revoked: the credential itself, or its peer, not before it counts.
    pub fn revoked(&self, grounds: &Grounds) -> Option<Revoked> {
        if let Some(at) = self.latest.get(&grounds.credential.0) {
            return Some(Revoked::Credential(*at));
        }
        let at = *self.latest.get(&grounds.peer.0)?;
        (at >= grounds.not_before).then_some(Revoked::Peer(at))
    }

    /// Whether a statement says nothing new: the same was revoked at that time or later.
    pub fn covers(&self, statement: &Revocation) -> bool {
        let latest = self.latest.get(statement.revoked());
        latest.is_some_and(|latest| *latest >= statement.revoked_at())
    }

    /// How many peers and credentials are revoked.
    pub fn len(&self) -> usize {
        self.latest.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.latest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::{CredentialHash, CredentialKind, JsonError, PeerId, RootKey};

    const PEER: PeerId = PeerId([1; 32]);
    const HASH: CredentialHash = CredentialHash([2; 32]);

    fn root() -> RootKey {
        RootKey::from_bytes(&[7; 32])
    }

    fn peer(at: u64) -> String {
        Revocation::of_peer(&root(), PEER, at).unwrap().to_json()
    }

    fn credential(at: u64) -> String {
        Revocation::of_credential(&root(), HASH, at).unwrap().to_json()
    }

    fn parse(file: &str) -> Result<Revocations, RevocationsError> {
        Revocations::parse(file.as_bytes(), &root().public())
    }

    fn grounds(not_before: u64) -> Grounds {
        Grounds {
            kind: CredentialKind::ConsumerPolicy,
            credential: CredentialHash([3; 32]),
            peer: PEER,
            not_before,
        }
    }

    #[test]
    fn a_peer_comes_back_with_a_credential_that_counts_from_later() {
        let revocations = parse(&peer(100)).unwrap();
        assert_eq!(revocations.revoked(&grounds(99)), Some(Revoked::Peer(100)));
        assert_eq!(revocations.revoked(&grounds(100)), Some(Revoked::Peer(100)));
        assert_eq!(revocations.revoked(&grounds(101)), None);
        let other = Grounds {
            peer: PeerId([9; 32]),
            ..grounds(0)
        };
        assert_eq!(revocations.revoked(&other), None);
    }

    #[test]
    fn a_credential_does_not_come_back() {
        let revocations = parse(&credential(100)).unwrap();
        let this = Grounds {
            credential: HASH,
            ..grounds(101)
        };
        assert_eq!(revocations.revoked(&this), Some(Revoked::Credential(100)));
        assert_eq!(revocations.revoked(&grounds(0)), None, "others of the peer count");
    }

    #[test]
    fn the_latest_of_a_peer_counts_wherever_it_stands() {
        for order in [[50, 100, 70], [100, 70, 50], [50, 70, 100]] {
            let file = format!("{}\r\n\n  \n{}\n", order.map(peer).join("\n"), credential(1));
            let revocations = parse(&file).unwrap();
            assert_eq!(revocations.len(), 2);
            assert!(revocations.revoked(&grounds(100)).is_some());
            assert!(revocations.revoked(&grounds(101)).is_none());
        }
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn one_bad_line_is_a_bad_file() {
        let (first, second) = (peer(1), credential(2));
        let other = RootKey::from_bytes(&[8; 32]);
        let strange = Revocation::of_peer(&other, PEER, 1).unwrap().to_json();
        let error = |file: &str| parse(file).unwrap_err();
        let line = |line, error| RevocationsError::Line { line, error };
        let file = format!("{first}\n{strange}\n{second}");
        let of_other = RevocationError::OtherRoot(other.public());
        assert_eq!(error(&file), line(2, of_other));
        let forged = second.replace(r#"_at":2"#, r#"_at":3"#);
        let file = format!("{first}\n\n{forged}\n");
        assert_eq!(error(&file), line(3, RevocationError::Signature));
        // half of what was appended
        for cut in 1..second.len() {
            let file = format!("{first}\n{}", &second[..cut]);
            let RevocationsError::Line { line: 2, error } = error(&file) else {
                panic!("{cut}");
            };
            assert!(matches!(error, RevocationError::Json(JsonError::Syntax { .. })));
        }
        assert!(matches!(
            error(&format!("{first}{second}")),
            RevocationsError::Line { line: 1, .. }
        ));
        let mut file = format!("{first}\n").into_bytes();
        file.push(0xff);
        let error = Revocations::parse(&file, &root().public());
        assert_eq!(error, Err(RevocationsError::Utf8(2)));
    }

    #[test]
    fn a_full_set_takes_nobody_new() {
        let latest = (0..MAX_REVOCATIONS).map(|n| {
            let mut revoked = [0; 32];
            revoked[..8].copy_from_slice(&n.to_le_bytes());
            (revoked, 5)
        });
        let mut full = Revocations {
            latest: latest.collect(),
        };
        let statement = |peer, at| Revocation::of_peer(&root(), peer, at).unwrap();
        assert_eq!(full.insert(&statement(PEER, 9)), Err(RevocationsError::Full));
        assert_eq!(full.insert(&statement(PeerId([0; 32]), 9)), Ok(()));
        let again = Grounds {
            peer: PeerId([0; 32]),
            ..grounds(9)
        };
        assert_eq!(full.revoked(&again), Some(Revoked::Peer(9)));
    }
}
