//! Generated code: what it says, what its TypeDefs are, and what it reads and writes.

#[cfg(test)]
mod schemas;
#[cfg(test)]
mod type_defs;
