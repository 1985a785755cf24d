//! A revocation: the statement that a peer, or one credential, is trusted no more.
//!
//! Source: trust, "Credentials".

use super::json::{JsonError, Object};
use super::validity::MAX_TIME;
use super::{CredentialHash, PeerId, RootKey, RootKeyError, RootPublicKey};
use aster_contract::canonical::Writer;
use data_encoding::HEXLOWER;
use serde::Serialize;

/// The most bytes of a revocation in JSON.
pub const MAX_REVOCATION: usize = 1024;

/// What the signed bytes of a revocation begin with.
const DOMAIN: &[u8] = b"aster revocation v1\0";

/// A statement that was verified when it was read: its root key has signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    root: RootPublicKey,
    /// A peer or a credential: no peer has a key that is the hash of a credential.
    revoked: [u8; 32],
    revoked_at: u64,
    signature: [u8; 64],
}

/// Why something is no revocation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// It is not the JSON of one.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Its root key is none.
    #[error("`root_pubkey`: {0}")]
    Root(#[from] RootKeyError),
    /// The time is too late to be written in JSON.
    #[error("{0} is not a time: seconds of the Unix epoch, {MAX_TIME} at most")]
    Time(u64),
    /// It is of another mesh.
    #[error("it is of another mesh, whose root key is {0}")]
    OtherRoot(RootPublicKey),
    /// The root key has not signed it.
    #[error("its signature is not that of the root key")]
    Signature,
}

impl Revocation {
    /// Revokes a peer: its credentials that count from that second of the Unix epoch, or from an earlier one.
    ///
    /// # Errors
    /// The time is above [`MAX_TIME`].
    pub fn of_peer(root: &RootKey, peer: PeerId, at: u64) -> Result<Self, RevocationError> {
        Self::sign(root, peer.0, at)
    }

    /// Revokes one credential, for good. The time, in seconds of the Unix epoch, is for people.
    ///
    /// # Errors
    /// The time is above [`MAX_TIME`].
    pub fn of_credential(
        root: &RootKey,
        credential: CredentialHash,
        at: u64,
    ) -> Result<Self, RevocationError> {
        Self::sign(root, credential.0, at)
    }

    fn sign(root: &RootKey, revoked: [u8; 32], revoked_at: u64) -> Result<Self, RevocationError> {
        if revoked_at > MAX_TIME {
            return Err(RevocationError::Time(revoked_at));
        }
        let signature = root.sign(&signed_bytes(&root.public(), &revoked, revoked_at));
        Ok(Self {
            root: root.public(),
            revoked,
            revoked_at,
            signature,
        })
    }

    /// Reads what [`to_json`](Self::to_json) writes, with spaces, escapes and keys as one likes, and verifies it.
    ///
    /// # Errors
    /// [`RevocationError`], also where another root key has signed it.
    pub fn from_json(text: &str, root: &RootPublicKey) -> Result<Self, RevocationError> {
        let mut object = Object::parse(text, MAX_REVOCATION)?;
        let statement = Self {
            root: RootPublicKey::from_bytes(&object.bytes("root_pubkey")?)?,
            revoked: object.bytes("revoked")?,
            revoked_at: object.number("revoked_at")?,
            signature: object.bytes("signature")?,
        };
        object.finish()?;
        if statement.root != *root {
            return Err(RevocationError::OtherRoot(statement.root));
        }
        if !root.has_signed(&statement.signed_bytes(), &statement.signature) {
            return Err(RevocationError::Signature);
        }
        Ok(statement)
    }

    /// The statement in one line of JSON, without the end of the line.
    pub fn to_json(&self) -> String {
        let json = Json {
            root_pubkey: HEXLOWER.encode(self.root.as_bytes()),
            revoked: HEXLOWER.encode(&self.revoked),
            revoked_at: self.revoked_at,
            signature: HEXLOWER.encode(&self.signature),
        };
        // texts and numbers always have a JSON form
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// What the signature is over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        signed_bytes(&self.root, &self.revoked, self.revoked_at)
    }

