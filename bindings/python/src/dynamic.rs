//! Services without generated code: their server describes them, and messages are what `json` reads and writes.

use crate::bridge::{self, EventLoop};
use crate::context;
use crate::error;
use crate::executor;
use crate::failure::Failure;
use crate::feed::{Ahead, Events, Item};
use crate::keeper::{Kept, Running};
use crate::metadata;
use aster_bindings::describe::Asking;
use aster_bindings::sending::is_ours;
use aster_runtime as runtime;
use aster_runtime::contract::model::{ContractId, Pattern};
use aster_runtime::{ServiceError, Status};
use futures_util::{StreamExt as _, stream};
use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};

/// So many requests of a stream wait for the network.
const AHEAD: usize = 16;

/// A service that its server has described: every method can be called.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct DynamicService {
    service: runtime::DynamicService,
    kept: Kept,
    process: u64,
}

/// A method of it.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct DynamicMethod {
    method: runtime::DynamicMethod,
    kept: Kept,
    process: u64,
}

/// Asks a server to describe a service. What is kept alive meanwhile, and by the service, is what its client keeps.
pub(crate) fn describe<'py>(
    py: Python<'py>,
    asking: Asking,
    keeps: &Kept,
    name: String,
    contract_id: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    let contract_id = contract_id.map(str::parse::<ContractId>).transpose();
    let contract_id =
        contract_id.map_err(|error| PyValueError::new_err(format!("`contract_id` is none: {error}")))?;
    let (kept, asks) = (keeps.share(py), keeps.running());
    EventLoop::run(
        py,
        async move {
            let _asks = asks;
            asking.service(&name, contract_id).await
        },
        move |py, service| match service {
            Ok(service) => {
                let made = DynamicService {
                    service,
                    kept,
                    process: executor::process(),
                };
                Ok(Bound::new(py, made)?.into_any().unbind())
            }
            Err(error) => Err(refused(py, &error)),
        },
    )
}

fn refused(py: Python<'_>, error: &ServiceError) -> PyErr {
    match error {
        ServiceError::Stub(stub) => error::stub(py, stub),
        ServiceError::Call { status, .. } => {
            error::status(py, &Status::new(status.code(), error.to_string()))
        }
        _ => error::make(py, "FailedPrecondition", (error.to_string(),)),
    }
}

#[pymethods]
impl DynamicService {
    /// The full name, `package.Name`.
    #[getter]
    fn name(&self) -> &str {
        self.service.name()
    }

    /// The id of the contract, to which all that was described was verified.
    #[getter]
    fn contract_id(&self) -> String {
        self.service.contract_id().to_string()
    }

    /// The names of the methods.
    #[getter]
    fn methods<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let names: Vec<_> = self
            .service
            .methods()
            .map(|method| method.name().to_owned())
            .collect();
        PyTuple::new(py, names)
    }

    /// The method of that name. Raises `Unimplemented`, with the names that there are.
    fn method(&self, py: Python<'_>, name: &str) -> PyResult<DynamicMethod> {
        executor::check(self.process)?;
        let method = self
            .service
            .method(name)
            .map_err(|status| error::status(py, &status))?;
        Ok(DynamicMethod {
            method,
            kept: self.kept.share(py),
            process: self.process,
        })
    }

    fn __repr__(&self) -> String {
        format!("<service {}>", self.name())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)
    }
}

/// JSON of what Python has; text is JSON already.
fn dumped(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_string());
    }
    let json = value.py().import("json")?.call_method1("dumps", (value,))?;
    json.extract()
}

/// What Python has for JSON, or the JSON itself.
fn loaded(py: Python<'_>, json: &str, text: bool) -> PyResult<Py<PyAny>> {
    let json = PyString::new(py, json);
    if text {
        return Ok(json.into_any().unbind());
    }
    Ok(py.import("json")?.call_method1("loads", (json,))?.unbind())
}

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

impl DynamicMethod {
    /// A task of the loop that sends what a source has.
    fn upload(py: Python<'_>, requests: &Bound<'_, PyAny>) -> PyResult<Requests> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let sink = Sink {
            sender: Mutex::new(Some(sender)),
        };
        let coroutine = py
            .import("aster_runtime._dynamic")?
            .call_method1("upload", (requests, Bound::new(py, sink)?))?;
        bridge::running(py)?.call_method1("create_task", (coroutine,))?;
        Ok(receiver)
    }
}

type Requests = mpsc::Receiver<Result<String, Status>>;

#[pymethods]
impl DynamicMethod {
    /// The name.
    #[getter]
    fn name(&self) -> &str {
        self.method.name()
    }

