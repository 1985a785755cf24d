//! The runtime's own interceptors: they run without the interpreter.

use crate::bridge::EventLoop;
use crate::interceptor::{ClientHook, ServerHook};
use crate::metadata;
use crate::metrics::Metrics;
use aster_bindings::metrics::Measured;
use aster_runtime::interceptor::{self, RateLimitPer};
use aster_runtime::{ClientBuilder, ServerBuilder};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::sync::Arc;

/// Lets calls through at a rate, at a server or at a client, and refuses the others with `ResourceExhausted`.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct RateLimit(Arc<interceptor::RateLimit>);

#[pymethods]
impl RateLimit {
    /// `rate` calls a second, and up to `burst` at once; `per` is `"peer"`, `"service"`, `"method"` or `"peer-and-method"`.
    #[new]
    #[pyo3(signature = (rate, *, burst = 1, per = "peer"))]
    fn new(rate: f64, burst: u32, per: &str) -> PyResult<Self> {
        let per = match per {
            "peer" => RateLimitPer::Peer,
            "service" => RateLimitPer::Service,
            "method" => RateLimitPer::Method,
            "peer-and-method" => RateLimitPer::PeerAndMethod,
            other => {
                return Err(PyValueError::new_err(format!(
                    "nothing is limited per `{}`: expected `peer`, `service`, `method` or `peer-and-method`",
                    other.escape_debug()
                )));
            }
        };
        if !(rate.is_finite() && rate > 0.0) {
            return Err(PyValueError::new_err(format!(
                "a rate is a positive number of calls a second: {rate}"
            )));
        }
        Ok(Self(Arc::new(interceptor::RateLimit::new(per, rate, burst))))
    }
}

/// Ends calls of a client at a server that fails with `Unavailable`, for a while; then one tries whether it is back.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct CircuitBreaker(Arc<interceptor::CircuitBreaker>);

#[pymethods]
impl CircuitBreaker {
    /// Opens after so many failures in a row, for `pause` seconds.
    #[new]
    #[pyo3(signature = (failures = 5, *, pause))]
    fn new(failures: u32, pause: &Bound<'_, PyAny>) -> PyResult<Self> {
        let pause = metadata::duration(Some(pause))?.unwrap_or_default();
        Ok(Self(Arc::new(interceptor::CircuitBreaker::new(failures, pause))))
    }
}

/// Logs each call of a server: who called what, and how it ended. Neither messages nor metadata are in it.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Audit;

#[pymethods]
impl Audit {
    #[new]
    fn new() -> Self {
        Self
    }
}

/// Adds an interceptor to a server: one of the runtime's, or one that is written in Python, which is put into `asked` too.
///
/// # Errors
/// It is one for clients alone.
pub(crate) fn at_server(
    builder: ServerBuilder,
    interceptor: &Bound<'_, PyAny>,
    events: &EventLoop,
    asked: &mut Vec<Arc<Py<PyAny>>>,
) -> PyResult<ServerBuilder> {
    if let Ok(limit) = interceptor.cast::<RateLimit>() {
        return Ok(builder.interceptor(Arc::clone(&limit.get().0)));
    }
    if let Ok(metrics) = interceptor.cast::<Metrics>() {
        return Ok(builder.interceptor(Measured(Arc::clone(&metrics.get().0))));
    }
    if interceptor.cast::<Audit>().is_ok() {
        return Ok(builder.interceptor(interceptor::Audit));
    }
    if interceptor.cast::<CircuitBreaker>().is_ok() {
        return Err(PyTypeError::new_err(
            "a `CircuitBreaker` spares servers that fail: give it to `Client.connect`",
        ));
    }
    let interceptor = Arc::new(hooks(interceptor)?.clone().unbind());
    let hook = ServerHook::new(&interceptor, events);
    asked.push(interceptor);
    Ok(builder.interceptor(hook))
}

/// An interceptor that is written in Python. One without a hook, as a misspelt one is, would let everything through.
fn hooks<'a, 'py>(interceptor: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyAny>> {
    let mut any = false;
    for name in ["before", "on_attempt", "after"] {
        match interceptor.getattr_opt(name)? {
            Some(hook) if hook.is_callable() => any = true,
            Some(hook) if !hook.is_none() => {
                return Err(PyTypeError::new_err(format!(
                    "`{name}` of an interceptor is a function"
                )));
            }
            _ => {}
        }
    }
    if any {
        return Ok(interceptor);
    }
    Err(PyTypeError::new_err(
        "an interceptor has `before`, `on_attempt` or `after`; this one has none",
    ))
}

/// Adds an interceptor to a client: one of the runtime's, or one that is written in Python, which is put into `asked` too.
///
/// # Errors
/// It is one for servers alone.
pub(crate) fn at_client(
    builder: ClientBuilder,
    interceptor: &Bound<'_, PyAny>,
    events: &EventLoop,
    asked: &mut Vec<Arc<Py<PyAny>>>,
) -> PyResult<ClientBuilder> {
    if let Ok(limit) = interceptor.cast::<RateLimit>() {
        return Ok(builder.interceptor(Arc::clone(&limit.get().0)));
    }
    if let Ok(metrics) = interceptor.cast::<Metrics>() {
        return Ok(builder.interceptor(Measured(Arc::clone(&metrics.get().0))));
    }
    if let Ok(breaker) = interceptor.cast::<CircuitBreaker>() {
        return Ok(builder.interceptor(Arc::clone(&breaker.get().0)));
    }
    if interceptor.cast::<Audit>().is_ok() {
        return Err(PyTypeError::new_err(
            "`Audit` is for servers: give it to `Server`",
        ));
    }
    let interceptor = Arc::new(hooks(interceptor)?.clone().unbind());
    let hook = ClientHook::new(&interceptor, events);
    asked.push(interceptor);
    Ok(builder.interceptor(hook))
}
