//! The vectors of `tests/vectors/trust`. Their bytes and signatures were made by another program than this one.

use aster_runtime::PeerId;
use aster_runtime::trust::{
    AttributeError, Claims, ClaimsError, Credential, CredentialError, CredentialHash, CredentialKind,
    CredentialRefusal, JsonError, Purpose, Revocation, Revocations, RootKey, RootKeyError, RootPublicKey,
    Verified, Verifier,
};
use data_encoding::HEXLOWER;
use serde_json::Value;
use std::time::{Duration, UNIX_EPOCH};

const CREDENTIALS: &str = include_str!("../../../tests/vectors/trust/credentials.json");
const REVOCATIONS: &str = include_str!("../../../tests/vectors/trust/revocations.json");
const CHECKS: &str = include_str!("../../../tests/vectors/trust/checks.json");

pub(crate) struct Vectors(Value);

impl Vectors {
    fn read(file: &str) -> Self {
        Self(serde_json::from_str(file).unwrap())
    }

    pub(crate) fn credentials() -> Self {
        Self::read(CREDENTIALS)
    }

    pub(crate) fn revocations() -> Self {
        Self::read(REVOCATIONS)
    }

    pub(crate) fn root(&self) -> RootKey {
        let key = RootKey::from_bytes(&bytes(&self.0["root"]["private"]));
        assert_eq!(key.public().to_string(), text(&self.0["root"]["public"]));
        key
    }

