//! Reads lists, sets and maps.

use super::{Decoder, malformed};
use crate::codec::stack::with_room;
use crate::codec::{CodecError, CodecErrorKind, CodecResult, Message, chunk, element};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fmt::Debug;

/// Memory a list takes before its first element has been read. Longer lists grow as their elements arrive, so that
/// counts inside counts cannot add up.
const FIRST_RESERVE: usize = 512;

impl Decoder<'_> {
    /// Reads a list of scalars, enums, unions or containers.
    ///
    /// # Errors
    /// What `each` returns, with the index of the element, or a null.
    #[inline]
    pub fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> CodecResult<T>) -> CodecResult<Vec<T>> {
        let count = self.declared_count()?;
        let mut values = reserve(count);
        for index in 0..count {
            match each(self) {
                Ok(value) => values.push(value),
                Err(error) => return Err(error.in_element(index)),
            }
        }
        Ok(values)
    }

    /// Reads a list of scalars, enums, unions or containers that may be missing.
    ///
    /// # Errors
    /// What `each` returns, with the index of the element.
    #[inline]
    pub fn optional_list<T>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> CodecResult<T>,
    ) -> CodecResult<Vec<Option<T>>> {
        let count = self.count()?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let nulls = self.element_header_or_null(element::DECLARED, element::DECLARED_OR_NULL)?;
        let mut values = reserve(count);
        for index in 0..count {
            let value = if nulls {
                self.optional(&mut each)
            } else {
                each(self).map(Some)
            };
            match value {
                Ok(value) => values.push(value),
                Err(error) => return Err(error.in_element(index)),
            }
        }
        Ok(values)
    }

    /// Reads a list of messages.
    ///
    /// # Errors
    /// What the messages return, with the index of the element, or a null.
    #[inline]
    pub fn messages<M: Message>(&mut self) -> CodecResult<Vec<M>> {
        let count = if M::TYPE.is_weightless() {
            self.uint32()? as usize
        } else {
            self.count()?
        };
        if count == 0 {
            return Ok(Vec::new());
        }
        self.element_header_of(element::MESSAGE)?;
        self.enter()?;
        self.message_type(M::TYPE)?;
        self.pay_for(M::TYPE, count)?;
        let values = with_room::<M, _>(|| {
            let mut values = reserve(count);
            for index in 0..count {
                match M::read_fields(self) {
                    Ok(value) => values.push(value),
                    Err(error) => return Err(error.in_element(index)),
                }
            }
            Ok(values)
        })?;
        self.leave();
        Ok(values)
    }

    /// Reads a list of messages that may be missing.
    ///
    /// # Errors
    /// What the messages return, with the index of the element.
    #[inline]
    pub fn optional_messages<M: Message>(&mut self) -> CodecResult<Vec<Option<M>>> {
        let count = if M::TYPE.is_weightless() {
            self.uint32()? as usize
        } else {
            self.count()?
        };
        if count == 0 {
            return Ok(Vec::new());
        }
        let nulls = self.element_header_or_null(element::MESSAGE, element::MESSAGE_OR_NULL)?;
        self.enter()?;
        self.message_type(M::TYPE)?;
        if !nulls {
            self.pay_for(M::TYPE, count)?;
        }
        let mut values = reserve(count);
        for index in 0..count {
            let value = if nulls {
                self.optional(M::read_fields)
            } else {
                M::read_fields(self).map(Some)
            };
            match value {
                Ok(value) => values.push(value),
                Err(error) => return Err(error.in_element(index)),
            }
        }
        self.leave();
        Ok(values)
    }

    /// Reads a set.
    ///
    /// # Errors
    /// What `each` returns, with the index of the element, or an element that is there twice.
    #[inline]
    pub fn set<T: Ord>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> CodecResult<T>,
    ) -> CodecResult<BTreeSet<T>> {
        let count = self.declared_count()?;
        let mut values = BTreeSet::new();
        for index in 0..count {
            let value = match each(self) {
                Ok(value) => value,
                Err(error) => return Err(error.in_element(index)),
            };
            if !values.insert(value) {
                return Err(repeated("elements").in_element(index));
            }
        }
        Ok(values)
    }

    /// Reads a map with values that are scalars, enums, unions or containers.
    ///
    /// # Errors
    /// What `key` and `value` return, with the key; a null, or a key that is there twice.
    #[inline]
    pub fn map<K: Ord + Debug, V>(
        &mut self,
        mut key: impl FnMut(&mut Self) -> CodecResult<K>,
        mut value: impl FnMut(&mut Self) -> CodecResult<V>,
    ) -> CodecResult<BTreeMap<K, V>> {
        let mut left = self.count()?;
        let mut entries = BTreeMap::new();
        while left > 0 {
            let pairs = self.pairs(chunk::DECLARED, left)?;
            left -= pairs;
            for _ in 0..pairs {
                self.entry(&mut entries, &mut key, &mut value)?;
            }
        }
        Ok(entries)
    }

    /// Reads a map with scalars, enums, unions or containers that may be missing.
    ///
    /// # Errors
    /// What `key` and `value` return, with the key, or a key that is there twice.
    #[inline]
    pub fn optional_map<K: Ord + Debug, V>(
        &mut self,
        mut key: impl FnMut(&mut Self) -> CodecResult<K>,
        mut value: impl FnMut(&mut Self) -> CodecResult<V>,
    ) -> CodecResult<BTreeMap<K, Option<V>>> {
        let mut left = self.count()?;
        let mut entries = BTreeMap::new();
        while left > 0 {
            let pairs = self.pairs_or_null(chunk::DECLARED, left)?;
            left -= pairs.unwrap_or(1);
            let Some(pairs) = pairs else {
                self.entry(&mut entries, &mut key, |_| Ok(None))?;
                continue;
            };
            for _ in 0..pairs {
                self.entry(&mut entries, &mut key, |input| value(input).map(Some))?;
            }
        }
        Ok(entries)
    }

    /// Reads a map with values that are messages.
    ///
    /// # Errors
    /// What `key` and the messages return, with the key; a null, or a key that is there twice.
    #[inline]
    pub fn message_map<K: Ord + Debug, M: Message>(
        &mut self,
        mut key: impl FnMut(&mut Self) -> CodecResult<K>,
    ) -> CodecResult<BTreeMap<K, M>> {
        let mut left = self.count()?;
        let mut entries = BTreeMap::new();
        while left > 0 {
            let pairs = self.pairs(chunk::MESSAGE, left)?;
            left -= pairs;
            self.enter()?;
            self.message_type(M::TYPE)?;
            for _ in 0..pairs {
                self.entry(&mut entries, &mut key, Self::element)?;
            }
            self.leave();
        }
        Ok(entries)
    }

    /// Reads a map with messages that may be missing.
    ///
    /// # Errors
    /// What `key` and the messages return, with the key, or a key that is there twice.
    #[inline]
    pub fn optional_message_map<K: Ord + Debug, M: Message>(
        &mut self,
        mut key: impl FnMut(&mut Self) -> CodecResult<K>,
    ) -> CodecResult<BTreeMap<K, Option<M>>> {
        let mut left = self.count()?;
        let mut entries = BTreeMap::new();
        while left > 0 {
            let pairs = self.pairs_or_null(chunk::MESSAGE, left)?;
            left -= pairs.unwrap_or(1);
            let Some(pairs) = pairs else {
                self.entry(&mut entries, &mut key, |_| Ok(None))?;
                continue;
            };
            self.enter()?;
            self.message_type(M::TYPE)?;
            for _ in 0..pairs {
                self.entry(&mut entries, &mut key, |input| input.element().map(Some))?;
            }
            self.leave();
        }
        Ok(entries)
    }

    /// A message in a container; its type has been read.
    #[inline]
    fn element<M: Message>(&mut self) -> CodecResult<M> {
        with_room::<M, _>(|| M::read_fields(self))
    }

    #[inline]
    fn entry<K: Ord + Debug, V>(
        &mut self,
        entries: &mut BTreeMap<K, V>,
        key: impl FnOnce(&mut Self) -> CodecResult<K>,
        value: impl FnOnce(&mut Self) -> CodecResult<V>,
    ) -> CodecResult<()> {
        let key = match key(self) {
            Ok(key) => key,
            Err(error) => return Err(error.in_element(entries.len())),
        };
        match entries.entry(key) {
            Entry::Vacant(entry) => match value(self) {
                Ok(value) => {
                    entry.insert(value);
                    Ok(())
                }
                Err(error) => Err(error.in_entry(entry.key())),
            },
            Entry::Occupied(entry) => Err(repeated("keys").in_entry(entry.key())),
        }
    }

    /// Reads a count of things of at least one byte each.
    #[inline]
    pub(crate) fn count(&mut self) -> CodecResult<usize> {
        let count = self.uint32()? as usize;
        if count <= self.left() {
            Ok(count)
        } else {
            Err(truncated(count, self.left()))
        }
    }

    /// Reads a count and, if there are elements, the header of elements that are as declared and not null.
    #[inline]
    pub(crate) fn declared_count(&mut self) -> CodecResult<usize> {
        let count = self.count()?;
        if count > 0 {
            self.element_header_of(element::DECLARED)?;
        }
        Ok(count)
    }

    #[inline]
    pub(crate) fn element_header_of(&mut self, expected: u8) -> CodecResult<()> {
        let found = self.byte()?;
        if found == expected {
            Ok(())
        } else {
            Err(wrong_header("elements", expected, found))
        }
    }

    /// Reads the header of elements that may be null; says whether each has a flag.
    #[inline]
    pub(crate) fn element_header_or_null(&mut self, without: u8, with: u8) -> CodecResult<bool> {
        let found = self.byte()?;
        if found == with {
            Ok(true)
        } else if found == without {
            Ok(false)
        } else {
            Err(wrong_header("elements", with, found))
        }
    }

    /// Reads the header of a chunk and how many of the `left` pairs are in it.
    #[inline]
    pub(crate) fn pairs(&mut self, expected: u8, left: usize) -> CodecResult<usize> {
        let found = self.byte()?;
        if found == expected {
            self.chunk_size(left)
        } else {
            Err(wrong_header("map entries", expected, found))
        }
    }

    /// The same where values may be missing; `None` before one pair whose value is.
    #[inline]
    pub(crate) fn pairs_or_null(&mut self, expected: u8, left: usize) -> CodecResult<Option<usize>> {
        let found = self.byte()?;
        if found == chunk::NULL_VALUE {
            Ok(None)
        } else if found == expected {
            self.chunk_size(left).map(Some)
        } else {
            Err(wrong_header("map entries", expected, found))
        }
    }

    #[inline]
    fn chunk_size(&mut self, left: usize) -> CodecResult<usize> {
        let size = usize::from(self.byte()?);
        if size != 0 && size <= left {
            Ok(size)
        } else {
            Err(wrong_chunk_size(left, size))
        }
    }
}

