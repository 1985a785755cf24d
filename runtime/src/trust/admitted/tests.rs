use super::*;
use crate::trust::{CredentialHash, CredentialKind, Revocation, RootKey};
use std::time::Duration;

const A: PeerId = PeerId([1; 32]);
const B: PeerId = PeerId([2; 32]);
const C: PeerId = PeerId([3; 32]);
const SECOND: Duration = Duration::from_secs(1);

fn start() -> Now {
    Now {
        wall: SystemTime::UNIX_EPOCH + SECOND * 1_800_000_000,
        monotonic: crate::admission::now().monotonic,
    }
}

fn later(now: Now, passed: Duration) -> Now {
    Now {
        wall: now.wall + passed,
        monotonic: now.monotonic + passed,
    }
}

fn small(capacity: usize) -> AdmittedSet {
    AdmittedSet {
        capacity,
        ..AdmittedSet::default()
    }
}

fn until(now: Now, time: Duration) -> Admission {
    Admission::new().expires(now.wall + time)
}

/// A guest asks under open gates.
fn open(set: &mut AdmittedSet, peer: PeerId, now: Now) -> Result<Arc<Admitted>, Refusal> {
    set.ask(peer, Some(&DevRoles::All), 0, now)
}

/// No index keeps what the entries do not have.
fn is_empty(set: &AdmittedSet) -> bool {
    set.entries.is_empty() && set.by_wall.is_empty() && set.by_monotonic.is_empty()
}

#[test]
fn a_guest_outlives_its_connections_by_the_grace() {
    let (start, mut set) = (start(), AdmittedSet::default());
    assert!(set.get(&A, start).is_none());
    open(&mut set, A, start).unwrap();
    set.connections(&A, 1, start);
    let late = later(start, SECOND * 3600);
    set.ask(A, Some(&DevRoles::All), 1, start).unwrap();
    assert!(
        set.get(&A, late).is_some(),
        "a second admission keeps the connections"
    );
    assert_eq!(set.expire(late), []);
    set.connections(&A, 0, late);
    let nearly = later(late, GRACE - SECOND);
    assert!(set.get(&A, nearly).is_some());
    assert_eq!(set.next().left(nearly), Some(SECOND));
    let over = later(late, GRACE);
    assert!(set.get(&A, over).is_none() && set.peers(over).is_empty());
    assert_eq!(set.expire(over), [A]);
    assert!(is_empty(&set));
}

#[test]
fn an_admission_lasts_until_its_expiry_connected_or_not() {
    let (start, mut set) = (start(), AdmittedSet::default());
    set.admit(A, until(start, SECOND * 600), 0, start).unwrap();
    set.admit(B, Admission::new(), 0, start).unwrap();
    set.connections(&A, 3, start);
    let nearly = later(start, SECOND * 599);
    assert!(set.get(&A, nearly).is_some() && set.expire(nearly).is_empty());
    let over = later(start, SECOND * 600);
    assert!(set.get(&A, over).is_none(), "also before it is removed");
    assert_eq!((set.expire(over), set.next()), (vec![A], Due::default()));
    assert!(set.get(&B, later(start, SECOND * 1_000_000_000)).is_some());
    assert_eq!(
        set.admit(A, until(start, SECOND), 0, over),
        Err(AdmitError::Expired)
    );
    assert!(set.get(&A, over).is_none());
}

#[test]
fn a_clock_that_is_set_cuts_and_never_lengthens() {
    let (start, mut set) = (start(), AdmittedSet::default());
    set.admit(A, until(start, SECOND * 60), 0, start).unwrap();
    set.admit(B, until(start, SECOND * 600), 0, start).unwrap();
    let back = Now {
        wall: start.wall - SECOND * 10_000,
        ..later(start, SECOND * 60)
    };
    assert_eq!(set.expire(back), [A]);
    let forward = Now {
        wall: start.wall + SECOND * 600,
        ..start
    };
    assert!(set.get(&B, forward).is_none());
    assert_eq!(set.expire(forward), [B]);
    assert!(is_empty(&set));
}

