//! Any bytes as a record of a contract: what is accepted encodes to the same bytes.
#![no_main]

use aster_fuzz::{record, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: seeds::write(record::canonical_seeds),
    |bytes: &[u8]| record::canonical(bytes)
);
