//! The `[[peers]]` of an identity file: each is a credential, with a name to find it by.

use super::{Identity, IdentityError};
use crate::node::mesh::MAX_CREDENTIALS;
use crate::trust::{
    AttributeError, Attributes, Claims, ClaimsError, Credential, CredentialKind, Nonce, PeerId, Purpose,
    RootPublicKey, Validity,
};
use data_encoding::HEXLOWER_PERMISSIVE;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const NAME: &str = "name";
const ROLE: &str = "role";
const TYPE: &str = "type";
const ROOT: &str = "root_pubkey";
const SUBJECT: &str = "endpoint_id";
const AUDIENCE: &str = "audience";
const NOT_BEFORE: &str = "not_before";
const EXPIRES_AT: &str = "expires_at";
const ATTRIBUTES: &str = "attributes";
const NONCE: &str = "nonce";
const SIGNATURE: &str = "signature";
const KEYS: [&str; 11] = [
    NAME, ROLE, TYPE, ROOT, SUBJECT, AUDIENCE, NOT_BEFORE, EXPIRES_AT, ATTRIBUTES, NONCE, SIGNATURE,
];

/// A credential in an identity file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerCredential {
    /// What the operator calls it.
    pub name: String,
    /// What it lets the node be.
    pub role: Purpose,
    /// The credential, which its root key has signed, and which is this node's or nobody's.
    pub credential: Credential,
}

impl Identity<'_> {
    /// Reads the credentials of the node that the file is of.
    pub(super) fn peers(
        &self,
        peers: Option<&Spanned<DeValue<'_>>>,
        node: PeerId,
    ) -> Result<Vec<PeerCredential>, IdentityError> {
        let Some(peers) = peers else { return Ok(Vec::new()) };
        let Some(all) = peers.get_ref().as_array() else {
            return Err(self.wrong(
                peers.span().start,
                "peers are written as `[[peers]]`, one for each credential",
            ));
        };
        if all.len() > MAX_CREDENTIALS {
            let many =
                format!("a node has {MAX_CREDENTIALS} credentials at most, remove those that have expired");
            return Err(self.wrong(peers.span().start, many));
        }
        let peers = all.iter().map(|peer| {
            let start = peer.span().start;
            match peer.get_ref().as_table() {
                Some(table) => Peer {
                    file: self,
                    table,
                    start,
                }
                .read(node),
                None => Err(self.wrong(start, "a peer is a table: write `[[peers]]` and its keys below")),
            }
        });
        peers.collect()
    }

    fn wrong(&self, offset: usize, reason: impl Into<String>) -> IdentityError {
        IdentityError::Peer {
            path: self.path.to_owned(),
            line: self.line(offset),
            reason: reason.into(),
        }
    }
}

/// One of them.
struct Peer<'a> {
    file: &'a Identity<'a>,
    table: &'a DeTable<'a>,
    start: usize,
}

impl<'a> Peer<'a> {
    fn read(&self, node: PeerId) -> Result<PeerCredential, IdentityError> {
        self.file
            .known(self.table, &KEYS, |key| format!("key `{key}` in `[[peers]]`"))?;
        let name = self.text(NAME)?;
        let (role, role_at) = (self.text(ROLE)?, self.value(ROLE)?.span().start);
        let kind = CredentialKind::from_name(self.text(TYPE)?).ok_or_else(|| {
            let names = CredentialKind::ALL.map(CredentialKind::name).join("`, `");
            self.at(TYPE, format!("`type` is one of `{names}`"))
        })?;
        let purpose = match kind {
            CredentialKind::ConsumerPolicy | CredentialKind::ConsumerOneTime => Purpose::Consumer,
            CredentialKind::Producer => Purpose::Producer,
        };
        let expected = match purpose {
            Purpose::Consumer => "consumer",
            Purpose::Producer => "producer",
        };
        if role != expected {
            let wrong = format!("the `role` of a credential of type `{kind}` is `{expected}`");
            return Err(self.file.wrong(role_at, wrong));
        }
        let root = RootPublicKey::from_bytes(&self.bytes(ROOT)?)
            .map_err(|error| self.at(ROOT, format!("`{ROOT}`: {error}")))?;
        let claims = Claims {
            kind,
            subject: self.optional(SUBJECT)?.map(PeerId),
            audience: self.optional(AUDIENCE)?.map(PeerId),
            validity: Validity {
                not_before: self.number(NOT_BEFORE)?,
                expires_at: self.number(EXPIRES_AT)?,
            },
            attributes: self.attributes()?,
            nonce: self.optional(NONCE)?.map(Nonce),
        };
        let signature = self.bytes(SIGNATURE)?;
        let credential = Credential::from_fields(claims, root, signature)
            .map_err(|error| self.file.wrong(self.start, discreet(&error)))?;
        if let Some(subject) = credential.subject().filter(|subject| *subject != node) {
            let foreign =
                format!("the credential is that of {subject}, and this node is {node}: enrol this node");
            return Err(self.at(SUBJECT, foreign));
        }
        if !credential.is_signed() {
            let altered = "the signature is not that of the root key over these fields: one of them was altered, add the \
                           credential again as it was signed";
            return Err(self.at(SIGNATURE, altered));
        }
        Ok(PeerCredential {
            name: name.to_owned(),
            role: purpose,
            credential,
        })
    }