    pub(crate) fn list(&self, name: &str) -> &[Value] {
        let list = self.0[name].as_array().unwrap();
        assert!(!list.is_empty());
        list
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    let bytes = HEXLOWER.decode(text(value).as_bytes()).unwrap();
    bytes.try_into().unwrap()
}

/// The claims of a credential, drafted as a program would.
fn drafted(credential: &Credential) -> Claims {
    let validity = credential.validity();
    let claims = match (credential.kind(), credential.subject()) {
        (CredentialKind::ConsumerPolicy, None) => Claims::bearer(validity),
        (CredentialKind::ConsumerPolicy, Some(subject)) => Claims::consumer(subject, validity),
        (CredentialKind::ConsumerOneTime, _) => Claims::one_time(
            credential.audience().unwrap(),
            credential.nonce().unwrap(),
            validity,
        ),
        (CredentialKind::Producer, subject) => Claims::producer(subject.unwrap(), validity),
    };
    let claims = credential.subject().into_iter().fold(claims, Claims::subject);
    let claims = credential.audience().into_iter().fold(claims, Claims::audience);
    let attributes = credential.attributes().iter();
    attributes.fold(claims, |claims, (key, value)| claims.attribute(key, value))
}

#[test]
fn credentials_are_those_of_the_vectors() {
    let vectors = Vectors::credentials();
    assert_eq!(vectors.list("cases").len(), 9);
    for case in vectors.list("cases") {
        let name = text(&case["name"]);
        let credential =
            Credential::from_json(text(&case["json"])).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(credential.to_json(), text(&case["json"]), "{name}");
        let signed = HEXLOWER.encode(&credential.signed_bytes());
        assert_eq!(signed, text(&case["signed_bytes"]), "{name}");
        assert_eq!(credential.hash().to_string(), text(&case["hash"]), "{name}");
        assert!(credential.is_signed(), "{name}");
        // ed25519 has one signature for each key and text
        let again = drafted(&credential).sign(&vectors.root()).unwrap();
        assert_eq!(again, credential, "{name}");
        assert_eq!(again.signature(), &bytes::<64>(&case["signature"]), "{name}");
    }
}

#[test]
fn what_is_malformed_is_not_read() {
    let vectors = Vectors::credentials();
    assert_eq!(vectors.list("malformed").len(), 35);
    for case in vectors.list("malformed") {
        let name = text(&case["name"]);
        let error = Credential::from_json(text(&case["json"])).expect_err(name);
        assert!(is_reason(name, &error), "{name}: {error}");
    }
}

fn is_reason(name: &str, error: &CredentialError) -> bool {
    use CredentialError::{Claims, Json, Kind, Root};
    match name {
        "an unknown key" => matches!(error, Json(JsonError::Unknown(key)) if key == "extra"),
        "a key twice" | "a key twice, once with an escape" => {
            matches!(error, Json(JsonError::Duplicate(key)) if key == "not_before")
        }
        "an attribute twice" => matches!(error, Json(JsonError::Duplicate(key)) if key == "a"),
        "no attributes" => *error == Json(JsonError::Missing("attributes")),
        "no signature" => *error == Json(JsonError::Missing("signature")),
        "null for what is absent"
        | "an array of the values"
        | "a number with a fraction"
        | "a number with an exponent"
        | "a negative number" => matches!(error, Json(JsonError::Value { .. })),
        "something behind it" => matches!(error, Json(JsonError::Syntax { .. })),
        "an empty text for what is absent" => *error == hex("audience", 32),
        "upper-case digits" | "an endpoint id of 31 bytes" => *error == hex("endpoint_id", 32),
        "a signature of 65 bytes" => *error == hex("signature", 64),
        "a nonce of 31 bytes" => *error == hex("nonce", 32),
        "an unknown type" => *error == Kind("consumer".to_owned()),
        "a number as text" => {
            matches!(
                error,
                Json(JsonError::Kind {
                    key: "not_before",
                    expected: "a number"
                })
            )
        }
        "a root key that is no point" | "a root key of low order" => *error == Root(RootKeyError::NoKey),
        "a time of 2^53" => {
            matches!(error, Json(JsonError::Number { key: "expires_at", number }) if *number == 1 << 53)
        }
        "an end before its beginning" => matches!(error, Claims(ClaimsError::Never { .. })),
        "a bearer for a day and a second" => matches!(error, Claims(ClaimsError::LongBearer(_))),
        "a producer without a subject" => *error == Claims(ClaimsError::NoSubject),
        "a one-time credential without an audience" => *error == Claims(ClaimsError::NoAudience),
        "a one-time credential without a nonce" => *error == Claims(ClaimsError::NoNonce),
        "a policy with a nonce" => *error == Claims(ClaimsError::NonceOf(CredentialKind::ConsumerPolicy)),
        "33 attributes" => *error == attribute(AttributeError::TooMany(33)),
        "a key of 65 bytes" => *error == attribute(AttributeError::Large(format!("{}x", "é".repeat(32)))),
        "a value of 1025 bytes" => *error == attribute(AttributeError::Large("k".to_owned())),
        "an empty role" => *error == attribute(AttributeError::Role(String::new())),
        "a role with a blank" => *error == attribute(AttributeError::Role(" dev".to_owned())),
        "a role of 129 characters" => *error == attribute(AttributeError::Role("r".repeat(129))),
        "a role that is not in NFC" => *error == attribute(AttributeError::Role("re\u{301}seau".to_owned())),
        other => panic!("{other} has no reason written down here"),
    }
}

fn hex(key: &'static str, length: usize) -> CredentialError {
    CredentialError::Json(JsonError::Hex { key, length })
}

fn attribute(error: AttributeError) -> CredentialError {
    CredentialError::Claims(ClaimsError::Attributes(error))
}

#[test]
fn revocations_are_those_of_the_vectors() {
    let vectors = Vectors::revocations();
    let root = vectors.root();
    for case in vectors.list("cases") {
        let (name, json) = (text(&case["name"]), text(&case["json"]));
        let statement = Revocation::from_json(json, &root.public()).unwrap();
        assert_eq!(statement.to_json(), json, "{name}");
        let signed = HEXLOWER.encode(&statement.signed_bytes());
        assert_eq!(signed, text(&case["signed_bytes"]), "{name}");
        assert_eq!(statement.signature(), &bytes::<64>(&case["signature"]), "{name}");
        let hash = CredentialHash(*statement.revoked());
        let again = Revocation::of_credential(&root, hash, statement.revoked_at());
        assert_eq!(again, Ok(statement), "{name}");
    }
    for case in vectors.list("refused") {
        let json = text(&case["json"]);
        assert!(Revocation::from_json(json, &root.public()).is_err(), "{case}");
        let file = format!("{}\n{json}\n", text(&vectors.list("cases")[0]["json"]));
        assert!(
            Revocations::parse(file.as_bytes(), &root.public()).is_err(),
            "{case}"
        );
    }
}

#[test]
fn each_credential_is_granted_or_refused_as_the_vectors_say() {
    let vectors = Vectors::read(CHECKS);
    let root = vectors.root().public();
    assert_eq!(vectors.list("cases").len(), 27);
    for case in vectors.list("cases") {
        assert_eq!(outcome(case, &root), text(&case["outcome"]), "{}", case["name"]);
    }
}

fn outcome(case: &Value, root: &RootPublicKey) -> &'static str {
    let credential = Credential::from_json(text(&case["credential"])).unwrap();
    let statements: Vec<_> = case["revocations"].as_array().unwrap().iter().map(text).collect();
    let verifier = Verifier {
        root,
        node: PeerId(bytes(&case["node"])),
        revocations: &Revocations::parse(statements.join("\n").as_bytes(), root).unwrap(),
    };
    let purpose = match text(&case["purpose"]) {
        "consumer" => Purpose::Consumer,
        "producer" => Purpose::Producer,
        other => panic!("{other}"),
    };
    let now = UNIX_EPOCH + Duration::from_secs(case["now"].as_u64().unwrap());
    match verifier.verify(&credential, purpose, PeerId(bytes(&case["peer"])), now) {
        Ok(Verified::Granted(_)) => "granted",
        Ok(Verified::OneTime(_)) => "one time",
        Err(CredentialRefusal::OtherRoot(_)) => "other root",
        Err(CredentialRefusal::Signature) => "signature",
        Err(CredentialRefusal::Revoked(_)) => "revoked",
        Err(CredentialRefusal::NotYetValid(_)) => "not yet valid",
        Err(CredentialRefusal::Expired(_)) => "expired",
        Err(CredentialRefusal::Kind { .. }) => "kind",
        Err(CredentialRefusal::Subject(_)) => "subject",
        Err(CredentialRefusal::Audience(_)) => "audience",
        Err(other) => panic!("{other}"),
    }
}