    /// The root key of its mesh.
    pub fn root(&self) -> &RootPublicKey {
        &self.root
    }

    /// The key of the peer, or the hash of the credential, that is revoked.
    pub fn revoked(&self) -> &[u8; 32] {
        &self.revoked
    }

    /// When, in seconds of the Unix epoch.
    pub fn revoked_at(&self) -> u64 {
        self.revoked_at
    }

    /// The signature.
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }
}

/// The members in their order.
#[derive(Serialize)]
struct Json {
    root_pubkey: String,
    revoked: String,
    revoked_at: u64,
    signature: String,
}

fn signed_bytes(root: &RootPublicKey, revoked: &[u8; 32], revoked_at: u64) -> Vec<u8> {
    let mut out = Writer::append_to(DOMAIN.to_vec());
    out.bytes(root.as_bytes());
    out.bytes(revoked);
    out.uvarint(revoked_at);
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerId = PeerId([0xaa; 32]);

    fn root() -> RootKey {
        RootKey::from_bytes(&[7; 32])
    }

    /// Written by hand from the specification.
    #[test]
    fn signed_bytes_are_those_of_the_specification() {
        let statement = Revocation::of_peer(&root(), PEER, 1_800_000_000).unwrap();
        let root_key = root().public();
        let expected = [
            b"aster revocation v1\0\x20".as_slice(),
            root_key.as_bytes(),
            b"\x20",
            &[0xaa; 32],
            b"\x80\xa4\xa7\xda\x06",
        ];
        assert_eq!(statement.signed_bytes(), expected.concat());
        let hash = CredentialHash([0xaa; 32]);
        assert_eq!(
            Revocation::of_credential(&root(), hash, 1_800_000_000),
            Ok(statement)
        );
    }

    #[test]
    fn json_goes_both_ways() {
        for at in [0, 1_800_000_000, MAX_TIME] {
            let statement = Revocation::of_peer(&root(), PEER, at).unwrap();
            let json = statement.to_json();
            assert!(json.len() < MAX_REVOCATION && !json.contains('\n'));
            let again = Revocation::from_json(&json, &root().public()).unwrap();
            assert_eq!((&again, again.to_json()), (&statement, json));
        }
        let late = MAX_TIME + 1;
        assert_eq!(
            Revocation::of_peer(&root(), PEER, late),
            Err(RevocationError::Time(late))
        );
    }

    #[test]
    fn only_its_root_key_revokes() {
        let json = Revocation::of_peer(&root(), PEER, 5).unwrap().to_json();
        let other = RootKey::from_bytes(&[8; 32]).public();
        assert_eq!(
            Revocation::from_json(&json, &other),
            Err(RevocationError::OtherRoot(root().public()))
        );
        let read = |from: &str, to: &str| {
            assert!(json.contains(from), "{from}");
            Revocation::from_json(&json.replace(from, to), &root().public()).unwrap_err()
        };
        let unsigned = RevocationError::Signature;
        assert_eq!(read(r#"_at":5"#, r#"_at":6"#), unsigned);
        assert_eq!(read(r#""revoked":"aa"#, r#""revoked":"ab"#), unsigned);
        let root_key = root().public().to_string();
        assert_eq!(
            read(&root_key, &other.to_string()),
            RevocationError::OtherRoot(other)
        );
        let unknown = JsonError::Unknown("why".to_owned());
        assert_eq!(read("{", r#"{"why":"","#), RevocationError::Json(unknown));
    }

    #[test]
    fn no_credential_is_a_revocation() {
        use crate::trust::{Claims, Validity};
        let validity = Validity {
            not_before: 0,
            expires_at: 9,
        };
        let credential = Claims::consumer(PEER, validity).sign(&root()).unwrap();
        let read = Revocation::from_json(&credential.to_json(), &root().public());
        assert_eq!(read, Err(RevocationError::Json(JsonError::Missing("revoked"))));
    }
}
