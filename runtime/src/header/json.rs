//! The JSON forms of headers: the members of the binary ones under camelCase names.
//!
//! Reading is strict: an unknown, missing or repeated key and a wrong type are errors that say where.

use super::{HeaderError, StreamHeader};
use crate::metadata::Metadata;
use aster_contract::model::ContractId;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// What a caller must say is `service` and `method`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Header {
    service: String,
    #[serde(default)]
    version: i32,
    method: String,
    #[serde(default, deserialize_with = "contract_id")]
    contract_id: Option<ContractId>,
    #[serde(default, deserialize_with = "number")]
    call_id: u64,
    #[serde(default, deserialize_with = "number")]
    deadline_ms: u64,
    #[serde(default = "json_mode")]
    mode: u64,
    #[serde(default, deserialize_with = "number")]
    session_id: u64,
    #[serde(default)]
    metadata: Vec<(String, String)>,
}

fn json_mode() -> u64 {
    3
}

/// A number that JavaScript may not be able to hold: as one, or as its digits.
fn number<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
    struct Number;

    impl Visitor<'_> for Number {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an integer from 0 to 18446744073709551615, or its digits in a string")
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
            Ok(value)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
            let plain = match text.as_bytes() {
                [b'0'] => true,
                [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
                _ => false,
            };
            let value = text.parse().ok().filter(|_| plain);
            value.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    input.deserialize_any(Number)
}

fn contract_id<'de, D: Deserializer<'de>>(input: D) -> Result<Option<ContractId>, D::Error> {
    struct Digits;

    impl Visitor<'_> for Digits {
        type Value = Option<ContractId>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a contract id of 64 hexadecimal digits")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Option<ContractId>, E> {
            let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
            let id = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let id = id.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))?;
            Ok(Some(ContractId(id)))
        }
    }

    input.deserialize_str(Digits)
}

pub(super) fn decode(payload: &[u8]) -> Result<StreamHeader<'static>, HeaderError> {
    let header: Header =
        serde_json::from_slice(payload).map_err(|error| HeaderError::Malformed(error.to_string()))?;
    let mut metadata = Metadata::new();
    for (key, value) in header.metadata {
        metadata.push(key, value)?;
    }
    Ok(StreamHeader {
        service: Cow::Owned(header.service),
        version: header.version,
        method: Cow::Owned(header.method),
        contract_id: header.contract_id,
        call_id: header.call_id,
        deadline_ms: header.deadline_ms,
        mode: header.mode,
        session: header.session_id,
        metadata: Cow::Owned(metadata),
    })
}

