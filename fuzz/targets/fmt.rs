//! Any text that parses: formatting it twice is formatting it once, and it keeps what it says and its ids.
#![no_main]

use aster_fuzz::{schema, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::write(schema::fmt_seeds),
    |bytes: &[u8]| schema::fmt(bytes)
);
