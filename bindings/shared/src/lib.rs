//! What the bindings of `aster-runtime` have in common: how other languages hear what the runtime says of itself, and count calls.
//!
//! Nothing here knows a language. Each binding makes values of its own of what leaves.

pub mod log;
pub mod metrics;
