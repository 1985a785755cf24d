//! What a call takes over from the call whose handler makes it.
//!
//! Source: wire protocol, "Deadline"; runtime, "Interceptors".

use crate::context::Context;
use crate::metadata::Metadata;
use std::borrow::Cow;
use tokio::time::Instant;

/// The headers of the W3C trace context.
const TRACE: [&str; 2] = ["traceparent", "tracestate"];

/// The earlier one of this deadline and that of the call that is being answered.
pub(crate) fn deadline(own: Option<Instant>) -> Option<Instant> {
    let outer = Context::current().and_then(|call| call.until());
    match (own, outer) {
        (Some(own), Some(outer)) => Some(own.min(outer)),
        (one, other) => one.or(other),
    }
}

/// This metadata with the trace context of the call that is being answered, unless it has one. What does not fit is left out: a
/// trace is no reason to fail a call.
pub(crate) fn trace(own: Cow<'_, Metadata>) -> Cow<'_, Metadata> {
    let Some(outer) = Context::current() else {
        return own;
    };
    let outer = outer.metadata();
    if outer.get(TRACE[0]).is_none() || TRACE.iter().any(|key| own.get(key).is_some()) {
        return own;
    }
    let mut all = own.clone().into_owned();
    for key in TRACE {
        if let Some(value) = outer.get(key)
            && all.insert(key, value).is_err()
        {
            return own;
        }
    }
    Cow::Owned(all)
}
