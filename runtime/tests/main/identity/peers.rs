//! Credentials in an identity file.

use super::{SECRET, assert_discreet, error, good, key, written};
use aster_runtime::node::{IdentityError, IdentityFile};
use aster_runtime::trust::{Claims, Credential, Nonce, Purpose, RootKey, Validity};
use aster_runtime::{Node, PeerId};
use std::fmt::Write;

const VALIDITY: Validity = Validity {
    not_before: 1_800_000_000,
    expires_at: 1_800_086_400,
};
const OTHER: PeerId = PeerId([2; 32]);

fn root() -> RootKey {
    RootKey::from_bytes(&[7; 32])
}

fn own() -> PeerId {
    key().public().into()
}

fn sign(claims: Claims) -> Credential {
    claims.sign(&root()).unwrap()
}

fn consumer() -> Credential {
    sign(
        Claims::consumer(own(), VALIDITY)
            .roles(["ops", "réseau"])
            .attribute("a \"b\"", "c\nd"),
    )
}

/// As the tool writes it: what is absent has no key.
pub(crate) fn peer(name: &str, role: &str, credential: &Credential) -> String {
    let json: serde_json::Value = serde_json::from_str(&credential.to_json()).unwrap();
    let mut out = format!("\n[[peers]]\nname = \"{name}\"\nrole = \"{role}\"\n");
    for key in [
        "type",
        "root_pubkey",
        "endpoint_id",
        "audience",
        "not_before",
        "expires_at",
        "nonce",
        "signature",
    ] {
        match &json[key] {
            serde_json::Value::Null => {}
            value => writeln!(out, "{key} = {value}").unwrap(),
        }
    }
    out.push_str("[peers.attributes]\n");
    for (key, value) in credential.attributes() {
        writeln!(out, "{} = {}", serde_json::json!(key), serde_json::json!(value)).unwrap();
    }
    out
}

/// The file with one peer, whose `[[peers]]` is in line 6.
fn one() -> String {
    good() + &peer("prod", "consumer", &consumer())
}

#[tokio::test]
async fn the_credentials_of_a_file_are_those_that_were_signed() {
    let all = [
        ("prod", "consumer", consumer()),
        (
            "prod",
            "producer",
            sign(Claims::producer(own(), VALIDITY).audience(OTHER)),
        ),
        (
            "guest",
            "consumer",
            sign(Claims::one_time(OTHER, Nonce([0x5a; 32]), VALIDITY)),
        ),
        ("bearer", "consumer", sign(Claims::bearer(VALIDITY))),
        (
            "other mesh",
            "consumer",
            Claims::consumer(own(), VALIDITY)
                .sign(&RootKey::from_bytes(&[8; 32]))
                .unwrap(),
        ),
    ];
    let text = all.iter().fold(good(), |text, (name, role, credential)| {
        text + &peer(name, role, credential)
    });
    // no attributes need no table, and case does not matter
    let hex = root().public().to_string();
    let text = text
        .replace("[peers.attributes]\n\n", "\n")
        .replace(&hex, &hex.to_uppercase());
    let file = written(&text);
    let identity = IdentityFile::read(&file.path).unwrap();
    assert_eq!(identity.id(), own());
    assert_eq!(identity.peers().len(), all.len());
    for (read, (name, role, credential)) in identity.peers().iter().zip(&all) {
        assert_eq!((&read.name, &read.credential), (&(*name).to_owned(), credential));
        assert_eq!(read.role == Purpose::Producer, *role == "producer");
    }
    let shown = format!("{identity:?} {identity:#?}");
    assert!(
        shown.contains("prod") && !shown.contains(&SECRET[..8]) && !shown.contains("5a5a"),
        "{shown}"
    );
    let node = Node::from_identity(&file.path).unwrap().spawn().await.unwrap();
    assert_eq!(PeerId::from(node.id()), own());
    node.close().await;
}

