//! The contract crate against the specification's vectors and against properties.

mod build;
mod components;
mod cycles;
mod described;
mod hashing;
mod lowering;
mod order;
mod primitives;
mod records;
mod scale;
mod vectors;
