//! The status of a call: how it ended, and why.
//!
//! Source: wire protocol, "StreamHeader, ResponseHeader, RpcStatus".

mod json;

use crate::frame::MAX_TRAILER;
use crate::metadata::{Metadata, MetadataError, ReadError};
use aster_contract::canonical::{DecodeError, Reader, Writer};
use std::fmt;

const FORMAT: u8 = 1;
/// Longer messages are cut, so that a status always fits a trailer.
const MAX_MESSAGE: usize = 16 * 1024;

/// The number of a status: the gRPC set, and our own. Numbers we do not know are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u32);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal $make:ident,)*) => {
        impl Code {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// The name of the code in lower case, or `code` for a number we do not know.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    _ => "code",
                }
            }

            /// The name as gRPC writes it and the constants here have it, `NOT_FOUND`; `UNRECOGNIZED` for a number we do not
            /// know.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    _ => "UNRECOGNIZED",
                }
            }
        }

        impl Status {
            $(
                #[doc = concat!("A status of code `", $text, "`.")]
                pub fn $make(message: impl Into<String>) -> Self {
                    Self::new(Code::$name, message)
                }
            )*
        }
    };
}

codes! {
    /// The call succeeded.
    OK = 0 "ok" ok,
    /// The caller gave up.
    CANCELLED = 1 "cancelled" cancelled,
    /// Something failed that nobody named.
    UNKNOWN = 2 "unknown" unknown,
    /// The request cannot be right in any state of the server.
    INVALID_ARGUMENT = 3 "invalid argument" invalid_argument,
    /// The deadline passed first.
    DEADLINE_EXCEEDED = 4 "deadline exceeded" deadline_exceeded,
    /// What was asked for is not there.
    NOT_FOUND = 5 "not found" not_found,
    /// What was to be made is there already.
    ALREADY_EXISTS = 6 "already exists" already_exists,
    /// The caller may not do this.
    PERMISSION_DENIED = 7 "permission denied" permission_denied,
    /// A limit or a budget is used up.
    RESOURCE_EXHAUSTED = 8 "resource exhausted" resource_exhausted,
    /// The server is not in the state the request needs.
    FAILED_PRECONDITION = 9 "failed precondition" failed_precondition,
    /// A conflict, or a lost session: begin again at a higher level.
    ABORTED = 10 "aborted" aborted,
    /// Past the end of a range.
    OUT_OF_RANGE = 11 "out of range" out_of_range,
    /// The method is not there.
    UNIMPLEMENTED = 12 "unimplemented" unimplemented,
    /// A fault of the server.
    INTERNAL = 13 "internal" internal,
    /// The server cannot be reached now.
    UNAVAILABLE = 14 "unavailable" unavailable,
    /// Data is lost or damaged for good.
    DATA_LOSS = 15 "data loss" data_loss,
    /// Who the caller is has not been shown.
    UNAUTHENTICATED = 16 "unauthenticated" unauthenticated,
    /// A payload does not fit the contract.
    CONTRACT_VIOLATION = 101 "contract violation" contract_violation,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            "code" => write!(f, "code {}", self.0),
            name => f.write_str(name),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", self.0)
    }
}

/// How a call ended: a code, a sentence for people, details for programs, metadata.
#[derive(Clone, PartialEq, Eq)]
pub struct Status(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    code: Code,
    message: String,
    details: Vec<(String, Vec<u8>)>,
    metadata: Metadata,
}

impl Status {
    /// A status without details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let (details, metadata) = (Vec::new(), Metadata::new());
        Self(Box::new(Inner {
            code,
            message: message.into(),
            details,
            metadata,
        }))
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What happened, for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Facts for programs, by key.
    pub fn details(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .details
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_slice()))
    }

    /// The first detail of a key.
    pub fn detail(&self, key: &str) -> Option<&[u8]> {
        self.details()
            .find(|(other, _)| *other == key)
            .map(|(_, value)| value)
    }

    /// The trailing metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// The same status with one more detail.
    #[must_use]
    pub fn with_detail(mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.0.details.push((key.into(), value.into()));
        self
    }

    /// The same status with other metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.0.metadata = metadata;
        self
    }

    pub(crate) fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.0.metadata
    }

    /// Appends the encoding, at most 64 KiB: a longer message is cut and details that do not fit are left out.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let Inner {
            code,
            message,
            details,
            metadata,
        } = &*self.0;
        let mut tail = Writer::new();
        metadata.write(&mut tail);
        let tail = tail.finish();
        let start = out.len();
        let mut fields = Writer::append_to(std::mem::take(out));
        fields.byte(FORMAT);
        fields.uvarint(code.0.into());
        fields.string(cut(message));
        *out = fields.finish();
        let mut room = MAX_TRAILER - (out.len() - start) - tail.len() - 16;
        let fits = details.iter().take_while(|(key, value)| {
            let size = key.len() + value.len() + 20;
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        });
        let count = fits.count();
        let mut fields = Writer::append_to(std::mem::take(out));
        fields.list(&details[..count], |fields, (key, value)| {
            fields.string(key);
            fields.bytes(value);
        });
        fields.raw(&tail);
        *out = fields.finish();
    }

    /// Appends the JSON form, within the same bounds.
    pub(crate) fn encode_json(&self, out: &mut Vec<u8>) {
        json::encode(&self.0, out);
    }

    /// Reads a trailer's payload; an empty one is OK.
    pub(crate) fn decode(payload: &[u8]) -> Result<Self, StatusError> {
        if payload.is_empty() {
            return Ok(Self::ok(""));
        }
        let mut input = Reader::new(payload);
        match input.byte()? {
            FORMAT => {}
            other => return Err(StatusError::Version(other)),
        }
        let code = u32::try_from(input.uvarint()?).map_err(|_| StatusError::Code)?;
        let mut status = Self::new(Code(code), input.string()?);
        for _ in 0..input.list_header()? {
            let (key, value) = (input.string()?, input.bytes()?);
            status.0.details.push((key.to_owned(), value.to_owned()));
        }
        status.0.metadata = Metadata::read(&mut input).map_err(|error| match error {
            ReadError::Malformed(error) => StatusError::Malformed(error),
            ReadError::Metadata(error) => StatusError::Metadata(error),
        })?;
        input.finish()?;
        Ok(status)
    }
}

