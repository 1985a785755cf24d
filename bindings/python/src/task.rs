//! The task of a handler, which ends with its call.

use crate::bridge::EventLoop;
use crate::lock::lock;
use pyo3::intern;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};

/// Cancels the task of a handler whose call has ended.
pub(crate) struct TaskGuard {
    task: Arc<Mutex<Task>>,
    events: EventLoop,
}

enum Task {
    /// The loop has not come to it.
    New,
    Runs(Py<PyAny>),
    Over,
}

/// Makes a coroutine, on the thread of the loop.
type Make = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

impl TaskGuard {
    /// Lets the loop run what `make` makes in a task. An error of `make` is logged, and what it holds is dropped.
    pub(crate) fn begin(events: &EventLoop, make: Make) -> Self {
        let task = Arc::new(Mutex::new(Task::New));
        let begun = Arc::clone(&task);
        events.push(Box::new(move |py| {
            if matches!(*lock(&begun), Task::Over) {
                return;
            }
            let started = (|| {
                let coroutine = make(py)?;
                let running = crate::bridge::running(py)?;
                running.call_method1(intern!(py, "create_task"), (coroutine,))
            })();
            match started {
                Ok(task) => *lock(&begun) = Task::Runs(task.unbind()),
                Err(error) => error.write_unraisable(py, None),
            }
        }));
        Self {
            task,
            events: events.clone(),
        }
    }

    /// The handler has answered.
    pub(crate) fn done(self) {
        // what it holds of Python goes when the interpreter is entered next
        *lock(&self.task) = Task::Over;
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        let before = std::mem::replace(&mut *lock(&self.task), Task::Over);
        if let Task::Runs(task) = before {
            self.events.push(Box::new(move |py| {
                if let Err(error) = task.bind(py).call_method0(intern!(py, "cancel")) {
                    error.write_unraisable(py, None);
                }
            }));
        }
    }
}
