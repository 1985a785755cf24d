//! Peer-to-peer RPC over iroh: the one crate every generated stub targets.

pub mod codec;
pub mod codegen;
