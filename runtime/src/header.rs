//! Headers: the first frame of each side of a call.
//!
//! Source: wire protocol, "StreamHeader, ResponseHeader, RpcStatus".

mod json;

use crate::metadata::{Metadata, MetadataError, ReadError};
use crate::status::Code;
use aster_contract::canonical::{DecodeError, Reader, Writer};
use aster_contract::model::ContractId;
use std::borrow::Cow;

/// The version of the wire format that this side writes, and the only one it reads.
pub const FORMAT: u8 = 1;

/// How headers and the trailer of a call are written: its caller chooses, with the first byte of the stream header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Binary,
    Json,
}

impl Form {
    /// The form of a stream header, well-formed or not.
    pub(crate) fn of(payload: &[u8]) -> Self {
        if StreamHeader::is_json(payload) {
            Self::Json
        } else {
            Self::Binary
        }
    }

    /// Appends a response header.
    pub(crate) fn encode_response(self, metadata: &Metadata, out: &mut Vec<u8>) {
        match self {
            Self::Binary => encode_response(metadata, out),
            Self::Json => json::encode_response(metadata, out),
        }
    }
}

/// The first frame of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHeader<'a> {
    /// The full name of the service, `package.Name`.
    pub service: Cow<'a, str>,
    /// The service's version. A JSON caller that does not say it has 0.
    pub version: i32,
    /// The method.
    pub method: Cow<'a, str>,
    /// The contract the caller was compiled with. Only a JSON caller may leave it out.
    pub contract_id: Option<ContractId>,
    /// A number of the caller's choice, for logs.
    pub call_id: u64,
    /// The time left when the header was sent, in milliseconds; 0 is none.
    pub deadline_ms: u64,
    /// How payloads are encoded: 0 xlang, 3 JSON.
    pub mode: u64,
    /// The session, 0 for none.
    pub session: u64,
    /// What the caller sends along.
    pub metadata: Cow<'a, Metadata>,
}

/// Why bytes are not a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A format version that this side does not read.
    #[error("wire format version {0} is not served here")]
    Version(u8),
    /// The bytes are not what the format version says.
    #[error("malformed header: {0}")]
    Malformed(String),
    /// The metadata is against its rules.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

impl HeaderError {
    /// What a client reports that reads such a header.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Version(_) => Code::UNIMPLEMENTED,
            Self::Metadata(MetadataError::TooMuch) => Code::RESOURCE_EXHAUSTED,
            Self::Malformed(_) | Self::Metadata(_) => Code::INTERNAL,
        }
    }
}

impl From<DecodeError> for HeaderError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<ReadError> for HeaderError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Malformed(error) => error.into(),
            ReadError::Metadata(error) => Self::Metadata(error),
        }
    }
}

impl<'a> StreamHeader<'a> {
    /// Appends the encoding.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::append_to(std::mem::take(out));
        let fields = &mut writer;
        fields.byte(FORMAT);
        fields.string(&self.service);
        fields.zz32(self.version);
        fields.string(&self.method);
        fields.bytes(self.contract_id.as_ref().map_or(&[], |id| &id.0[..]));
        for number in [self.call_id, self.deadline_ms, self.mode, self.session] {
            fields.uvarint(number);
        }
        self.metadata.write(fields);
        *out = writer.finish();
    }

    /// Whether the payload of a call's first frame is in JSON.
    pub fn is_json(payload: &[u8]) -> bool {
        payload.first() == Some(&b'{')
    }

    /// Reads the payload of a call's first frame, in binary or, if it begins with `{`, in JSON.
    ///
    /// # Errors
    /// [`HeaderError`]; trailing bytes are malformed.
    pub fn decode(payload: &'a [u8]) -> Result<Self, HeaderError> {
        if Self::is_json(payload) {
            return json::decode(payload);
        }
        let mut input = Reader::new(payload);
        match input.byte()? {
            FORMAT => {}
            other => return Err(HeaderError::Version(other)),
        }
        let service = Cow::Borrowed(input.string()?);
        let version = input.zz32()?;
        let method = Cow::Borrowed(input.string()?);
        let contract_id = <[u8; 32]>::try_from(input.bytes()?)
            .map_err(|_| HeaderError::Malformed("a contract id has 32 bytes".into()))?;
        let header = Self {
            service,
            version,
            method,
            contract_id: Some(ContractId(contract_id)),
            call_id: input.uvarint()?,
            deadline_ms: input.uvarint()?,
            mode: input.uvarint()?,
            session: input.uvarint()?,
            metadata: Cow::Owned(Metadata::read(&mut input)?),
        };
        input.finish()?;
        Ok(header)
    }
}