#[test]
fn damage_to_a_credential_is_told_with_its_line() {
    let signature = data_encoding::HEXLOWER.encode(consumer().signature());
    let own = own().to_string();
    for (from, to, line, said) in [
        ("name = \"prod\"\n", "", 6, "`name` is missing"),
        ("name = \"prod\"", "name = \"\"", 7, "`name` is a text"),
        ("name = \"prod\"", "name = 3", 7, "`name` is a text"),
        ("role = \"consumer\"", "role = \"producer\"", 8, "is `consumer`"),
        ("role = \"consumer\"", "role = \"boss\"", 8, "is `consumer`"),
        ("role = \"consumer\"\n", "", 6, "`role` is missing"),
        ("consumer-policy", "consumer", 9, "`type` is one of"),
        ("consumer-policy", "producer", 8, "is `producer`"),
        ("consumer-policy", "consumer-one-time", 6, "has an audience"),
        (
            "root_pubkey = \"",
            "root_pubkey = \"0",
            10,
            "`root_pubkey` has 64",
        ),
        (
            &root().public().to_string(),
            &"00".repeat(32),
            10,
            "no public key",
        ),
        ("1800000000", "\"1800000000\"", 12, "`not_before` is a number"),
        ("1800000000", "-1", 12, "`not_before` is a number"),
        ("1800000000", "1800000000.0", 12, "`not_before` is a number"),
        ("1800086400", "1", 6, "expires at"),
        ("1800086400", "9007199254740992", 6, "is not a time"),
        (
            "1800086400",
            "99999999999999999999",
            13,
            "`expires_at` is a number",
        ),
        (&signature, &signature[2..], 14, "`signature` has 128"),
        (&signature, &"00".repeat(64), 14, "one of them was altered"),
        ("1800086400", "1800086401", 14, "one of them was altered"),
        ("ops", "admin", 14, "one of them was altered"),
        ("ops,", "ops,,", 6, "no list of roles"),
        ("\"ops,réseau\"", "[\"ops\"]", 17, "an attribute is a text"),
        ("\"aster.role\" =", "aster.role =", 17, "an attribute is a text"),
        (
            "signature = ",
            "audience = \"\"\nsignature = ",
            14,
            "`audience` has 64",
        ),
        (
            "signature = ",
            "nonce = \"00\"\nsignature = ",
            14,
            "`nonce` has 64",
        ),
        (
            "[peers.attributes]",
            "attributes = 1\n[peers.more]",
            16,
            "unknown key `more`",
        ),
        ("not_before", "notbefore", 12, "did you mean key `not_before`"),
        ("signature = ", "port = 1\nsignature = ", 14, "unknown key `port`"),
        ("[[peers]]", "[peers]", 6, "written as `[[peers]]`"),
    ] {
        let text = one();
        assert!(text.contains(from), "{from}");
        // the id of the node is in its own section too
        let error = error(text.replacen(from, to, 1));
        let at = match &error {
            IdentityError::Peer { line, .. } | IdentityError::Unknown { line, .. } => *line,
            other => panic!("{from}: {other}"),
        };
        assert!(error.to_string().contains(said), "{from} {to}: {error}");
        assert_eq!(at, line, "{from} {to}: {error}");
    }
    let foreign = sign(Claims::consumer(OTHER, VALIDITY));
    let error = error(good() + &peer("x", "consumer", &foreign));
    assert!(matches!(error, IdentityError::Peer { line: 11, .. }), "{error}");
    assert!(error.to_string().contains(&own), "{error}");
}

#[test]
fn what_is_no_list_of_tables_is_no_peer() {
    for (text, line) in [
        (format!("peers = 3\n{}", good()), 1),
        (format!("peers = [1]\n{}", good()), 1),
        (format!("peers = [[]]\n{}", good()), 1),
        (format!("{}[[peers]]\n", good()), 5),
    ] {
        let error = error(text);
        assert!(
            matches!(error, IdentityError::Peer { line: at, .. } if at == line),
            "{error}"
        );
    }
    let many = good() + &peer("x", "consumer", &consumer()).repeat(257);
    assert!(error(many).to_string().contains("at most"));
    assert!(IdentityFile::read(&written(format!("peers = []\n{}", good())).path).is_ok());
}

#[test]
fn no_damaged_byte_of_a_credential_is_read() {
    let text = one();
    let start = text.find("type =").unwrap();
    let before = IdentityFile::read(&written(&text).path).unwrap();
    let mut refused = 0;
    for at in start..text.len() {
        for other in [b'0', b'"', b'\n', b'z'] {
            let mut damaged = text.clone().into_bytes();
            damaged[at] = other;
            match IdentityFile::read(&written(&damaged).path) {
                // what changed did not matter
                Ok(file) => assert_eq!(file.peers(), before.peers(), "{at}"),
                Err(error) => {
                    refused += 1;
                    assert_discreet(&error);
                }
            }
        }
    }
    assert!(refused > 1500, "{refused}");
}
