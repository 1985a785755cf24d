//! The compiler for `.aster` schemas.

pub mod codegen;
pub mod model;
pub mod source;
