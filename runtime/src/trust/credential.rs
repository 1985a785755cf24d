//! A credential: claims under the signature of a root key, in signed bytes and in JSON.
//!
//! Source: trust, "Credentials".

use super::claims::{Claims, ClaimsError, CredentialKind, Nonce};
use super::json::{JsonError, Object};
use super::validity::Validity;
use super::{Attributes, PeerId, RootKey, RootKeyError, RootPublicKey, shown};
use aster_contract::canonical::Writer;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::fmt;
use std::time::SystemTime;

/// The most bytes of a credential in JSON.
pub const MAX_CREDENTIAL: usize = 64 * 1024;

/// What the signed bytes of a credential begin with.
const DOMAIN: &[u8] = b"aster credential v1\0";
/// What an admission request has besides a credential, and some more.
const REQUEST: usize = 256;

/// Claims that somebody has signed. Who did is not proven by that: see [`Verifier`](super::Verifier).
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    claims: Claims,
    root: RootPublicKey,
    signature: [u8; 64],
}

/// BLAKE3 of the signed bytes of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialHash(pub [u8; 32]);

impl fmt::Display for CredentialHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for CredentialHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is no credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// It is not the JSON of one.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// There is no such kind.
    #[error("`{}` is no type of credential", shown(.0))]
    Kind(String),
    /// Its root key is none.
    #[error("`root_pubkey`: {0}")]
    Root(#[from] RootKeyError),
    /// It says what no credential may say, or not all that it has to.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
}

impl Credential {
    /// Signs claims that were checked.
    pub(super) fn sign(claims: Claims, root: &RootKey) -> Result<Self, ClaimsError> {
        let signature = root.sign(&signed_bytes(&claims, &root.public()));
        let credential = Self {
            claims,
            root: root.public(),
            signature,
        };
        let shown = serde_json::to_string(&credential.to_json()).unwrap_or_default();
        let size = shown.len() + REQUEST;
        match size <= MAX_CREDENTIAL {
            true => Ok(credential),
            false => Err(ClaimsError::Large(size)),
        }
    }

    /// One whose fields stood elsewhere than in JSON. The signature is not verified.
    pub(crate) fn from_fields(
        claims: Claims,
        root: RootPublicKey,
        signature: [u8; 64],
    ) -> Result<Self, ClaimsError> {
        claims.check()?;
        Ok(Self {
            claims,
            root,
            signature,
        })
    }

    /// Reads what [`to_json`](Self::to_json) writes, with spaces, escapes and keys as one likes. The signature is not verified.
    ///
    /// # Errors
    /// [`CredentialError`], also for what no root key would sign.
    pub fn from_json(text: &str) -> Result<Self, CredentialError> {
        let mut object = Object::parse(text, MAX_CREDENTIAL)?;
        let kind = object.text("type")?;
        let kind = CredentialKind::from_name(&kind).ok_or(CredentialError::Kind(kind))?;
        let root = RootPublicKey::from_bytes(&object.bytes("root_pubkey")?)?;
        let claims = Claims {
            kind,
            subject: object.optional("endpoint_id")?.map(PeerId),
            audience: object.optional("audience")?.map(PeerId),
            validity: Validity {
                not_before: object.number("not_before")?,
                expires_at: object.number("expires_at")?,
            },
            attributes: object.texts("attributes")?,
            nonce: object.optional("nonce")?.map(Nonce),
        };
        let signature = object.bytes("signature")?;
        object.finish()?;
        Ok(Self::from_fields(claims, root, signature)?)
    }

    /// The credential in one line of JSON. What it does not say has no key.
    pub fn to_json(&self) -> String {
        let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
        let peer = |peer: PeerId| hex(&peer.0);
        let json = Json {
            kind: self.kind().name(),
            root_pubkey: hex(self.root.as_bytes()),
            endpoint_id: self.subject().map(peer),
            audience: self.audience().map(peer),
            not_before: self.validity().not_before,
            expires_at: self.validity().expires_at,
            attributes: self.attributes(),
            nonce: self.claims.nonce.map(|nonce| hex(&nonce.0)),
            signature: hex(&self.signature),
        };
        // texts and numbers always have a JSON form
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// What the signature is over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        signed_bytes(&self.claims, &self.root)
    }

    /// What a revocation of this credential alone names.
    pub fn hash(&self) -> CredentialHash {
        CredentialHash(*blake3::hash(&self.signed_bytes()).as_bytes())
    }

    /// Whether the root key that it names has signed it.
    pub fn is_signed(&self) -> bool {
        self.root.has_signed(&self.signed_bytes(), &self.signature)
    }

    /// What it lets a peer be.
    pub fn kind(&self) -> CredentialKind {
        self.claims.kind
    }

    /// The root key of its mesh.
    pub fn root(&self) -> &RootPublicKey {
        &self.root
    }

    /// The peer that it is for; `None`: whoever has it.
    pub fn subject(&self) -> Option<PeerId> {
        self.claims.subject
    }

