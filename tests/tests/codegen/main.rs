//! Generated code: what its TypeDefs are, and what it reads and writes.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod schemas;
mod type_defs;
