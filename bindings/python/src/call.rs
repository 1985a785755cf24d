//! Calls: what generated clients make, and what is awaited.

use crate::bridge::{self, EventLoop, settle};
use crate::client::Client;
use crate::codec::{MethodFacts, ServiceInfo, Types};
use crate::context;
use crate::error;
use crate::executor;
use crate::failure::is_ours;
use crate::inbox::{Inbox, Side};
use crate::metadata;
use crate::outbox::{self, Outbox, Taken};
use crate::session::Session;
use aster_runtime::client::{self, BidiCall, ClientStreamCall, RawResponse, ServerStreamCall};
use aster_runtime::raw::Payload;
use aster_runtime::{Metadata, Status};
use bytes::Bytes;
use futures_util::StreamExt as _;
use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
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
    task: AbortHandle,
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls one service: what generated clients are made of.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Stub {
    stub: client::Stub,
    types: Arc<Types>,
    methods: Arc<[MethodFacts]>,
    declared: Box<[usize]>,
    process: u64,
}

impl Stub {
    fn new(stub: client::Stub, info: &ServiceInfo) -> Self {
        Self {
            stub,
            types: Arc::clone(&info.types),
            methods: Arc::clone(&info.methods),
            declared: info.declared.clone(),
            process: executor::process(),
        }
    }

    fn place(&self, method: usize) -> PyResult<usize> {
        executor::check(self.process)?;
        let place = self.declared.get(method).copied();
        place.ok_or_else(|| PyRuntimeError::new_err("generated code calls a method that there is not"))
    }

    fn options(timeout: Option<&Bound<'_, PyAny>>, metadata: Option<&Bound<'_, PyAny>>) -> PyResult<Options> {
        Ok((metadata::duration(timeout)?, metadata::entries(metadata)?))
    }

    fn unary_call(&self, place: usize, begin: Begin) -> UnaryCall {
        UnaryCall {
            begin: Mutex::new(Some(begin)),
            types: Arc::clone(&self.types),
            methods: Arc::clone(&self.methods),
            method: place,
        }
    }

    fn stream_call(&self, place: usize, begin: BeginStream) -> StreamCall {
        StreamCall {
            state: Mutex::new(StreamState::New(begin)),
            types: Arc::clone(&self.types),
            methods: Arc::clone(&self.methods),
            method: place,
        }
    }
}

/// Deadline and metadata.
type Options = (Option<Duration>, Vec<(String, String)>);

/// Sets deadline and metadata of any pattern's call.
macro_rules! with_options {
    ($call:expr, $options:expr) => {{
        let (deadline, metadata) = $options;
        let mut call = $call;
        if let Some(deadline) = deadline {
            call = call.deadline(deadline);
        }
        for (key, value) in metadata {
            call = call.metadata(key, value);
        }
        call
    }};
}

#[pymethods]
impl Stub {
    #[staticmethod]
    #[pyo3(signature = (client, info, /))]
    fn of_client(py: Python<'_>, client: &Client, info: &ServiceInfo) -> PyResult<Self> {
        let stub = client::Stub::new(client.get()?, info.info).map_err(|error| error::stub(py, &error))?;
        Ok(Self::new(stub, info))
    }

    #[staticmethod]
    #[pyo3(signature = (session, info, /))]
    fn of_session(py: Python<'_>, session: &Session, info: &ServiceInfo) -> PyResult<Self> {
        let stub =
            client::Stub::in_session(session.get()?, info.info).map_err(|error| error::stub(py, &error))?;
        Ok(Self::new(stub, info))
    }

