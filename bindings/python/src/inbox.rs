//! Messages that arrive for an event loop: read a little ahead, decoded when they are asked for.

use crate::awaitable::{Ready, Waiter};
use crate::bridge::{EventLoop, settle};
use crate::codec::{MethodFacts, Types};
use crate::error;
use crate::metadata;
use crate::outbox;
use aster_runtime::codec::CodecError;
use aster_runtime::{Metadata, Status, Streaming};
use bytes::Bytes;
use futures_util::StreamExt as _;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration};
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// So much is read ahead of the loop: the rest waits at the sender.
const BYTES: usize = 64 * 1024;
const MESSAGES: usize = 256;

/// What has arrived of one stream.
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// There is room again, or the rest is not wanted.
    room: Notify,
    bridge: EventLoop,
    types: Arc<Types>,
    methods: Arc<[MethodFacts]>,
    method: usize,
    side: Side,
    /// The other direction of the call: what the source of its messages raised is what the call ends with.
    sent: Option<Arc<outbox::Shared>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Bytes>,
    bytes: usize,
    header: Option<Metadata>,
    end: Option<End>,
    /// A message that did not fit.
    refused: Option<CodecError>,
    /// Futures of who waits for the next message, and for the beginning.
    waiting: Option<Py<PyAny>>,
    waiting_for_header: Vec<Py<PyAny>>,
}

#[derive(Clone)]
enum End {
    Done(Metadata),
    Failed(Status),
}

/// What there is for who asks.
enum Next<'py> {
    Message(Bound<'py, PyAny>),
    End,
    Nothing,
}

impl Inbox {
    pub(crate) fn new(
        bridge: &EventLoop,
        types: &Arc<Types>,
        methods: &Arc<[MethodFacts]>,
        method: usize,
        side: Side,
        sent: Option<Arc<outbox::Shared>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            room: Notify::new(),
            bridge: bridge.clone(),
            types: Arc::clone(types),
            methods: Arc::clone(methods),
            method,
            side,
            sent,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a stream to its end, as fast as there is room. `begun` says that its header has arrived; that of a call whose both
    /// directions stream comes later.
    pub(crate) async fn feed(&self, mut stream: Streaming<Bytes>, mut begun: bool) {
        let _end = EndOnDrop(self);
        if begun {
            self.begun(stream.metadata().clone());
        }
        loop {
            while self.is_full() {
                self.room.notified().await;
            }
            if let Some(error) = self.state().refused.take() {
                stream.refuse(&error);
                return;
            }
            let message = std::future::poll_fn(|cx| {
                let message = stream.poll_next_unpin(cx);
                if !begun && (message.is_ready() || !stream.metadata().is_empty()) {
                    begun = true;
                    self.begun(stream.metadata().clone());
                }
                message
            });
            match message.await {
                Some(Ok(message)) => self.add(message),
                None => {
                    let trailer = stream.trailer().cloned().unwrap_or_default();
                    return self.end(End::Done(trailer));
                }
                Some(Err(status)) => return self.end(End::Failed(status)),
            }
        }
    }

    /// There is no stream.
    pub(crate) fn failed(&self, status: Status) {
        self.end(End::Failed(status));
    }

    fn is_full(&self) -> bool {
        let state = self.state();
        state.refused.is_none() && (state.bytes >= BYTES || state.messages.len() >= MESSAGES)
    }

    fn begun(&self, header: Metadata) {
        let waiting = {
            let mut state = self.state();
            state.header = Some(header);
            std::mem::take(&mut state.waiting_for_header)
        };
        self.wake(waiting);
    }

    fn add(&self, message: Bytes) {
        let waiting = {
            let mut state = self.state();
            state.bytes += message.len();
            state.messages.push_back(message);
            state.waiting.take()
        };
        self.wake(waiting);
    }

    fn end(&self, end: End) {
        let (waiting, others) = {
            let mut state = self.state();
            state.end.get_or_insert(end);
            (
                state.waiting.take(),
                std::mem::take(&mut state.waiting_for_header),
            )
        };
        self.wake(waiting);
        self.wake(others);
    }

    fn wake(&self, futures: impl IntoIterator<Item = Py<PyAny>>) {
        for future in futures {
            self.bridge
                .push(Box::new(move |py| settle(future.bind(py), Ok(py.None()))));
        }
    }

    /// The next message, if it is here.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Next<'py>> {
        let (message, made_room) = {
            let mut state = self.state();
            let Some(message) = state.messages.pop_front() else {
                return match &state.end {
                    Some(End::Done(_)) => Ok(Next::End),
                    Some(End::Failed(status)) => {
                        let status = status.clone();
                        drop(state);
                        let raised = self.sent.as_ref().and_then(|sent| sent.raised(py));
                        Err(raised.unwrap_or_else(|| error::status(py, &status)))
                    }
                    None => Ok(Next::Nothing),
                };
            };
            let was_full = state.bytes >= BYTES || state.messages.len() + 1 >= MESSAGES;
            state.bytes -= message.len();
            let is_low = state.bytes <= BYTES / 2 && state.messages.len() <= MESSAGES / 2;
            (message, was_full || is_low)
        };
        if made_room {
            self.room.notify_one();
        }
        let facts = &self.methods[self.method];
        let decoded = match self.side {
            Side::Request => facts.decode_request(&self.types, py, &message),
            Side::Response => facts.decode_response(&self.types, py, &message),
        };
        decoded.map(Next::Message).map_err(|violation| {
            let status = Status::contract_violation(violation.to_string());
            let mut state = self.state();
            state.messages.clear();
            state.bytes = 0;
            state.end = Some(End::Failed(status.clone()));
            state.refused = Some(violation);
            drop(state);
            self.room.notify_one();
            error::status(py, &status)
        })
    }

