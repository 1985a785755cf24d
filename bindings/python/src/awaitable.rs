//! What is awaited: values that are there, and those that a future of the event loop stands for.

//!
//! The collector of the interpreter asks each object here, and in the files of calls, what it holds. It may come to any thread in
//! the middle of anything that makes an object of Python's, also while that thread has one of our locks: so it tries the locks, and
//! what it cannot look into lives until its next round. What is held through an `Arc` is seen by whoever has it alone; what the
//! runtime's thread has as well is in use.

use crate::lock::lock;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use std::sync::Mutex;
use tokio::task::AbortHandle;

/// A value that is there: awaiting it does not go back to the event loop.
// without a free list: what comes from there is not known to the collector
#[pyclass(frozen)]
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Ok(value) => visit.call(&*value),
            Err(_) => Ok(()),
        }
    }

    fn __clear__(&self) {
        let value = lock(&self.0).take();
        drop(value);
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
    /// Holds nothing of Python's, which could not be seen in there.
    finish: Option<Finish>,
    /// Whether it gives what it keeps, once `finish` has not failed.
    gives: bool,
    /// What has to live as long: without it, nothing arrives.
    keep: Option<Py<PyAny>>,
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
        keep: Option<Py<PyAny>>,
        work: Option<Work>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::made(
            future,
            Waiting {
                finish: Some(finish),
                gives: false,
                keep,
                asked: false,
                work,
            },
        )
    }

    /// The same for an object: it is kept, and given once `finish` has not failed.
    pub(crate) fn wait_for<'py>(
        future: &Bound<'py, PyAny>,
        finish: Finish,
        object: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::made(
            future,
            Waiting {
                finish: Some(finish),
                gives: true,
                keep: Some(object),
                asked: false,
                work: None,
            },
        )
    }

    fn made<'py>(future: &Bound<'py, PyAny>, state: Waiting) -> PyResult<Bound<'py, PyAny>> {
        let waiter = Self {
            future: future.clone().unbind(),
            state: Mutex::new(state),
        };
        Ok(Bound::new(future.py(), waiter)?.into_any())
    }

    /// What it holds, which is dropped without the lock: that may run code of Python's.
    fn take(&self) -> (Option<Finish>, Option<Py<PyAny>>, Option<Work>) {
        let mut state = lock(&self.state);
        (state.finish.take(), state.keep.take(), state.work.take())
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
        let gives = lock(&self.state).gives;
        let (finish, keep, work) = self.take();
        drop(work);
        match finish {
            Some(finish) => {
                let value = finish(py)?;
                let value = keep.filter(|_| gives).unwrap_or(value);
                Err(PyStopIteration::new_err((value,)))
            }
            None => Err(PyRuntimeError::new_err("this was awaited already")),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.future)?;
        match self.state.try_lock() {
            Ok(state) => visit.call(&state.keep),
            Err(_) => Ok(()),
        }
    }

    fn __clear__(&self) {
        drop(self.take());
    }
}
