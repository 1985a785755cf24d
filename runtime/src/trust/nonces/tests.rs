use super::journal::HEADER;
use super::*;
use crate::trust::{Admission, CredentialHash, CredentialKind, Grounds, SKEW};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

const A: PeerId = PeerId([1; 32]);
const B: PeerId = PeerId([2; 32]);
const EXPIRY: u64 = 1000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn shown(nonce: u8, peer: PeerId, expires_at: u64) -> OneTime {
    let grounds = Grounds {
        kind: CredentialKind::ConsumerOneTime,
        credential: CredentialHash([nonce; 32]),
        peer,
        not_before: 0,
    };
    OneTime {
        granted: Granted {
            admission: Admission::new(),
            grounds,
        },
        nonce: Nonce([nonce; 32]),
        expires_at,
    }
}

/// Shows a nonce and makes the binding durable. Says whether it is new.
fn bind(book: &mut NonceBook, one_time: OneTime, now: u64) -> Result<bool, NonceRefusal> {
    let peer = one_time.granted.grounds.peer;
    let (new, granted) = match book.bind(one_time, at(now))? {
        Bound::Before(granted) => (false, granted),
        Bound::Now(binding) => (true, binding.commit()),
    };
    assert_eq!(granted.grounds.peer, peer);
    Ok(new)
}

#[test]
fn the_first_peer_comes_again_and_no_other_does() {
    let mut book = NonceBook::default();
    assert_eq!(bind(&mut book, shown(7, A, EXPIRY), 10), Ok(true));
    for now in [10, 500, EXPIRY + 59] {
        assert_eq!(bind(&mut book, shown(7, A, EXPIRY), now), Ok(false));
        let refused = Err(NonceRefusal::Taken(A));
        assert_eq!(bind(&mut book, shown(7, B, EXPIRY), now), refused);
    }
    assert_eq!(bind(&mut book, shown(8, B, EXPIRY), 10), Ok(true));
    assert_eq!(book.len(), 2);
}

#[test]
fn what_was_not_made_durable_is_not_bound() {
    let mut book = NonceBook::default();
    let Ok(Bound::Now(binding)) = book.bind(shown(7, A, EXPIRY), at(0)) else {
        panic!("it is new");
    };
    // the disk is full
    drop(binding);
    assert!(book.is_empty());
    assert_eq!(bind(&mut book, shown(7, B, EXPIRY), 0), Ok(true));
}

#[test]
fn the_record_is_what_is_remembered() {
    let mut book = NonceBook::default();
    let mut journal = book.journal();
    for nonce in 1..5 {
        let Ok(Bound::Now(binding)) = book.bind(shown(nonce, A, EXPIRY), at(0)) else {
            panic!("it is new");
        };
        journal.extend_from_slice(binding.record());
        binding.commit();
    }
    assert_eq!(NonceBook::recover(&journal).unwrap().book, book);
}

#[test]
fn a_nonce_is_forgotten_after_expiry_and_skew_and_not_made_new_by_a_clock() {
    let mut book = NonceBook::default();
    bind(&mut book, shown(7, A, EXPIRY), 0).unwrap();
    book.forget(at(EXPIRY + SKEW.as_secs() - 1));
    assert_eq!(book.len(), 1);
    book.forget(at(EXPIRY + SKEW.as_secs()));
    assert!(book.is_empty());
    // the clock is set back, by which the credential counts again
    let forgotten = Err(NonceRefusal::Forgotten);
    assert_eq!(bind(&mut book, shown(7, B, EXPIRY), 0), forgotten);
    let mut read = NonceBook::recover(&book.journal()).unwrap().book;
    assert_eq!(bind(&mut read, shown(7, B, EXPIRY), 0), forgotten);
    assert_eq!(bind(&mut book, shown(8, B, EXPIRY + 1), 0), Ok(true));
}

#[test]
fn a_second_credential_with_the_same_nonce_keeps_it_bound_for_longer() {
    let mut book = NonceBook::default();
    bind(&mut book, shown(7, A, EXPIRY), 0).unwrap();
    assert_eq!(bind(&mut book, shown(7, A, 2 * EXPIRY), 0), Ok(true));
    assert_eq!(bind(&mut book, shown(7, A, EXPIRY), 0), Ok(false));
    let late = EXPIRY + SKEW.as_secs();
    let refused = Err(NonceRefusal::Taken(A));
    assert_eq!(bind(&mut book, shown(7, B, 2 * EXPIRY), late), refused);
}

#[test]
fn a_full_book_takes_no_other_until_one_is_forgotten() {
    let mut book = NonceBook {
        capacity: 2,
        ..NonceBook::default()
    };
    bind(&mut book, shown(1, A, EXPIRY), 0).unwrap();
    bind(&mut book, shown(2, A, 2 * EXPIRY), 0).unwrap();
    let full = Err(NonceRefusal::Full);
    assert_eq!(bind(&mut book, shown(3, A, 2 * EXPIRY), 0), full);
    assert_eq!(bind(&mut book, shown(2, A, 2 * EXPIRY), 0), Ok(false));
    assert_eq!(
        bind(&mut book, shown(2, A, 3 * EXPIRY), 0),
        Ok(true),
        "no second place"
    );
    let late = EXPIRY + SKEW.as_secs();
    assert_eq!(bind(&mut book, shown(3, A, 2 * EXPIRY), late), Ok(true));
}

proptest! {
    /// Whatever is shown in whatever order, with restarts between: within the life of its credential a nonce has one peer.
    #[test]
    fn a_nonce_has_one_peer(
        steps in prop::collection::vec((0..4u8, 0..3u8, 0..40u64, any::<bool>()), 1..60),
    ) {
        let mut book = NonceBook { capacity: 3, ..NonceBook::default() };
        let (mut journal, mut owners) = (book.journal(), BTreeMap::new());
        let mut now = 0;
        for (nonce, peer, passed, restart) in steps {
            now += passed;
            let expires_at = 200 + 50 * u64::from(nonce);
            if restart {
                let recovered = NonceBook::recover(&journal).unwrap();
                prop_assert_eq!(recovered.length, journal.len());
                book = NonceBook { capacity: 3, ..recovered.book };
            }
            if is_over(expires_at, now) {
                continue;
            }
            let peer = PeerId([peer; 32]);
            let owner = owners.get(&nonce).copied();
            match book.bind(shown(nonce, peer, expires_at), at(now)) {
                Ok(Bound::Before(_)) => prop_assert_eq!(owner, Some(peer)),
                Ok(Bound::Now(binding)) => {
                    prop_assert_eq!(owner, None);
                    journal.extend_from_slice(binding.record());
                    binding.commit();
                    owners.insert(nonce, peer);
                }
                Err(NonceRefusal::Taken(by)) => prop_assert!(owner == Some(by) && by != peer),
                Err(refusal) => prop_assert!(refusal == NonceRefusal::Full && owner.is_none()),
            }
        }
    }

    #[test]
    fn no_journal_makes_it_panic(journal in prop::collection::vec(any::<u8>(), 0..400), valid in any::<bool>()) {
        let mut bytes = if valid { NonceBook::default().journal() } else { Vec::new() };
        bytes.extend(&journal);
        if let Ok(recovered) = NonceBook::recover(&bytes) {
            prop_assert!(recovered.book.is_empty() && recovered.length == HEADER);
        }
    }
}
