//! The journal of a nonce book: a header, then a record for each nonce that was bound, in the order of time.
//!
//! Both have a fixed length and end with a checksum. Each record is on the disk before the next is written, so that a crash
//! can spoil the last one alone, and for that one nobody was let in.

use super::{Entry, NonceBook};
use crate::trust::{Nonce, PeerId};

/// What a journal begins with, and the version of its form.
const MAGIC: &[u8; 16] = b"aster nonces v1\0";
/// The bytes of the header: magic, the latest expiry of what was forgotten, checksum.
pub(super) const HEADER: usize = 32;
/// The bytes of a record: nonce, peer, expiry, checksum.
pub(super) const RECORD: usize = 80;

/// A book that was read.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovered {
    /// The book.
    pub book: NonceBook,
    /// How many bytes of the journal count. What follows is half a record: it is to be cut off before one is appended.
    pub length: usize,
}

/// Why a journal cannot be gone by: no one-time credential is to be taken then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NonceBookError {
    /// It does not begin as one.
    #[error("it is no journal of nonces, or its first {HEADER} bytes are damaged")]
    Header,
    /// The record at that byte is damaged, and others follow.
    #[error("the record at byte {0} is damaged")]
    Record(usize),
}

impl NonceBook {
    /// A journal from which this book is read again, without what was forgotten.
    pub fn journal(&self) -> Vec<u8> {
        let mut journal = Vec::with_capacity(self.journal_length());
        journal.extend_from_slice(MAGIC);
        journal.extend_from_slice(&self.forgotten.to_le_bytes());
        journal.extend_from_slice(&checksum(&journal));
        let entries = self
            .by_expiry
            .iter()
            .filter_map(|(_, nonce)| self.bound.get(nonce));
        for entry in entries {
            journal.extend_from_slice(&record(entry));
        }
        journal
    }

    /// The bytes of that journal.
    pub fn journal_length(&self) -> usize {
        HEADER + RECORD * self.len()
    }

    /// Reads a journal. A last record that was not written whole is none.
    ///
    /// # Errors
    /// [`NonceBookError`]: something else is damaged, and what it said would be forgotten.
    pub fn recover(journal: &[u8]) -> Result<Recovered, NonceBookError> {
        let (header, records) = journal
            .split_first_chunk::<HEADER>()
            .ok_or(NonceBookError::Header)?;
        let header = checked(header).ok_or(NonceBookError::Header)?;
        let forgotten = header.strip_prefix(MAGIC).and_then(number);
        let mut book = Self {
            forgotten: forgotten.ok_or(NonceBookError::Header)?,
            ..Self::default()
        };
        let mut length = HEADER;
        for bytes in records.chunks(RECORD) {
            match entry(bytes) {
                Some(entry) => book.insert(entry),
                None if length + bytes.len() == journal.len() => break,
                None => return Err(NonceBookError::Record(length)),
            }
            length += RECORD;
        }
        Ok(Recovered { book, length })
    }
}

pub(super) fn record(entry: &Entry) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    record[..32].copy_from_slice(&entry.nonce.0);
    record[32..64].copy_from_slice(&entry.peer.0);
    record[64..72].copy_from_slice(&entry.expires_at.to_le_bytes());
    let checksum = checksum(&record[..72]);
    record[72..].copy_from_slice(&checksum);
    record
}

fn entry(record: &[u8]) -> Option<Entry> {
    let record: &[u8; RECORD] = record.try_into().ok()?;
    let (nonce, rest) = checked(record)?.split_first_chunk()?;
    let (peer, expires_at) = rest.split_first_chunk()?;
    Some(Entry {
        nonce: Nonce(*nonce),
        peer: PeerId(*peer),
        expires_at: number(expires_at)?,
    })
}

/// The bytes before a checksum that fits them.
fn checked<const N: usize>(bytes: &[u8; N]) -> Option<&[u8]> {
    let (content, sum) = bytes.split_last_chunk::<8>()?;
    (checksum(content) == *sum).then_some(content)
}

