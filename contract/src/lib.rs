//! What an Aster contract is, and what it hashes to.
//!
//! Pure: no IO, no async, no clock. The compiler lowers a schema into [`graph::TypeGraph`] and
//! [`model::Service`]; [`identity`] hashes them; [`encode`] and [`decode`] turn the records of
//! [`model`] into canonical bytes and back.
#![warn(missing_docs)]

pub mod graph;
pub mod model;
