//! What an Aster contract is, and what it hashes to.
//!
//! Pure: no IO, no async, no clock. The compiler lowers a schema into [`graph::TypeGraph`] and
//! [`graph::Service`]; [`identity`] hashes them; [`encode`] and [`decode`] turn the records of
//! [`model`] into canonical bytes and back, by way of the primitives in [`canonical`].
#![warn(missing_docs)]

pub mod canonical;
pub mod decode;
pub mod described;
pub mod encode;
pub mod graph;
pub mod identity;
pub mod model;
pub mod steps;
