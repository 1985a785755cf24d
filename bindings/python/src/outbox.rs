//! Messages that a program of Python's sends one after the other: a bounded number waits for the runtime's thread.

use crate::awaitable::Ready;
use crate::bridge::{EventLoop, settle};
use crate::codec::{MethodFacts, Types};
use crate::context;
use crate::inbox::Side;
use aster_runtime::Status;
use aster_runtime::raw::Payload;
use futures_util::Stream;
use futures_util::task::AtomicWaker;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll};

/// So much waits to be sent; who sends more waits too.
const BYTES: usize = 64 * 1024;
const MESSAGES: usize = 256;

/// What both ends share.
pub(crate) struct Shared {
    state: Mutex<State>,
    ready: AtomicWaker,
    bridge: EventLoop,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Payload>,
    bytes: usize,
    end: Option<Result<(), Status>>,
    /// Nobody takes messages any more.
    closed: bool,
    /// The future of who waits for room.
    waiting: Option<Py<PyAny>>,
    /// The task that reads the source of the messages, at a client.
    upload: Option<Py<PyAny>>,
    /// What the source of the messages raised: the exception, which holds frames by its traceback.
    raised: Option<Py<PyAny>>,
}

impl Shared {
    pub(crate) fn new(bridge: &EventLoop) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            ready: AtomicWaker::new(),
            bridge: bridge.clone(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No message comes after those that wait.
    pub(crate) fn end(&self, end: Result<(), Status>) {
        self.state().end.get_or_insert(end);
        self.ready.wake();
    }

    /// Cancels this task once nobody takes messages any more.
    pub(crate) fn sent_by(&self, upload: Py<PyAny>) {
        self.state().upload = Some(upload);
    }

    /// What the source of the messages raised, once.
    pub(crate) fn raised(&self, py: Python<'_>) -> Option<PyErr> {
        let raised = self.state().raised.take();
        raised.map(|raised| PyErr::from_value(raised.into_bound(py)))
    }

    /// What it holds of Python, if `self` is the only one who has it.
    pub(crate) fn traverse(self: &Arc<Self>, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if Arc::strong_count(self) > 1 {
            return Ok(());
        }
        let Ok(state) = self.state.try_lock() else {
            return Ok(());
        };
        visit.call(&state.waiting)?;
        visit.call(&state.upload)?;
        visit.call(&state.raised)
    }
}

/// The end at the runtime. Dropped, it takes nothing any more.
pub(crate) struct Taken(pub(crate) Arc<Shared>);

impl Stream for Taken {
    type Item = Result<Payload, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        let shared = &self.0;
        shared.ready.register(cx.waker());
        let mut state = shared.state();
        let Some(message) = state.messages.pop_front() else {
            return match &state.end {
                Some(Ok(())) => Poll::Ready(None),
                Some(Err(status)) => Poll::Ready(Some(Err(status.clone()))),
                None => Poll::Pending,
            };
        };
        state.bytes -= message.len();
        let low = state.bytes <= BYTES / 2 && state.messages.len() <= MESSAGES / 2;
        let waiting = if low { state.waiting.take() } else { None };
        drop(state);
        if let Some(future) = waiting {
            tell(&shared.bridge, future, true);
        }
        Poll::Ready(Some(Ok(message)))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let (waiting, upload) = {
            let mut state = self.0.state();
            state.closed = true;
            state.messages.clear();
            (state.waiting.take(), state.upload.take())
        };
        if let Some(future) = waiting {
            // the source is closed by who reads it
            tell(&self.0.bridge, future, false);
        } else if let Some(task) = upload {
            self.0.bridge.push(Box::new(move |py| {
                if let Err(error) = task.bind(py).call_method0(intern!(py, "cancel")) {
                    error.write_unraisable(py, None);
                }
            }));
        }
    }
}

fn tell(bridge: &EventLoop, future: Py<PyAny>, room: bool) {
    bridge.push(Box::new(move |py| {
        let room = room
            .into_pyobject(py)
            .map(|room| room.to_owned().into_any().unbind());
        settle(future.bind(py), room.map_err(Into::into));
    }));
}

/// Takes the messages of a stream.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Outbox {
    pub(crate) shared: Arc<Shared>,
    pub(crate) types: Arc<Types>,
    pub(crate) methods: Arc<[MethodFacts]>,
    pub(crate) method: usize,
    pub(crate) side: Side,
}

impl Outbox {
    /// Begins the task that sends what a source has.
    pub(crate) fn send(
        self,
        py: Python<'_>,
        running: &Bound<'_, PyAny>,
        requests: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let shared = Arc::clone(&self.shared);
        let coroutine =
            context::service(py)?.call_method1(intern!(py, "upload"), (requests, Bound::new(py, self)?))?;
        let task = running.call_method1(intern!(py, "create_task"), (coroutine,))?;
        shared.sent_by(task.unbind());
        Ok(())
    }
}

#[pymethods]
impl Outbox {
    /// Takes a message. Without room for another, this returns an awaitable: it gives whether more are taken.
    fn put<'py>(&self, py: Python<'py>, message: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let facts = &self.methods[self.method];
        let payload = match self.side {
            Side::Request => facts.encode_request(&self.types, message)?,
            Side::Response => facts.encode_response(&self.types, message)?,
        };
        let (full, first) = {
            let mut state = self.shared.state();
            if state.closed {
                drop(state);
                let closed = false.into_pyobject(py)?.to_owned().into_any();
                return Ready::give(py, closed).map(Some);
            }
            state.bytes += payload.len();
            let first = state.messages.is_empty();
            state.messages.push_back(payload);
            (state.bytes >= BYTES || state.messages.len() >= MESSAGES, first)
        };
        if first {
            self.shared.ready.wake();
        }
        if !full {
            return Ok(None);
        }
        let future = crate::bridge::running(py)?.call_method0(intern!(py, "create_future"))?;
        let mut state = self.shared.state();
        if state.closed || state.bytes < BYTES && state.messages.len() < MESSAGES {
            let open = !state.closed;
            drop(state);
            let open = open.into_pyobject(py)?.to_owned().into_any();
            return Ready::give(py, open).map(Some);
        }
        state.waiting = Some(future.clone().unbind());
        Ok(Some(future))
    }

    /// No message comes after these.
    fn end(&self) {
        self.shared.end(Ok(()));
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.shared.traverse(&visit)
    }

    /// The source of the messages raised something, or was cancelled: the call ends.
    #[pyo3(signature = (error, /))]
    fn fail(&self, error: Option<Bound<'_, PyAny>>) {
        if let Some(error) = error {
            let before = self.shared.state().raised.replace(error.unbind());
            drop(before);
        }
        self.shared
            .end(Err(Status::cancelled("the source of the requests failed")));
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        // whoever sent has ended without a word, as where its event loop has
        self.shared
            .end(Err(Status::unavailable("the event loop that sends has ended")));
    }
}
