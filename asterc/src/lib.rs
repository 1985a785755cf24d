//! The compiler for `.aster` schemas.

pub mod ast;
pub mod codegen;
pub mod diagnostic;
pub mod model;
pub mod parse;
pub mod resolve;
pub mod source;
