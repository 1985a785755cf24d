//! The compiler for `.aster` schemas.

pub mod model;
pub mod source;
