//! The JSON form of a status: an object that always has its four members.
//!
//! `{"code":5,"message":"no agent","details":[["who","YW5uYQ=="]],"metadata":[["k","v"]]}`

use super::{Inner, MAX_MESSAGE, cut};
use crate::frame::MAX_TRAILER;
use data_encoding::BASE64;
use std::io::Write as _;

/// What stands around the values, the code included.
const AROUND: usize = br#"{"code":4294967295,"message":"","details":[],"metadata":}"#.len();

/// Appends the status, at most 64 KiB: a longer message is cut and details that do not fit are left out.
pub(super) fn encode(status: &Inner, out: &mut Vec<u8>) {
    let mut metadata = Vec::new();
    status.metadata.write_json(&mut metadata);
    // what is within the bounds of metadata takes less, however it is escaped
    let mut room = MAX_TRAILER.saturating_sub(AROUND + metadata.len());
    let message = shortened(cut(&status.message), MAX_MESSAGE.min(room));
    // a Vec takes all that is written, here and below
    let _ = write!(out, "{{\"code\":{},\"message\":", status.code.0);
    let start = out.len();
    text(message, out);
    room = room.saturating_sub(out.len() - start - 2);
    out.extend_from_slice(b",\"details\":[");
    for (index, (key, value)) in status.details.iter().enumerate() {
        let start = out.len();
        // what is far too large is not written first
        let fits = key.len() + BASE64.encode_len(value.len()) <= room;
        if fits {
            detail(index > 0, key, value, out);
        }
        if !fits || out.len() - start > room {
            out.truncate(start);
            break;
        }
        room -= out.len() - start;
    }
    out.extend_from_slice(b"],\"metadata\":");
    out.extend_from_slice(&metadata);
    out.push(b'}');
}

fn detail(follows: bool, key: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(if follows { b",[" } else { b"[" });
    text(key, out);
    out.push(b',');
    text(&BASE64.encode(value), out);
    out.push(b']');
}

fn text(text: &str, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, text);
}

/// The longest beginning of `text` that has at most `limit` bytes between the quotes.
fn shortened(text: &str, limit: usize) -> &str {
    let mut left = limit;
    for (at, character) in text.char_indices() {
        let length = match character {
            '"' | '\\' | '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' => 2,
            '\0'..'\u{20}' => 6,
            other => other.len_utf8(),
        };
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return &text[..at],
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::frame::MAX_TRAILER;
    use crate::metadata::{MAX_ENTRIES, MAX_TOTAL, Metadata};
    use crate::status::{Code, MAX_MESSAGE, Status};
    use data_encoding::BASE64;
    use proptest::prelude::*;
    use serde_json::Value;

    fn written(status: &Status) -> String {
        let mut out = b"before".to_vec();
        status.encode_json(&mut out);
        String::from_utf8(out.split_off(6)).unwrap()
    }

    fn value(status: &Status) -> Value {
        let text = written(status);
        assert!(text.len() <= MAX_TRAILER, "{}", text.len());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn always_has_its_four_members() {
        assert_eq!(
            written(&Status::ok("")),
            r#"{"code":0,"message":"","details":[],"metadata":[]}"#
        );
        let mut metadata = Metadata::new();
        metadata.insert("k", "2").unwrap();
        metadata.insert("k", "1").unwrap();
        let status = Status::not_found("no \"agent\"\n")
            .with_detail("who", "anna")
            .with_detail("who", [0xff])
            .with_detail("", [])
            .with_metadata(metadata);
        assert_eq!(
            written(&status),
            r#"{"code":5,"message":"no \"agent\"\n","details":[["who","YW5uYQ=="],["who","/w=="],["",""]],"metadata":[["k","2"],["k","1"]]}"#
        );
        assert_eq!(value(&Status::new(Code(u32::MAX), ""))["code"], u32::MAX);
    }

    #[test]
    fn always_fits_a_trailer_however_it_is_escaped() {
        let mut metadata = Metadata::new();
        for _ in 0..MAX_ENTRIES {
            metadata
                .insert("k", "\u{1}".repeat(MAX_TOTAL / MAX_ENTRIES - 1))
                .unwrap();
        }
        for message in ["ü", "\"", "\u{1}"] {
            for metadata in [Metadata::new(), metadata.clone()] {
                let mut status =
                    Status::new(Code(u32::MAX), message.repeat(100_000)).with_metadata(metadata.clone());
                for number in 0..100 {
                    status = status.with_detail(format!("\"{number}"), vec![7; 100]);
                }
                let value = value(&status);
                assert_eq!(value["metadata"].as_array().unwrap().len(), metadata.len());
                let length = value["message"].as_str().unwrap().len();
                assert!((2000..=MAX_MESSAGE).contains(&length), "{length}");
                let details = value["details"].as_array().unwrap();
                assert!(!metadata.is_empty() || details.len() == 100, "{}", details.len());
            }
        }
    }

    #[test]
    fn details_are_left_out_from_the_first_that_does_not_fit() {
        let entry = r#"["d",""],"#.len();
        let around = r#"{"code":4294967295,"message":"","details":[],"metadata":[]}"#.len();
        let base64 = (MAX_TRAILER - around - entry + 1) / 4 * 4;
        for (bytes, details) in [(base64 / 4 * 3, 1), (base64 / 4 * 3 + 1, 0), (1 << 24, 0)] {
            let status = Status::internal("")
                .with_detail("d", vec![0; bytes])
                .with_detail("e", [1]);
            assert_eq!(
                value(&status)["details"].as_array().unwrap().len(),
                details,
                "{bytes}"
            );
        }
        let status = Status::internal("").with_detail("\u{1}".repeat(MAX_TRAILER / 2), []);
        assert_eq!(value(&status)["details"].as_array().unwrap().len(), 0);
    }

    proptest! {
        #[test]
        fn what_is_written_is_the_status(code in any::<u32>(), message in ".{0,40}",
            details in proptest::collection::vec((".{0,10}", proptest::collection::vec(any::<u8>(), 0..20)), 0..5)) {
            let mut status = Status::new(Code(code), &*message);
            for (key, value) in &details {
                status = status.with_detail(key, value.clone());
            }
            let value = value(&status);
            prop_assert_eq!(&value["code"], code);
            prop_assert_eq!(&value["message"], &*message);
            let read = value["details"].as_array().unwrap().iter().map(|pair| {
                let text = |index: usize| pair[index].as_str().unwrap().to_owned();
                (text(0), BASE64.decode(text(1).as_bytes()).unwrap())
            });
            prop_assert_eq!(read.collect::<Vec<_>>(), details);
        }
    }
}
