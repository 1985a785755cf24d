//! Calls between the code of two schemas: real nodes on loopback.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod described;
mod drift;
mod sessions;
#[expect(deprecated, reason = "one row deprecates a field that its handler sets")]
mod sides;
mod traces;
