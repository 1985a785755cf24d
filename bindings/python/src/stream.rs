//! Calls whose responses stream.

use crate::awaitable::{Ready, Work};
use crate::bridge::{self, EventLoop};
use crate::codec::{MethodFacts, Types};
use crate::context;
use crate::error;
use crate::executor;
use crate::inbox::{Inbox, Side};
use crate::keeper::Kept;
use crate::lock::lock;
use crate::metadata;
use crate::outbox::{self, Outbox, Taken};
use aster_bindings::sending::is_ours;
use aster_runtime::Status;
use aster_runtime::client::{BidiCall, ServerStreamCall};
use aster_runtime::raw::Payload;
use bytes::Bytes;
use futures_util::StreamExt as _;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use std::sync::{Arc, Mutex};

/// A call whose responses stream, before it begins.
pub(crate) enum BeginStream {
    One(ServerStreamCall<Bytes>),
    Both(BidiCall<Payload, Bytes>, Py<PyAny>),
}

enum StreamState {
    New(BeginStream),
    Begun { inbox: Arc<Inbox>, _work: Work },
    Over(Option<Arc<Inbox>>),
}

/// The responses of a call, one after the other. The call begins with the first that is asked for; one that is dropped, cancelled
/// or left ends at the server.
#[pyclass(frozen, name = "Stream", module = "aster_runtime")]
pub(crate) struct StreamCall {
    state: Mutex<StreamState>,
    kept: Kept,
    types: Arc<Types>,
    methods: Arc<[MethodFacts]>,
    method: usize,
}

impl StreamCall {
    pub(crate) fn new(
        begin: BeginStream,
        types: &Arc<Types>,
        methods: &Arc<[MethodFacts]>,
        method: usize,
        kept: Kept,
    ) -> Self {
        Self {
            kept,
            state: Mutex::new(StreamState::New(begin)),
            types: Arc::clone(types),
            methods: Arc::clone(methods),
            method,
        }
    }

    /// The responses of the call, which has begun then; `None` if it was cancelled.
    fn begun(&self, py: Python<'_>) -> PyResult<Option<Arc<Inbox>>> {
        let begin = {
            let mut state = lock(&self.state);
            match &*state {
                StreamState::Begun { inbox, .. } => return Ok(Some(Arc::clone(inbox))),
                StreamState::Over(_) => return Ok(None),
                StreamState::New(_) => {}
            }
            // asking for the loop may run other code of Python's: it finds the call over
            match std::mem::replace(&mut *state, StreamState::Over(None)) {
                StreamState::New(begin) => begin,
                _ => return Ok(None),
            }
        };
        let running = bridge::running(py)?;
        let events = EventLoop::of(&running)?;
        let runtime = executor::runtime()?;
        let shared = matches!(begin, BeginStream::Both(..)).then(|| outbox::Shared::new(&events));
        let inbox = Inbox::new(
            &events,
            &self.types,
            &self.methods,
            self.method,
            Side::Response,
            shared.clone(),
        );
        let fed = Arc::clone(&inbox);
        let asks = self.kept.running();
        let scope = context::current(py)?;
        let task = match begin {
            BeginStream::One(call) => {
                let work = async move {
                    let _asks = asks;
                    match call.await {
                        Ok(stream) => fed.feed(stream, true).await,
                        Err(status) => fed.failed(status),
                    }
                };
                context::spawn(&runtime, scope, work)
            }
            BeginStream::Both(call, requests) => {
                let shared = shared.unwrap_or_else(|| outbox::Shared::new(&events));
                let outbox = Outbox {
                    shared: Arc::clone(&shared),
                    types: Arc::clone(&self.types),
                    methods: Arc::clone(&self.methods),
                    method: self.method,
                    side: Side::Request,
                };
                outbox.send(py, &running, requests.bind(py))?;
                let work = async move {
                    let _asks = asks;
                    both(call, Taken(shared), fed).await;
                };
                context::spawn(&runtime, scope, work)
            }
        };
        *lock(&self.state) = StreamState::Begun {
            inbox: Arc::clone(&inbox),
            _work: Work {
                task: task.abort_handle(),
            },
        };
        Ok(Some(inbox))
    }

