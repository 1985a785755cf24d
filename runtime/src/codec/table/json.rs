//! JSON, as mode 3 and tools have it: a sink that writes it and a source that reads it.
//!
//! Both are strict: what is not in the schema, is missing, is there twice, or has another type or range is an error with the
//! path to it.
//!
//! The reader is ours and not `serde_json`'s. Fields come in another order than they are written in, so that the text has
//! to be indexed anyway; numbers are needed as they are written, which there takes a feature that every crate of a program
//! would get; and its nesting ends where our containers may go on.
//!
//! Source: codec, "JSON".

mod read;
mod tape;
mod text;
mod write;

use super::{TypeIndex, Types};
use crate::codec::{CodecError, CodecErrorKind, CodecResult};
use aster_contract::graph::MAX_CONTAINERS;
use read::Json;
use tape::Tape;
use write::JsonSink;

/// How many bytes a JSON text may have, in both directions: the names of fields can make it far longer than its payload.
pub const MAX_JSON_BYTES: usize = 64 << 20;

/// How many arrays and objects may be inside each other: messages and their containers at their limits, with a union around
/// each message.
pub const MAX_JSON_DEPTH: usize = crate::codec::MAX_DEPTH as usize * (MAX_CONTAINERS + 2);

impl Types {
    /// The payload of the message that a JSON text holds.
    ///
    /// # Errors
    /// A text that is not JSON, or holds something else than this message.
    pub fn json_to_payload(&self, root: TypeIndex, json: &[u8]) -> CodecResult<Vec<u8>> {
        self.json_to_payload_within(root, json, usize::MAX)
    }

    /// The same, if the payload has at most `limit` bytes. It can have far more than the text, which does not name what is
    /// absent.
    ///
    /// # Errors
    /// As [`json_to_payload`](Self::json_to_payload), and a payload over the limit, before much more is written.
    pub fn json_to_payload_within(&self, root: TypeIndex, json: &[u8], limit: usize) -> CodecResult<Vec<u8>> {
        let mut payload = Vec::new();
        match Tape::parse(json) {
            Ok(tape) => self.encode_within(root, &Json::root(&tape), &mut payload, limit)?,
            Err(error) => {
                return Err(match self.message(root) {
                    Some(message) => error.of_message(message.name().to_owned()),
                    None => error,
                });
            }
        }
        Ok(payload)
    }

    /// The message that a payload holds, as JSON without spaces. Fields are in the order in which the message is shown.
    ///
    /// # Errors
    /// Bytes that are not exactly one payload of this message, in this profile and inside its limits; a text that would be
    /// over [`MAX_JSON_BYTES`].
    pub fn payload_to_json(&self, root: TypeIndex, payload: &[u8]) -> CodecResult<String> {
        self.payload_to_json_within(root, payload, MAX_JSON_BYTES)
    }

    /// The same with at most `limit` bytes.
    ///
    /// # Errors
    /// As [`payload_to_json`](Self::payload_to_json), with this limit.
    pub fn payload_to_json_within(
        &self,
        root: TypeIndex,
        payload: &[u8],
        limit: usize,
    ) -> CodecResult<String> {
        let mut sink = JsonSink::new(limit);
        self.decode(root, payload, &mut sink)?;
        Ok(sink.finish())
    }
}

#[cold]
fn over_limit(limit: usize) -> CodecError {
    let expected = format!("at most {limit} bytes of JSON");
    CodecError::new(CodecErrorKind::OverLimit, expected, "more")
}
