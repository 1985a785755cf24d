//! Writing canonical primitives.

use super::{ABSENT, LIST, PRESENT, UTF8};

/// Appends canonical primitives to a buffer. Nothing here can fail.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// A writer with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// A writer that appends to `out`.
    pub fn append_to(out: Vec<u8>) -> Self {
        Self { out }
    }

    /// What was written.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// An unsigned LEB128 in its shortest form.
    pub fn uvarint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    /// A signed number, small in either direction: the uvarint of its 32-bit zigzag.
    pub fn zz32(&mut self, value: i32) {
        self.uvarint(u64::from(((value << 1) ^ (value >> 31)) as u32));
    }

    /// A string: `uvarint(length << 2 | 2)` and its UTF-8.
    pub fn string(&mut self, value: &str) {
        self.uvarint((value.len() as u64) << 2 | UTF8);
        self.raw(value.as_bytes());
    }

    /// Bytes: `uvarint(length)` and themselves.
    pub fn bytes(&mut self, value: &[u8]) {
        self.uvarint(value.len() as u64);
        self.raw(value);
    }

    /// Bytes without a length, for what has a fixed one.
    pub fn raw(&mut self, value: &[u8]) {
        self.out.extend_from_slice(value);
    }

    /// One byte.
    pub fn byte(&mut self, value: u8) {
        self.out.push(value);
    }

    /// `01` or `00`.
    pub fn bool(&mut self, value: bool) {
        self.out.push(u8::from(value));
    }

    /// The eight bytes of a double, least significant first.
    pub fn f64(&mut self, value: f64) {
        self.raw(&value.to_le_bytes());
    }

    /// The count and marker of a list; the elements follow.
    pub fn list_header(&mut self, count: usize) {
        self.uvarint(count as u64);
        self.out.push(LIST);
    }

    /// A list, its elements written by `element`.
    pub fn list<T>(&mut self, items: &[T], mut element: impl FnMut(&mut Self, &T)) {
        self.list_header(items.len());
        for item in items {
            element(self, item);
        }
    }

    /// A value that may be absent, written by `present` when it is there.
    pub fn optional<T>(&mut self, value: Option<T>, present: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.out.push(ABSENT),
            Some(value) => {
                self.out.push(PRESENT);
                present(self, value);
            }
        }
    }
}
