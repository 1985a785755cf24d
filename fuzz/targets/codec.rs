//! Any bytes as a payload: what is accepted can be written, and is read as the same.
#![no_main]

use aster_fuzz::{payload, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::write(payload::codec_seeds),
    |bytes: &[u8]| payload::codec(bytes)
);
