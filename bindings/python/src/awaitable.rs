//! What is awaited: values that are there, and those that a future of the event loop stands for.

use crate::lock::lock;
use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::intern;
use pyo3::prelude::*;
use std::sync::Mutex;
use tokio::task::AbortHandle;

/// A value that is there: awaiting it does not go back to the event loop.
#[pyclass(frozen, freelist = 16)]
pub(crate) struct Ready(Mutex<Option<Py<PyAny>>>);

impl Ready {
    pub(crate) fn give<'py>(py: Python<'py>, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Ok(Bound::new(py, Self(Mutex::new(Some(value.unbind()))))?.into_any())
    }
}

#[pymethods]
impl Ready {
    fn __await__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self) -> PyResult<()> {
        match lock(&self.0).take() {
            Some(value) => Err(PyStopIteration::new_err((value,))),
            None => Err(PyRuntimeError::new_err("this was awaited already")),
        }
    }
}

/// What a waiter makes of what has happened.
pub(crate) type Finish = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send + Sync>;

/// Waits for a future of the event loop, and gives something else for it. Dropped before that, it ends the work behind it.
#[pyclass(frozen)]
pub(crate) struct Waiter {
    future: Py<PyAny>,
    state: Mutex<Waiting>,
}

struct Waiting {
    finish: Option<Finish>,
    asked: bool,
    work: Option<Work>,
}

/// What goes on while somebody waits. It ends on the runtime's thread, and the task that sends requests with it: whoever drops this
/// may be in the middle of an exception, or the collector on another thread than the loop's.
pub(crate) struct Work {
    pub(crate) task: AbortHandle,
}

impl Drop for Work {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Waiter {
    pub(crate) fn wait<'py>(
        future: &Bound<'py, PyAny>,
        finish: Finish,
        work: Option<Work>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let state = Waiting {
            finish: Some(finish),
            asked: false,
            work,
        };
        let waiter = Self {
            future: future.clone().unbind(),
            state: Mutex::new(state),
        };
        Ok(Bound::new(future.py(), waiter)?.into_any())
    }
}

#[pymethods]
impl Waiter {
    fn __await__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let future = self.future.bind(py);
        let asked = std::mem::replace(&mut lock(&self.state).asked, true);
        if !asked {
            // the task of asyncio that awaits this goes on when the future has ended
            future.setattr(intern!(py, "_asyncio_future_blocking"), true)?;
            return Ok(future.clone());
        }
        // raises what cancelled it
        future.call_method0(intern!(py, "result"))?;
        let (finish, work) = {
            let mut state = lock(&self.state);
            (state.finish.take(), state.work.take())
        };
        drop(work);
        match finish {
            Some(finish) => Err(PyStopIteration::new_err((finish(py)?,))),
            None => Err(PyRuntimeError::new_err("this was awaited already")),
        }
    }
}