/// Against accidents alone: who can write into the node's folder can write a whole journal.
fn checksum(bytes: &[u8]) -> [u8; 8] {
    let hash = blake3::hash(bytes);
    let mut sum = [0; 8];
    sum.copy_from_slice(&hash.as_bytes()[..8]);
    sum
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn nonce(byte: u8) -> Entry {
        Entry {
            nonce: Nonce([byte; 32]),
            peer: PeerId([0x80 | byte; 32]),
            expires_at: 1000 + u64::from(byte),
        }
    }

    fn book(entries: &[Entry]) -> NonceBook {
        let mut book = NonceBook::default();
        for entry in entries {
            book.insert(*entry);
        }
        book
    }

    fn appended(entries: &[Entry]) -> Vec<u8> {
        let mut journal = NonceBook::default().journal();
        journal.extend(entries.iter().flat_map(record));
        journal
    }

    #[test]
    fn a_book_is_read_as_it_was() {
        let entries = [3, 1, 2].map(nonce);
        let whole = book(&entries);
        for journal in [appended(&entries), whole.journal()] {
            let recovered = NonceBook::recover(&journal).unwrap();
            assert_eq!(recovered.book, whole);
            assert_eq!(recovered.length, journal.len());
            assert_eq!(whole.journal_length(), journal.len());
        }
        let mut pruned = whole;
        pruned.forget(UNIX_EPOCH + Duration::from_secs(1062));
        assert_eq!((pruned.len(), pruned.forgotten), (1, 1002));
        let journal = pruned.journal();
        assert_eq!(journal.len(), HEADER + RECORD);
        assert_eq!(NonceBook::recover(&journal).unwrap().book, pruned);
    }

    #[test]
    fn the_last_word_on_a_nonce_counts() {
        let later = Entry {
            expires_at: 5000,
            ..nonce(1)
        };
        let recovered = NonceBook::recover(&appended(&[nonce(1), nonce(2), later])).unwrap();
        assert_eq!(recovered.book, book(&[later, nonce(2)]));
        assert_eq!(recovered.book.by_expiry.len(), 2);
    }

    #[test]
    fn a_record_that_was_cut_off_is_none() {
        let journal = appended(&[1, 2].map(nonce));
        let whole = HEADER + RECORD;
        for cut in whole..journal.len() {
            let recovered = NonceBook::recover(&journal[..cut]).unwrap();
            assert_eq!(
                (recovered.book, recovered.length),
                (book(&[nonce(1)]), whole),
                "{cut}"
            );
            // the file has its length already, and not yet all of its bytes
            let mut half = journal.clone();
            half[cut..].fill(0);
            let recovered = NonceBook::recover(&half).unwrap();
            assert_eq!(
                (recovered.book, recovered.length),
                (book(&[nonce(1)]), whole),
                "{cut}"
            );
        }
    }

    #[test]
    fn anything_else_that_is_damaged_is_an_error() {
        let journal = appended(&[1, 2, 3].map(nonce));
        let last = HEADER + 2 * RECORD;
        for at in 0..last {
            for bit in 0..8 {
                let mut damaged = journal.clone();
                damaged[at] ^= 1 << bit;
                let expected = match at {
                    ..HEADER => NonceBookError::Header,
                    _ => NonceBookError::Record(HEADER + (at - HEADER) / RECORD * RECORD),
                };
                assert_eq!(NonceBook::recover(&damaged), Err(expected), "{at}");
            }
        }
        for cut in 0..HEADER {
            assert_eq!(NonceBook::recover(&journal[..cut]), Err(NonceBookError::Header));
        }
        // a record is missing a byte in the middle
        let short = [&journal[..HEADER + 7], &journal[HEADER + 8..]].concat();
        assert_eq!(NonceBook::recover(&short), Err(NonceBookError::Record(HEADER)));
    }
}
