//! The runtime's own interceptors: they run without JavaScript.

use crate::error;
use crate::interceptor::Hook;
use crate::metadata;
use crate::metrics::Metrics;
use crate::queue::Bridge;
use aster_bindings::metrics::Measured;
use aster_runtime::interceptor::{self, RateLimitPer};
use aster_runtime::{ClientBuilder, ServerBuilder};
use napi::bindgen_prelude::{ClassInstance, Either5};
use napi::{Env, Result};
use napi_derive::napi;
use std::sync::Arc;

/// Lets calls through at a rate, at a server or at a client, and refuses the others with `RESOURCE_EXHAUSTED`.
#[napi]
pub struct RateLimit(Arc<interceptor::RateLimit>);

#[napi]
impl RateLimit {
    /// `rate` calls a second, and up to `burst` at once; `per` is `"peer"`, `"service"`, `"method"` or `"peer-and-method"`.
    #[napi(constructor)]
    pub fn new(env: Env, rate: f64, burst: f64, per: String) -> Result<Self> {
        let per = match per.as_str() {
            "peer" => RateLimitPer::Peer,
            "service" => RateLimitPer::Service,
            "method" => RateLimitPer::Method,
            "peer-and-method" => RateLimitPer::PeerAndMethod,
            other => {
                let text = format!(
                    "nothing is limited per `{}`: expected `peer`, `service`, `method` or `peer-and-method`",
                    other.escape_debug()
                );
                return Err(error::range(&env, text));
            }
        };
        if !(rate.is_finite() && rate > 0.0) {
            let text = format!("a rate is a positive number of calls a second: {rate}");
            return Err(error::range(&env, text));
        }
        let burst = count(&env, "burst", burst)?;
        Ok(Self(Arc::new(interceptor::RateLimit::new(per, rate, burst))))
    }
}

/// Ends calls of a client at a server that fails with `UNAVAILABLE`, for a while; then one tries whether it is back.
#[napi]
pub struct CircuitBreaker(Arc<interceptor::CircuitBreaker>);

#[napi]
impl CircuitBreaker {
    /// Opens after so many failures in a row, for so many milliseconds.
    #[napi(constructor)]
    pub fn new(env: Env, failures: f64, pause: f64) -> Result<Self> {
        let failures = count(&env, "failures", failures)?;
        let pause = metadata::duration(&env, Some(pause))?.unwrap_or_default();
        Ok(Self(Arc::new(interceptor::CircuitBreaker::new(failures, pause))))
    }
}

/// A number of calls: at least one. Node-API would make one of any number.
fn count(env: &Env, name: &str, value: f64) -> Result<u32> {
    if value.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&value) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole and in the range"
        )]
        return Ok(value as u32);
    }
    let text = format!(
        "`{name}` is a whole number of calls from 1 to {}: {value}",
        u32::MAX
    );
    Err(error::range(env, text))
}

/// Logs each call of a server: who called what, and how it ended. Neither messages nor metadata are in it.
#[napi]
pub struct Audit {}

#[napi]
impl Audit {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self {}
    }
}

/// One of these, or the number of one that is written in TypeScript.
pub(crate) type Interceptors<'a> = Either5<
    u32,
    ClassInstance<'a, RateLimit>,
    ClassInstance<'a, CircuitBreaker>,
    ClassInstance<'a, Audit>,
    ClassInstance<'a, Metrics>,
>;

/// Adds an interceptor to a server.
///
/// # Errors
/// It is one for clients alone.
pub(crate) fn at_server(
    env: &Env,
    builder: ServerBuilder,
    bridge: &Bridge,
    interceptor: Interceptors<'_>,
) -> Result<ServerBuilder> {
    match interceptor {
        Either5::A(number) => Ok(builder.interceptor(Hook::new(bridge, number))),
        Either5::B(limit) => Ok(builder.interceptor(Arc::clone(&limit.0))),
        Either5::C(_) => Err(error::wrong_type(
            env,
            "a `CircuitBreaker` spares servers that fail: give it to `Client.connect`",
        )),
        Either5::D(_) => Ok(builder.interceptor(interceptor::Audit)),
        Either5::E(metrics) => Ok(builder.interceptor(Measured(Arc::clone(&metrics.0)))),
    }
}

/// Adds an interceptor to a client.
///
/// # Errors
/// It is one for servers alone.
pub(crate) fn at_client(
    env: &Env,
    builder: ClientBuilder,
    bridge: &Bridge,
    interceptor: Interceptors<'_>,
) -> Result<ClientBuilder> {
    match interceptor {
        Either5::A(number) => Ok(builder.interceptor(Hook::new(bridge, number))),
        Either5::B(limit) => Ok(builder.interceptor(Arc::clone(&limit.0))),
        Either5::C(breaker) => Ok(builder.interceptor(Arc::clone(&breaker.0))),
        Either5::D(_) => Err(error::wrong_type(
            env,
            "`Audit` is for servers: give it to `Server`",
        )),
        Either5::E(metrics) => Ok(builder.interceptor(Measured(Arc::clone(&metrics.0)))),
    }
}