/// Room for `count` elements, within [`FIRST_RESERVE`].
#[inline]
fn reserve<T>(count: usize) -> Vec<T> {
    Vec::with_capacity(count.min((FIRST_RESERVE / size_of::<T>().max(1)).max(1)))
}

#[cold]
#[inline(never)]
fn truncated(count: usize, left: usize) -> CodecError {
    CodecError::new(
        CodecErrorKind::Truncated,
        format!("{count} elements"),
        format!("{left} bytes left"),
    )
}

#[cold]
#[inline(never)]
fn wrong_header(of: &'static str, expected: u8, found: u8) -> CodecError {
    // Bit 1 of an element header and bit 4 of a chunk header say that there are nulls.
    let null = if expected & 0x08 != 0 {
        found == expected | 0x02
    } else {
        found == chunk::NULL_VALUE
    };
    let kind = if null {
        CodecErrorKind::UnexpectedNull
    } else {
        CodecErrorKind::Malformed
    };
    CodecError::new(
        kind,
        format!("{of} with the header {expected:02x}"),
        format!("{found:02x}"),
    )
}

#[cold]
#[inline(never)]
fn wrong_chunk_size(left: usize, found: usize) -> CodecError {
    malformed(
        format!("a chunk of 1 to {} map entries", left.min(chunk::MAX)),
        found.to_string(),
    )
}

#[cold]
#[inline(never)]
pub(crate) fn repeated(what: &'static str) -> CodecError {
    CodecError::new(
        CodecErrorKind::Repeated,
        format!("{what} that are there once"),
        "the same again",
    )
}
