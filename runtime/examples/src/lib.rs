//! Schemas of the examples.
