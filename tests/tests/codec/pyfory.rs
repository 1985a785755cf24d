//! Payloads that pyfory 1.7.7 read and wrote again: `pyfory/exchange.py` says how.

use crate::kitchen::Kitchen;
use crate::values::Random;
use aster_runtime::codegen::v1::Message;
use std::fmt::Write as _;

const OURS: &str = include_str!("pyfory/ours.txt");
const PYFORY: &str = include_str!("pyfory/pyfory.txt");

/// Values that Python can hold exactly: no nanoseconds, no halves of microseconds.
fn kitchens() -> Vec<Kitchen> {
    let mut random = Random::for_python(0x0dd);
    (0..12).map(|_| random.kitchen()).collect()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn from_hex(line: &str) -> Vec<u8> {
    (0..line.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn pyfory_reads_what_we_write() {
    let mut found = String::new();
    for kitchen in kitchens() {
        let mut bytes = Vec::new();
        kitchen.encode(&mut bytes).unwrap();
        writeln!(found, "{}", hex(&bytes)).unwrap();
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/codec/pyfory/ours.txt"),
            &found,
        )
        .unwrap();
        return;
    }
    // `pyfory.txt` was made from these very bytes.
    assert!(
        found == OURS,
        "the payloads are not those that pyfory read; see exchange.py"
    );
}

#[test]
fn we_read_what_pyfory_writes() {
    assert_eq!(PYFORY.lines().count(), kitchens().len());
    for (line, kitchen) in PYFORY.lines().zip(kitchens()) {
        assert_eq!(Kitchen::decode(&from_hex(line)).unwrap(), kitchen);
    }
}
