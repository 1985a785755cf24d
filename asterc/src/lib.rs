//! The compiler for `.aster` schemas.
//!
//! [`driver::compile`] reads files and says what is wrong with them, or returns a [`model::Schema`];
//! [`contracts::contracts`] tells what that hashes to.

pub mod ast;
pub mod codegen;
pub mod contracts;
pub mod diagnostic;
pub mod diff;
pub mod driver;
pub mod explain;
pub mod fmt;
pub mod lock;
pub mod model;
pub mod parse;
pub mod resolve;
pub mod source;
mod written;
