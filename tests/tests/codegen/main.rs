//! Generated code: what it says, what its TypeDefs are, and what it reads and writes.

mod schemas;
mod type_defs;
