//! Generated code: what its TypeDefs are, and what it reads and writes.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod compiled;
mod memory;
mod payloads;
mod round_trips;
mod schemas;
mod type_defs;