/// Appends a response header.
pub(super) fn encode_response(metadata: &Metadata, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"metadata\":");
    metadata.write_json(out);
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::MAX_HEADER;
    use crate::header::Form;
    use crate::metadata::MetadataError;

    fn decode(text: &str) -> Result<StreamHeader<'_>, HeaderError> {
        assert_eq!(Form::of(text.as_bytes()), Form::Json);
        StreamHeader::decode(text.as_bytes())
    }

    /// A header of what must be there, and a member.
    fn with(member: &str) -> Result<StreamHeader<'static>, HeaderError> {
        super::decode(format!(r#"{{"service":"a.B","method":"m",{member}}}"#).as_bytes())
    }

    #[test]
    fn the_members_have_camel_case_names() {
        let mut metadata = Metadata::new();
        metadata.insert("k", "2").unwrap();
        metadata.insert("k", "1").unwrap();
        let header = StreamHeader {
            service: "a.B".into(),
            version: -2,
            method: "m".into(),
            contract_id: Some(ContractId([0xab; 32])),
            call_id: 300,
            deadline_ms: 5,
            mode: 0,
            session: 1,
            metadata: Cow::Owned(metadata),
        };
        for id in ["ab".repeat(32), "AB".repeat(32)] {
            let text = format!(
                r#"{{ "metadata": [["k","2"],["k","1"]], "sessionId": 1, "mode": 0, "deadlineMs": 5, "callId": 300,
                "contractId": "{id}", "method": "\u006d", "version": -2, "service": "a.B" }}"#
            );
            assert_eq!(decode(&text), Ok(header.clone()));
        }
    }

    #[test]
    fn service_and_method_are_enough() {
        let header = decode(r#"{"service":"B","method":"m"}"#).unwrap();
        assert_eq!((header.mode, header.contract_id, header.version), (3, None, 0));
        assert_eq!((header.call_id, header.deadline_ms, header.session), (0, 0, 0));
        assert!(header.metadata.is_empty());
    }

    #[test]
    fn numbers_of_64_bits_are_numbers_or_their_digits() {
        for key in ["callId", "deadlineMs", "sessionId"] {
            for (text, value) in [
                ("0", 0),
                ("\"0\"", 0),
                ("7", 7),
                ("\"7\"", 7),
                ("9007199254740993", 9_007_199_254_740_993),
                ("\"9007199254740993\"", 9_007_199_254_740_993),
                ("18446744073709551615", u64::MAX),
                ("\"18446744073709551615\"", u64::MAX),
            ] {
                let header = with(&format!(r#""{key}":{text}"#)).unwrap();
                let read = header.call_id + header.deadline_ms + header.session;
                assert_eq!(read, value, "{key} {text}");
            }
            for wrong in [
                "-1",
                "1.0",
                "1e3",
                "18446744073709551616",
                "\"18446744073709551616\"",
                "\"\"",
                "\"+1\"",
                "\"-1\"",
                "\"01\"",
                "\" 1\"",
                "\"0x1\"",
                "\"\u{661}\"",
                "null",
                "true",
                "[1]",
            ] {
                let error = with(&format!(r#""{key}":{wrong}"#)).unwrap_err().to_string();
                assert!(error.contains("at line 1 column"), "{key} {wrong}: {error}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (member, says) in [
            (r#""call_id":1"#, "unknown field `call_id`"),
            (r#""Mode":1"#, "unknown field `Mode`"),
            (r#""mode":3,"mode":3"#, "duplicate field `mode`"),
            (r#""contractId":"07","contractId":"07""#, "64 hexadecimal digits"),
            (r#""contractId":"""#, "64 hexadecimal digits"),
            (r#""contractId":null"#, "64 hexadecimal digits"),
            (r#""contractId":7"#, "64 hexadecimal digits"),
            (r#""mode":"3""#, "invalid type: string"),
            (r#""mode":-1"#, "-1"),
            (r#""version":2147483648"#, "2147483648"),
            (r#""version":"1""#, "invalid type: string"),
            (r#""metadata":{"k":"v"}"#, "invalid type: map"),
            (r#""metadata":[["k"]]"#, "tuple of size 2"),
            (r#""metadata":[["k","v","w"]]"#, "trailing characters"),
            (r#""metadata":[["k",1]]"#, "invalid type: integer"),
            (r#""metadata":null"#, "invalid type: null"),
        ] {
            let error = with(member).unwrap_err().to_string();
            assert!(
                error.contains(says) && error.contains("at line 1 column"),
                "{member}: {error}"
            );
        }
        let long = format!(r#""contractId":"{}""#, "0".repeat(66));
        assert!(with(&long).is_err());
        for (text, says) in [
            ("{", "EOF while parsing an object at line 1 column 1"),
            ("{}", "missing field `service` at line 1 column 2"),
            (r#"{"service":"B"}"#, "missing field `method`"),
            ("{\"service\":\"B\",\n\"method\":1}", "at line 2 column 10"),
            (r#"{"service":"B","method":"m"} {"#, "trailing characters"),
            (r#"{"service":"B","method":"m",}"#, "trailing comma"),
            (r#"{"service":null,"method":"m"}"#, "invalid type: null"),
        ] {
            let error = decode(text).unwrap_err();
            assert!(matches!(error, HeaderError::Malformed(_)), "{text}: {error}");
            assert!(error.to_string().contains(says), "{text}: {error}");
        }
        let not_text = [&b"{\"service\":\""[..], &[0xff], b"\",\"method\":\"m\"}"].concat();
        assert!(matches!(
            StreamHeader::decode(&not_text),
            Err(HeaderError::Malformed(_))
        ));
    }

    #[test]
    fn metadata_has_the_limits_of_the_binary_form() {
        let entries = vec![r#"["k","v"]"#; 65].join(",");
        let error = with(&format!(r#""metadata":[{entries}]"#)).unwrap_err();
        assert_eq!(error, HeaderError::Metadata(MetadataError::TooMuch));
        let error = with(r#""metadata":[["K","v"]]"#).unwrap_err();
        assert_eq!(error, HeaderError::Metadata(MetadataError::Key("K".into())));
    }

    #[test]
    fn nesting_is_refused_before_it_takes_a_stack() {
        for open in ["[", "{\"a\":"] {
            for key in ["metadata", "callId", "unknown"] {
                let deep = format!("{{\"{key}\":{}", open.repeat(MAX_HEADER / open.len()));
                assert!(matches!(decode(&deep), Err(HeaderError::Malformed(_))), "{key}");
            }
        }
    }

    #[test]
    fn a_response_header_is_a_list_of_pairs() {
        let mut metadata = Metadata::new();
        let mut written = Vec::new();
        encode_response(&metadata, &mut written);
        assert_eq!(written, br#"{"metadata":[]}"#);
        metadata.insert("k", "\"ü\u{1}").unwrap();
        metadata.insert("k", "1").unwrap();
        written.clear();
        Form::Json.encode_response(&metadata, &mut written);
        assert_eq!(
            std::str::from_utf8(&written).unwrap(),
            r#"{"metadata":[["k","\"ü\u0001"],["k","1"]]}"#
        );
    }
}
