//! Metadata of calls: names and values beside the messages, bounded in every direction.
//!
//! Source: wire protocol, "StreamHeader, ResponseHeader, RpcStatus".

use aster_contract::canonical::{DecodeError, Reader, Writer};
use data_encoding::{BASE64, BASE64_NOPAD};

/// The most entries of one set.
pub const MAX_ENTRIES: usize = 64;
/// The longest key, in bytes.
pub const MAX_KEY: usize = 256;
/// The longest value, in bytes.
pub const MAX_VALUE: usize = 4 * 1024;
/// All keys and values together, in bytes.
pub const MAX_TOTAL: usize = 8 * 1024;

/// Why an entry is not metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// A key is empty or has a character outside `[a-z0-9._-]`.
    #[error("metadata key {0:?} has characters other than a-z, 0-9, `.`, `_` and `-`")]
    Key(String),
    /// A key that only the runtime may set.
    #[error("metadata key `{0}` is reserved: keys that begin with `aster-` belong to the runtime")]
    Reserved(String),
    /// The value of a `-bin` key is not base64.
    #[error("the value of metadata key `{0}` is not base64")]
    NotBase64(String),
    /// More than the protocol allows.
    #[error("too much metadata: at most 64 entries, 256 bytes a key, 4 KiB a value, 8 KiB in all")]
    TooMuch,
}

/// An ordered list of keys and values. A key may come several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    entries: Vec<(String, String)>,
}

impl Metadata {
    /// No entries.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// [`MetadataError`]; the set is as it was.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) -> Result<(), MetadataError> {
        let (key, value) = (key.into(), value.into());
        if key.starts_with("aster-") {
            return Err(MetadataError::Reserved(key));
        }
        self.push(key, value)
    }

    /// Appends the base64 of `value` under a key that ends with `-bin`.
    ///
    /// # Errors
    /// [`MetadataError`]; the set is as it was.
    pub fn insert_bytes(&mut self, key: impl Into<String>, value: &[u8]) -> Result<(), MetadataError> {
        let key = key.into();
        if !key.ends_with("-bin") {
            return Err(MetadataError::Key(key));
        }
        self.insert(key, BASE64.encode(value))
    }

    /// The first value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter()
            .find(|(other, _)| *other == key)
            .map(|(_, value)| value)
    }

    /// The first value of a `-bin` key, decoded.
    pub fn get_bytes(&self, key: &str) -> Option<Vec<u8>> {
        self.get(key).and_then(decode_base64)
    }

    /// All entries in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn push(&mut self, key: String, value: String) -> Result<(), MetadataError> {
        let total: usize = self
            .entries
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        let too_much = self.entries.len() >= MAX_ENTRIES
            || key.len() > MAX_KEY
            || value.len() > MAX_VALUE
            || total + key.len() + value.len() > MAX_TOTAL;
        if too_much {
            return Err(MetadataError::TooMuch);
        }
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        if key.is_empty() || !key.bytes().all(plain) {
            return Err(MetadataError::Key(key));
        }
        if key.ends_with("-bin") && decode_base64(&value).is_none() {
            return Err(MetadataError::NotBase64(key));
        }
        self.entries.push((key, value));
        Ok(())
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.list_header(self.entries.len());
        for (key, value) in &self.entries {
            out.string(key);
            out.string(value);
        }
    }

    /// Appends the list of pairs in JSON.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        // a Vec takes all that is written
        let _ = serde_json::to_writer(out, &self.entries);
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, ReadError> {
        let count = input.list_header()?;
        if count > MAX_ENTRIES {
            return Err(MetadataError::TooMuch.into());
        }
        let mut metadata = Self::new();
        for _ in 0..count {
            let (key, value) = (input.string()?, input.string()?);
            if key.len() > MAX_KEY || value.len() > MAX_VALUE {
                return Err(MetadataError::TooMuch.into());
            }
            metadata.push(key.to_owned(), value.to_owned())?;
        }
        Ok(metadata)
    }
}

fn decode_base64(value: &str) -> Option<Vec<u8>> {
    BASE64
        .decode(value.as_bytes())
        .or_else(|_| BASE64_NOPAD.decode(value.as_bytes()))
        .ok()
}

/// Why bytes are not a set of metadata.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_lower_case_ascii_and_not_reserved() {
        let mut metadata = Metadata::new();
        metadata.insert("trace.id_1-x", "ü").unwrap();
        for key in ["", "Trace", "a b", "ü"] {
            assert_eq!(metadata.insert(key, "v"), Err(MetadataError::Key(key.into())));
        }
        assert_eq!(
            metadata.insert("aster-x", "v"),
            Err(MetadataError::Reserved("aster-x".into()))
        );
        assert_eq!(metadata.len(), 1);
    }

    #[test]
    fn binary_values_are_base64() {
        let mut metadata = Metadata::new();
        metadata.insert_bytes("key-bin", &[0, 1, 255]).unwrap();
        assert_eq!(metadata.get_bytes("key-bin"), Some(vec![0, 1, 255]));
        assert_eq!(
            metadata.insert("b-bin", "%"),
            Err(MetadataError::NotBase64("b-bin".into()))
        );
    }

    #[test]
    fn every_limit_is_refused_one_past_it() {
        let mut metadata = Metadata::new();
        for _ in 0..MAX_ENTRIES {
            metadata.insert("k", "v").unwrap();
        }
        assert_eq!(metadata.insert("k", "v"), Err(MetadataError::TooMuch));

        let mut metadata = Metadata::new();
        metadata.insert("k".repeat(MAX_KEY), "").unwrap();
        assert_eq!(
            metadata.insert("k".repeat(MAX_KEY + 1), ""),
            Err(MetadataError::TooMuch)
        );
        metadata.insert("k", "v".repeat(MAX_VALUE)).unwrap();
        assert_eq!(
            metadata.insert("k", "v".repeat(MAX_VALUE + 1)),
            Err(MetadataError::TooMuch)
        );
        let rest = MAX_TOTAL - MAX_KEY - 1 - MAX_VALUE - 1;
        assert_eq!(
            metadata.insert("k", "v".repeat(rest + 1)),
            Err(MetadataError::TooMuch)
        );
        metadata.insert("k", "v".repeat(rest)).unwrap();
    }

    #[test]
    fn the_same_limits_hold_for_what_arrives() {
        let mut out = Writer::new();
        out.list_header(65);
        for _ in 0..65 {
            out.string("k");
            out.string("v");
        }
        assert_eq!(
            Metadata::read(&mut Reader::new(&out.finish())),
            Err(MetadataError::TooMuch.into())
        );
        let mut out = Writer::new();
        out.list_header(2);
        for value in ["1", "2"] {
            out.string("aster-k");
            out.string(value);
        }
        let out = out.finish();
        let metadata = Metadata::read(&mut Reader::new(&out)).unwrap();
        assert_eq!(
            metadata.iter().collect::<Vec<_>>(),
            [("aster-k", "1"), ("aster-k", "2")]
        );
    }
}
