//! The static codec, over what `asterc` prints for `kitchen.aster` and `oracle/oracle.aster` and over a few messages written by
//! hand: the smallest one, and one of 512 fields.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

#[expect(dead_code, reason = "what one binary counts, another does not")]
#[path = "../../allocation.rs"]
mod allocation;
#[expect(unreachable_pub, reason = "generated code is public")]
mod hello;
mod hostile;
#[expect(dead_code, unreachable_pub, reason = "generated code is public, and has more than one test needs")]
#[rustfmt::skip]
mod kitchen;
mod limits;
mod oracle;
mod pyfory;
mod round_trip;
mod table;
mod values;
mod wide;
