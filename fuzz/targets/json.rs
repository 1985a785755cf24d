//! Any bytes as JSON: what is accepted is a payload, and comes back as the same.
#![no_main]

use aster_fuzz::{json, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::write(json::json_seeds),
    |bytes: &[u8]| json::json(bytes)
);
