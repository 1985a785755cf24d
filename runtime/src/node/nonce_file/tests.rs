use super::*;
use crate::admission::now;
use crate::trust::{Claims, Nonce, PeerId, Purpose, Revocations, RootKey, Validity, Verified, Verifier};
use std::sync::Barrier;
use std::time::Duration;
use tempfile::TempDir;

const NODE: PeerId = PeerId([9; 32]);
const HOUR: Duration = Duration::from_secs(3600);
const RECORD: usize = 80;

fn later(now: Now, time: Duration) -> Now {
    Now {
        wall: now.wall + time,
        monotonic: now.monotonic + time,
    }
}

fn peer(number: u8) -> PeerId {
    PeerId([number; 32])
}

/// A one-time credential with this nonce, for an hour from the start, shown by a peer.
fn shown(nonce: u8, by: PeerId, start: Now) -> OneTime {
    let root = RootKey::from_bytes(&[7; 32]);
    let claims = Claims::one_time(NODE, Nonce([nonce; 32]), Validity::lasting(start.wall, HOUR));
    let verifier = Verifier {
        root: &root.public(),
        node: NODE,
        revocations: &Revocations::default(),
    };
    let credential = claims.sign(&root).unwrap();
    match verifier.verify(&credential, Purpose::Consumer, by, start.wall) {
        Ok(Verified::OneTime(one_time)) => one_time,
        other => panic!("{other:?}"),
    }
}

fn taken(result: Result<Granted, ConsumeError>) -> PeerId {
    match result {
        Err(ConsumeError::Refused(NonceRefusal::Taken(by))) => by,
        other => panic!("{other:?}"),
    }
}

fn bytes(folder: &TempDir) -> Vec<u8> {
    fs::read(folder.path().join(NAME)).unwrap()
}

#[test]
fn a_nonce_stays_bound_across_restarts() {
    let (folder, start) = (tempfile::tempdir().unwrap(), now());
    for _ in 0..3 {
        let file = NonceFile::open(folder.path(), start).unwrap();
        let granted = file.consume(shown(1, peer(1), start), start).unwrap();
        assert_eq!(granted.grounds.peer, peer(1));
        assert_eq!(taken(file.consume(shown(1, peer(2), start), start)), peer(1));
    }
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is left beside it");
}

#[test]
fn what_is_granted_is_in_the_file_by_then() {
    let (folder, start) = (tempfile::tempdir().unwrap(), now());
    let file = NonceFile::open(folder.path(), start).unwrap();
    for number in 1..10 {
        file.consume(shown(number, peer(number), start), start).unwrap();
        let recovered = NonceBook::recover(&bytes(&folder)).unwrap();
        assert_eq!(recovered.book, file.state.lock().unwrap().book);
        assert_eq!(recovered.book.len(), usize::from(number));
    }
}

#[test]
fn of_many_peers_at_once_one_gets_it() {
    let (folder, start) = (tempfile::tempdir().unwrap(), now());
    let file = NonceFile::open(folder.path(), start).unwrap();
    let barrier = Barrier::new(16);
    let won = std::thread::scope(|scope| {
        let attempts: Vec<_> = (1..=16)
            .map(|number| {
                let (file, barrier) = (&file, &barrier);
                scope.spawn(move || {
                    let shown = shown(1, peer(number), start);
                    barrier.wait();
                    file.consume(shown, start).is_ok().then_some(peer(number))
                })
            })
            .collect();
        let results = attempts.into_iter().map(|attempt| attempt.join().unwrap());
        results.flatten().collect::<Vec<_>>()
    });
    assert_eq!(won.len(), 1);
    let file = NonceFile::open(folder.path(), start).unwrap();
    assert_eq!(taken(file.consume(shown(1, peer(99), start), start)), won[0]);
}

/// The machine stops before the record is on the disk: nobody was let in for it, and it is as if it had not been shown.
#[test]
fn a_crash_between_write_and_sync_costs_that_record_alone() {
    let (folder, start) = (tempfile::tempdir().unwrap(), now());
    let file = NonceFile::open(folder.path(), start).unwrap();
    file.consume(shown(1, peer(1), start), start).unwrap();
    let before = bytes(&folder).len();
    file.consume(shown(2, peer(1), start), start).unwrap();
    drop(file);
    let whole = bytes(&folder);
    assert_eq!(whole.len(), before + RECORD);
    for cut in before..whole.len() {
        fs::write(folder.path().join(NAME), &whole[..cut]).unwrap();
        let file = NonceFile::open(folder.path(), start).unwrap();
        assert_eq!(bytes(&folder).len(), before, "half a record is cut off");
        assert_eq!(taken(file.consume(shown(1, peer(2), start), start)), peer(1));
        file.consume(shown(2, peer(2), start), start).unwrap();
        drop(file);
        let file = NonceFile::open(folder.path(), start).unwrap();
        assert_eq!(taken(file.consume(shown(2, peer(1), start), start)), peer(2));
    }
}

