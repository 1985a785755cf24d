//! Calls whose payloads are bytes: what the bindings of other languages are made of.
//!
//! Everything but the codec is as for generated Rust: the `raw_…` functions of [`Stub`](crate::client::Stub) make calls, and those
//! of [`ServerCall`](crate::service::ServerCall) answer them. Payloads are Apache Fory XLANG; calls
//! in JSON are translated before they are here.

mod contract;

pub use crate::client::RawResponse;
pub use contract::service_info;

use crate::codec::CodecResult;
use crate::codec::table::{Source, TypeIndex, Types};
use crate::payload::Open;
use crate::status::Status;
use crate::streaming::{Streaming, violation};
use bytes::Bytes;

/// A message that is encoded, with room for what is written before it.
pub struct Payload(Open);

impl Payload {
    /// Encodes what `source` has as the message `root`.
    ///
    /// # Errors
    /// The first value that does not fit, with the path to it.
    pub fn encode<S: Source>(types: &Types, root: TypeIndex, source: &S) -> CodecResult<Self> {
        Open::with(|buffer| types.encode_to(root, source, buffer)).map(Self)
    }

    /// The same of a payload that is encoded.
    #[must_use]
    pub fn holding(payload: &[u8]) -> Self {
        Self(Open::holding(payload))
    }

    /// How many bytes the payload has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no payload is empty")]
    pub fn len(&self) -> usize {
        self.0.payload().len()
    }

    /// The payload.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.payload()
    }

    pub(crate) fn into_open(self) -> Open {
        self.0
    }
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payload").field("len", &self.len()).finish()
    }
}

impl Streaming<Bytes> {
    /// Says that the last message does not fit the contract, which ends the stream: the status is what such a call ends
    /// with.
    pub fn refuse(&mut self, error: &crate::codec::CodecError) -> Status {
        let status = violation(error);
        self.spoil(&status);
        status
    }
}
