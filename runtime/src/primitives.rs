//! The canonical primitives, as headers and statuses use them.
//!
//! Source: contract identity, "Primitive encodings".

/// Why bytes are not canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the bytes end too early")]
    Truncated,
    #[error("a number is not in its shortest form, or too large")]
    Number,
    #[error("a string is not UTF-8, or wrongly marked")]
    String,
    #[error("a list is wrongly marked")]
    List,
    #[error("bytes follow the last field")]
    Trailing,
}

/// Appends canonical items.
pub(crate) trait Writer {
    fn uvarint(&mut self, value: u64);
    fn zz32(&mut self, value: i32);
    fn string(&mut self, value: &str);
    fn bytes(&mut self, value: &[u8]);
    fn list(&mut self, count: usize);
}

impl Writer for Vec<u8> {
    fn uvarint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }

    fn zz32(&mut self, value: i32) {
        self.uvarint(u64::from(((value << 1) ^ (value >> 31)).cast_unsigned()));
    }

    fn string(&mut self, value: &str) {
        self.uvarint((value.len() as u64) << 2 | 2);
        self.extend_from_slice(value.as_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.uvarint(value.len() as u64);
        self.extend_from_slice(value);
    }

    fn list(&mut self, count: usize) {
        self.uvarint(count as u64);
        self.push(0x0c);
    }
}

/// Reads canonical items; nothing is allocated.
pub(crate) struct Reader<'a> {
    input: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self { input }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (&first, rest) = self.input.split_first().ok_or(Malformed::Truncated)?;
        self.input = rest;
        Ok(first)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.input.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.input = rest;
        Ok(taken)
    }

    pub(crate) fn uvarint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 || shift > 0 && byte == 0 {
                return Err(Malformed::Number);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::Number)
    }

    pub(crate) fn uvarint32(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.uvarint()?).map_err(|_| Malformed::Number)
    }

    pub(crate) fn zz32(&mut self) -> Result<i32, Malformed> {
        let value = self.uvarint32()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    pub(crate) fn string(&mut self) -> Result<&'a str, Malformed> {
        let head = self.uvarint()?;
        if head & 3 != 2 {
            return Err(Malformed::String);
        }
        let length = usize::try_from(head >> 2).map_err(|_| Malformed::Truncated)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed::String)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.uvarint()?).map_err(|_| Malformed::Truncated)?;
        self.take(length)
    }

    /// The count of a list. Each element takes at least one byte, so a count beyond the input is refused.
    pub(crate) fn list(&mut self) -> Result<usize, Malformed> {
        let count = self.uvarint()?;
        if self.byte()? != 0x0c {
            return Err(Malformed::List);
        }
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= self.input.len())
            .ok_or(Malformed::Truncated)
    }

    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.input.is_empty() {
            Ok(())
        } else {
            Err(Malformed::Trailing)
        }
    }
}
