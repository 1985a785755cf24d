//! What generated code may name. Versioned: code generated for `v1` compiles as long as `v1` is here.

/// The first version of the surface between generated code and the runtime.
pub mod v1 {
    pub use crate::codec::{CodecError, CodecResult, Message};
}
