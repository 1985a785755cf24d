//! The interceptors of a client, as the collector of the interpreter sees them.

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use std::sync::Arc;

/// Holds the interceptors of a client that are written in Python.
///
/// The runtime's client, which everything that is made of it shares, holds them too, and it is not of Python's. So each of these
/// objects holds this one, and the collector sees the interceptors from here, each once.
#[pyclass(frozen)]
pub(crate) struct Keeper {
    interceptors: Box<[Arc<Py<PyAny>>]>,
    running: Running,
}

/// Held while the runtime may ask the interceptors.
pub(crate) type Running = Arc<()>;

/// What an object that was made of a client holds; nothing, where all interceptors are the runtime's.
pub(crate) struct Kept(Option<Py<Keeper>>);

impl Kept {
    pub(crate) fn new(py: Python<'_>, interceptors: Vec<Arc<Py<PyAny>>>) -> PyResult<Self> {
        if interceptors.is_empty() {
            return Ok(Self(None));
        }
        let keeper = Keeper {
            interceptors: interceptors.into(),
            running: Arc::default(),
        };
        Ok(Self(Some(Py::new(py, keeper)?)))
    }

    pub(crate) fn share(&self, py: Python<'_>) -> Self {
        Self(self.0.as_ref().map(|keeper| keeper.clone_ref(py)))
    }

    /// To be held by work of the runtime that makes a call.
    pub(crate) fn running(&self) -> Option<Running> {
        self.0.as_ref().map(|keeper| Arc::clone(&keeper.get().running))
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.0)
    }
}

#[pymethods]
impl Keeper {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if Arc::strong_count(&self.running) > 1 {
            return Ok(());
        }
        for interceptor in &self.interceptors {
            // one is here, one at the runtime's client; a third is in the queue of a loop, which will call it
            if Arc::strong_count(interceptor) <= 2 {
                visit.call(&**interceptor)?;
            }
        }
        Ok(())
    }
}
