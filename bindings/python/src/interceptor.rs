//! Interceptors that are written in Python.

use crate::bridge::EventLoop;
use crate::context::{self, Context};
use crate::metadata;
use crate::reply::Reply;
use crate::task::TaskGuard;
use aster_runtime as runtime;
use aster_runtime::interceptor::{self, Before, ClientInterceptor, ServerInterceptor};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::{Arc, Mutex, PoisonError};

/// An interceptor of a server.
pub(crate) struct ServerHook(Hook);

/// An interceptor of a client.
pub(crate) struct ClientHook(Hook);

struct Hook {
    interceptor: Arc<Py<PyAny>>,
    events: EventLoop,
}

impl Hook {
    fn new(interceptor: &Arc<Py<PyAny>>, events: &EventLoop) -> Self {
        Self {
            interceptor: Arc::clone(interceptor),
            events: events.clone(),
        }
    }

    /// Runs `before` of the interceptor in a task of its loop.
    async fn before(
        &self,
        call: impl FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Result<(), runtime::Status> {
        let interceptor = Arc::clone(&self.interceptor);
        let (reply, answer) = Reply::nothing();
        let guard = TaskGuard::begin(
            &self.events,
            Box::new(move |py| {
                let call = call(py)?;
                context::service(py)?
                    .call_method1("before", (interceptor.bind(py), call, Bound::new(py, reply)?))
                    .map(Bound::unbind)
            }),
        );
        let answer = answer.await;
        guard.done();
        match answer {
            Ok(answer) => answer.map(|_| ()),
            Err(_) => Err(gone()),
        }
    }

    fn tell(
        &self,
        name: &'static str,
        call: impl FnOnce(Python<'_>, &Bound<'_, PyAny>) -> PyResult<()> + Send + 'static,
    ) {
        let interceptor = Arc::clone(&self.interceptor);
        self.events.push(Box::new(move |py| {
            if let Err(error) = call(py, interceptor.bind(py)) {
                tracing::error!(%error, "an interceptor failed in `{name}`");
            }
        }));
    }
}

/// The loop of an interceptor or a handler has ended.
pub(crate) fn gone() -> runtime::Status {
    runtime::Status::unavailable("the event loop of this server has ended")
}

impl ServerHook {
    pub(crate) fn new(interceptor: &Arc<Py<PyAny>>, events: &EventLoop) -> Self {
        Self(Hook::new(interceptor, events))
    }
}

impl ClientHook {
    pub(crate) fn new(interceptor: &Arc<Py<PyAny>>, events: &EventLoop) -> Self {
        Self(Hook::new(interceptor, events))
    }
}

impl ServerInterceptor for ServerHook {
    fn before<'a>(&'a self, call: &'a runtime::Context) -> Before<'a> {
        let context = call.clone();
        Box::pin(
            self.0
                .before(move |py| Ok(Bound::new(py, Context { context })?.into_any().unbind())),
        )
    }

    fn after(&self, call: &runtime::Context, outcome: &interceptor::Outcome<'_>) {
        let (context, outcome) = (call.clone(), Outcome::new(outcome));
        self.0.tell("after", move |py, interceptor| {
            let call = Bound::new(py, Context { context })?;
            let outcome = Bound::new(py, outcome)?;
            context::service(py)?.call_method1("after", (interceptor, call, outcome))?;
            Ok(())
        });
    }
}

impl ClientInterceptor for ClientHook {
    fn before<'a>(&'a self, call: &'a mut interceptor::ClientCall) -> Before<'a> {
        Box::pin(async move {
            let shown = ClientCall::new(call);
            let added = Arc::clone(&shown.added);
            self.0
                .before(move |py| Ok(Bound::new(py, shown)?.into_any().unbind()))
                .await?;
            let added = std::mem::take(&mut *added.lock().unwrap_or_else(PoisonError::into_inner));
            for (name, value) in added {
                call.add_metadata(name, value)?;
            }
            Ok(())
        })
    }

    fn on_attempt(&self, call: &interceptor::ClientCall, attempt: u32) {
        let call = ClientCall::new(call);
        self.0.tell("on_attempt", move |py, interceptor| {
            let call = Bound::new(py, call)?;
            context::service(py)?.call_method1("on_attempt", (interceptor, call, attempt))?;
            Ok(())
        });
    }

    fn after(&self, call: &interceptor::ClientCall, outcome: &interceptor::Outcome<'_>) {
        let (call, outcome) = (ClientCall::new(call), Outcome::new(outcome));
        self.0.tell("after", move |py, interceptor| {
            let (call, outcome) = (Bound::new(py, call)?, Bound::new(py, outcome)?);
            context::service(py)?.call_method1("after", (interceptor, call, outcome))?;
            Ok(())
        });
    }
}

/// A call that a client makes, as its interceptors see it.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct ClientCall {
    peer: String,
    service: String,
    method: String,
    call_id: u64,
    idempotent: bool,
    time_left: Option<f64>,
    metadata: runtime::Metadata,
    added: Arc<Mutex<Vec<(String, String)>>>,
}

impl ClientCall {
    fn new(call: &interceptor::ClientCall) -> Self {
        Self {
            peer: call.peer().to_string(),
            service: call.service().to_owned(),
            method: call.method().to_owned(),
            call_id: call.call_id(),
            idempotent: call.is_idempotent(),
            time_left: call.deadline().map(|left| left.as_secs_f64()),
            metadata: call.metadata().clone(),
            added: Arc::default(),
        }
    }
}

#[pymethods]
impl ClientCall {
    /// The key of the server, in hexadecimal digits.
    #[getter]
    fn peer(&self) -> &str {
        &self.peer
    }

    /// The full name of the service, `package.Name`.
    #[getter]
    fn service(&self) -> &str {
        &self.service
    }

    /// The method, as the schema names it.
    #[getter]
    fn method(&self) -> &str {
        &self.method
    }

    /// The client's number of the call.
    #[getter]
    fn call_id(&self) -> u64 {
        self.call_id
    }

    /// Whether the method may be repeated without harm.
    #[getter]
    fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// The seconds until the client gives up; `None` if it waits without end.
    #[getter]
    fn time_left(&self) -> Option<f64> {
        self.time_left
    }

    /// What is sent along: pairs in their order.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        metadata::shown(py, &self.metadata)
    }

    /// Sends an entry along, in each attempt; to be called in `before`.
    ///
    /// Raises `ValueError` for an entry that is against the rules.
    fn add_metadata(&self, name: String, value: String) -> PyResult<()> {
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.metadata.clone();
        for (name, value) in added.iter().cloned().chain([(name.clone(), value.clone())]) {
            all.insert(name, value)
                .map_err(|error| PyValueError::new_err(error.to_string()))?;
        }
        added.push((name, value));
        Ok(())
    }
}

/// How a call ended.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Outcome {
    code: u32,
    message: String,
    seconds: f64,
}

impl Outcome {
    fn new(outcome: &interceptor::Outcome<'_>) -> Self {
        Self {
            code: outcome.code().0,
            message: outcome
                .status
                .map(|status| status.message().to_owned())
                .unwrap_or_default(),
            seconds: outcome.elapsed.as_secs_f64(),
        }
    }
}

#[pymethods]
impl Outcome {
    /// The number of the status; that of `CANCELLED` where the caller gave up.
    #[getter]
    fn number(&self) -> u32 {
        self.code
    }

    /// The message of the status.
    #[getter]
    fn message(&self) -> &str {
        &self.message
    }

    /// From the beginning of the call to its end.
    #[getter]
    fn seconds(&self) -> f64 {
        self.seconds
    }
}
