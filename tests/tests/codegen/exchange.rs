//! Payloads that the printed codec of Rust has read and written, for the codecs of other languages to read and write again.

use crate::compiled::MESSAGES;
use crate::payloads::{Random, payload};
use crate::round_trips::{find, golden_schema};
use data_encoding::BASE64;
use std::fmt::Write as _;
use std::path::Path;

/// Payloads of each message.
const COUNT: usize = 4;
/// Longer ones are left out.
const LONG: usize = 1_200;

#[test]
fn the_payloads_for_typescript_are_those_of_rust() {
    let (schema, steps) = golden_schema();
    let mut text = String::new();
    for (seed, (name, round_trip)) in (1..).zip(MESSAGES) {
        let id = find(&schema, name);
        let mut random = Random(seed << 16);
        // A message may have nothing but long ones.
        let drawn: Vec<_> = (0..COUNT * 8).map(|_| payload(&steps, id, &mut random)).collect();
        let shortest = drawn.iter().map(Vec::len).min().unwrap_or_default();
        let short = drawn.iter().filter(|bytes| bytes.len() <= LONG.max(shortest));
        for bytes in short.take(COUNT) {
            let written = round_trip(bytes).unwrap();
            writeln!(text, "{name} {}", BASE64.encode(&written)).unwrap();
        }
    }
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../bindings/typescript/test/payloads.txt"
    );
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(Path::new(path), &text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        text == committed,
        "{path} is not what Rust writes: accept it with BLESS=1"
    );
}
