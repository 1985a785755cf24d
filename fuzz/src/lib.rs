//! What holds for any input; the targets hand it theirs.
//!
//! The tests say the same of inputs that somebody chose, and share the code that says it.

// Of the runtime this is the codec alone, under the names that generated code uses: the rest of it is a network stack, which
// no payload reaches and which takes minutes to build with coverage.
extern crate self as aster_runtime;
/// The codec, where it is at home.
#[path = "../../runtime/src"]
pub mod runtime {
    pub mod codec;
}
use runtime::codec;

/// What generated messages name.
pub mod codegen {
    /// As in the runtime, without what services need.
    pub mod v1 {
        pub use crate::codec::{
            At, CodecResult, Decoder, Encoder, Enumeration, Message, TypeInfo, Union, UnknownValue, WireType,
            unknown_case, write,
        };
        pub use bigdecimal::BigDecimal;
        pub use jiff::civil::Date;
        pub use jiff::{SignedDuration, Timestamp};

        /// As in the runtime.
        pub const GENERATION: u32 = 1;
    }
}

#[expect(dead_code, reason = "what one binary counts, another does not")]
#[path = "../../tests/allocation.rs"]
mod allocation;
#[path = "../../tests/table/described.rs"]
mod description;
#[expect(dead_code, reason = "payloads are drawn, not made by its constructors")]
#[path = "../../tests/tests/codec/kitchen.rs"]
#[rustfmt::skip]
mod kitchen;
#[path = "../../tests/tests/compiler/memory.rs"]
mod memory;
#[path = "../../tests/tests/compiler/sound.rs"]
mod sound;
#[expect(
    unreachable_patterns,
    reason = "the tests are another crate, to which more kinds of keys may come"
)]
#[path = "../../tests/table/value.rs"]
mod value;
#[expect(dead_code, reason = "the tests draw for another language, too")]
#[path = "../../tests/tests/codec/values.rs"]
mod values;

pub mod described;
pub mod json;
pub mod payload;
pub mod record;
pub mod schema;
pub mod seeds;
