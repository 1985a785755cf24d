//! Benchmarks, each beside its peers. `cargo xtask bench NAME [--json]` runs one.

pub mod calls;
pub mod codec;
pub mod compile;
pub mod measure;
