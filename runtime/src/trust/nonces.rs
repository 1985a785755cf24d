//! The nonces that were shown to this node, each bound to one peer: a shown credential and the time go in, what to
//! remember comes out, and the admission once that is durable.
//!
//! Source: trust, "Credentials".

mod journal;

pub use journal::{NonceBookError, Recovered};

use self::journal::RECORD;
use super::validity::{is_over, seconds};
use super::{Granted, Nonce, OneTime, PeerId};
use std::collections::{BTreeSet, HashMap};
use std::time::SystemTime;

/// The most nonces that are bound at once.
pub const MAX_NONCES: usize = 65_536;

/// Which peer has shown which nonce first. A nonce is forgotten when its credential has expired for every clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonceBook {
    bound: HashMap<Nonce, Entry>,
    by_expiry: BTreeSet<(u64, Nonce)>,
    /// The latest expiry of what was forgotten. A clock that is set back makes no nonce new: what expires no later may have
    /// been bound.
    forgotten: u64,
    capacity: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    nonce: Nonce,
    peer: PeerId,
    expires_at: u64,
}

/// Why a nonce does not let a peer in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NonceRefusal {
    /// Another peer has shown it.
    #[error("{0} was let in with it")]
    Taken(PeerId),
    /// Whether it was shown is not known any more, as the clock was set back.
    #[error("it had expired before the clock was set back")]
    Forgotten,
    /// There is no room to remember it.
    #[error("{MAX_NONCES} are in use")]
    Full,
    /// The node has no place to remember it in.
    #[error("this node has no folder to remember it in: give it one, or enrol the peer by its endpoint id")]
    NoFolder,
}

/// What is to be done for a peer that has shown a nonce.
#[derive(Debug)]
pub enum Bound<'a> {
    /// Nothing: the nonce was bound to it before.
    Before(Granted),
    /// The nonce becomes its own, once that is durable.
    Now(Binding<'a>),
}

/// A nonce that is about to be bound. Dropped, it is not.
#[derive(Debug)]
#[must_use]
pub struct Binding<'a> {
    book: &'a mut NonceBook,
    entry: Entry,
    granted: Granted,
    record: [u8; RECORD],
}

impl Binding<'_> {
    /// What is appended to the journal. It has to be on the disk before [`commit`](Self::commit).
    pub fn record(&self) -> &[u8] {
        &self.record
    }

    /// Binds the nonce: its record is durable.
    pub fn commit(self) -> Granted {
        self.book.insert(self.entry);
        self.granted
    }
}

impl Default for NonceBook {
    fn default() -> Self {
        Self {
            bound: HashMap::new(),
            by_expiry: BTreeSet::new(),
            forgotten: 0,
            capacity: MAX_NONCES,
        }
    }
}

impl NonceBook {
    /// Looks whether the peer may have what its one-time credential grants. Forgets what has expired.
    ///
    /// # Errors
    /// [`NonceRefusal`]
    pub fn bind(&mut self, shown: OneTime, now: SystemTime) -> Result<Bound<'_>, NonceRefusal> {
        self.forget(now);
        let OneTime {
            granted,
            nonce,
            expires_at,
        } = shown;
        let peer = granted.grounds.peer;
        match self.bound.get(&nonce) {
            Some(entry) if entry.peer != peer => return Err(NonceRefusal::Taken(entry.peer)),
            Some(entry) if entry.expires_at >= expires_at => return Ok(Bound::Before(granted)),
            // a second credential with this nonce, for longer
            Some(_) => {}
            None if expires_at <= self.forgotten => return Err(NonceRefusal::Forgotten),
            None if self.bound.len() >= self.capacity => return Err(NonceRefusal::Full),
            None => {}
        }
        let entry = Entry {
            nonce,
            peer,
            expires_at,
        };
        Ok(Bound::Now(Binding {
            book: self,
            entry,
            granted,
            record: journal::record(&entry),
        }))
    }

    /// Forgets what has expired for every clock.
    pub fn forget(&mut self, now: SystemTime) {
        let now = seconds(now);
        while let Some((expires_at, nonce)) = self.by_expiry.first().copied()
            && is_over(expires_at, now)
        {
            self.by_expiry.pop_first();
            self.bound.remove(&nonce);
            self.forgotten = self.forgotten.max(expires_at);
        }
    }

    /// How many nonces are bound.
    pub fn len(&self) -> usize {
        self.bound.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.bound.is_empty()
    }

    fn insert(&mut self, entry: Entry) {
        if let Some(before) = self.bound.insert(entry.nonce, entry) {
            self.by_expiry.remove(&(before.expires_at, before.nonce));
        }
        self.by_expiry.insert((entry.expires_at, entry.nonce));
    }
}

#[cfg(test)]
mod tests;
