//! Any bytes as a description and a payload of it: what is accepted can be written, and is read as the same.
#![no_main]

use aster_fuzz::{described, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::write(described::described_seeds),
    |bytes: &[u8]| described::described(bytes)
);
