//! What generated types implement.

use super::{CodecResult, Decoder, Encoder, TypeInfo};

/// A message of a schema. Generated code implements the two field functions.
pub trait Message: Sized + Send + 'static {
    /// The type's name and TypeDef.
    const TYPE: &'static TypeInfo;

    /// Writes the fields, in Fory's field order.
    ///
    /// # Errors
    /// A value outside the range of its type, or messages nested too deep.
    fn write_fields(&self, out: &mut Encoder<'_>) -> CodecResult<()>;

    /// Reads the fields, in Fory's field order.
    ///
    /// # Errors
    /// Bytes that are not these fields.
    fn read_fields(input: &mut Decoder<'_>) -> CodecResult<Self>;

    /// Appends one whole, self-contained payload to `buffer`. On an error `buffer` is as it was.
    ///
    /// # Errors
    /// A value outside the range of its type, messages nested too deep, or more than 4 GiB of payload.
    fn encode(&self, buffer: &mut Vec<u8>) -> CodecResult<()> {
        let mut out = Encoder::new(buffer, Self::TYPE);
        out.begin(Self::TYPE);
        let written = self.write_fields(&mut out);
        out.finish(Self::TYPE, written)
    }

    /// Reads one whole payload; bytes left over are an error.
    ///
    /// # Errors
    /// Bytes that are not exactly one payload of this message, in this profile and inside its limits.
    fn decode(bytes: &[u8]) -> CodecResult<Self> {
        let mut input = Decoder::new(bytes);
        // One variable to the end: the message is built where the caller wants it.
        let mut decoded = match input.begin_payload(Self::TYPE) {
            Ok(()) => Self::read_fields(&mut input),
            Err(error) => Err(error),
        };
        if decoded.is_err() || !input.is_at_end() {
            decoded = Err(input.failed(Self::TYPE, decoded.err()));
        }
        decoded
    }
}

/// An enum of a schema: exhaustive, and written as its declared number.
pub trait Enumeration: Sized {
    /// The type's name and TypeDef; the TypeDef is written in union cases only.
    const TYPE: &'static TypeInfo;

    /// The declared number.
    fn number(&self) -> u32;

    /// The value with this declared number.
    fn from_number(number: u32) -> Option<Self>;
}

/// A union of a schema: exhaustive, one case with one value.
pub trait Union: Sized {
    /// The type's full name.
    const NAME: &'static str;

    /// Writes the case's number, type and value.
    ///
    /// # Errors
    /// As for the fields of a message.
    fn write_case(&self, out: &mut Encoder<'_>) -> CodecResult<()>;

    /// Reads the case's number, type and value.
    ///
    /// # Errors
    /// As for the fields of a message.
    fn read_case(input: &mut Decoder<'_>) -> CodecResult<Self>;
}

/// A field that would make its own type infinite is a `Box`; the bytes do not show it.
impl<T: Message> Message for Box<T> {
    const TYPE: &'static TypeInfo = T::TYPE;

    #[inline]
    fn write_fields(&self, out: &mut Encoder<'_>) -> CodecResult<()> {
        T::write_fields(self, out)
    }

    #[inline]
    fn read_fields(input: &mut Decoder<'_>) -> CodecResult<Self> {
        T::read_fields(input).map(Box::new)
    }
}

/// A union of a field that would make its own type infinite; the bytes do not show it.
impl<T: Union> Union for Box<T> {
    const NAME: &'static str = T::NAME;

    #[inline]
    fn write_case(&self, out: &mut Encoder<'_>) -> CodecResult<()> {
        T::write_case(self, out)
    }

    #[inline]
    fn read_case(input: &mut Decoder<'_>) -> CodecResult<Self> {
        T::read_case(input).map(Box::new)
    }
}
