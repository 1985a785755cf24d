//! The call that a handler answers, as the handler sees it.

use crate::metadata;
use aster_runtime as runtime;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Whether this process has served: before that no call is made by a handler.
pub(crate) static SERVES: AtomicBool = AtomicBool::new(false);

static SERVICE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static CURRENT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The module with the coroutines of calls.
pub(crate) fn service(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    let module = SERVICE.get_or_try_init(py, || {
        py.import("aster_runtime._service")
            .map(|module| module.into_any().unbind())
    })?;
    Ok(module.bind(py))
}

/// The call whose handler runs here.
pub(crate) fn current(py: Python<'_>) -> PyResult<Option<runtime::Context>> {
    if !SERVES.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let variable = CURRENT.get_or_try_init(py, || service(py)?.getattr("CURRENT").map(Bound::unbind))?;
    let current = variable.bind(py).call_method0(intern!(py, "get"))?;
    Ok(current
        .cast::<Context>()
        .ok()
        .map(|context| context.get().context.clone()))
}

/// Lets work run as a part of a call, if there is one.
pub(crate) fn spawn(
    runtime: &Handle,
    scope: Option<runtime::Context>,
    work: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    match scope {
        Some(context) => runtime.spawn(context.scope(work)),
        None => runtime.spawn(work),
    }
}

/// What a handler knows of its call, and what it may say beside its messages.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Context {
    pub(crate) context: runtime::Context,
}

#[pymethods]
impl Context {
    /// The key of the peer that calls, in hexadecimal digits.
    #[getter]
    fn peer(&self) -> String {
        self.context.peer().to_string()
    }

    /// What the peer's credential says of it.
    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let attributes: BTreeMap<_, _> = self.context.attributes().iter().collect();
        attributes.into_pyobject(py)
    }

    /// The full name of the service, `package.Name`.
    #[getter]
    fn service(&self) -> &'static str {
        self.context.service()
    }

    /// The method, as the schema names it.
    #[getter]
    fn method(&self) -> &'static str {
        self.context.method()
    }

    /// The caller's number of the call, for logs.
    #[getter]
    fn call_id(&self) -> u64 {
        self.context.call_id()
    }

    /// The number of the session that the call belongs to; `None` if the service has none.
    #[getter]
    fn session(&self) -> Option<u64> {
        self.context.session()
    }

    /// What the caller sent along: pairs in their order.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        metadata::shown(py, self.context.metadata())
    }

    /// The seconds that are left until the caller gives up; `None` if it did not say.
    #[getter]
    fn time_left(&self) -> Option<f64> {
        self.context.deadline().map(|left| left.as_secs_f64())
    }

    /// Adds an entry to what goes before the first message. Once that has gone, it goes with the trailer.
    ///
    /// Raises `ValueError` for an entry that is against the rules.
    fn set_header(&self, name: String, value: String) -> PyResult<()> {
        self.context
            .set_header(name, value)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Adds an entry to what goes with the status, also if the call fails.
    ///
    /// Raises `ValueError` for an entry that is against the rules.
    fn set_trailer(&self, name: String, value: String) -> PyResult<()> {
        self.context
            .set_trailer(name, value)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Sends the responses from here on without compression, whose length tells of their content: for those that mix a secret with
    /// text that somebody else chooses.
    fn uncompressed(&self) {
        self.context.uncompressed();
    }

    fn __repr__(&self) -> String {
        format!(
            "<call {} of {}/{}>",
            self.call_id(),
            self.service(),
            self.method()
        )
    }
}
