//! What generated code may name. Versioned: code generated for `v1` compiles as long as `v1` is here.

/// The first version of the surface between generated code and the runtime.
pub mod v1 {
    pub use crate::codec::{
        At, CodecError, CodecErrorKind, CodecResult, Decoder, Encoder, Enumeration, Message, TypeInfo, Union,
        WireType, unknown_case,
    };
    pub use bigdecimal::BigDecimal;
    pub use jiff::civil::Date;
    pub use jiff::{SignedDuration, Timestamp};
}
