//! Sessions, at both ends.

use crate::bridge::EventLoop;
use crate::dynamic;
use crate::error;
use crate::executor;
use crate::keeper::Kept;
use aster_bindings::describe::Asking;
use aster_runtime as runtime;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::BTreeMap;

/// Calls that share state at the server: clients of services with the scope `session` are made of it.
///
/// It begins with the first call, and ends with `close()`, when nothing holds it any more, or with its connection.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Session {
    pub(crate) session: runtime::Session,
    pub(crate) kept: Kept,
    pub(crate) process: u64,
}

impl Session {
    pub(crate) fn get(&self) -> PyResult<&runtime::Session> {
        executor::check(self.process)?;
        Ok(&self.session)
    }
}

#[pymethods]
impl Session {
    /// The number of the session on its connection; `None` before the first call.
    #[getter]
    fn id(&self) -> Option<u64> {
        self.session.id()
    }

    /// The service of that name, as the server describes it, as for a client; its calls are made in the session.
    #[pyo3(signature = (name, contract_id = None))]
    fn service<'py>(
        &self,
        py: Python<'py>,
        name: String,
        contract_id: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let asking = Asking::Session(self.get()?.clone());
        dynamic::describe(py, asking, &self.kept, name, contract_id)
    }

    /// Ends the session, after its running calls.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let session = self.get()?.clone();
        EventLoop::run(
            py,
            async move { session.close().await },
            |py, closed| match closed {
                Ok(()) => Ok(py.None()),
                Err(status) => Err(error::status(py, &status)),
            },
        )
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        crate::awaitable::Ready::give(slf.py(), slf.clone().into_any())
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(
        &self,
        py: Python<'py>,
        _raised: &Bound<'py, pyo3::types::PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let session = self.get()?.clone();
        // a session that is lost has ended, whatever raised inside it is what matters
        EventLoop::run(
            py,
            async move {
                if let Err(status) = session.close().await {
                    tracing::debug!(%status, "a session was not closed");
                }
            },
            |py, ()| Ok(py.None()),
        )
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)
    }
}

/// The session that an instance is made for.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct SessionContext {
    pub(crate) session: runtime::SessionContext,
}

#[pymethods]
impl SessionContext {
    /// The key of the peer whose session it is, in hexadecimal digits.
    #[getter]
    fn peer(&self) -> String {
        self.session.peer().to_string()
    }

    /// What the peer's credential said of it when the session began.
    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let attributes: BTreeMap<_, _> = self.session.attributes().iter().collect();
        attributes.into_pyobject(py)
    }

    /// The number that the peer gave the session.
    #[getter]
    fn id(&self) -> u64 {
        self.session.id()
    }
}
