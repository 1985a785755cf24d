//! Writes lists, sets and maps.

use super::{Encoder, Written};
use crate::codec::stack::with_room;
use crate::codec::{CodecResult, Message, NULL, PRESENT, TypeInfo, WireType, chunk, element};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

impl Encoder<'_> {
    /// Writes a list of scalars, enums, unions or containers.
    ///
    /// # Errors
    /// What `each` returns, with the index of the element.
    #[inline]
    pub fn list<T, W: Written>(&mut self, values: &[T], mut each: impl FnMut(&mut Self, &T) -> W) -> W {
        self.length(values.len());
        if values.is_empty() {
            return W::DONE;
        }
        self.byte(element::DECLARED);
        for (index, value) in values.iter().enumerate() {
            if let Some(error) = each(self, value).failure() {
                return W::failed(error.in_element(index));
            }
        }
        W::DONE
    }

    /// Writes a list of scalars, enums, unions or containers that may be missing.
    ///
    /// # Errors
    /// What `each` returns, with the index of the element.
    #[inline]
    pub fn optional_list<T, W: Written>(
        &mut self,
        values: &[Option<T>],
        mut each: impl FnMut(&mut Self, &T) -> W,
    ) -> W {
        self.length(values.len());
        if values.is_empty() {
            return W::DONE;
        }
        let nulls = values.iter().any(Option::is_none);
        self.byte(if nulls {
            element::DECLARED_OR_NULL
        } else {
            element::DECLARED
        });
        for (index, value) in values.iter().enumerate() {
            let Some(value) = value else {
                self.byte(NULL);
                continue;
            };
            if nulls {
                self.byte(PRESENT);
            }
            if let Some(error) = each(self, value).failure() {
                return W::failed(error.in_element(index));
            }
        }
        W::DONE
    }

    /// Writes a list of messages; their type is written once.
    ///
    /// # Errors
    /// What the messages return, with the index of the element, and messages nested too deep.
    #[inline]
    pub fn messages<M: Message>(&mut self, values: &[M]) -> CodecResult<()> {
        if !self.begin_messages(values.len(), M::TYPE, element::MESSAGE)? {
            return Ok(());
        }
        self.pay_for(M::TYPE, values.len())?;
        with_room::<M, _>(|| {
            for (index, value) in values.iter().enumerate() {
                if let Err(error) = value.write_fields(self) {
                    return Err(error.in_element(index));
                }
            }
            Ok(())
        })?;
        self.leave();
        Ok(())
    }

    /// Writes a list of messages that may be missing; their type is written once.
    ///
    /// # Errors
    /// What the messages return, with the index of the element, and messages nested too deep.
    #[inline]
    pub fn optional_messages<M: Message>(&mut self, values: &[Option<M>]) -> CodecResult<()> {
        let nulls = values.iter().any(Option::is_none);
        let header = if nulls {
            element::MESSAGE_OR_NULL
        } else {
            element::MESSAGE
        };
        if !self.begin_messages(values.len(), M::TYPE, header)? {
            return Ok(());
        }
        if !nulls {
            self.pay_for(M::TYPE, values.len())?;
        }
        for (index, value) in values.iter().enumerate() {
            let Some(value) = value else {
                self.byte(NULL);
                continue;
            };
            if nulls {
                self.byte(PRESENT);
            }
            if let Err(error) = with_room::<M, _>(|| value.write_fields(self)) {
                return Err(error.in_element(index));
            }
        }
        self.leave();
        Ok(())
    }

    /// Writes a set, in its order.
    #[inline]
    pub fn set<T>(&mut self, values: &BTreeSet<T>, mut each: impl FnMut(&mut Self, &T)) {
        self.length(values.len());
        if values.is_empty() {
            return;
        }
        self.byte(element::DECLARED);
        for value in values {
            each(self, value);
        }
    }

    /// Writes a map with values that are scalars, enums, unions or containers, in its order.
    ///
    /// # Errors
    /// What `value` returns, with the key.
    #[inline]
    pub fn map<K: Debug, V, W: Written>(
        &mut self,
        entries: &BTreeMap<K, V>,
        mut key: impl FnMut(&mut Self, &K),
        mut value: impl FnMut(&mut Self, &V) -> W,
    ) -> W {
        self.length(entries.len());
        let mut left = entries.len();
        let mut in_chunk = 0;
        for (name, entry) in entries {
            if in_chunk == 0 {
                in_chunk = left.min(chunk::MAX);
                left -= in_chunk;
                self.begin_chunk(chunk::DECLARED, in_chunk);
            }
            in_chunk -= 1;
            key(self, name);
            if let Some(error) = value(self, entry).failure() {
                return W::failed(error.in_entry(name));
            }
        }
        W::DONE
    }

    /// Writes a map with values that are messages, in its order; their type is written once in each chunk.
    ///
    /// # Errors
    /// What the messages return, with the key, and messages nested too deep.
    #[inline]
    pub fn message_map<K: Debug, M: Message>(
        &mut self,
        entries: &BTreeMap<K, M>,
        mut key: impl FnMut(&mut Self, &K),
    ) -> CodecResult<()> {
        self.length(entries.len());
        if entries.is_empty() {
            return Ok(());
        }
        self.enter()?;
        let mut left = entries.len();
        let mut in_chunk = 0;
        for (name, entry) in entries {
            if in_chunk == 0 {
                in_chunk = left.min(chunk::MAX);
                left -= in_chunk;
                self.begin_chunk(chunk::MESSAGE, in_chunk);
                self.message_type(M::TYPE);
            }
            in_chunk -= 1;
            key(self, name);
            if let Err(error) = with_room::<M, _>(|| entry.write_fields(self)) {
                return Err(error.in_entry(name));
            }
        }
        self.leave();
        Ok(())
    }

    /// Writes a map with scalars, enums, unions or containers that may be missing, in its order.
    ///
    /// # Errors
    /// What `value` returns, with the key.
    #[inline]
    pub fn optional_map<K: Debug, V, W: Written>(
        &mut self,
        entries: &BTreeMap<K, Option<V>>,
        mut key: impl FnMut(&mut Self, &K),
        mut value: impl FnMut(&mut Self, &V) -> W,
    ) -> W {
        self.length(entries.len());
        let mut in_chunk = 0;
        let mut following = entries.values();
        for (name, entry) in entries {
            if let Some(entry) = entry {
                if in_chunk == 0 {
                    in_chunk = present_run(following.clone());
                    self.begin_chunk(chunk::DECLARED, in_chunk);
                }
                in_chunk -= 1;
                key(self, name);
                if let Some(error) = value(self, entry).failure() {
                    return W::failed(error.in_entry(name));
                }
            } else {
                self.byte(chunk::NULL_VALUE);
                key(self, name);
            }
            following.next();
        }
        W::DONE
    }

    /// Writes a map with messages that may be missing, in its order; their type is written once in each chunk.
    ///
    /// # Errors
    /// What the messages return, with the key, and messages nested too deep.
    #[inline]
    pub fn optional_message_map<K: Debug, M: Message>(
        &mut self,
        entries: &BTreeMap<K, Option<M>>,
        mut key: impl FnMut(&mut Self, &K),
    ) -> CodecResult<()> {
        self.length(entries.len());
        if entries.is_empty() {
            return Ok(());
        }
        self.enter()?;
        let mut in_chunk = 0;
        let mut following = entries.values();
        for (name, entry) in entries {
            if let Some(entry) = entry {
                if in_chunk == 0 {
                    in_chunk = present_run(following.clone());
                    self.begin_chunk(chunk::MESSAGE, in_chunk);
                    self.message_type(M::TYPE);
                }
                in_chunk -= 1;
                key(self, name);
                if let Err(error) = with_room::<M, _>(|| entry.write_fields(self)) {
                    return Err(error.in_entry(name));
                }
            } else {
                self.byte(chunk::NULL_VALUE);
                key(self, name);
            }
            following.next();
        }
        self.leave();
        Ok(())
    }

    /// Writes the count and, if there are elements, their header and type; says whether there are.
    #[inline]
    fn begin_messages(&mut self, count: usize, info: &'static TypeInfo, header: u8) -> CodecResult<bool> {
        if count == 0 {
            self.byte(0);
            return Ok(false);
        }
        self.enter()?;
        match self.types.last_marker(info) {
            Some(marker) if count < 0x80 => self.raw(&[count as u8, header, WireType::Message as u8, marker]),
            _ => {
                self.length(count);
                self.byte(header);
                self.message_type(info);
            }
        }
        Ok(true)
    }

    #[inline]
    pub(crate) fn begin_chunk(&mut self, header: u8, count: usize) {
        self.raw(&[header, count as u8]);
    }
}

/// How many pairs of one chunk begin here: values up to the next null.
fn present_run<'v, V: 'v>(values: impl Iterator<Item = &'v Option<V>>) -> usize {
    values
        .take(chunk::MAX)
        .take_while(|value| value.is_some())
        .count()
}
