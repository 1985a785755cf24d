//! Calls: what generated clients make, and those with one response.

use crate::awaitable::{Waiter, Work};
use crate::bridge::{self, EventLoop, settle};
use crate::client::Client;
use crate::codec::{MethodFacts, ServiceInfo, Types};
use crate::context;
use crate::error;
use crate::executor;
use crate::inbox::Side;
use crate::keeper::Kept;
use crate::lock::lock;
use crate::metadata;
use crate::outbox::{self, Outbox, Taken};
use crate::session::Session;
use crate::stream::{BeginStream, StreamCall};
use aster_runtime::client::{self, ClientStreamCall, RawResponse};
use aster_runtime::{Metadata, Status};
use bytes::Bytes;
use pyo3::PyTraverseError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Calls one service: what generated clients are made of.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Stub {
    stub: client::Stub,
    types: Arc<Types>,
    methods: Arc<[MethodFacts]>,
    declared: Box<[usize]>,
    kept: Kept,
    process: u64,
}

impl Stub {
    fn new(stub: client::Stub, info: &ServiceInfo, kept: Kept) -> Self {
        Self {
            stub,
            kept,
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

    fn unary_call(&self, py: Python<'_>, place: usize, begin: Begin) -> UnaryCall {
        UnaryCall {
            kept: self.kept.share(py),
            begin: Mutex::new(Some(begin)),
            types: Arc::clone(&self.types),
            methods: Arc::clone(&self.methods),
            method: place,
        }
    }

    fn stream_call(&self, py: Python<'_>, place: usize, begin: BeginStream) -> StreamCall {
        StreamCall::new(begin, &self.types, &self.methods, place, self.kept.share(py))
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
        Ok(Self::new(stub, info, client.kept().share(py)))
    }

    #[staticmethod]
    #[pyo3(signature = (session, info, /))]
    fn of_session(py: Python<'_>, session: &Session, info: &ServiceInfo) -> PyResult<Self> {
        let stub =
            client::Stub::in_session(session.get()?, info.info).map_err(|error| error::stub(py, &error))?;
        Ok(Self::new(stub, info, session.kept.share(py)))
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
        Ok(self.unary_call(request.py(), place, Begin::One(call)))
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
        Ok(self.stream_call(request.py(), place, BeginStream::One(call)))
    }

    #[pyo3(signature = (method, requests, timeout, metadata, /))]
    fn client_stream(
        &self,
        py: Python<'_>,
        method: usize,
        requests: Py<PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<UnaryCall> {
        let place = self.place(method)?;
        let options = Self::options(timeout, metadata)?;
        let stub = self.stub.clone();
        let begin = move |taken: Taken| with_options!(stub.raw_client_stream(place, taken), options);
        Ok(self.unary_call(py, place, Begin::Many(Box::new(begin), requests)))
    }

    #[pyo3(signature = (method, requests, timeout, metadata, /))]
    fn bidi_stream(
        &self,
        py: Python<'_>,
        method: usize,
        requests: Py<PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<StreamCall> {
        let place = self.place(method)?;
        let options = Self::options(timeout, metadata)?;
        let call = with_options!(self.stub.raw_bidi_stream(place), options);
        Ok(self.stream_call(py, place, BeginStream::Both(call, requests)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)
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
    kept: Kept,
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
        let asks = self.kept.running();
        let scope = context::current(py)?;
        let task = match begin {
            Begin::One(call) => {
                let work = async move {
                    let _asks = asks;
                    tell(call.undecoded().await);
                };
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
                outbox.send(py, &running, requests.bind(py))?;
                sent = Some(Arc::clone(&shared));
                let call = begin(Taken(shared));
                let work = async move {
                    let _asks = asks;
                    tell(call.undecoded().await);
                };
                context::spawn(&runtime, scope, work)
            }
        };
        let (types, methods, method) = (Arc::clone(&self.types), Arc::clone(&self.methods), self.method);
        let finish = move |py: Python<'_>| {
            if let Some(error) = sent.and_then(|sent| sent.raised(py)) {
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
        Waiter::wait(&future, Box::new(finish), None, Some(work))
    }
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)?;
        let Ok(begin) = self.begin.try_lock() else {
            return Ok(());
        };
        match &*begin {
            Some(Begin::Many(_, requests)) => visit.call(requests),
            Some(Begin::One(_)) | None => Ok(()),
        }
    }

    fn __clear__(&self) {
        let begin = lock(&self.begin).take();
        drop(begin);
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.0)
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.message)
    }
}
