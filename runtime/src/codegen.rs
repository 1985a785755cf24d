//! What generated code may name. Versioned: code generated for `v1` compiles as long as `v1` is here.

/// The code that `asterc_build` generated for a package: its items, and a module for each package it imports.
///
/// `pub mod control { aster_runtime::include_schema!("fleet.control"); }` is the package `fleet.control` in a module of its own. It needs
/// the crate's build script, which the guide's page "Build scripts" has.
#[macro_export]
macro_rules! include_schema {
    ($package:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $package, ".rs"));
    };
}

/// The first version of the surface between generated code and the runtime.
pub mod v1 {
    pub use crate::client::{
        BidiCall, CallResult, Client, ClientStreamCall, Response, Sender, ServerStreamCall, Session, Stub,
        StubError, UnaryCall,
    };
    pub use crate::codec::{
        At, CodecError, CodecErrorKind, CodecResult, Decoder, Encoder, Enumeration, Message, TypeInfo, Union,
        UnknownValue, WireType, unknown_case, write,
    };
    pub use crate::context::Context;
    pub use crate::service::{
        CallFuture, Definitions, MethodInfo, Mode, Outgoing, PerSession, Reply, ServerCall, Service,
        ServiceInfo, SessionContext, SessionEnd,
    };
    pub use crate::status::{Code, Status};
    pub use crate::streaming::Streaming;
    pub use crate::trust::Requirement;
    pub use aster_contract::model::{CapabilityKind, ContractId, Pattern, Scope};
    pub use bigdecimal::BigDecimal;
    pub use futures_util::Stream;
    pub use jiff::civil::Date;
    pub use jiff::{SignedDuration, Timestamp};

    /// Generated code states which generation it was made for, and does not compile against another.
    pub const GENERATION: u32 = 1;

    /// The contract id of 64 hexadecimal digits.
    ///
    /// # Panics
    /// If `digits` are no such id; in a `const` or `static` that is a compile error.
    #[must_use]
    pub const fn contract_id(digits: &str) -> ContractId {
        let digits = digits.as_bytes();
        assert!(digits.len() == 64, "a contract id has 64 hexadecimal digits");
        let mut id = [0; 32];
        let mut index = 0;
        while index < id.len() {
            id[index] = digit(digits[2 * index]) << 4 | digit(digits[2 * index + 1]);
            index += 1;
        }
        ContractId(id)
    }

    const fn digit(digit: u8) -> u8 {
        match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => panic!("a contract id has 64 hexadecimal digits"),
        }
    }

    /// The decimal with these digits, of which the last `scale` are behind the point.
    ///
    /// # Panics
    /// If `digits` are not digits behind an optional `-`; generated code has no others.
    #[must_use]
    pub fn decimal(digits: &str, scale: i64) -> BigDecimal {
        let unscaled = digits.parse().expect("asterc: the digits of a decimal");
        BigDecimal::new(unscaled, scale)
    }
}

#[cfg(test)]
mod tests {
    use super::v1;

    #[test]
    fn literals_of_generated_code_have_their_values() {
        let digits = "851c08e8eeb30b48e0ebfa6a6e447bd261a1b6577b6a91bcb54148745c34af53";
        assert_eq!(v1::contract_id(digits).to_string(), digits);
        assert_eq!(v1::decimal("-1250", 2).to_string(), "-12.50");
    }
}
