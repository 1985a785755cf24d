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
    /// The loop has not come to it, or makes it just now.
    New,
    Runs(Py<PyAny>),
    /// The handler has answered: what is left of it runs to its end.
    Answered,
    /// The call ended before: nobody waits for the handler.
    Dropped,
}

/// Makes a coroutine, on the thread of the loop.
type Make = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

impl TaskGuard {
    /// Lets the loop run what `make` makes in a task. An error of `make` is logged, and what it holds is dropped.
    pub(crate) fn begin(events: &EventLoop, make: Make) -> Self {
        let task = Arc::new(Mutex::new(Task::New));
        let begun = Arc::clone(&task);
        events.push(Box::new(move |py| {
            if matches!(*lock(&begun), Task::Dropped) {
                return;
            }
            let started = (|| {
                let coroutine = make(py)?;
                let running = crate::bridge::running(py)?;
                running.call_method1(intern!(py, "create_task"), (coroutine,))
            })();
            match started {
                Ok(task) => set(&begun, &task),
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
        *lock(&self.task) = Task::Answered;
    }
}

/// Takes the task that the loop has made. The runtime's thread does not wait for that: if the call has ended meanwhile, nobody else
/// cancels it.
fn set(state: &Mutex<Task>, task: &Bound<'_, PyAny>) {
    let dropped = {
        let mut state = lock(state);
        match *state {
            Task::New => {
                *state = Task::Runs(task.clone().unbind());
                false
            }
            Task::Dropped => true,
            Task::Runs(_) | Task::Answered => false,
        }
    };
    if dropped {
        cancel(task);
    }
}

fn cancel(task: &Bound<'_, PyAny>) {
    let py = task.py();
    if let Err(error) = task.call_method0(intern!(py, "cancel")) {
        error.write_unraisable(py, None);
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        let task = {
            let mut state = lock(&self.task);
            match std::mem::replace(&mut *state, Task::Dropped) {
                Task::New | Task::Dropped => None,
                Task::Runs(task) => Some(task),
                Task::Answered => {
                    *state = Task::Answered;
                    None
                }
            }
        };
        if let Some(task) = task {
            self.events.push(Box::new(move |py| cancel(task.bind(py))));
        }
    }
}
