//! A hundred thousand credentials that no root key has signed: none is granted anything, and none makes a node panic.
//!
//! Each is shown where it hurts most: by the peer that it names, to the node that it names, at a time that it names.

use crate::vectors::{Vectors, text};
use aster_runtime::PeerId;
use aster_runtime::trust::{
    Credential, CredentialKind, CredentialRefusal, Purpose, Revocation, Revocations, RootPublicKey, Verified,
    Verifier,
};
use data_encoding::HEXLOWER;
use fastrand::Rng;
use serde_json::{Map, Value, json};
use std::time::{Duration, UNIX_EPOCH};

/// One of a list.
fn of<'a, T>(draw: &mut Rng, list: &'a [T]) -> &'a T {
    &list[draw.usize(..list.len())]
}

/// A text with one to three bits flipped; what is then not UTF-8, made UTF-8.
fn with_flips(text: &str, draw: &mut Rng) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..draw.usize(1..=3) {
        let at = draw.usize(..bytes.len());
        bytes[at] ^= 1 << draw.u8(..8);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How far mutated credentials came.
#[derive(Debug, Default)]
struct Tally {
    malformed: usize,
    other_root: usize,
    signature: usize,
    /// The mutation has left the credential what it was.
    unchanged: usize,
}

struct Attack {
    root: RootPublicKey,
    /// What the root key did sign.
    signed: Vec<Credential>,
    none: Revocations,
    tally: Tally,
}

impl Attack {
    fn new(vectors: &Vectors) -> Self {
        let signed = vectors.list("cases").iter();
        Self {
            root: vectors.root().public(),
            signed: signed
                .map(|case| Credential::from_json(text(&case["json"])).unwrap())
                .collect(),
            none: Revocations::default(),
            tally: Tally::default(),
        }
    }

    fn show(&self, credential: &Credential) -> Result<Verified, CredentialRefusal> {
        let peer = credential.subject().unwrap_or(PeerId([1; 32]));
        let purpose = match credential.kind() {
            CredentialKind::Producer => Purpose::Producer,
            _ => Purpose::Consumer,
        };
        let verifier = Verifier {
            root: &self.root,
            node: credential.audience().unwrap_or(PeerId([2; 32])),
            revocations: &self.none,
        };
        let now = UNIX_EPOCH + Duration::from_secs(credential.validity().not_before);
        verifier.verify(credential, purpose, peer, now)
    }

    fn shoot(&mut self, json: &str) {
        let Ok(credential) = Credential::from_json(json) else {
            self.tally.malformed += 1;
            return;
        };
        match self.show(&credential) {
            Ok(_) => {
                assert!(self.signed.contains(&credential), "granted: {json}");
                self.tally.unchanged += 1;
            }
            Err(CredentialRefusal::OtherRoot(_)) => self.tally.other_root += 1,
            Err(CredentialRefusal::Signature) => self.tally.signature += 1,
            Err(other) => panic!("{other}: {json}"),
        }
    }
}

#[test]
fn what_was_signed_is_granted() {
    let attack = Attack::new(&Vectors::credentials());
    for credential in &attack.signed {
        assert!(attack.show(credential).is_ok(), "{credential:?}");
    }
}

#[test]
fn bits_flipped_in_the_json_grant_nothing() {
    let vectors = Vectors::credentials();
    let (mut attack, mut draw) = (Attack::new(&vectors), Rng::with_seed(1));
    for _ in 0..60_000 {
        let case = of(&mut draw, vectors.list("cases"));
        attack.shoot(&with_flips(text(&case["json"]), &mut draw));
    }
    let tally = attack.tally;
    assert!(tally.signature > 5_000 && tally.malformed > 5_000, "{tally:?}");
}

#[test]
fn no_field_can_be_altered() {
    let vectors = Vectors::credentials();
    let (mut attack, mut draw) = (Attack::new(&vectors), Rng::with_seed(2));
    for _ in 0..40_000 {
        let mut object = object(of(&mut draw, vectors.list("cases")));
        let other = self::object(of(&mut draw, vectors.list("cases")));
        for _ in 0..draw.usize(1..=2) {
            alter(&mut object, &other, &mut draw);
        }
        attack.shoot(&Value::Object(object).to_string());
    }
    let tally = attack.tally;
    assert!(
        tally.signature > 10_000 && tally.other_root > 1_000 && tally.unchanged > 0,
        "{tally:?}"
    );
}

fn object(case: &Value) -> Map<String, Value> {
    serde_json::from_str(text(&case["json"])).unwrap()
}

/// Alters one field in a way that often leaves a credential.
fn alter(object: &mut Map<String, Value>, other: &Map<String, Value>, draw: &mut Rng) {
    const FIELDS: [&str; 9] = [
        "type",
        "root_pubkey",
        "endpoint_id",
        "audience",
        "not_before",
        "expires_at",
        "attributes",
        "nonce",
        "signature",
    ];
    let field = *of(draw, &FIELDS);
    // of another credential, or absent as there
    if draw.u8(..4) == 0 {
        match other.get(field) {
            Some(value) => object.insert(field.to_owned(), value.clone()),
            None => object.remove(field),
        };
        return;
    }
    let value = match (field, object.get(field)) {
        ("type", _) => json!(of(draw, &CredentialKind::ALL).name()),
        ("not_before" | "expires_at", Some(Value::Number(number))) => {
            json!(number.as_u64().unwrap_or_default() ^ (1 << draw.u8(..53)))
        }
        ("attributes", Some(Value::Object(attributes))) => altered(attributes.clone(), draw),
        (_, Some(Value::String(hex))) => json!(flipped(hex, draw)),
        // what was absent
        _ => json!("5a".repeat(32)),
    };
    object.insert(field.to_owned(), value);
}

fn altered(mut attributes: Map<String, Value>, draw: &mut Rng) -> Value {
    let keys: Vec<String> = attributes.keys().cloned().collect();
    if keys.is_empty() || draw.u8(..3) == 0 {
        attributes.insert("aster.role".to_owned(), json!("admin"));
        return attributes.into();
    }
    let key = of(draw, &keys);
    let value = attributes.remove(key).unwrap_or_default();
    match draw.u8(..3) {
        // gone
        0 => {}
        1 => drop(attributes.insert(format!("{key}x"), value)),
        _ => drop(attributes.insert(key.clone(), json!(format!("{},admin", text(&value))))),
    }
    attributes.into()
}

/// The same bytes but for one bit.
fn flipped(hex: &str, draw: &mut Rng) -> String {
    let mut bytes = HEXLOWER.decode(hex.as_bytes()).unwrap();
    let at = draw.usize(..bytes.len());
    bytes[at] ^= 1 << draw.u8(..8);
    HEXLOWER.encode(&bytes)
}

#[test]
fn no_revocation_can_be_altered() {
    let vectors = Vectors::revocations();
    let (root, mut draw) = (vectors.root().public(), Rng::with_seed(3));
    let cases = vectors.list("cases");
    let signed: Vec<_> = cases
        .iter()
        .map(|case| Revocation::from_json(text(&case["json"]), &root).unwrap())
        .collect();
    for _ in 0..20_000 {
        let json = with_flips(text(&of(&mut draw, cases)["json"]), &mut draw);
        // two flips may undo each other
        if let Ok(statement) = Revocation::from_json(&json, &root) {
            assert!(signed.contains(&statement), "{statement:?}");
        }
    }
}
