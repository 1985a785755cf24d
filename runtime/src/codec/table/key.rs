//! Elements of sets and keys of maps: what can be compared, and whether it has been there.

use super::EnumValue;
use std::collections::BTreeSet;
use std::fmt;

/// An element of a set or a key of a map.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Key<'t> {
    /// `bool`
    Bool(bool),
    /// A signed integer.
    Signed(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// `string`
    Text(Box<str>),
    /// An enum's value.
    Enum(&'t EnumValue),
}

/// As the path of an error shows it.
impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => fmt::Debug::fmt(value, f),
            Self::Signed(value) => fmt::Debug::fmt(value, f),
            Self::Unsigned(value) => fmt::Debug::fmt(value, f),
            Self::Text(value) => fmt::Debug::fmt(value, f),
            Self::Enum(value) => f.write_str(&value.name),
        }
    }
}

/// The keys that have been there. Most writers write them in order: a list is enough until one is out of it.
pub(super) enum Keys<'t> {
    Ascending(Vec<Key<'t>>),
    Any(BTreeSet<Key<'t>>),
}

impl<'t> Keys<'t> {
    pub(super) fn new() -> Self {
        Self::Ascending(Vec::new())
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Ascending(keys) => keys.len(),
            Self::Any(keys) => keys.len(),
        }
    }

    /// Whether the key is there.
    pub(super) fn contains(&self, key: &Key<'t>) -> bool {
        match self {
            Self::Ascending(keys) => {
                keys.last().is_some_and(|last| key <= last) && keys.binary_search(key).is_ok()
            }
            Self::Any(keys) => keys.contains(key),
        }
    }

    /// Adds a key that is not there.
    pub(super) fn add(&mut self, key: Key<'t>) {
        match self {
            Self::Ascending(keys) if keys.last().is_none_or(|last| *last < key) => keys.push(key),
            Self::Ascending(keys) => {
                let mut keys: BTreeSet<Key<'t>> = std::mem::take(keys).into_iter().collect();
                keys.insert(key);
                *self = Self::Any(keys);
            }
            Self::Any(keys) => {
                keys.insert(key);
            }
        }
    }
}
