//! What sees every call: at the server behind the gates, at the client around its attempts.
//!
//! Source: runtime, "Interceptors". Gates and deadlines are none: the dispatcher has them, and they cannot be removed.

mod audit;
mod chain;
mod circuit_breaker;
mod client_call;
mod measure;
mod rate_limit;

pub use audit::Audit;
pub use circuit_breaker::CircuitBreaker;
pub use client_call::ClientCall;
pub use measure::Metrics;
pub use rate_limit::{RateLimit, RateLimitPer};

pub(crate) use chain::{Chain, Watched};
pub(crate) use client_call::{ClientChain, WatchedClientCall};

use crate::context::Context;
use crate::status::{Code, Status};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// What an interceptor does before a call, in the making.
pub type Before<'a> = Pin<Box<dyn Future<Output = Result<(), Status>> + Send + 'a>>;

/// Sees the calls of a server, of all four patterns. Calls that a gate refuses, or whose request does not arrive, are none.
///
/// Interceptors run in the order in which the server got them; [`after`](Self::after) in the opposite one. One that panics costs its
/// call only.
///
/// ```
/// use aster_runtime::interceptor::{Before, ServerInterceptor};
/// use aster_runtime::{Context, Status};
///
/// /// Serves those who say for whom they work.
/// struct Tenants;
///
/// impl ServerInterceptor for Tenants {
///     fn before<'a>(&'a self, call: &'a Context) -> Before<'a> {
///         let named = call.metadata().get("tenant").is_some();
///         let refusal = || Status::invalid_argument("the metadata has no `tenant`");
///         Box::pin(async move { named.then_some(()).ok_or_else(refusal) })
///     }
/// }
/// ```
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

/// Sees the calls that a client makes, of all four patterns: each once, however often it is sent.
///
/// Interceptors run in the order in which the client got them; [`after`](Self::after) in the opposite one.
///
/// ```
/// use aster_runtime::interceptor::{Before, ClientCall, ClientInterceptor};
///
/// /// Says to each server for whom it works.
/// struct Tenant(&'static str);
///
/// impl ClientInterceptor for Tenant {
///     fn before<'a>(&'a self, call: &'a mut ClientCall) -> Before<'a> {
///         Box::pin(async move { Ok(call.add_metadata("tenant", self.0)?) })
///     }
/// }
/// ```
pub trait ClientInterceptor: Send + Sync + 'static {
    /// Before the call is sent for the first time. It may add metadata. An error ends the call: the caller gets it, and neither
    /// the interceptors behind this one nor the server see the call.
    ///
    /// It is dropped where it waits when the caller gives up or the deadline passes.
    fn before<'a>(&'a self, call: &'a mut ClientCall) -> Before<'a> {
        let _ = call;
        Box::pin(std::future::ready(Ok(())))
    }

    /// Each time the call is sent: `attempt` is 1 for the first time, and more for retries.
    fn on_attempt(&self, call: &ClientCall, attempt: u32) {
        let _ = (call, attempt);
    }

    /// Once for each call that [`before`](Self::before) let through, however it ended: with its response, with the last message
    /// of its stream, with an error, or because the caller dropped it.
    fn after(&self, call: &ClientCall, outcome: &Outcome<'_>) {
        let _ = (call, outcome);
    }
}

/// One interceptor for several servers.
impl<T: ServerInterceptor + ?Sized> ServerInterceptor for Arc<T> {
    fn before<'a>(&'a self, call: &'a Context) -> Before<'a> {
        (**self).before(call)
    }

    fn after(&self, call: &Context, outcome: &Outcome<'_>) {
        (**self).after(call, outcome);
    }
}

/// One interceptor for several clients.
impl<T: ClientInterceptor + ?Sized> ClientInterceptor for Arc<T> {
    fn before<'a>(&'a self, call: &'a mut ClientCall) -> Before<'a> {
        (**self).before(call)
    }

    fn on_attempt(&self, call: &ClientCall, attempt: u32) {
        (**self).on_attempt(call, attempt);
    }

    fn after(&self, call: &ClientCall, outcome: &Outcome<'_>) {
        (**self).after(call, outcome);
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// The status that the caller got; `None` for one that gave up before there was any.
    pub status: Option<&'a Status>,
    /// From its beginning to its end; at the server it begins with the arrival of the header.
    pub elapsed: Duration,
}

impl Outcome<'_> {
    /// The code of the status; [`Code::CANCELLED`] where the caller gave up.
    pub fn code(&self) -> Code {
        self.status.map_or(Code::CANCELLED, Status::code)
    }
}
