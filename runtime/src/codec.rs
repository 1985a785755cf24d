//! Payloads: Apache Fory XLANG, in the one profile of the codec specification (named types, tag ids, compatible
//! mode, no reference tracking).
//!
//! Generated code is straight-line calls of an [`Encoder`] or a [`Decoder`], in Fory's field order. Writing is
//! infallible where every value has bytes; times, decimals and messages are checked and return a [`CodecResult`].
//! Every failure carries the path to the field, built while it returns to the caller, so that success pays nothing.

mod decoder;
mod encoder;
mod error;
mod message;
mod scalar;
mod stack;
pub mod table;
mod type_info;
mod unknown_value;

pub use decoder::{Decoder, unknown_case};
pub use encoder::{Encoder, Written, write};
pub use error::{At, CodecError, CodecErrorKind, CodecResult};
pub use message::{Enumeration, Message, Union};
pub use type_info::{TypeInfo, WireType};
pub use unknown_value::UnknownValue;

/// How many messages may be inside each other, the outermost included.
pub const MAX_DEPTH: u32 = 64;

/// How many list elements that occupy no bytes (messages without fields) one payload may have.
pub const MAX_WEIGHTLESS: usize = 8_192;

/// First byte of every payload: the XLANG bit.
const XLANG: u8 = 0x01;
/// Before a value that is there.
const PRESENT: u8 = 0xff;
/// Before the first appearance of a value that is tracked; never written, and read in union cases only.
const REFERABLE: u8 = 0x00;
/// Instead of a value that is not.
const NULL: u8 = 0xfd;

/// Element headers: one type, as declared; the same with nulls; messages; the same with nulls.
mod element {
    pub(super) const DECLARED: u8 = 0x0c;
    pub(super) const DECLARED_OR_NULL: u8 = 0x0e;
    pub(super) const MESSAGE: u8 = 0x08;
    pub(super) const MESSAGE_OR_NULL: u8 = 0x0a;
}

/// Chunk headers of a map: key and value as declared; message values; one pair whose value is null.
mod chunk {
    pub(super) const DECLARED: u8 = 0x24;
    pub(super) const MESSAGE: u8 = 0x04;
    pub(super) const NULL_VALUE: u8 = 0x14;
    /// Pairs in one chunk.
    pub(super) const MAX: usize = 255;
}
