//! From the runtime's thread to an event loop.
//!
//! What has happened is put into the queue of a loop, and the loop is woken once for all of it through a socket that it watches.
//! The runtime's thread never takes the interpreter's lock for that.

use crate::executor;
use crate::logging;
use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// What a loop does when it is woken: on its thread, with the interpreter.
pub(crate) type Event = Box<dyn FnOnce(Python<'_>) + Send>;

/// An event loop, as the runtime's thread knows it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct EventLoop {
    inner: Arc<Inner>,
}

struct Inner {
    queue: Mutex<Queue>,
    process: u64,
}

#[derive(Default)]
struct Queue {
    events: Vec<Event>,
    /// A byte here wakes the loop; `None` once that has ended.
    waker: Option<UnixStream>,
    /// Whether the loop has been woken for what is here.
    woken: bool,
    /// Whether the loop has ended: nothing is put here any more.
    closed: bool,
}

/// Every loop that was asked for, by its address; held, so that no other has that address.
static LOOPS: Mutex<Option<HashMap<usize, Known>>> = Mutex::new(None);

struct Known {
    object: Py<PyAny>,
    bridge: EventLoop,
    /// An asynchronous generator that the loop closes at its end.
    _guard: Py<PyAny>,
    drain: Py<Drain>,
}

thread_local! {
    /// The loop that this thread ran last.
    static LAST: RefCell<Option<(usize, EventLoop)>> = const { RefCell::new(None) };
}

static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static GUARD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The running event loop, as Python has it.
///
/// # Errors
/// There is none.
pub(crate) fn running(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let function = RUNNING.get_or_try_init(py, || {
        Ok::<_, PyErr>(py.import("asyncio.events")?.getattr("get_running_loop")?.unbind())
    })?;
    function.bind(py).call0().map_err(|_| {
        PyRuntimeError::new_err("no event loop runs here: call this from a coroutine, under `asyncio.run(…)`")
    })
}

impl EventLoop {
    /// The running event loop.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn current(py: Python<'_>) -> PyResult<Self> {
        Self::of(&running(py)?)
    }

    /// The bridge to a loop that runs on this thread.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let address = object.as_ptr() as usize;
        let last = LAST.with_borrow(|last| match last {
            Some((known, bridge)) if *known == address && bridge.is_open() => Some(bridge.clone()),
            _ => None,
        });
        if let Some(bridge) = last {
            return Ok(bridge);
        }
        let known = loops()
            .get_or_insert_default()
            .get(&address)
            .map(|known| known.bridge.clone());
        let bridge = match known {
            Some(bridge) if bridge.is_open() => bridge,
            _ => Self::begin(object)?,
        };
        LAST.set(Some((address, bridge.clone())));
        Ok(bridge)
    }

    fn begin(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        sweep(py);
        let (reader, waker) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        let bridge = Self {
            inner: Arc::new(Inner {
                queue: Mutex::new(Queue {
                    waker: Some(waker),
                    ..Queue::default()
                }),
                process: executor::process(),
            }),
        };
        let descriptor = reader.as_raw_fd();
        let drain = Bound::new(
            py,
            Drain {
                bridge: bridge.clone(),
                reader: Some(reader),
            },
        )?;
        object.call_method1(intern!(py, "add_reader"), (descriptor, &drain))?;
        let kept = drain.clone().unbind();
        let end = Bound::new(
            py,
            End {
                object: object.clone().unbind(),
                bridge: bridge.clone(),
                drain: drain.clone().unbind(),
                descriptor,
            },
        )?;
        let guard = GUARD.get_or_try_init(py, || {
            Ok::<_, PyErr>(py.import("aster_runtime._loop")?.getattr("guard")?.unbind())
        })?;
        let guard = guard.bind(py).call1((end,))?;
        // the loop gets to know the generator with its first step, which ends at once
        let step = guard.call_method0("__anext__")?;
        match step.call_method1("send", (py.None(),)) {
            Err(error) if error.is_instance_of::<PyStopIteration>(py) => {}
            Err(error) => return Err(error),
            Ok(_) => return Err(PyRuntimeError::new_err("the guard of an event loop waits")),
        }
        let known = Known {
            object: object.clone().unbind(),
            bridge: bridge.clone(),
            _guard: guard.unbind(),
            drain: kept,
        };
        let before = loops()
            .get_or_insert_default()
            .insert(object.as_ptr() as usize, known);
        drop(before);
        logging::offered(&bridge);
        Ok(bridge)
    }

    /// Lets the loop do something. Without effect once it has ended.
    pub(crate) fn push(&self, event: Event) {
        let mut queue = self.inner.queue();
        if queue.closed {
            // what it holds of Python goes when the interpreter is entered next
            drop(queue);
            drop(event);
            return;
        }
        queue.events.push(event);
        if !std::mem::replace(&mut queue.woken, true)
            && let Some(mut waker) = queue.waker.as_ref()
        {
            // a socket that is full wakes the loop as well
            let _ = waker.write(&[1]);
        }
    }

    /// Refuses another loop than this one.
    ///
    /// # Errors
    /// What was made in one loop is used in another.
    pub(crate) fn is_of(&self, running: &Bound<'_, PyAny>) -> PyResult<()> {
        if Arc::ptr_eq(&self.inner, &Self::of(running)?.inner) {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this belongs to another event loop: use it in the one in which it began",
        ))
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.inner.queue().closed && self.inner.process == executor::process()
    }

    /// Runs `work` on the runtime, and gives what `then` makes of its result: an `asyncio.Future`. Cancelled, the work is dropped.
    ///
    /// # Errors
    /// No event loop runs here.
    pub(crate) fn run<T: Send + 'static>(
        py: Python<'_>,
        work: impl Future<Output = T> + Send + 'static,
        then: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<Bound<'_, PyAny>> {
        let object = running(py)?;
        let bridge = Self::of(&object)?;
        let future = object.call_method0(intern!(py, "create_future"))?;
        let promise = future.clone().unbind();
        let task = executor::runtime()?.spawn(async move {
            let result = work.await;
            bridge.push(Box::new(move |py| settle(promise.bind(py), then(py, result))));
        });
        let abort = Bound::new(py, AbortIfCancelled(task.abort_handle()))?;
        future.call_method1(intern!(py, "add_done_callback"), (abort,))?;
        Ok(future)
    }
}

