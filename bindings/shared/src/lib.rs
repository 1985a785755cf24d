//! What the bindings of `aster-runtime` have in common: how other languages hear what the runtime says of itself, count calls, and
//! call services that nobody generated code for.
//!
//! Nothing here knows a language. Each binding makes values of its own of what leaves.

pub mod describe;
pub mod log;
pub mod metrics;
pub mod sending;
