//! The compiler as its users meet it: vectors, bad schemas with what is said about them, hostile input, examples.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

#[path = "../../allocation.rs"]
mod allocation;
mod book;
mod bounds;
mod drift;
mod explain;
mod fmt;
mod hostile;
mod identity;
mod memory;
mod rules;
mod scale;
mod schemas;
mod sound;
mod ui;