impl Queue {
    /// Ends the queue; what was in it is to be dropped without the lock.
    fn close(&mut self) -> Vec<Event> {
        self.closed = true;
        self.waker = None;
        std::mem::take(&mut self.events)
    }
}

impl Inner {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a future, unless it was cancelled.
pub(crate) fn settle(future: &Bound<'_, PyAny>, result: PyResult<Py<PyAny>>) {
    let py = future.py();
    let settled = (|| {
        if future.call_method0(intern!(py, "done"))?.is_truthy()? {
            return Ok(());
        }
        match result {
            Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
            Err(error) => future.call_method1(intern!(py, "set_exception"), (error.into_value(py),))?,
        };
        Ok::<_, PyErr>(())
    })();
    if let Err(error) = settled {
        error.write_unraisable(py, Some(future));
    }
}

/// Called when a future has ended.
#[pyclass(frozen)]
struct AbortIfCancelled(AbortHandle);

#[pymethods]
impl AbortIfCancelled {
    fn __call__(&self, _future: &Bound<'_, PyAny>) {
        // a task that has ended is left alone
        self.0.abort();
    }
}

/// Does what is in the queue of a loop, whenever that is woken.
#[pyclass]
struct Drain {
    bridge: EventLoop,
    reader: Option<UnixStream>,
}

#[pymethods]
impl Drain {
    fn __call__(slf: &Bound<'_, Self>) {
        let events = {
            let drain = slf.borrow();
            if let Some(mut reader) = drain.reader.as_ref() {
                let mut bytes = [0; 64];
                // one byte for each time it was woken
                let _ = reader.read(&mut bytes);
            }
            let mut queue = drain.bridge.inner.queue();
            queue.woken = false;
            std::mem::take(&mut queue.events)
        };
        let py = slf.py();
        for event in events {
            event(py);
        }
    }
}

/// Called when a loop ends.
#[pyclass]
struct End {
    object: Py<PyAny>,
    bridge: EventLoop,
    drain: Py<Drain>,
    descriptor: i32,
}

#[pymethods]
impl End {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let events = {
            let mut queue = self.bridge.inner.queue();
            queue.close()
        };
        drop(events);
        let object = self.object.bind(py);
        if !object.call_method0("is_closed")?.is_truthy()? {
            object.call_method1("remove_reader", (self.descriptor,))?;
        }
        self.drain.bind(py).borrow_mut().reader = None;
        let known = loops()
            .as_mut()
            .and_then(|loops| loops.remove(&(object.as_ptr() as usize)));
        drop(known);
        logging::left(py);
        Ok(())
    }
}

/// Forgets loops that were closed without a word.
fn sweep(py: Python<'_>) {
    let objects: Vec<_> = loops()
        .get_or_insert_default()
        .values()
        .map(|known| known.object.clone_ref(py))
        .collect();
    let closed = |object: &Py<PyAny>| {
        let closed = object.bind(py).call_method0("is_closed");
        closed.and_then(|closed| closed.is_truthy()).unwrap_or(false)
    };
    for object in objects.iter().filter(|object| closed(object)) {
        let known = loops()
            .get_or_insert_default()
            .remove(&(object.as_ptr() as usize));
        if let Some(known) = known {
            let events = known.bridge.inner.queue().close();
            drop(events);
            known.drain.bind(py).borrow_mut().reader = None;
            logging::left(py);
        }
    }
}

/// The loops that have not ended.
pub(crate) fn all_open() -> Vec<EventLoop> {
    let loops = loops();
    let bridges = loops.iter().flat_map(HashMap::values).map(|known| &known.bridge);
    bridges.filter(|bridge| bridge.is_open()).cloned().collect()
}

/// In a process that came out of a fork: its loops are other ones.
pub(crate) fn forget_all() {
    std::mem::forget(loops().take());
    logging::forget();
    LAST.set(None);
}

fn loops() -> MutexGuard<'static, Option<HashMap<usize, Known>>> {
    LOOPS.lock().unwrap_or_else(PoisonError::into_inner)
}