    /// An awaitable of the next message; at the end it raises `StopAsyncIteration`.
    /// It holds `keeper`, without which nothing arrives.
    pub(crate) fn next<'py>(
        self: &Arc<Self>,
        py: Python<'py>,
        keeper: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.take(py)? {
            Next::Message(message) => Ready::give(py, message),
            Next::End => Err(PyStopAsyncIteration::new_err(())),
            Next::Nothing => {
                let running = crate::bridge::running(py)?;
                self.bridge.is_of(&running)?;
                let future = running.call_method0(intern!(py, "create_future"))?;
                {
                    let mut state = self.state();
                    if let Some(other) = &state.waiting {
                        let done = other.bind(py).call_method0(intern!(py, "done"))?.is_truthy()?;
                        if !done {
                            return Err(PyRuntimeError::new_err(
                                "another task waits for the next message of this stream: one task reads it",
                            ));
                        }
                    }
                    if state.messages.is_empty() && state.end.is_none() {
                        state.waiting = Some(future.clone().unbind());
                    } else {
                        drop(state);
                        settle(&future, Ok(py.None()));
                    }
                }
                let inbox = Arc::clone(self);
                let finish = move |py: Python<'_>| match inbox.take(py)? {
                    Next::Message(message) => Ok(message.unbind()),
                    Next::End => Err(PyStopAsyncIteration::new_err(())),
                    Next::Nothing => Err(PyRuntimeError::new_err("a stream was woken for nothing")),
                };
                Waiter::wait(&future, Box::new(finish), keeper, None)
            }
        }
    }

    /// A future of what the other side sent before its first message.
    pub(crate) fn header<'py>(
        self: &Arc<Self>,
        py: Python<'py>,
        keeper: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let future = crate::bridge::running(py)?.call_method0(intern!(py, "create_future"))?;
        {
            let mut state = self.state();
            if state.header.is_none() && state.end.is_none() {
                state.waiting_for_header.push(future.clone().unbind());
            } else {
                drop(state);
                settle(&future, Ok(py.None()));
            }
        }
        let inbox = Arc::clone(self);
        let finish = move |py: Python<'_>| {
            let state = inbox.state();
            if let (None, Some(End::Failed(status))) = (&state.header, &state.end) {
                let status = status.clone();
                drop(state);
                return Err(error::status(py, &status));
            }
            let header = state.header.clone().unwrap_or_default();
            drop(state);
            Ok(metadata::shown(py, &header)?.into_any().unbind())
        };
        Waiter::wait(&future, Box::new(finish), Some(keeper), None)
    }

    /// What it holds of Python, if `self` is the only one who has it.
    pub(crate) fn traverse(self: &Arc<Self>, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if Arc::strong_count(self) > 1 {
            return Ok(());
        }
        if let Ok(state) = self.state.try_lock() {
            visit.call(&state.waiting)?;
            for waiting in &state.waiting_for_header {
                visit.call(waiting)?;
            }
        }
        match &self.sent {
            Some(sent) => sent.traverse(visit),
            None => Ok(()),
        }
    }

    /// What the other side sent after its last message, once it has.
    pub(crate) fn trailer(&self) -> Option<Metadata> {
        match &self.state().end {
            Some(End::Done(trailer)) => Some(trailer.clone()),
            Some(End::Failed(status)) => Some(status.metadata().clone()),
            None => None,
        }
    }
}

/// Whoever waits for a message hears of it when nothing is read any more.
struct EndOnDrop<'a>(&'a Inbox);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.failed(Status::cancelled("the call has ended"));
    }
}

/// The requests of a call, as its handler reads them.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Requests {
    pub(crate) inbox: Arc<Inbox>,
}

#[pymethods]
impl Requests {
    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.inbox.next(py, None)
    }
}
