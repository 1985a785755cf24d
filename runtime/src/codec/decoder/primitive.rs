//! Reads fixed numbers, varints, strings and bytes.

use super::{Decoder, malformed, truncated};
use crate::codec::{CodecError, CodecErrorKind, CodecResult};

impl Decoder<'_> {
    /// Reads a `bool`: 0 or 1.
    ///
    /// # Errors
    /// Bytes that end early, or another byte.
    #[inline]
    pub fn bool(&mut self) -> CodecResult<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(wrong_bool(other)),
        }
    }

    /// Reads an `int8`.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn int8(&mut self) -> CodecResult<i8> {
        self.byte().map(u8::cast_signed)
    }

    /// Reads an `int16`.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn int16(&mut self) -> CodecResult<i16> {
        self.input.read_i16().map_err(|_| self.too_short())
    }

    /// Reads an `int32`: a zigzag varint.
    ///
    /// # Errors
    /// Bytes that end early, or more than 32 bits.
    #[inline]
    pub fn int32(&mut self) -> CodecResult<i32> {
        let zigzag = self.uint32()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// Reads an `int64`: a zigzag varint.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn int64(&mut self) -> CodecResult<i64> {
        let zigzag = self.uint64()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// Reads a `fixed_int32`: four bytes.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn fixed_int32(&mut self) -> CodecResult<i32> {
        self.input.read_i32().map_err(|_| self.too_short())
    }

    /// Reads a `fixed_int64`: eight bytes.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn fixed_int64(&mut self) -> CodecResult<i64> {
        self.input.read_i64().map_err(|_| self.too_short())
    }

    /// Reads a `uint8`.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn uint8(&mut self) -> CodecResult<u8> {
        self.byte()
    }

    /// Reads a `uint16`.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn uint16(&mut self) -> CodecResult<u16> {
        self.input.read_u16().map_err(|_| self.too_short())
    }

    /// Reads a `uint32`: a varint in its shortest form.
    ///
    /// # Errors
    /// Bytes that end early, or more than 32 bits.
    #[inline]
    pub fn uint32(&mut self) -> CodecResult<u32> {
        match self.input.slice_after_cursor().first() {
            Some(&byte) if byte < 0x80 => {
                let _ = self.input.skip(1);
                Ok(byte.into())
            }
            _ => self.long_uint32(),
        }
    }

    #[inline(never)]
    fn long_uint32(&mut self) -> CodecResult<u32> {
        let before = self.input.slice_after_cursor();
        let (value, length) = match *before {
            [a, b, ..] if b < 0x80 => (u32::from(a & 0x7f) | u32::from(b) << 7, 2),
            [a, b, c, ..] if c < 0x80 => (
                u32::from(a & 0x7f) | u32::from(b & 0x7f) << 7 | u32::from(c) << 14,
                3,
            ),
            [a, b, c, d, ..] if d < 0x80 => (low_28(a, b, c, d), 4),
            [a, b, c, d, e, ..] if e < 0x10 => (low_28(a, b, c, d) | u32::from(e) << 28, 5),
            [_, _, _, _, _, ..] => return Err(malformed("a varint of at most 32 bits", "a longer one")),
            _ => return Err(self.too_short()),
        };
        if before[length - 1] == 0 {
            return Err(overlong());
        }
        let _ = self.input.skip(length);
        Ok(value)
    }

    /// Reads a `uint64`: a varint in its shortest form, at most nine bytes.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn uint64(&mut self) -> CodecResult<u64> {
        match self.input.slice_after_cursor().first() {
            Some(&byte) if byte < 0x80 => {
                let _ = self.input.skip(1);
                Ok(byte.into())
            }
            _ => self.long_uint64(),
        }
    }

    #[inline(never)]
    fn long_uint64(&mut self) -> CodecResult<u64> {
        let before = self.input.get_cursor();
        let Ok(value) = self.input.read_var_u64() else {
            return Err(self.too_short());
        };
        // The shortest form of `value`: seven bits a byte, but the ninth byte has eight.
        let shortest = (64 - (value | 1).leading_zeros()).div_ceil(7).min(9) as usize;
        if self.input.get_cursor() - before == shortest {
            Ok(value)
        } else {
            Err(overlong())
        }
    }

    /// Reads a `fixed_uint32`: four bytes.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn fixed_uint32(&mut self) -> CodecResult<u32> {
        self.input.read_u32().map_err(|_| self.too_short())
    }

    /// Reads a `fixed_uint64`: eight bytes.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn fixed_uint64(&mut self) -> CodecResult<u64> {
        self.input.read_u64().map_err(|_| self.too_short())
    }

    /// Reads a `float32`.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn float32(&mut self) -> CodecResult<f32> {
        self.input.read_f32().map_err(|_| self.too_short())
    }

    /// Reads a `float64`.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn float64(&mut self) -> CodecResult<f64> {
        self.input.read_f64().map_err(|_| self.too_short())
    }

    /// Reads a `string`: Latin-1, UTF-16 or UTF-8.
    ///
    /// # Errors
    /// Bytes that end early, or are not in the encoding they name.
    #[inline]
    pub fn string(&mut self) -> CodecResult<String> {
        let header = self.uint64()?;
        let length = usize::try_from(header >> 2).unwrap_or(usize::MAX);
        if header & 3 == 2 {
            // The length is looked at first, because `read_utf8_string` has one error for both.
            if length > self.left() {
                return Err(self.too_short());
            }
            return self.input.read_utf8_string(length).map_err(|_| not_text("UTF-8"));
        }
        self.other_string(header & 3, length)
    }

    #[inline(never)]
    fn other_string(&mut self, encoding: u64, length: usize) -> CodecResult<String> {
        match encoding {
            0 => self
                .input
                .read_latin1_string(length)
                .map_err(|_| self.too_short()),
            1 => utf16(self.take(length)?),
            _ => Err(malformed("a string in Latin-1, UTF-16 or UTF-8", "encoding 3")),
        }
    }

    /// Reads `bytes`.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn bytes(&mut self) -> CodecResult<Vec<u8>> {
        let length = self.uint32()? as usize;
        self.take(length).map(<[u8]>::to_vec)
    }

    #[inline]
    pub(super) fn byte(&mut self) -> CodecResult<u8> {
        self.input.read_u8().map_err(|_| self.too_short())
    }

    /// The next `length` bytes. They are lent, not copied: nothing is reserved for a length that is not there.
    #[inline]
    pub(super) fn take(&mut self, length: usize) -> CodecResult<&[u8]> {
        if length > self.left() {
            return Err(self.too_short());
        }
        self.input
            .read_bytes(length)
            .map_err(|_| truncated("more bytes", 0))
    }

    #[inline]
    pub(super) fn left(&self) -> usize {
        self.input.slice_after_cursor().len()
    }

    #[cold]
    #[inline(never)]
    pub(super) fn too_short(&self) -> CodecError {
        truncated("more bytes", self.left())
    }
}

#[inline]
fn low_28(a: u8, b: u8, c: u8, d: u8) -> u32 {
    u32::from(a & 0x7f) | u32::from(b & 0x7f) << 7 | u32::from(c & 0x7f) << 14 | u32::from(d & 0x7f) << 21
}

/// UTF-16 in little endian, without lone surrogates.
fn utf16(bytes: &[u8]) -> CodecResult<String> {
    let (units, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(not_text("UTF-16"));
    }
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
        .collect::<Result<String, _>>()
        .map_err(|_| not_text("UTF-16"))
}

#[cold]
#[inline(never)]
fn wrong_bool(found: u8) -> CodecError {
    malformed("a bool (0 or 1)", found.to_string())
}

#[cold]
#[inline(never)]
fn overlong() -> CodecError {
    malformed("a varint in its shortest form", "a longer one")
}

#[cold]
#[inline(never)]
fn not_text(encoding: &'static str) -> CodecError {
    CodecError::new(
        CodecErrorKind::InvalidText,
        format!("text in {encoding}"),
        "other bytes",
    )
}