#[test]
fn a_new_admission_replaces_attributes_and_expiry() {
    let (start, mut set) = (start(), AdmittedSet::default());
    set.admit(A, until(start, SECOND).attribute("team", "red"), 0, start)
        .unwrap();
    set.connections(&A, 1, start);
    let renewed = until(start, SECOND * 5).attribute("name", "anna");
    set.admit(A, renewed.clone(), 1, start).unwrap();
    let after = later(start, SECOND * 2);
    assert_eq!(set.expire(after), []);
    assert_eq!(set.get(&A, after).unwrap().attributes(), &renewed.attributes);
    let peer = AdmittedPeer {
        peer: A,
        attributes: renewed.attributes,
        expires: renewed.expires,
        connections: 1,
    };
    assert_eq!(set.peers(after), [peer]);
    // what is refused changes nothing
    assert_eq!(
        set.admit(A, until(start, SECOND), 1, after),
        Err(AdmitError::Expired)
    );
    assert!(set.get(&A, after).is_some());
    // sooner as well
    set.admit(A, until(after, SECOND), 1, after).unwrap();
    assert_eq!(set.expire(later(start, SECOND * 3)), [A]);
    assert!(is_empty(&set));
}

#[test]
fn who_asks_keeps_what_was_granted() {
    let (start, mut set) = (start(), AdmittedSet::default());
    assert_eq!(set.ask(A, None, 0, start), Err(Refusal::Closed));
    set.admit(A, until(start, SECOND).attribute("team", "red"), 0, start)
        .unwrap();
    for roles in [None, Some(&DevRoles::All)] {
        let admitted = set.ask(A, roles, 0, start).unwrap();
        assert_eq!(admitted.attributes()["team"], "red");
        assert!(!admitted.every_role, "no guest's roles are added");
    }
    let over = later(start, SECOND);
    assert_eq!(set.ask(A, None, 0, over), Err(Refusal::Closed));
    assert!(open(&mut set, A, over).unwrap().attributes().is_empty());
    assert_eq!(set.expire(over), [], "the guest has no expiry");
}

#[test]
fn a_full_set_forgets_only_who_has_left() {
    let (start, mut set) = (start(), small(1));
    open(&mut set, A, start).unwrap();
    set.connections(&A, 1, start);
    let late = later(start, GRACE * 2);
    assert_eq!(open(&mut set, B, late), Err(Refusal::Full));
    assert_eq!(set.admit(B, Admission::new(), 0, late), Err(AdmitError::Full));
    open(&mut set, A, late).unwrap();
    set.admit(A, Admission::new(), 1, late).unwrap();
    assert!(set.revoke(&A));
    open(&mut set, B, late).unwrap();
    assert_eq!(set.admit(A, Admission::new(), 0, late), Err(AdmitError::Full));
    assert_eq!(set.expire(later(late, GRACE)), [B]);
    set.admit(A, Admission::new(), 0, later(late, GRACE)).unwrap();
}

#[test]
fn a_revoked_peer_is_no_guest_until_it_is_admitted_anew() {
    let (start, mut set) = (start(), AdmittedSet::default());
    open(&mut set, A, start).unwrap();
    assert!(set.revoke(&A) && !set.revoke(&A));
    assert!(set.get(&A, start).is_none() && is_empty(&set));
    let never = later(start, SECOND * 1_000_000);
    assert_eq!(open(&mut set, A, never), Err(Refusal::Revoked));
    assert!(open(&mut set, B, never).is_ok());
    set.admit(A, Admission::new(), 0, never).unwrap();
    assert!(!set.is_revoked(&A));
    assert!(open(&mut set, A, never).is_ok());
}

#[test]
fn where_revocations_have_no_room_no_guest_comes_in() {
    let (start, mut set) = (start(), small(2));
    set.admit(B, Admission::new(), 0, start).unwrap();
    for peer in [A, B] {
        set.revoke(&peer);
    }
    set.revoke(&A);
    assert!(open(&mut set, C, start).is_ok(), "all are remembered");
    set.revoke(&C);
    for peer in [A, B, C, PeerId([4; 32])] {
        assert_eq!(open(&mut set, peer, start), Err(Refusal::Revoked));
    }
    set.admit(C, Admission::new(), 0, start).unwrap();
    assert!(open(&mut set, C, start).is_ok());
}

#[test]
fn a_set_full_of_peers_ends_in_order_and_leaves_nothing() {
    let (start, mut set) = (start(), AdmittedSet::default());
    let peer = |number: usize| {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&number.to_le_bytes());
        PeerId(id)
    };
    for number in 0..MAX_ADMITTED {
        let time = Duration::from_millis(1 + number as u64 % 1000);
        set.admit(peer(number), until(start, time), 0, start).unwrap();
    }
    let one_more = set.admit(peer(MAX_ADMITTED), Admission::new(), 0, start);
    assert_eq!(one_more, Err(AdmitError::Full));
    let mut ended = 0;
    for millisecond in 1..=1000 {
        ended += set.expire(later(start, Duration::from_millis(millisecond))).len();
        assert_eq!(set.entries.len() + ended, MAX_ADMITTED);
    }
    assert!(is_empty(&set));
}