    fn value(&self, key: &'static str) -> Result<&'a Spanned<DeValue<'a>>, IdentityError> {
        let missing = || {
            self.file
                .wrong(self.start, format!("`{key}` is missing in this `[[peers]]`"))
        };
        self.table.get(key).ok_or_else(missing)
    }

    /// The error of a key that is there.
    fn at(&self, key: &str, reason: impl Into<String>) -> IdentityError {
        let start = self.table.get(key).map_or(self.start, |value| value.span().start);
        self.file.wrong(start, reason)
    }

    fn text(&self, key: &'static str) -> Result<&'a str, IdentityError> {
        let text = self.value(key)?.get_ref().as_str();
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| self.at(key, format!("`{key}` is a text in quotes, and not empty")))
    }

    fn bytes<const N: usize>(&self, key: &'static str) -> Result<[u8; N], IdentityError> {
        let text = self.value(key)?.get_ref().as_str();
        let bytes = text.and_then(|text| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok());
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
            let digits = 2 * N;
            self.at(
                key,
                format!("`{key}` has {digits} hexadecimal digits in quotes: copy it again, whole"),
            )
        })
    }

    fn optional<const N: usize>(&self, key: &'static str) -> Result<Option<[u8; N]>, IdentityError> {
        let is_there = self.table.contains_key(key);
        is_there.then(|| self.bytes(key)).transpose()
    }

    fn number(&self, key: &'static str) -> Result<u64, IdentityError> {
        let number = self.value(key)?.get_ref().as_integer();
        number
            .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok())
            .ok_or_else(|| {
                self.at(
                    key,
                    format!("`{key}` is a number of seconds since 1970, without quotes"),
                )
            })
    }

    /// None where there is no table of them.
    fn attributes(&self) -> Result<Attributes, IdentityError> {
        let Some(value) = self.table.get(ATTRIBUTES) else {
            return Ok(Attributes::new());
        };
        let texts = || {
            self.at(
                ATTRIBUTES,
                "`attributes` is a table of texts: write `[peers.attributes]`",
            )
        };
        let table = value.get_ref().as_table().ok_or_else(texts)?;
        let pairs = table.iter().map(|(key, value)| {
            let text = value.get_ref().as_str().ok_or_else(|| {
                let wrong = "an attribute is a text in quotes; a key with a dot is in quotes too, as `\"aster.role\"`";
                self.file.wrong(key.span().start, wrong)
            })?;
            Ok((key.get_ref().to_string(), text.to_owned()))
        });
        pairs.collect()
    }
}

/// What is wrong with claims, without what they say.
fn discreet(error: &ClaimsError) -> String {
    match error {
        ClaimsError::Attributes(AttributeError::Large(_)) => "an attribute is too large".to_owned(),
        ClaimsError::Attributes(AttributeError::Role(_)) => {
            "what `aster.role` has is no list of roles".to_owned()
        }
        other => other.to_string(),
    }
}