/// The longest beginning of `message` that is within the limit.
fn cut(message: &str) -> &str {
    &message[..message.floor_char_boundary(MAX_MESSAGE)]
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            "" => write!(f, "{}", self.code()),
            message => write!(f, "{}: {message}", self.code()),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Status");
        out.field("code", &self.code()).field("message", &self.message());
        if !self.0.details.is_empty() {
            out.field("details", &self.0.details);
        }
        if !self.0.metadata.is_empty() {
            out.field("metadata", &self.0.metadata);
        }
        out.finish()
    }
}

impl std::error::Error for Status {}

impl From<MetadataError> for Status {
    fn from(error: MetadataError) -> Self {
        match error {
            MetadataError::TooMuch => Self::resource_exhausted(error.to_string()),
            _ => Self::invalid_argument(error.to_string()),
        }
    }
}

/// Why a trailer's payload is not a status.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StatusError {
    #[error("status format {0}, this side reads format 1")]
    Version(u8),
    #[error("malformed status: {0}")]
    Malformed(#[from] DecodeError),
    #[error("malformed status: its code has more than 32 bits")]
    Code,
    #[error("malformed status: {0}")]
    Metadata(MetadataError),
}

impl StatusError {
    /// What a client reports that reads such a trailer.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Version(_) => Code::UNIMPLEMENTED,
            Self::Metadata(MetadataError::TooMuch) => Code::RESOURCE_EXHAUSTED,
            Self::Malformed(_) | Self::Code | Self::Metadata(_) => Code::INTERNAL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(status: &Status) -> Vec<u8> {
        let mut out = Vec::new();
        status.encode(&mut out);
        out
    }

    #[test]
    fn an_empty_trailer_is_ok() {
        assert_eq!(Status::decode(&[]).unwrap().code(), Code::OK);
    }

    #[test]
    fn has_the_bytes_of_the_specification() {
        let mut metadata = Metadata::new();
        metadata.insert("k", "v").unwrap();
        let status = Status::contract_violation("no")
            .with_detail("d", [7, 8])
            .with_metadata(metadata);
        let expected = [
            1, 101, 10, b'n', b'o', 1, 0x0c, 6, b'd', 2, 7, 8, 1, 0x0c, 6, b'k', 6, b'v',
        ];
        assert_eq!(encoded(&status), expected);
        assert_eq!(Status::decode(&expected).unwrap(), status);
    }

    #[test]
    fn an_unknown_code_is_kept_as_a_number() {
        let status = Status::new(Code(4711), "odd");
        let read = Status::decode(&encoded(&status)).unwrap();
        assert_eq!(read.code(), Code(4711));
        assert_eq!(read.to_string(), "code 4711: odd");
    }

    #[test]
    fn an_unknown_format_and_trailing_bytes_are_refused() {
        let mut bytes = encoded(&Status::internal("x"));
        bytes.push(0);
        assert!(matches!(Status::decode(&bytes), Err(StatusError::Malformed(_))));
        bytes[0] = 2;
        assert_eq!(Status::decode(&bytes), Err(StatusError::Version(2)));
    }

    #[test]
    fn always_fits_a_trailer() {
        let mut status = Status::internal("ü".repeat(100_000));
        for number in 0..100 {
            status = status.with_detail(format!("detail-{number}"), vec![7; 5000]);
        }
        let bytes = encoded(&status);
        assert!(bytes.len() <= MAX_TRAILER);
        let read = Status::decode(&bytes).unwrap();
        assert!(read.message().len() <= MAX_MESSAGE && read.details().count() > 5);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Status::decode(&bytes);
            let mut versioned = vec![1];
            versioned.extend(bytes);
            if let Ok(status) = Status::decode(&versioned) {
                prop_assert_eq!(encoded(&status), versioned);
            }
        }

        #[test]
        fn what_is_written_is_read_again(code in any::<u32>(), message in ".{0,40}",
            details in proptest::collection::vec((".{0,10}", proptest::collection::vec(any::<u8>(), 0..20)), 0..5)) {
            let mut status = Status::new(Code(code), message);
            for (key, value) in details {
                status = status.with_detail(key, value);
            }
            prop_assert_eq!(Status::decode(&encoded(&status)).unwrap(), status);
        }
    }
}
