//! Messages: generated classes on one side, payloads on the other, the runtime's table in between.

mod classes;
mod schema;
mod sink;
mod source;
mod values;

pub(crate) use schema::{MethodFacts, Schema, ServiceInfo, Types, decode, encode};

/// What generated code and this library have to agree on.
pub(crate) const GENERATION: u32 = 1;