    /// Which sides stream: `"unary"`, `"server_stream"`, `"client_stream"` or `"bidi_stream"`.
    #[getter]
    fn pattern(&self) -> &'static str {
        match self.method.pattern() {
            Pattern::Unary => "unary",
            Pattern::ServerStream => "server_stream",
            Pattern::ClientStream => "client_stream",
            Pattern::BidiStream => "bidi_stream",
        }
    }

    /// The full name of the request's type.
    #[getter]
    fn request(&self) -> &str {
        self.method.request()
    }

    /// The full name of the response's type.
    #[getter]
    fn response(&self) -> &str {
        self.method.response()
    }

    /// Calls the method as its pattern asks for: with a request or with an iterable of them, for a response or for an iterator.
    #[pyo3(signature = (request, *, timeout = None, metadata = None, text = false))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyAny>,
        timeout: Option<&Bound<'py, PyAny>>,
        metadata: Option<&Bound<'py, PyAny>>,
        text: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        executor::check(self.process)?;
        let options = (metadata::duration(timeout)?, metadata::entries(metadata)?);
        let scope = (context::current(py)?, self.kept.running());
        let answered = move |py: Python<'_>, answer: Result<String, Status>| match answer {
            Ok(json) => loaded(py, &json, text),
            Err(status) => Err(error::status(py, &status)),
        };
        // a stream is over with its call, not with a node that this end does not know
        let (open, closing) = watch::channel(false);
        let item = move |json: Result<String, Status>| {
            // for as long as there may be items
            let _open = &open;
            let json = json?;
            let bytes = json.len();
            let item: Item = Box::new(move |py| loaded(py, &json, text));
            Ok::<_, Failure>((bytes, item))
        };
        match self.method.pattern() {
            Pattern::Unary => {
                let call = with_options!(self.method.unary(dumped(request)?), options);
                EventLoop::run(py, within(scope, async move { call.await }), answered)
            }
            Pattern::ClientStream => {
                let requests = Self::upload(py, request)?;
                let raised: Arc<Mutex<Option<Status>>> = Arc::default();
                let failed = Arc::clone(&raised);
                let requests = stream::unfold(requests, move |mut requests| {
                    let failed = Arc::clone(&failed);
                    async move {
                        match requests.recv().await? {
                            Ok(json) => Some((json, requests)),
                            Err(status) => {
                                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
                                // no JSON: the request does not fit, and the call ends
                                Some((String::new(), requests))
                            }
                        }
                    }
                });
                let call = with_options!(self.method.client_stream(requests), options);
                let work = async move {
                    let answer = call.await;
                    match raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
                        Some(status) => Err(status),
                        None => answer,
                    }
                };
                EventLoop::run(py, within(scope, work), answered)
            }
            Pattern::ServerStream => {
                let call = with_options!(self.method.server_stream(dumped(request)?), options);
                let source = async move {
                    let messages = within(scope, async move { call.await }).await?;
                    Ok(messages.map(item))
                };
                let events = Events::follow(py, Ahead::EVENTS, py.None(), closing, source)?;
                Ok(events.into_any())
            }
            Pattern::BidiStream => {
                let mut requests = Self::upload(py, request)?;
                let call = with_options!(self.method.bidi_stream(), options);
                let source = async move {
                    let (mut sender, messages) = within(scope, async move { call.await }).await?;
                    let sending = async move {
                        while let Some(request) = requests.recv().await {
                            let json = match request {
                                Ok(json) => json,
                                Err(status) => {
                                    // the server is not to take what it has for all
                                    sender.cancel();
                                    return Some(Err(Failure::from(status)));
                                }
                            };
                            match sender.send(json).await {
                                Ok(()) => {}
                                Err(status) if is_ours(&status) => return Some(Err(Failure::from(status))),
                                // the responses say why
                                Err(_) => return None,
                            }
                        }
                        sender.finish();
                        None
                    };
                    // what the source raised ends the stream; its end does not
                    let sending = stream::once(sending).filter_map(std::future::ready);
                    let ended = messages
                        .map(move |message| Some(item(message)))
                        .chain(stream::iter([None]));
                    let both = stream::select(ended, sending.map(Some));
                    Ok(both
                        .take_while(|next| std::future::ready(next.is_some()))
                        .filter_map(std::future::ready))
                };
                let events = Events::follow(py, Ahead::EVENTS, py.None(), closing, source)?;
                Ok(events.into_any())
            }
        }
    }

    fn __repr__(&self) -> String {
        format!("<method {}>", self.name())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.kept.traverse(&visit)
    }
}

/// The call whose handler asks, and what says that the interceptors of the client are asked.
type Scope = (Option<runtime::Context>, Option<Running>);

/// Runs work as a part of the call whose handler asks for it.
async fn within<T>((scope, _asks): Scope, work: impl Future<Output = T>) -> T {
    match scope {
        Some(context) => context.scope(work).await,
        None => work.await,
    }
}

/// Takes the requests of a stream.
#[pyclass(frozen)]
struct Sink {
    sender: Mutex<Option<mpsc::Sender<Result<String, Status>>>>,
}

impl Sink {
    fn push<'py>(&self, py: Python<'py>, request: Result<String, Status>) -> PyResult<Bound<'py, PyAny>> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(sender) = sender else {
            return Err(PyValueError::new_err("the requests have ended"));
        };
        EventLoop::run(
            py,
            // the call may be over; what it ended with is told there
            async move { sender.send(request).await.is_ok() },
            |py, taken| Ok(taken.into_pyobject(py)?.to_owned().into_any().unbind()),
        )
    }
}

#[pymethods]
impl Sink {
    /// Sends a request, and gives whether more are taken.
    fn put<'py>(&self, py: Python<'py>, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let json = dumped(request)?;
        self.push(py, Ok(json))
    }

    /// The source failed: the call ends so.
    fn fail<'py>(&self, py: Python<'py>, message: String) -> PyResult<Bound<'py, PyAny>> {
        self.push(py, Err(Status::cancelled(message)))
    }

    /// No request comes after these.
    fn end(&self) {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
