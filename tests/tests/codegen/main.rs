//! Generated code: what its TypeDefs are, and what it reads and writes.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

#[expect(dead_code, reason = "what one binary counts, another does not")]
#[path = "../../allocation.rs"]
mod allocation;
mod compiled;
mod conveniences;
mod fixtures;
mod payloads;
mod round_trips;
mod schemas;
mod type_defs;
