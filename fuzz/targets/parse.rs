//! Any bytes as one file: read, parsed and complained about.
#![no_main]

use aster_fuzz::{schema, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::write(schema::parse_seeds),
    |bytes: &[u8]| schema::parse(bytes)
);
