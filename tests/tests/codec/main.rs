//! The static codec, over messages written by hand as generated code is.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

#[expect(unreachable_pub, reason = "generated code is public")]
mod hello;
mod hostile;
#[expect(unreachable_pub, reason = "generated code is public")]
mod kitchen;
mod limits;
mod round_trip;
mod values;