    /// The node that it is to be shown to; `None`: any of the mesh.
    pub fn audience(&self) -> Option<PeerId> {
        self.claims.audience
    }

    /// When it counts.
    pub fn validity(&self) -> Validity {
        self.claims.validity
    }

    /// Whether it counts at that time, give or take the skew.
    pub(crate) fn counts(&self, now: SystemTime) -> bool {
        self.claims.validity.holds(now).is_ok()
    }

    /// When it counts no more for any clock; `None` for what none can say.
    pub(crate) fn end(&self) -> Option<SystemTime> {
        self.claims.validity.end()
    }

    /// What it says of the peer.
    pub fn attributes(&self) -> &Attributes {
        &self.claims.attributes
    }

    /// What makes it one of its kind, if it is for one time.
    pub fn nonce(&self) -> Option<Nonce> {
        self.claims.nonce
    }

    /// The signature.
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }
}

/// Shows the claims and not the signature: who has both may be let in.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("claims", &self.claims)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

/// The members in their order.
#[derive(Serialize)]
struct Json<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    root_pubkey: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    not_before: u64,
    expires_at: u64,
    attributes: &'a Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    signature: String,
}

fn signed_bytes(claims: &Claims, root: &RootPublicKey) -> Vec<u8> {
    let mut out = Writer::append_to(DOMAIN.to_vec());
    out.uvarint(claims.kind.number());
    out.bytes(root.as_bytes());
    out.optional(claims.subject, |out, peer| out.bytes(&peer.0));
    out.optional(claims.audience, |out, peer| out.bytes(&peer.0));
    out.uvarint(claims.validity.not_before);
    out.uvarint(claims.validity.expires_at);
    // by the bytes of their UTF-8, which is by code point
    out.list_header(claims.attributes.len());
    for (key, value) in &claims.attributes {
        out.string(key);
        out.string(value);
    }
    out.optional(claims.nonce, |out, nonce| out.bytes(&nonce.0));
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::from_hex;

    const VALIDITY: Validity = Validity {
        not_before: 1_800_000_000,
        expires_at: 1_800_086_400,
    };

    fn root() -> RootKey {
        RootKey::from_bytes(&[7; 32])
    }

    fn peer(byte: u8) -> PeerId {
        PeerId([byte; 32])
    }

    fn hex(parts: &[&str]) -> Vec<u8> {
        let digits: String = parts.concat().split_whitespace().collect();
        HEXLOWER.decode(digits.as_bytes()).unwrap()
    }

    /// Written by hand from the specification.
    #[test]
    fn signed_bytes_are_those_of_the_specification() {
        let root_key = root().public().to_string();
        let domain = "61737465722063726564656e7469616c20763100";
        let (a, b, c) = ("aa".repeat(32), "bb".repeat(32), "cc".repeat(32));
        let policy = Claims::consumer(peer(0xaa), VALIDITY)
            .name("é")
            .roles(["ops", "dev"])
            .attribute("Z", "");
        let policy = policy.sign(&root()).unwrap();
        // `Z` is before `a` by code point, and the name before the role
        let expected = [
            domain,
            "00 20",
            &root_key,
            "00 20",
            &a,
            "fd",
            "80 a4 a7 da 06",
            "80 c7 ac da 06",
            "03 0c",
            "06 5a 02",
            "2a 61737465722e6e616d65 0a c3a9",
            "2a 61737465722e726f6c65 1e 6f70732c646576",
            "fd",
        ];
        assert_eq!(policy.signed_bytes(), hex(&expected));

        let one_time = Claims::one_time(peer(0xbb), Nonce([0xcc; 32]), VALIDITY);
        let one_time = one_time.sign(&root()).unwrap();
        let expected = [
            domain,
            "01 20",
            &root_key,
            "fd",
            "00 20",
            &b,
            "80 a4 a7 da 06 80 c7 ac da 06 00 0c",
            "00 20",
            &c,
        ];
        assert_eq!(one_time.signed_bytes(), hex(&expected));

        let validity = Validity {
            not_before: 0,
            expires_at: 1,
        };
        let producer = Claims::producer(peer(0xaa), validity).audience(peer(0xbb));
        let producer = producer.sign(&root()).unwrap();
        let expected = [
            domain,
            "02 20",
            &root_key,
            "00 20",
            &a,
            "00 20",
            &b,
            "00 01 00 0c fd",
        ];
        assert_eq!(producer.signed_bytes(), hex(&expected));
        assert!(policy.is_signed() && one_time.is_signed() && producer.is_signed());
    }

    #[test]
    fn json_goes_both_ways() {
        let validity = Validity {
            not_before: 0,
            expires_at: super::super::MAX_TIME,
        };
        let odd = "\"\\\u{0}\n\u{7f}é\u{2028}𝔸";
        for claims in [
            Claims::bearer(VALIDITY),
            Claims::consumer(peer(1), validity)
                .attribute(odd, odd)
                .attribute("", ""),
            Claims::one_time(peer(2), Nonce([3; 32]), validity).subject(peer(1)),
            Claims::producer(peer(1), VALIDITY)
                .audience(peer(2))
                .roles(["ops"]),
        ] {
            let credential = claims.sign(&root()).unwrap();
            let json = credential.to_json();
            assert!(!json.contains('\n') && !json.contains("null"));
            let again = Credential::from_json(&json).unwrap();
            assert_eq!((&again, again.to_json()), (&credential, json));
            assert!(again.is_signed());
        }
    }

    #[test]
    fn json_has_the_keys_of_the_specification() {
        let claims = Claims::one_time(peer(2), Nonce([3; 32]), VALIDITY)
            .subject(peer(1))
            .name("a");
        let credential = claims.sign(&root()).unwrap();
        let expected = format!(
            r#"{{"type":"consumer-one-time","root_pubkey":"{}","endpoint_id":"{}","audience":"{}","not_before":1800000000,"expires_at":1800086400,"attributes":{{"aster.name":"a"}},"nonce":"{}","signature":"{}"}}"#,
            root().public(),
            "01".repeat(32),
            "02".repeat(32),
            "03".repeat(32),
            HEXLOWER.encode(credential.signature()),
        );
        assert_eq!(credential.to_json(), expected);
    }

    #[test]
    fn refuses_what_is_not_its_json() {
        let claims = Claims::one_time(peer(2), Nonce([3; 32]), VALIDITY).subject(peer(1));
        let json = claims.sign(&root()).unwrap().to_json();
        let read = |from: &str, to: &str| {
            assert!(json.contains(from), "{from}");
            Credential::from_json(&json.replacen(from, to, 1)).unwrap_err()
        };
        let kind = |name: &str| CredentialError::Kind(name.to_owned());
        assert_eq!(read("consumer-one-time", "consumer"), kind("consumer"));
        let missing = |key| CredentialError::Json(JsonError::Missing(key));
        assert_eq!(read(r#""attributes":{},"#, ""), missing("attributes"));
        assert_eq!(read(r#""not_before":1800000000,"#, ""), missing("not_before"));
        let one_more = read(r#""attributes""#, r#""extra":1,"attributes""#);
        assert_eq!(
            one_more,
            CredentialError::Json(JsonError::Unknown("extra".to_owned()))
        );
        let twice = read(r#""attributes""#, r#""not_before":1,"attributes""#);
        assert_eq!(
            twice,
            CredentialError::Json(JsonError::Duplicate("not_before".to_owned()))
        );
        let root_key = root().public().to_string();
        assert_eq!(
            read(&root_key, &"00".repeat(32)),
            CredentialError::Root(RootKeyError::NoKey)
        );
        let hex = |key, length| CredentialError::Json(JsonError::Hex { key, length });
        assert_eq!(read(&root_key, &root_key.to_uppercase()), hex("root_pubkey", 32));
        assert_eq!(
            read(r#""endpoint_id":"01"#, r#""endpoint_id":""#),
            hex("endpoint_id", 32)
        );
        assert_eq!(read(r#""nonce":""#, r#""nonce":"00"#), hex("nonce", 32));
        assert_eq!(
            read(r#""signature":""#, r#""signature":"00"#),
            hex("signature", 64)
        );
        let claims = |error| CredentialError::Claims(error);
        let kind = CredentialKind::Producer;
        assert_eq!(
            read("consumer-one-time", "producer"),
            claims(ClaimsError::NonceOf(kind))
        );
        let audience = format!(r#""audience":"{}","#, "02".repeat(32));
        assert_eq!(read(&audience, ""), claims(ClaimsError::NoAudience));
        assert!(Credential::from_json(&json.replace(':', " :\n")).is_ok());
    }

    #[test]
    fn what_no_admission_takes_is_not_signed() {
        let full = |value: &str| {
            let claims = Claims::consumer(peer(1), VALIDITY);
            let value = value.repeat(1024 / value.len());
            (10..42).fold(claims, |claims, n| {
                claims.attribute(format!("{n}{}", "k".repeat(62)), &value)
            })
        };
        let credential = full("v").sign(&root()).unwrap();
        assert!(credential.to_json().len() > 32 * 1088);
        let error = full("\u{1}").sign(&root()).unwrap_err();
        assert!(matches!(error, ClaimsError::Large(size) if size > MAX_CREDENTIAL));
    }

    #[test]
    fn shows_neither_nonce_nor_signature() {
        let credential = Claims::one_time(peer(2), Nonce([0x5a; 32]), VALIDITY)
            .sign(&root())
            .unwrap();
        let shown = format!("{credential:?}");
        assert!(!shown.contains("signature") && shown.contains("Nonce(…)"));
        assert_eq!(
            credential.hash().to_string(),
            blake3::hash(&credential.signed_bytes()).to_hex().to_string()
        );
        assert_eq!(
            from_hex(&credential.hash().to_string()),
            Some(credential.hash().0)
        );
    }
}
