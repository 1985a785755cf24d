//! The bytes in the book are the encoder's.

use super::Trailer;
use crate::garbage::{framed, head};
use aster_runtime::Metadata;
use aster_runtime::codegen::v1::ContractId;
use aster_runtime::compress::THRESHOLD;
use aster_runtime::frame::{DEFAULT_LIMIT, MAX_HEADER, MAX_TRAILER};
use aster_runtime::header::StreamHeader;
use aster_runtime::metadata::{MAX_ENTRIES, MAX_KEY, MAX_TOTAL, MAX_VALUE};
use std::borrow::Cow;

const PAGE: &str = include_str!("../../../../docs/wire.md");

/// The bytes of the examples: of each line, what stands before the words.
fn examples() -> Vec<Vec<u8>> {
    let blocks = PAGE
        .split("```text\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let bytes = blocks.map(|block| block.lines().flat_map(line).collect::<Vec<u8>>());
    bytes.filter(|bytes| !bytes.is_empty()).collect()
}

fn line(line: &str) -> impl Iterator<Item = u8> {
    line.split_whitespace()
        .map_while(|word| (word.len() == 2).then(|| u8::from_str_radix(word, 16).ok())?)
}

#[test]
fn the_examples_are_what_the_encoder_writes() {
    let mut metadata = Metadata::new();
    metadata.insert("k", "v").unwrap();
    let header = StreamHeader {
        service: "fleet.Agent".into(),
        version: 2,
        method: "status".into(),
        contract_id: Some(ContractId(std::array::from_fn(|index| index as u8))),
        call_id: 7,
        deadline_ms: 7000,
        mode: 0,
        session: 0,
        metadata: Cow::Owned(metadata),
    };
    let status = Trailer {
        details: vec![("who".into(), b"anna".to_vec())],
        ..Trailer::new(5, "no agent")
    };
    let request = [head(&header), framed(0x40, b"xyz")].concat();
    assert_eq!(
        examples(),
        [request, status.frame()],
        "in hex: {}",
        hex(&examples())
    );
}

fn hex(examples: &[Vec<u8>]) -> String {
    examples.iter().map(|bytes| format!("{bytes:02x?}")).collect()
}

#[test]
fn the_numbers_are_those_of_the_runtime() {
    for (number, said) in [
        (DEFAULT_LIMIT, "at most 16 MiB (`Limits::frame`)"),
        (MAX_HEADER, "at most 16 KiB |"),
        (MAX_TRAILER, "at most 64 KiB;"),
        (MAX_ENTRIES, "| entries | 64 |"),
        (MAX_KEY, "| a key | 256 bytes |"),
        (MAX_VALUE, "| a value | 4 KiB |"),
        (MAX_TOTAL, "| keys and values together | 8 KiB |"),
        (THRESHOLD, "over 4,096 bytes"),
    ] {
        assert!(PAGE.contains(said), "{said}");
        let words = said.replace(',', "");
        let mut words = words.split([' ', '|']).filter(|word| !word.is_empty());
        let value: usize = words.find_map(|word| word.parse().ok()).unwrap();
        let unit = match words.next() {
            Some("KiB" | "KiB;") => 1024,
            Some("MiB") => 1024 * 1024,
            _ => 1,
        };
        assert_eq!(value * unit, number, "{said}");
    }
}