    #[pyo3(signature = (method, request, timeout, metadata, /))]
    fn unary(
        &self,
        method: usize,
        request: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<UnaryCall> {
        let place = self.place(method)?;
        let options = Self::options(timeout, metadata)?;
        let payload = self.methods[place].encode_request(&self.types, request)?;
        let call = with_options!(self.stub.raw_unary(place, payload), options);
        Ok(self.unary_call(place, Begin::One(call)))
    }

    #[pyo3(signature = (method, request, timeout, metadata, /))]
    fn server_stream(
        &self,
        method: usize,
        request: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<StreamCall> {
        let place = self.place(method)?;
        let options = Self::options(timeout, metadata)?;
        let payload = self.methods[place].encode_request(&self.types, request)?;
        let call = with_options!(self.stub.raw_server_stream(place, payload), options);
        Ok(self.stream_call(place, BeginStream::One(call)))
    }

    #[pyo3(signature = (method, requests, timeout, metadata, /))]
    fn client_stream(
        &self,
        method: usize,
        requests: Py<PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<UnaryCall> {
        let place = self.place(method)?;
        let options = Self::options(timeout, metadata)?;
        let stub = self.stub.clone();
        let begin = move |taken: Taken| with_options!(stub.raw_client_stream(place, taken), options);
        Ok(self.unary_call(place, Begin::Many(Box::new(begin), requests)))
    }

    #[pyo3(signature = (method, requests, timeout, metadata, /))]
    fn bidi_stream(
        &self,
        method: usize,
        requests: Py<PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<StreamCall> {
        let place = self.place(method)?;
        let options = Self::options(timeout, metadata)?;
        let call = with_options!(self.stub.raw_bidi_stream(place), options);
        Ok(self.stream_call(place, BeginStream::Both(call, requests)))
    }
}

type BeginUpload = Box<dyn FnOnce(Taken) -> ClientStreamCall<Bytes> + Send + Sync>;

/// A call with one response, before it begins.
enum Begin {
    One(client::UnaryCall<Bytes>),
    Many(BeginUpload, Py<PyAny>),
}

/// A call with one response. It begins when it is awaited; cancelling what awaits it cancels the call at the server.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct UnaryCall {
    begin: Mutex<Option<Begin>>,
    types: Arc<Types>,
    methods: Arc<[MethodFacts]>,
    method: usize,
}

type Arrived = Arc<Mutex<Option<Result<RawResponse, Status>>>>;

impl UnaryCall {
    /// Begins the call. `whole` asks for what came with the response too.
    fn start<'py>(&self, py: Python<'py>, whole: bool) -> PyResult<Bound<'py, PyAny>> {
        let running = bridge::running(py)?;
        let events = EventLoop::of(&running)?;
        let runtime = executor::runtime()?;
        let begin = lock(&self.begin).take();
        let begin = begin.ok_or_else(|| PyRuntimeError::new_err("a call is awaited once: make another"))?;
        let future = running.call_method0(intern!(py, "create_future"))?;
        let promise = future.clone().unbind();
        let arrived: Arrived = Arc::default();
        let tell = {
            let arrived = Arc::clone(&arrived);
            let events = events.clone();
            move |result| {
                *lock(&arrived) = Some(result);
                events.push(Box::new(move |py| settle(promise.bind(py), Ok(py.None()))));
            }
        };
        let mut sent = None;
        let scope = context::current(py)?;
        let task = match begin {
            Begin::One(call) => {
                let work = async move { tell(call.undecoded().await) };
                context::spawn(&runtime, scope, work)
            }
            Begin::Many(begin, requests) => {
                let shared = outbox::Shared::new(&events);
                let outbox = Outbox {
                    shared: Arc::clone(&shared),
                    types: Arc::clone(&self.types),
                    methods: Arc::clone(&self.methods),
                    method: self.method,
                    side: Side::Request,
                };
                begin_upload(py, &running, requests.bind(py), outbox)?;
                sent = Some(Arc::clone(&shared));
                let call = begin(Taken(shared));
                let work = async move { tell(call.undecoded().await) };
                context::spawn(&runtime, scope, work)
            }
        };
        let (types, methods, method) = (Arc::clone(&self.types), Arc::clone(&self.methods), self.method);
        let finish = move |py: Python<'_>| {
            if let Some(error) = sent.and_then(|sent| sent.raised()) {
                return Err(error);
            }
            let arrived = lock(&arrived).take();
            let arrived = arrived.ok_or_else(|| PyRuntimeError::new_err("a call ended without an answer"))?;
            let response = arrived.and_then(|response| {
                let mut message = None;
                let response = response.decode(|payload| {
                    message = Some(methods[method].decode_response(&types, py, payload)?.unbind());
                    Ok(())
                })?;
                Ok((message, response))
            });
            let (message, response) = response.map_err(|status| error::status(py, &status))?;
            let message = message.unwrap_or_else(|| py.None());
            if !whole {
                return Ok(message);
            }
            let response = ResponseObject {
                message,
                metadata: response.metadata,
                trailer: response.trailer,
            };
            Ok(Bound::new(py, response)?.into_any().unbind())
        };
        let work = Work {
            task: task.abort_handle(),
        };
        Waiter::wait(&future, Box::new(finish), Some(work))
    }
}

/// Begins the task that sends what a source has.
fn begin_upload(
    py: Python<'_>,
    running: &Bound<'_, PyAny>,
    requests: &Bound<'_, PyAny>,
    outbox: Outbox,
) -> PyResult<()> {
    let shared = Arc::clone(&outbox.shared);
    let coroutine =
        context::service(py)?.call_method1(intern!(py, "upload"), (requests, Bound::new(py, outbox)?))?;
    let task = running.call_method1(intern!(py, "create_task"), (coroutine,))?;
    shared.sent_by(task.unbind());
    Ok(())
}

#[pymethods]
impl UnaryCall {
    fn __await__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.start(py, false)
    }

    /// Makes the call, and gives the response with the metadata that came with it.
    fn with_call(slf: Bound<'_, Self>) -> WholeCall {
        WholeCall(slf.unbind())
    }

    #[classmethod]
    fn __class_getitem__(cls: &Bound<'_, PyType>, _item: &Bound<'_, PyAny>) -> Py<PyType> {
        cls.clone().unbind()
    }

    fn __repr__(&self) -> String {
        format!("<call of {}>", self.methods[self.method].attribute)
    }
}

/// A call whose whole response is asked for.
#[pyclass(frozen)]
struct WholeCall(Py<UnaryCall>);

#[pymethods]
impl WholeCall {
    fn __await__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.get().start(py, true)
    }
}

/// A response with what came beside it.
#[pyclass(frozen, name = "Response", module = "aster_runtime")]
pub(crate) struct ResponseObject {
    message: Py<PyAny>,
    metadata: Metadata,
    trailer: Metadata,
}

#[pymethods]
impl ResponseObject {
    /// The response.
    #[getter]
    fn message(&self, py: Python<'_>) -> Py<PyAny> {
        self.message.clone_ref(py)
    }

    /// What the server sent before it.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        metadata::shown(py, &self.metadata)
    }

    /// What the server sent after it.
    #[getter]
    fn trailer<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        metadata::shown(py, &self.trailer)
    }

    #[classmethod]
    fn __class_getitem__(cls: &Bound<'_, PyType>, _item: &Bound<'_, PyAny>) -> Py<PyType> {
        cls.clone().unbind()
    }
}

/// A call whose responses stream, before it begins.
enum BeginStream {
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
    types: Arc<Types>,
    methods: Arc<[MethodFacts]>,
    method: usize,
}

impl StreamCall {
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
        let scope = context::current(py)?;
        let task = match begin {
            BeginStream::One(call) => {
                let work = async move {
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
                begin_upload(py, &running, requests.bind(py), outbox)?;
                let work = both(call, Taken(shared), fed);
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
}
