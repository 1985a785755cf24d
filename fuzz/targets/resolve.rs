//! Any files that import each other: compiled, identified, locked and generated for.
#![no_main]

use aster_fuzz::{schema, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::write(schema::resolve_seeds),
    |bytes: &[u8]| schema::resolve(bytes)
);
