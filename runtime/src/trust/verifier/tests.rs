use super::*;
use crate::trust::{Claims, Credential, Revocation, RootKey, SKEW, Validity};
use std::time::{Duration, UNIX_EPOCH};

const PEER: PeerId = PeerId([1; 32]);
const NODE: PeerId = PeerId([2; 32]);
const OTHER: PeerId = PeerId([3; 32]);
const VALIDITY: Validity = Validity {
    not_before: 1000,
    expires_at: 2000,
};

fn root() -> RootKey {
    RootKey::from_bytes(&[7; 32])
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Shown to the node by a peer.
fn show(
    credential: &Credential,
    purpose: Purpose,
    peer: PeerId,
    revocations: &Revocations,
    now: u64,
) -> Result<Verified, CredentialRefusal> {
    let verifier = Verifier {
        root: &root().public(),
        node: NODE,
        revocations,
    };
    verifier.verify(credential, purpose, peer, at(now))
}

fn refusal(credential: &Credential, purpose: Purpose, peer: PeerId, now: u64) -> CredentialRefusal {
    show(credential, purpose, peer, &Revocations::default(), now).unwrap_err()
}

fn granted(credential: &Credential, purpose: Purpose, peer: PeerId) -> Granted {
    match show(credential, purpose, peer, &Revocations::default(), 1500) {
        Ok(Verified::Granted(granted)) => granted,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_credential_grants_what_it_says() {
    let claims = Claims::consumer(PEER, VALIDITY).roles(["ops"]).name("anna");
    let credential = claims.sign(&root()).unwrap();
    let granted = granted(&credential, Purpose::Consumer, PEER);
    let admission = Admission::new()
        .roles(["ops"])
        .attribute("aster.name", "anna")
        .expires(at(2000) + SKEW);
    assert_eq!(granted.admission, admission);
    let grounds = Grounds {
        kind: CredentialKind::ConsumerPolicy,
        credential: credential.hash(),
        peer: PEER,
        not_before: 1000,
    };
    assert_eq!(granted.grounds, grounds);
}

#[test]
fn each_kind_is_for_its_purpose() {
    let consumer = Claims::consumer(PEER, VALIDITY)
        .audience(NODE)
        .sign(&root())
        .unwrap();
    let bearer = Claims::bearer(VALIDITY).sign(&root()).unwrap();
    let producer = Claims::producer(PEER, VALIDITY).sign(&root()).unwrap();
    granted(&consumer, Purpose::Consumer, PEER);
    assert_eq!(granted(&bearer, Purpose::Consumer, OTHER).grounds.peer, OTHER);
    granted(&producer, Purpose::Producer, PEER);
    for (credential, purpose) in [
        (&consumer, Purpose::Producer),
        (&bearer, Purpose::Producer),
        (&producer, Purpose::Consumer),
    ] {
        let kind = credential.kind();
        let refused = CredentialRefusal::Kind { kind, purpose };
        assert_eq!(refusal(credential, purpose, PEER, 1500), refused);
    }
}

#[test]
fn a_one_time_credential_grants_nothing_by_itself() {
    let claims = Claims::one_time(NODE, Nonce([9; 32]), VALIDITY);
    let credential = claims.sign(&root()).unwrap();
    let shown = show(
        &credential,
        Purpose::Consumer,
        PEER,
        &Revocations::default(),
        1500,
    );
    let Ok(Verified::OneTime(one_time)) = shown else {
        panic!("it has a nonce");
    };
    assert_eq!(one_time.nonce, Nonce([9; 32]));
    assert_eq!((one_time.expires_at, one_time.granted.grounds.peer), (2000, PEER));
}

#[test]
fn each_check_refuses_what_it_is_for() {
    let claims = Claims::consumer(PEER, VALIDITY).audience(NODE);
    let good = claims.clone().sign(&root()).unwrap();
    let consumer = Purpose::Consumer;

    let stranger = RootKey::from_bytes(&[8; 32]);
    let other_root = claims.clone().sign(&stranger).unwrap();
    assert_eq!(
        refusal(&other_root, consumer, PEER, 1500),
        CredentialRefusal::OtherRoot(stranger.public())
    );
    let forged = other_root
        .to_json()
        .replace(&stranger.public().to_string(), &root().public().to_string());
    let forged = Credential::from_json(&forged).unwrap();
    assert_eq!(
        refusal(&forged, consumer, PEER, 1500),
        CredentialRefusal::Signature
    );
    let early = CredentialRefusal::NotYetValid(1000);
    assert_eq!(refusal(&good, consumer, PEER, 939), early);
    let late = CredentialRefusal::Expired(2000);
    assert_eq!(refusal(&good, consumer, PEER, 2060), late);
    for edge in [940, 2059] {
        assert!(show(&good, consumer, PEER, &Revocations::default(), edge).is_ok());
    }
    let subject = CredentialRefusal::Subject(PEER);
    assert_eq!(refusal(&good, consumer, OTHER, 1500), subject);
    let elsewhere = claims.audience(OTHER).sign(&root()).unwrap();
    let audience = CredentialRefusal::Audience(OTHER);
    assert_eq!(refusal(&elsewhere, consumer, PEER, 1500), audience);
}

#[test]
fn a_clock_that_is_behind_believes_what_has_expired() {
    let over = Claims::consumer(PEER, VALIDITY).sign(&root()).unwrap();
    let (right, behind) = (VALIDITY.expires_at + 100, VALIDITY.expires_at - 100);
    let late = CredentialRefusal::Expired(VALIDITY.expires_at);
    assert_eq!(refusal(&over, Purpose::Consumer, PEER, right), late);
    let shown = show(&over, Purpose::Consumer, PEER, &Revocations::default(), behind);
    assert!(shown.is_ok());
}

#[test]
fn a_revoked_peer_comes_back_with_a_later_credential() {
    let mut revocations = Revocations::default();
    let statement = Revocation::of_peer(&root(), PEER, 1000).unwrap();
    revocations.insert(&statement).unwrap();
    let from = |not_before| {
        let validity = Validity {
            not_before,
            ..VALIDITY
        };
        Claims::consumer(PEER, validity).sign(&root()).unwrap()
    };
    let shown = |credential| show(&credential, Purpose::Consumer, PEER, &revocations, 1500);
    let revoked = CredentialRefusal::Revoked(Revoked::Peer(1000));
    assert_eq!(shown(from(999)).unwrap_err(), revoked);
    assert_eq!(shown(from(1000)).unwrap_err(), revoked);
    assert!(shown(from(1001)).is_ok());
    // what is nobody's does not help it
    let bearer = Claims::bearer(VALIDITY).sign(&root()).unwrap();
    let bearer = |peer| show(&bearer, Purpose::Consumer, peer, &revocations, 1500);
    assert_eq!(bearer(PEER).unwrap_err(), revoked);
    assert!(bearer(OTHER).is_ok());
}

#[test]
fn a_revoked_credential_stays_out() {
    let bearer = Claims::bearer(VALIDITY).sign(&root()).unwrap();
    let mut revocations = Revocations::default();
    let statement = Revocation::of_credential(&root(), bearer.hash(), 5).unwrap();
    revocations.insert(&statement).unwrap();
    let shown = show(&bearer, Purpose::Consumer, PEER, &revocations, 1500);
    let revoked = CredentialRefusal::Revoked(Revoked::Credential(5));
    assert_eq!(shown.unwrap_err(), revoked);
    let other = Claims::bearer(VALIDITY).name("other").sign(&root()).unwrap();
    assert!(show(&other, Purpose::Consumer, PEER, &revocations, 1500).is_ok());
}

/// A credential with which everything is wrong is refused for the first reason; that mended, for the next.
#[test]
fn the_checks_are_made_in_their_order() {
    let stranger = RootKey::from_bytes(&[8; 32]);
    let claims = Claims::producer(OTHER, VALIDITY).audience(OTHER);
    let mut revocations = Revocations::default();
    let statement = Revocation::of_peer(&root(), OTHER, 1000).unwrap();
    revocations.insert(&statement).unwrap();
    let none = Revocations::default();

    let foreign = claims.clone().sign(&stranger).unwrap();
    let unsigned = foreign
        .to_json()
        .replace(&stranger.public().to_string(), &root().public().to_string());
    let unsigned = Credential::from_json(&unsigned).unwrap();
    let signed = claims.sign(&root()).unwrap();
    let shown = |credential: &Credential, purpose, peer, revocations, now| {
        show(credential, purpose, peer, revocations, now).unwrap_err()
    };
    let (wrong, right) = (Purpose::Consumer, Purpose::Producer);
    let kind = CredentialKind::Producer;
    for (refused, expected) in [
        (
            shown(&foreign, wrong, PEER, &revocations, 9000),
            CredentialRefusal::OtherRoot(stranger.public()),
        ),
        (
            shown(&unsigned, wrong, PEER, &revocations, 9000),
            CredentialRefusal::Signature,
        ),
        (
            shown(&signed, wrong, PEER, &revocations, 9000),
            CredentialRefusal::Revoked(Revoked::Peer(1000)),
        ),
        (
            shown(&signed, wrong, PEER, &none, 9000),
            CredentialRefusal::Expired(2000),
        ),
        (
            shown(&signed, wrong, PEER, &none, 1500),
            CredentialRefusal::Kind { kind, purpose: wrong },
        ),
        (
            shown(&signed, right, PEER, &none, 1500),
            CredentialRefusal::Subject(OTHER),
        ),
        (
            shown(&signed, right, OTHER, &none, 1500),
            CredentialRefusal::Audience(OTHER),
        ),
    ] {
        assert_eq!(refused, expected);
    }
}

#[test]
fn the_log_is_told_why() {
    let kind = CredentialKind::Producer;
    let purpose = Purpose::Consumer;
    for (refusal, message) in [
        (
            CredentialRefusal::Expired(1_800_000_000),
            "its credential expired at 2027-01-15T08:00:00Z",
        ),
        (
            CredentialRefusal::Revoked(Revoked::Peer(0)),
            "its credential counts no more: its peer was revoked at 1970-01-01T00:00:00Z",
        ),
        (
            CredentialRefusal::Kind { kind, purpose },
            "it has shown a credential of kind `producer` to be a consumer",
        ),
        (
            CredentialRefusal::Nonce(NonceRefusal::Full),
            "its one-time credential: 65536 are in use",
        ),
        (
            Credential::from_json("{}").unwrap_err().into(),
            "it is no credential: the key `type` is missing",
        ),
    ] {
        assert_eq!(refusal.to_string(), message);
    }
    // what a peer sends is cut and escaped
    let text = format!("{{\"type\": \"{}\\n\"}}", "\\u001b".repeat(500));
    let message = Credential::from_json(&text).unwrap_err().to_string();
    assert!(message.len() < 500 && !message.contains('\u{1b}'), "{message}");
}
