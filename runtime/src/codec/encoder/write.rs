//! Writes a value by reference, as an element of a container or a value that may be missing: one function for each scalar.
//! They are named and not closures, so that `list`, `map` and the others are compiled once for each of them, and not once for
//! each field.

use super::Encoder;
use crate::codec::CodecResult;
use bigdecimal::BigDecimal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

macro_rules! copied {
    ($($name:ident: $value:ty;)+) => {$(
        #[doc = concat!("Writes as [`Encoder::", stringify!($name), "`].")]
        #[inline]
        pub fn $name(out: &mut Encoder<'_>, value: &$value) {
            out.$name(*value);
        }
    )+};
}

macro_rules! checked {
    ($($name:ident: $value:ty;)+) => {$(
        #[doc = concat!("Writes as [`Encoder::", stringify!($name), "`].")]
        ///
        /// # Errors
        /// Outside the range of the language.
        #[inline]
        pub fn $name(out: &mut Encoder<'_>, value: &$value) -> CodecResult<()> {
            out.$name(*value)
        }
    )+};
}

copied! {
    bool: bool;
    int8: i8;
    int16: i16;
    int32: i32;
    int64: i64;
    fixed_int32: i32;
    fixed_int64: i64;
    uint8: u8;
    uint16: u16;
    uint32: u32;
    uint64: u64;
    fixed_uint32: u32;
    fixed_uint64: u64;
    float32: f32;
    float64: f64;
}

checked! {
    timestamp: Timestamp;
    duration: SignedDuration;
    date: Date;
}

/// Writes as [`Encoder::decimal`].
///
/// # Errors
/// Outside the range of the language.
#[inline]
pub fn decimal(out: &mut Encoder<'_>, value: &BigDecimal) -> CodecResult<()> {
    out.decimal(value)
}

/// Writes as [`Encoder::string`].
#[expect(clippy::ptr_arg, reason = "what a container holds")]
#[inline]
pub fn string(out: &mut Encoder<'_>, value: &String) {
    out.string(value);
}

/// Writes as [`Encoder::bytes`].
#[expect(clippy::ptr_arg, reason = "what a container holds")]
#[inline]
pub fn bytes(out: &mut Encoder<'_>, value: &Vec<u8>) {
    out.bytes(value);
}
