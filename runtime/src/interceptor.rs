//! What sees every call: at the server behind the gates, at the client around its attempts.
//!
//! Source: runtime, "Interceptors". Gates and deadlines are none: the dispatcher has them, and they cannot be removed.

mod audit;
mod chain;
mod measure;
mod rate_limit;

pub use audit::Audit;
pub use measure::Metrics;
pub use rate_limit::{RateLimit, RateLimitPer};

pub(crate) use chain::{Chain, Watched};

use crate::context::Context;
use crate::status::{Code, Status};
use std::pin::Pin;
use std::time::Duration;

/// What an interceptor does before a call, in the making.
pub type Before<'a> = Pin<Box<dyn Future<Output = Result<(), Status>> + Send + 'a>>;

/// Sees the calls of a server, of all four patterns. Calls that a gate refuses, or whose request does not arrive, are none.
///
/// Interceptors run in the order in which the server got them; [`after`](Self::after) in the opposite one. One that panics costs its
/// call only.
pub trait ServerInterceptor: Send + Sync + 'static {
    /// Before the handler, and before the request is decoded. An error refuses the call: the caller gets it, and neither the
    /// interceptors behind this one nor the handler see the call.
    ///
    /// It is dropped where it waits when the caller gives up or the deadline passes.
    fn before<'a>(&'a self, call: &'a Context) -> Before<'a> {
        let _ = call;
        Box::pin(std::future::ready(Ok(())))
    }

    /// Once for each call that [`before`](Self::before) let through, however it ended.
    fn after(&self, call: &Context, outcome: &Outcome<'_>) {
        let _ = (call, outcome);
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// The status that the caller got; `None` for one that gave up before there was any.
    pub status: Option<&'a Status>,
    /// From the arrival of the header to the end.
    pub elapsed: Duration,
}

impl Outcome<'_> {
    /// The code of the status; [`Code::CANCELLED`] where the caller gave up.
    pub fn code(&self) -> Code {
        self.status.map_or(Code::CANCELLED, Status::code)
    }
}