#[test]
fn a_file_that_cannot_be_written_grants_nothing_and_mends() {
    let (folder, start) = (tempfile::tempdir().unwrap(), now());
    let file = NonceFile::open(folder.path(), start).unwrap();
    file.consume(shown(1, peer(1), start), start).unwrap();
    // every write fails, as on a disk that is full
    file.state.lock().unwrap().file = File::open(folder.path().join(NAME)).unwrap();
    let error = file.consume(shown(2, peer(1), start), start).unwrap_err();
    assert!(
        matches!(error, ConsumeError::File(NonceFileError::Io { .. })),
        "{error}"
    );
    assert!(!file.state.lock().unwrap().sound);
    // it was nobody's
    file.consume(shown(2, peer(2), start), start).unwrap();
    drop(file);
    let file = NonceFile::open(folder.path(), start).unwrap();
    assert_eq!(taken(file.consume(shown(1, peer(3), start), start)), peer(1));
    assert_eq!(taken(file.consume(shown(2, peer(3), start), start)), peer(2));
}

#[test]
fn half_a_record_of_a_failed_write_is_not_built_upon() {
    let (folder, start) = (tempfile::tempdir().unwrap(), now());
    let file = NonceFile::open(folder.path(), start).unwrap();
    file.consume(shown(1, peer(1), start), start).unwrap();
    {
        let mut state = file.state.lock().unwrap();
        state.file.write_all(&[1; 33]).unwrap();
        state.sound = false;
    }
    file.consume(shown(2, peer(2), start), start).unwrap();
    drop(file);
    let file = NonceFile::open(folder.path(), start).unwrap();
    assert_eq!(taken(file.consume(shown(2, peer(3), start), start)), peer(2));
}

#[test]
fn a_damaged_file_is_an_error_and_is_not_touched() {
    let (folder, start) = (tempfile::tempdir().unwrap(), now());
    let file = NonceFile::open(folder.path(), start).unwrap();
    for number in 1..4 {
        file.consume(shown(number, peer(1), start), start).unwrap();
    }
    drop(file);
    let mut damaged = bytes(&folder);
    let at = damaged.len() - RECORD - 1;
    damaged[at] ^= 1;
    for content in [damaged.as_slice(), b"", b"something else"] {
        fs::write(folder.path().join(NAME), content).unwrap();
        let error = NonceFile::open(folder.path(), start).unwrap_err();
        assert!(matches!(error, NonceFileError::Damaged { .. }), "{error}");
        assert_eq!(bytes(&folder), content);
    }
}

#[test]
fn what_has_expired_leaves_the_file() {
    let (folder, start) = (tempfile::tempdir().unwrap(), now());
    let file = NonceFile::open(folder.path(), start).unwrap();
    let empty = bytes(&folder).len();
    file.consume(shown(1, peer(1), start), start).unwrap();
    drop(file);
    drop(NonceFile::open(folder.path(), later(start, HOUR)).unwrap());
    assert_eq!(bytes(&folder).len(), empty + RECORD, "the skew is not over");
    let over = later(start, HOUR * 2);
    let file = NonceFile::open(folder.path(), over).unwrap();
    assert_eq!(bytes(&folder).len(), empty);
    // the clock is set back: it is refused still, and after a restart too
    for file in [file, NonceFile::open(folder.path(), start).unwrap()] {
        let refused = file.consume(shown(1, peer(2), start), start);
        let forgotten = ConsumeError::Refused(NonceRefusal::Forgotten);
        assert_eq!(refused.unwrap_err().to_string(), forgotten.to_string());
    }
}

#[test]
fn a_file_of_what_was_forgotten_is_written_anew_while_it_is_used() {
    let (folder, start) = (tempfile::tempdir().unwrap(), now());
    let file = NonceFile::open(folder.path(), start).unwrap();
    file.consume(shown(1, peer(1), start), start).unwrap();
    // as if a thousand had come and gone
    file.state.lock().unwrap().length += SLACK + 1000;
    file.consume(shown(2, peer(2), start), start).unwrap();
    let state = file.state.lock().unwrap();
    assert_eq!(state.length, bytes(&folder).len());
    assert_eq!(state.book.len(), 2);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = NonceFile::open(&folder.path().join("nowhere"), now()).unwrap_err();
    assert!(matches!(error, NonceFileError::Io { .. }), "{error}");
}
