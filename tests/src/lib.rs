//! The committed output of `asterc`, compiled as a user's crate has it.
#![deny(missing_docs)]

pub mod golden;
