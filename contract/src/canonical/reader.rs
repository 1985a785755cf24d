//! Reading canonical primitives.

use super::{ABSENT, DecodeError, Fault, LIST, PRESENT, UTF8};

/// Takes canonical primitives off the front of an input.
///
/// An error leaves the reader somewhere inside the item that was wrong; it is then of no more use.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    input: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `input`.
    pub fn new(input: &'a [u8]) -> Self {
        Self { input, offset: 0 }
    }

    /// How many bytes have been read.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The bytes that have not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.input.get(self.offset..).unwrap_or_default()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Something is left.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.rest().len() {
            0 => Ok(()),
            count => Err(self.fault(Fault::TrailingBytes { count })),
        }
    }

    /// An error at the place that has been reached.
    pub fn fault(&self, fault: Fault) -> DecodeError {
        DecodeError {
            offset: self.offset,
            fault,
        }
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// There are fewer.
    pub fn take(&mut self, length: u64) -> Result<&'a [u8], DecodeError> {
        let rest = self.rest();
        let taken = usize::try_from(length).ok().and_then(|length| rest.get(..length));
        let taken = taken.ok_or_else(|| {
            self.fault(Fault::Truncated {
                needed: length,
                remaining: rest.len(),
            })
        })?;
        self.offset += taken.len();
        Ok(taken)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// There are fewer.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let rest = self.rest();
        let (array, _) = rest.split_first_chunk().ok_or_else(|| {
            self.fault(Fault::Truncated {
                needed: N as u64,
                remaining: rest.len(),
            })
        })?;
        self.offset += N;
        Ok(*array)
    }

    /// The next byte.
    ///
    /// # Errors
    /// There is none.
    pub fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// An unsigned LEB128.
    ///
    /// # Errors
    /// It is cut off, not in its shortest form, or larger than 64 bits.
    pub fn uvarint(&mut self) -> Result<u64, DecodeError> {
        let start = self.offset;
        let error = |fault| DecodeError { offset: start, fault };
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            // the tenth byte holds the last bit, and no eleventh follows
            if shift == 63 && byte > 1 {
                return Err(error(Fault::TooLarge { bits: u64::BITS }));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                let shortest = byte != 0 || shift == 0;
                return if shortest {
                    Ok(value)
                } else {
                    Err(error(Fault::NotShortest))
                };
            }
        }
        Err(error(Fault::TooLarge { bits: u64::BITS }))
    }

    /// A signed 32-bit number.
    ///
    /// # Errors
    /// As [`uvarint`](Reader::uvarint), or it does not fit 32 bits.
    pub fn zz32(&mut self) -> Result<i32, DecodeError> {
        let offset = self.offset;
        let zigzag = u32::try_from(self.uvarint()?).map_err(|_| DecodeError {
            offset,
            fault: Fault::TooLarge { bits: u32::BITS },
        })?;
        Ok((zigzag >> 1) as i32 ^ -((zigzag & 1) as i32))
    }

    /// A string, borrowed from the input.
    ///
    /// # Errors
    /// Its header is wrong, it is longer than the input, or it is not UTF-8.
    pub fn string(&mut self) -> Result<&'a str, DecodeError> {
        let offset = self.offset;
        let header = self.uvarint()?;
        if header & 3 != UTF8 {
            return Err(DecodeError {
                offset,
                fault: Fault::StringMark { header },
            });
        }
        let start = self.offset;
        let bytes = self.take(header >> 2)?;
        str::from_utf8(bytes).map_err(|error| DecodeError {
            offset: start + error.valid_up_to(),
            fault: Fault::Utf8,
        })
    }

    /// Bytes with a length, borrowed from the input.
    ///
    /// # Errors
    /// They are cut off.
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.uvarint()?;
        self.take(length)
    }

    /// A bool.
    ///
    /// # Errors
    /// The byte is neither 0 nor 1.
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        let offset = self.offset;
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            byte => Err(DecodeError {
                offset,
                fault: Fault::Bool { byte },
            }),
        }
    }

    /// A double, with the bits that stand there.
    ///
    /// # Errors
    /// It is cut off.
    pub fn f64(&mut self) -> Result<f64, DecodeError> {
        self.array().map(f64::from_le_bytes)
    }

    /// The element of `all` that stands at the discriminant's place. `what` names them in the error.
    ///
    /// # Errors
    /// As [`uvarint`](Reader::uvarint), or there is no such element.
    pub fn discriminant<T: Copy>(&mut self, what: &'static str, all: &[T]) -> Result<T, DecodeError> {
        let offset = self.offset;
        let value = self.uvarint()?;
        let found = usize::try_from(value).ok().and_then(|place| all.get(place));
        found.copied().ok_or(DecodeError {
            offset,
            fault: Fault::Discriminant { what, value },
        })
    }

    /// The count of a list, which the elements follow; at most the number of bytes that are left,
    /// as no element is shorter than one.
    ///
    /// # Errors
    /// The marker is wrong, or the count is too large.
    pub fn list_header(&mut self) -> Result<usize, DecodeError> {
        let offset = self.offset;
        let count = self.uvarint()?;
        let marker = self.offset;
        let byte = self.byte()?;
        if byte != LIST {
            return Err(DecodeError {
                offset: marker,
                fault: Fault::ListMark { byte },
            });
        }
        let remaining = self.rest().len();
        let fits = usize::try_from(count).ok().filter(|count| *count <= remaining);
        fits.ok_or(DecodeError {
            offset,
            fault: Fault::Count { count, remaining },
        })
    }

    /// A list, its elements read by `element`. Room is made as elements arrive, never by the count.
    ///
    /// # Errors
    /// As [`list_header`](Reader::list_header), or what `element` says.
    pub fn list<T, E: From<DecodeError>>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let count = self.list_header()?;
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(element(self)?);
        }
        Ok(list)
    }

    /// A value that may be absent, read by `present` when it is there.
    ///
    /// # Errors
    /// The marker is wrong, or what `present` says.
    pub fn optional<T, E: From<DecodeError>>(
        &mut self,
        present: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let offset = self.offset;
        match self.byte()? {
            ABSENT => Ok(None),
            PRESENT => present(self).map(Some),
            byte => Err(DecodeError {
                offset,
                fault: Fault::OptionalMark { byte },
            }
            .into()),
        }
    }
}
