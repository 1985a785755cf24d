//! The primitive encodings that contracts, stream headers and statuses are made of.
//!
//! Source: contract identity, "Primitive encodings". One value has one encoding: [`Reader`] refuses
//! every other. The bytes may come from a peer: no input makes it panic, and it allocates nothing
//! that the input has not paid for in bytes.

mod error;
mod reader;
mod writer;

pub use error::{DecodeError, Fault};
pub use reader::Reader;
pub use writer::Writer;

/// Follows the count of a list.
const LIST: u8 = 0x0c;
/// Stands for a value that is there, before it.
const PRESENT: u8 = 0x00;
/// Stands for a value that is not there.
const ABSENT: u8 = 0xfd;
/// The low two bits of a string's header: its bytes are UTF-8.
const UTF8: u64 = 2;
