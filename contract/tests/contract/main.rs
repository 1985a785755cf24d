//! The contract crate against the specification's vectors and against properties.

mod build;
mod hashing;
