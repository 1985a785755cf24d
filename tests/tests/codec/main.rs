//! The static codec, over messages written by hand as generated code is.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

#[expect(unreachable_pub, reason = "generated code is public")]
mod hello;
mod hostile;
#[expect(
    unreachable_pub,
    clippy::semicolon_if_nothing_returned,
    reason = "generated code is public, and has no line ends of its own"
)]
mod kitchen;
mod limits;
mod oracle;
mod pyfory;
mod round_trip;
mod values;
mod wide;