/// What a credential grants to a peer, which counts from that second on.
fn granted(peer: PeerId, not_before: u64, admission: Admission) -> Granted {
    Granted {
        admission,
        grounds: Grounds {
            kind: CredentialKind::ConsumerPolicy,
            credential: CredentialHash([9; 32]),
            peer,
            not_before,
        },
    }
}

fn revoked(peer: PeerId, at: u64) -> Revocations {
    let root = RootKey::from_bytes(&[7; 32]);
    let mut revocations = Revocations::default();
    let statement = Revocation::of_peer(&root, peer, at).unwrap();
    revocations.insert(&statement).unwrap();
    revocations
}

#[test]
fn what_was_revoked_since_it_was_verified_lets_nobody_in() {
    let (start, mut set) = (start(), AdmittedSet::default());
    let mut grant = |not_before, revocations: &Revocations| {
        set.grant(granted(A, not_before, Admission::new()), revocations, 0, start)
    };
    let error = grant(5, &revoked(A, 5)).unwrap_err();
    assert_eq!(error, GrantError::ByMesh(Revoked::Peer(5)));
    grant(6, &revoked(A, 5)).unwrap();
    assert!(set.get(&A, start).is_some());
}

#[test]
fn the_mesh_ends_what_it_has_granted_and_nothing_else() {
    let (start, mut set) = (start(), AdmittedSet::default());
    let none = Revocations::default();
    for peer in [A, B] {
        set.grant(granted(peer, 5, Admission::new()), &none, 0, start)
            .unwrap();
    }
    // the program's own word replaces a credential, and the reverse
    set.admit(B, Admission::new(), 0, start).unwrap();
    assert_eq!(set.hold_against(&none), []);
    assert_eq!(set.hold_against(&revoked(B, 9)), []);
    assert_eq!(set.hold_against(&revoked(A, 4)), []);
    assert_eq!(set.hold_against(&revoked(A, 5)), [A]);
    assert!(set.get(&A, start).is_none() && set.get(&B, start).is_some());
    assert_eq!(open(&mut set, A, start), Err(Refusal::Revoked));
    set.grant(granted(B, 5, Admission::new()), &none, 0, start)
        .unwrap();
    assert_eq!(set.hold_against(&revoked(B, 9)), [B]);
    // with a credential that counts from later on it comes in again
    set.grant(granted(A, 6, Admission::new()), &revoked(A, 5), 0, start)
        .unwrap();
    assert!(!set.is_revoked(&A));
}

#[test]
fn no_credential_outweighs_what_the_program_has_revoked() {
    let none = Revocations::default();
    let (start, mut set) = (start(), small(2));
    let grant = |set: &mut AdmittedSet, peer| {
        let result = set.grant(granted(peer, 5, Admission::new()), &none, 0, start);
        result.map(drop)
    };
    grant(&mut set, A).unwrap();
    set.revoke(&A);
    assert_eq!(grant(&mut set, A), Err(GrantError::ByNode));
    // nor does the mesh's word make it less
    set.admit(A, Admission::new(), 0, start).unwrap();
    grant(&mut set, A).unwrap();
    set.revoke(&A);
    set.hold_against(&revoked(A, 9));
    assert_eq!(grant(&mut set, A), Err(GrantError::ByNode));
    // where it cannot be remembered, nobody new comes in
    grant(&mut set, B).unwrap();
    set.revoke(&C);
    set.revoke(&PeerId([4; 32]));
    grant(&mut set, B).unwrap();
    assert_eq!(grant(&mut set, PeerId([5; 32])), Err(GrantError::ByNode));
}

#[test]
fn a_credential_that_ends_is_gone_with_its_grounds() {
    let (start, mut set) = (start(), AdmittedSet::default());
    let none = Revocations::default();
    let first = granted(A, 5, until(start, SECOND)).admission.attribute("n", "1");
    set.grant(granted(A, 5, first), &none, 2, start).unwrap();
    let second = until(start, SECOND * 3).attribute("n", "2");
    let admitted = set.grant(granted(A, 6, second), &none, 2, start).unwrap();
    assert_eq!(admitted.attributes()["n"], "2");
    assert_eq!(set.expire(later(start, SECOND * 2)), []);
    assert_eq!(set.hold_against(&revoked(A, 5)), [], "the second is its grounds");
    let past = granted(A, 7, until(start, SECOND));
    let error = set.grant(past, &none, 2, later(start, SECOND * 2)).unwrap_err();
    assert_eq!(error, GrantError::Admit(AdmitError::Expired));
    assert_eq!(set.expire(later(start, SECOND * 3)), [A]);
    assert!(is_empty(&set));
}
