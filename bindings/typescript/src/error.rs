//! What functions of this module throw at once.

use crate::failure::Failure;
use crate::value::Value;
use napi::{Env, Error, Result, Status, check_status, sys};
use std::fmt;

/// An `Error`.
pub(crate) fn plain(text: impl fmt::Display) -> Error {
    Error::new(Status::GenericFailure, text.to_string())
}

/// A `RangeError`.
pub(crate) fn range(env: &Env, text: impl fmt::Display) -> Error {
    let thrown = env.throw_range_error(&text.to_string(), None);
    thrown.err().unwrap_or_else(pending)
}

/// A `TypeError`.
pub(crate) fn wrong_type(env: &Env, text: impl fmt::Display) -> Error {
    let thrown = env.throw_type_error(&text.to_string(), None);
    thrown.err().unwrap_or_else(pending)
}

/// Throws what `lib/failure.ts` makes an error of: a list.
pub(crate) fn failure(env: &Env, failure: Failure) -> Error {
    throw(env, failure.into_value()).err().unwrap_or_else(pending)
}

fn throw(env: &Env, value: Value) -> Result<()> {
    let value = value.make(env)?;
    // SAFETY: the value is of this environment
    check_status!(unsafe { sys::napi_throw(env.raw(), value) })
}

/// Something was thrown already.
fn pending() -> Error {
    Error::new(Status::PendingException, String::new())
}
