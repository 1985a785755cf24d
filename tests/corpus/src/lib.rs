//! A thousand generated types, and values of each: what breadth the static codec is tested at.

// Hundreds of types that name each other: rustc walks all of them to see that they are `Send`.
#![recursion_limit = "8192"]

/// The generated code of the corpus.
pub mod corpus {
    aster_runtime::include_schema!("corpus");
}

mod sample;

pub use sample::{Draw, Sample};

/// What the script that asks pyfory is told about the corpus.
pub const DESCRIPTION: &str = include_str!(concat!(env!("OUT_DIR"), "/corpus.json"));

/// The schema of the corpus.
pub const SCHEMA: &str = include_str!(concat!(env!("OUT_DIR"), "/corpus.aster"));