/// Appends a response header.
pub fn encode_response(metadata: &Metadata, out: &mut Vec<u8>) {
    let mut writer = Writer::append_to(std::mem::take(out));
    writer.byte(FORMAT);
    metadata.write(&mut writer);
    *out = writer.finish();
}

/// Reads a response header.
///
/// # Errors
/// [`HeaderError`]; trailing bytes are malformed.
pub fn decode_response(payload: &[u8]) -> Result<Metadata, HeaderError> {
    let mut input = Reader::new(payload);
    match input.byte()? {
        FORMAT => {}
        other => return Err(HeaderError::Version(other)),
    }
    let metadata = Metadata::read(&mut input)?;
    input.finish()?;
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> StreamHeader<'static> {
        let mut metadata = Metadata::new();
        metadata.insert("k", "v").unwrap();
        StreamHeader {
            service: "a.B".into(),
            version: -2,
            method: "m".into(),
            contract_id: Some(ContractId([9; 32])),
            call_id: 300,
            deadline_ms: 5,
            mode: 0,
            session: 1,
            metadata: Cow::Owned(metadata),
        }
    }

    fn encoded(header: &StreamHeader<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        header.encode(&mut out);
        out
    }

    #[test]
    fn has_the_bytes_of_the_specification() {
        let mut expected = vec![1, 14, b'a', b'.', b'B', 3, 6, b'm', 32];
        expected.extend([9; 32]);
        expected.extend([0xac, 0x02, 5, 0, 1, 1, 0x0c, 6, b'k', 6, b'v']);
        assert_eq!(encoded(&header()), expected);
        assert_eq!(StreamHeader::decode(&expected), Ok(header()));
    }

    #[test]
    fn an_unknown_format_and_trailing_bytes_are_refused() {
        let mut bytes = encoded(&header());
        bytes.push(0);
        assert!(matches!(
            StreamHeader::decode(&bytes),
            Err(HeaderError::Malformed(_))
        ));
        bytes[0] = 2;
        assert_eq!(StreamHeader::decode(&bytes), Err(HeaderError::Version(2)));
    }

    #[test]
    fn every_shortened_header_is_malformed() {
        let bytes = encoded(&header());
        for length in 0..bytes.len() {
            assert!(
                matches!(
                    StreamHeader::decode(&bytes[..length]),
                    Err(HeaderError::Malformed(_))
                ),
                "{length}"
            );
        }
    }

    #[test]
    fn a_response_header_is_read_again() {
        let metadata = header().metadata.into_owned();
        let mut out = Vec::new();
        encode_response(&metadata, &mut out);
        assert_eq!(out, [1, 1, 0x0c, 6, b'k', 6, b'v']);
        assert_eq!(decode_response(&out), Ok(metadata));
        assert_eq!(decode_response(&[7]), Err(HeaderError::Version(7)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(first in prop_oneof![Just(1u8), Just(b'{'), any::<u8>()],
            rest in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = vec![first];
            bytes.extend(rest);
            let _ = StreamHeader::decode(&bytes);
            let _ = decode_response(&bytes);
        }

        #[test]
        fn changed_headers_never_panic(at in 0usize..60, value in any::<u8>()) {
            let mut bytes = encoded(&header());
            let at = at % bytes.len();
            bytes[at] = value;
            if let Ok(read) = StreamHeader::decode(&bytes) {
                prop_assert_eq!(encoded(&read), bytes);
            }
        }
    }
}