    fn stop(&self) {
        let before = {
            let mut state = lock(&self.state);
            let inbox = match &*state {
                StreamState::Begun { inbox, .. } => Some(Arc::clone(inbox)),
                StreamState::Over(inbox) => inbox.clone(),
                StreamState::New(_) => None,
            };
            // what ends with this has no trailer
            let ended = inbox.clone().filter(|inbox| inbox.trailer().is_some());
            if let Some(inbox) = &inbox {
                inbox.failed(Status::cancelled("the call was cancelled at this end"));
            }
            std::mem::replace(&mut *state, StreamState::Over(ended))
        };
        drop(before);
    }

    fn over() -> PyErr {
        Python::attach(|py| error::status(py, &Status::cancelled("the call was cancelled at this end")))
    }
}

/// Sends the requests of a call while its responses are read.
async fn both(call: BidiCall<Payload, Bytes>, mut taken: Taken, inbox: Arc<Inbox>) {
    let (mut sender, stream) = match call.await {
        Ok(both) => both,
        Err(status) => return inbox.failed(status),
    };
    let told = Arc::clone(&inbox);
    let sending = async move {
        while let Some(message) = taken.next().await {
            let payload = match message {
                Ok(payload) => payload,
                Err(status) => {
                    told.failed(status.clone());
                    // the server is not to take what it has for all
                    sender.cancel();
                    return Err(status);
                }
            };
            match sender.send(payload).await {
                Ok(()) => {}
                Err(status) if is_ours(&status) => {
                    told.failed(status.clone());
                    return Err(status);
                }
                // the responses say why
                Err(_) => return Ok(()),
            }
        }
        sender.finish();
        Ok(())
    };
    let reading = inbox.feed(stream, false);
    let (mut sending, mut reading) = (std::pin::pin!(sending), std::pin::pin!(reading));
    tokio::select! {
        () = &mut reading => {}
        sent = &mut sending => if sent.is_ok() {
            reading.await;
        }
    }
}

#[pymethods]
impl StreamCall {
    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Some(inbox) = slf.get().begun(py)? else {
            return Err(Self::over());
        };
        inbox.next(py, Some(slf.clone().into_any().unbind()))
    }

    /// What the server sends before its first message; begins the call.
    fn metadata<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        match slf.get().begun(py)? {
            Some(inbox) => inbox.header(py, slf.clone().into_any().unbind()),
            None => Err(Self::over()),
        }
    }

    /// What the server sent after its last message; `None` until it has.
    #[getter]
    fn trailer<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let trailer = match &*lock(&self.state) {
            StreamState::Begun { inbox, .. } | StreamState::Over(Some(inbox)) => inbox.trailer(),
            _ => None,
        };
        trailer.map(|trailer| metadata::shown(py, &trailer)).transpose()
    }

    /// Ends the call, also at the server. What is asked for after that raises `Cancelled`.
    fn cancel(&self) {
        self.stop();
    }

    /// The same, to be awaited.
    fn aclose<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.stop();
        Ready::give(py, py.None().into_bound(py))
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Ready::give(slf.py(), slf.clone().into_any())
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(&self, py: Python<'py>, _raised: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.aclose(py)
    }

    #[classmethod]
    fn __class_getitem__(cls: &Bound<'_, PyType>, _item: &Bound<'_, PyAny>) -> Py<PyType> {
        cls.clone().unbind()
    }

    fn __repr__(&self) -> String {
        format!("<stream of {}>", self.methods[self.method].attribute)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)?;
        let Ok(state) = self.state.try_lock() else {
            return Ok(());
        };
        match &*state {
            StreamState::New(BeginStream::Both(_, requests)) => visit.call(requests),
            StreamState::Begun { inbox, .. } | StreamState::Over(Some(inbox)) => inbox.traverse(&visit),
            StreamState::New(BeginStream::One(_)) | StreamState::Over(None) => Ok(()),
        }
    }

    fn __clear__(&self) {
        let before = std::mem::replace(&mut *lock(&self.state), StreamState::Over(None));
        drop(before);
    }
}
