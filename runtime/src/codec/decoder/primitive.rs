//! Reads fixed numbers, varints, strings and bytes.

use super::{Decoder, malformed, truncated};
use crate::codec::{CodecError, CodecErrorKind, CodecResult};
use std::borrow::Cow;

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
                self.skip(1);
                Ok(byte.into())
            }
            _ => self.long_uint32(),
        }
    }

    #[inline(never)]
    fn long_uint32(&mut self) -> CodecResult<u32> {
        u32::try_from(self.long_uint64()?).map_err(|_| too_wide())
    }

    /// Reads a `uint64`: a varint in its shortest form, at most nine bytes.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn uint64(&mut self) -> CodecResult<u64> {
        match self.input.slice_after_cursor().first() {
            Some(&byte) if byte < 0x80 => {
                self.skip(1);
                Ok(byte.into())
            }
            _ => self.long_uint64(),
        }
    }

    /// A varint of two to nine bytes: eight at once where they are there, and no branch for each.
    #[inline(never)]
    fn long_uint64(&mut self) -> CodecResult<u64> {
        let rest = self.input.slice_after_cursor();
        let Some((word, after)) = rest.split_first_chunk::<8>() else {
            return self.last_uint64();
        };
        let word = u64::from_le_bytes(*word);
        let ends = !word & 0x8080_8080_8080_8080;
        if ends == 0 {
            return match after.first() {
                None => Err(self.too_short()),
                Some(0) => Err(overlong()),
                // The ninth byte has eight bits.
                Some(&ninth) => {
                    self.skip(9);
                    Ok(seven_bit_groups(word) | u64::from(ninth) << 56)
                }
            };
        }
        // Up to the first byte without a continuation bit; it is the highest of `used`.
        let bits = ends.trailing_zeros() + 1;
        let used = word & u64::MAX >> (64 - bits);
        if used >> (bits - 8) == 0 && bits > 8 {
            return Err(overlong());
        }
        self.skip(bits as usize / 8);
        Ok(seven_bit_groups(used))
    }

    /// A varint within the last seven bytes of the payload.
    #[inline(never)]
    fn last_uint64(&mut self) -> CodecResult<u64> {
        let rest = self.input.slice_after_cursor();
        let Some(last) = rest.iter().position(|&byte| byte < 0x80) else {
            return Err(self.too_short());
        };
        if rest[last] == 0 && last > 0 {
            return Err(overlong());
        }
        let value = rest[..=last]
            .iter()
            .rev()
            .fold(0, |value, &byte| value << 7 | u64::from(byte & 0x7f));
        self.skip(last + 1);
        Ok(value)
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
        self.fixed_uint32().map(f32::from_bits)
    }

    /// Reads a `float64`.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn float64(&mut self) -> CodecResult<f64> {
        // `Reader::read_f64` is no inline function, unlike its neighbours.
        self.fixed_uint64().map(f64::from_bits)
    }

    /// Reads a `string`: Latin-1, UTF-16 or UTF-8.
    ///
    /// # Errors
    /// Bytes that end early, or are not in the encoding they name.
    // Always: a string that is returned through memory is written and read in pieces of different size, which stalls.
    #[inline(always)]
    pub fn string(&mut self) -> CodecResult<String> {
        let header = self.uint64()?;
        let length = usize::try_from(header >> 2).unwrap_or(usize::MAX);
        if header & 3 == 2 {
            // Checked where it is copied to: a vector is aligned, so that the check takes whole words.
            let bytes = self.take(length)?.to_vec();
            return String::from_utf8(bytes).map_err(|_| not_text("UTF-8"));
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

    /// Reads a `string` that is looked at and not kept.
    // Always, as above.
    #[inline(always)]
    pub(crate) fn text(&mut self) -> CodecResult<Cow<'_, str>> {
        let header = self.uint64()?;
        let length = usize::try_from(header >> 2).unwrap_or(usize::MAX);
        if header & 3 == 2 {
            let text = str::from_utf8(self.take(length)?);
            return text.map(Cow::Borrowed).map_err(|_| not_text("UTF-8"));
        }
        self.other_string(header & 3, length).map(Cow::Owned)
    }

    /// Reads `bytes` that are looked at and not kept.
    #[inline]
    pub(crate) fn blob(&mut self) -> CodecResult<&[u8]> {
        let length = self.uint32()? as usize;
        self.take(length)
    }

    /// Reads `bytes`.
    ///
    /// # Errors
    /// Bytes that end early.
    #[inline]
    pub fn bytes(&mut self) -> CodecResult<Vec<u8>> {
        self.blob().map(<[u8]>::to_vec)
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> CodecResult<u8> {
        self.input.read_u8().map_err(|_| self.too_short())
    }

    /// The next `length` bytes. They are lent, not copied: nothing is reserved for a length that is not there.
    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> CodecResult<&[u8]> {
        if length > self.left() {
            return Err(self.too_short());
        }
        self.input
            .read_bytes(length)
            .map_err(|_| truncated("more bytes", 0))
    }

    /// Passes bytes that have been looked at.
    #[inline]
    pub(crate) fn skip(&mut self, length: usize) {
        let passed = self.input.skip(length);
        debug_assert!(passed.is_ok(), "the bytes were there");
    }

    #[inline]
    pub(crate) fn left(&self) -> usize {
        self.input.slice_after_cursor().len()
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn too_short(&self) -> CodecError {
        truncated("more bytes", self.left())
    }
}

/// The low seven bits of each byte, put together.
#[inline]
fn seven_bit_groups(word: u64) -> u64 {
    let word = word & 0x7f7f_7f7f_7f7f_7f7f;
    let word = (word & 0x7f00_7f00_7f00_7f00) >> 1 | word & 0x007f_007f_007f_007f;
    let word = (word & 0x3fff_0000_3fff_0000) >> 2 | word & 0x0000_3fff_0000_3fff;
    (word & 0x0fff_ffff_0000_0000) >> 4 | word & 0x0000_0000_0fff_ffff
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
fn too_wide() -> CodecError {
    malformed("a varint of at most 32 bits", "a wider one")
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
