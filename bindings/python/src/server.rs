//! A server: calls that arrive at the runtime become tasks of an event loop.

use crate::accept::Connection;
use crate::bridge::EventLoop;
use crate::builtin;
use crate::codec::{MethodFacts, ServiceInfo, Types};
use crate::context::{self, Context, SERVES};
use crate::error;
use crate::executor;
use crate::health::HealthReport;
use crate::inbox::{Inbox, Requests, Side};
use crate::interceptor::gone;
use crate::metadata;
use crate::node::Node;
use crate::outbox::{self, Outbox, Taken};
use crate::session::SessionContext;
use aster_runtime as runtime;
use aster_runtime::contract::model::Pattern;
use aster_runtime::raw::Payload;
use aster_runtime::service::{
    CallFuture, CloseFuture, Instance, OpenFuture, Outgoing, ServerCall, Service, SessionService,
};
use aster_runtime::{SessionEnd, Status};
use bytes::Bytes;
use futures_util::StreamExt as _;
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple, PyType};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long calls may go on after a server was left.
const GRACE: Duration = Duration::from_secs(10);

/// What a coroutine leaves.
pub(crate) enum Answer {
    Nothing,
    Payload(Payload),
    /// The instance of a session, and its methods.
    Instance(Py<PyAny>, Vec<Py<PyAny>>),
}

pub(crate) type Answered = oneshot::Receiver<Result<Answer, Status>>;

/// Takes the end of one call.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Reply {
    answer: Mutex<Option<oneshot::Sender<Result<Answer, Status>>>>,
    call: Option<(Arc<Types>, Arc<[MethodFacts]>, usize)>,
    /// The responses that go before the end.
    stream: Option<Arc<outbox::Shared>>,
}

impl Reply {
    fn new(
        call: Option<(Arc<Types>, Arc<[MethodFacts]>, usize)>,
        stream: Option<Arc<outbox::Shared>>,
    ) -> (Self, Answered) {
        let (answer, answered) = oneshot::channel();
        let reply = Self {
            answer: Mutex::new(Some(answer)),
            call,
            stream,
        };
        (reply, answered)
    }

    /// For what has no response.
    pub(crate) fn nothing() -> (Self, Answered) {
        Self::new(None, None)
    }

    fn give(&self, answer: Result<Answer, Status>) {
        if let Some(stream) = &self.stream {
            stream.end(answer.as_ref().map(|_| ()).map_err(Clone::clone));
        }
        if let Some(sender) = lock(&self.answer).take() {
            // the call may have ended
            let _ = sender.send(answer);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        // whoever should have answered has ended without a word, as where its event loop has
        if let Some(stream) = &self.stream {
            stream.end(Err(gone()));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl Reply {
    /// The one response.
    fn send(&self, response: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some((types, methods, method)) = &self.call else {
            return Err(PyRuntimeError::new_err("there is no response here"));
        };
        let payload = methods[*method].encode_response(types, response)?;
        self.give(Ok(Answer::Payload(payload)));
        Ok(())
    }

    /// Nothing more comes.
    fn end(&self) {
        self.give(Ok(Answer::Nothing));
    }

    /// The instance of a session.
    fn opened(&self, instance: Py<PyAny>, methods: Vec<Py<PyAny>>) {
        self.give(Ok(Answer::Instance(instance, methods)));
    }

    /// The call fails.
    fn fail(
        &self,
        number: u32,
        message: String,
        details: Vec<(String, Vec<u8>)>,
        metadata: Vec<(String, String)>,
    ) {
        self.give(Err(error::to_status(number, message, details, metadata)));
    }

    /// The task of the handler was cancelled.
    fn cancelled(&self) {
        self.give(Err(Status::cancelled("the handler was cancelled at the server")));
    }
}

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

/// The implementation of a service, or one session's instance of it.
#[derive(Clone)]
struct Target {
    info: &'static runtime::service::ServiceInfo,
    types: Arc<Types>,
    facts: Arc<[MethodFacts]>,
    /// The bound methods, in the order of the contract.
    methods: Arc<[Py<PyAny>]>,
    events: EventLoop,
}

impl Target {
    fn answer(&self, method: usize, call: ServerCall) -> CallFuture {
        let Some(info) = self.info.methods.get(method) else {
            return call.unknown_method();
        };
        let target = self.clone();
        match info.pattern {
            Pattern::Unary => call.raw_unary(move |request, context| target.unary(method, request, context)),
            Pattern::ServerStream => call.raw_server_stream(move |request, context, out| {
                target.server_stream(method, request, context, out)
            }),
            Pattern::ClientStream => call
                .raw_client_stream(move |requests, context| target.client_stream(method, requests, context)),
            Pattern::BidiStream => call.raw_bidi_stream(move |requests, context, out| {
                target.bidi_stream(method, requests, context, out)
            }),
        }
    }

    fn reply(&self, method: usize, stream: Option<Arc<outbox::Shared>>) -> (Reply, Answered) {
        let call = (Arc::clone(&self.types), Arc::clone(&self.facts), method);
        Reply::new(Some(call), stream)
    }

    fn outbox(&self, method: usize) -> (Outbox, Arc<outbox::Shared>) {
        let shared = outbox::Shared::new(&self.events);
        let outbox = Outbox {
            shared: Arc::clone(&shared),
            types: Arc::clone(&self.types),
            methods: Arc::clone(&self.facts),
            method,
            side: Side::Response,
        };
        (outbox, shared)
    }

    fn inbox(&self, method: usize) -> Arc<Inbox> {
        Inbox::new(
            &self.events,
            &self.types,
            &self.facts,
            method,
            Side::Request,
            None,
        )
    }

    /// The coroutine that answers a request; one that does not fit is answered at once.
    fn begin_one(
        &self,
        method: usize,
        request: Bytes,
        context: runtime::Context,
        reply: Reply,
        out: Option<Outbox>,
    ) -> TaskGuard {
        let target = self.clone();
        TaskGuard::begin(
            &self.events,
            Box::new(move |py| {
                let request = match target.facts[method].decode_request(&target.types, py, &request) {
                    Ok(request) => request,
                    Err(violation) => {
                        reply.give(Err(Status::contract_violation(violation.to_string())));
                        return context::service(py)?.call_method0("nothing").map(Bound::unbind);
                    }
                };
                target.coroutine(py, method, request, context, reply, out)
            }),
        )
    }

    fn begin_many(
        &self,
        method: usize,
        inbox: &Arc<Inbox>,
        context: runtime::Context,
        reply: Reply,
        out: Option<Outbox>,
    ) -> TaskGuard {
        let (target, inbox) = (self.clone(), Arc::clone(inbox));
        TaskGuard::begin(
            &self.events,
            Box::new(move |py| {
                let requests = Bound::new(py, Requests { inbox })?.into_any();
                target.coroutine(py, method, requests, context, reply, out)
            }),
        )
    }

    fn coroutine(
        &self,
        py: Python<'_>,
        method: usize,
        request: Bound<'_, PyAny>,
        context: runtime::Context,
        reply: Reply,
        out: Option<Outbox>,
    ) -> PyResult<Py<PyAny>> {
        let service = context::service(py)?;
        let handler = self.methods[method].bind(py);
        let (context, reply) = (Bound::new(py, Context { context })?, Bound::new(py, reply)?);
        let coroutine = match out {
            None => service.call_method1(intern!(py, "unary"), (handler, request, context, reply))?,
            Some(out) => {
                let out = Bound::new(py, out)?;
                service.call_method1(intern!(py, "stream"), (handler, request, context, reply, out))?
            }
        };
        Ok(coroutine.unbind())
    }

    async fn unary(
        self,
        method: usize,
        request: Bytes,
        context: runtime::Context,
    ) -> Result<Payload, Status> {
        let (reply, answered) = self.reply(method, None);
        let guard = self.begin_one(method, request, context, reply, None);
        let answer = answered.await;
        guard.done();
        payload(answer)
    }

    async fn server_stream(
        self,
        method: usize,
        request: Bytes,
        context: runtime::Context,
        out: Outgoing,
    ) -> Result<(), Status> {
        let (outbox, shared) = self.outbox(method);
        let (reply, _answered) = self.reply(method, Some(Arc::clone(&shared)));
        let guard = self.begin_one(method, request, context, reply, Some(outbox));
        forward(shared, out).await?;
        guard.done();
        Ok(())
    }

    async fn client_stream(
        self,
        method: usize,
        requests: runtime::Streaming<Bytes>,
        context: runtime::Context,
    ) -> Result<Payload, Status> {
        let inbox = self.inbox(method);
        let (reply, answered) = self.reply(method, None);
        let guard = self.begin_many(method, &inbox, context, reply, None);
        let answer = beside(inbox.feed(requests, true), answered).await;
        guard.done();
        payload(answer)
    }

    async fn bidi_stream(
        self,
        method: usize,
        requests: runtime::Streaming<Bytes>,
        context: runtime::Context,
        out: Outgoing,
    ) -> Result<(), Status> {
        let inbox = self.inbox(method);
        let (outbox, shared) = self.outbox(method);
        let (reply, _answered) = self.reply(method, Some(Arc::clone(&shared)));
        let guard = self.begin_many(method, &inbox, context, reply, Some(outbox));
        beside(inbox.feed(requests, true), forward(shared, out)).await?;
        guard.done();
        Ok(())
    }
}

/// Sends what a handler has, until its end.
async fn forward(shared: Arc<outbox::Shared>, out: Outgoing) -> Result<(), Status> {
    let mut taken = Taken(shared);
    while let Some(message) = taken.next().await {
        out.send_raw(message?).await?;
    }
    Ok(())
}

/// Does `work` while it waits for `end`.
async fn beside<T>(work: impl Future<Output = ()>, end: impl Future<Output = T>) -> T {
    let (mut work, mut end) = (std::pin::pin!(work), std::pin::pin!(end));
    tokio::select! {
        biased;
        end = &mut end => end,
        () = &mut work => end.await,
    }
}

fn payload(answer: Result<Result<Answer, Status>, oneshot::error::RecvError>) -> Result<Payload, Status> {
    match answer {
        Ok(Ok(Answer::Payload(payload))) => Ok(payload),
        Ok(Ok(_)) => Err(Status::internal("the handler left no response")),
        Ok(Err(status)) => Err(status),
        Err(_) => Err(gone()),
    }
}

/// A service with one instance for all.
struct Shared(Target);

impl Service for Shared {
    fn info(&self) -> &'static runtime::service::ServiceInfo {
        self.0.info
    }

    fn call(&self, method: usize, call: ServerCall) -> CallFuture {
        self.0.answer(method, call)
    }
}

/// A service with an instance for each session.
struct PerSession {
    /// Without methods.
    target: Target,
    /// The object of Python's that makes the instances.
    per_session: Arc<Py<PyAny>>,
    overlaps: bool,
}

impl Service for PerSession {
    fn info(&self) -> &'static runtime::service::ServiceInfo {
        self.target.info
    }

    fn call(&self, _method: usize, call: ServerCall) -> CallFuture {
        // the server asks the instances
        call.unknown_method()
    }

    fn sessions(&self) -> Option<&dyn SessionService> {
        Some(self)
    }
}

impl SessionService for PerSession {
    fn open(&self, session: runtime::SessionContext) -> OpenFuture {
        let (target, per_session) = (self.target.clone(), Arc::clone(&self.per_session));
        Box::pin(async move {
            let (reply, answered) = Reply::nothing();
            let make = Arc::clone(&per_session);
            let guard = TaskGuard::begin(
                &target.events,
                Box::new(move |py| {
                    let session = Bound::new(py, SessionContext { session })?;
                    let arguments = (make.bind(py), session, Bound::new(py, reply)?);
                    context::service(py)?
                        .call_method1("open_session", arguments)
                        .map(Bound::unbind)
                }),
            );
            let answer = answered.await;
            guard.done();
            match answer {
                Ok(Ok(Answer::Instance(instance, methods))) => Ok(Box::new(OneSession {
                    target: Target {
                        methods: methods.into(),
                        ..target
                    },
                    instance: Mutex::new(Some(instance)),
                    per_session,
                }) as Box<dyn Instance>),
                Ok(Ok(_)) => Err(Status::internal("no instance was made")),
                Ok(Err(status)) => Err(status),
                Err(_) => Err(gone()),
            }
        })
    }

    fn overlaps(&self) -> bool {
        self.overlaps
    }
}

struct OneSession {
    target: Target,
    instance: Mutex<Option<Py<PyAny>>>,
    per_session: Arc<Py<PyAny>>,
}

impl Instance for OneSession {
    fn call(&self, method: usize, call: ServerCall) -> CallFuture {
        self.target.answer(method, call)
    }

    fn close(&self, end: SessionEnd) -> CloseFuture {
        let Some(instance) = lock(&self.instance).take() else {
            return Box::pin(std::future::ready(()));
        };
        let end = match end {
            SessionEnd::Closed => "closed",
            SessionEnd::Idle => "idle",
            _ => "lost",
        };
        let (reply, answered) = Reply::nothing();
        let per_session = Arc::clone(&self.per_session);
        let events = self.target.events.clone();
        Box::pin(async move {
            let guard = TaskGuard::begin(
                &events,
                Box::new(move |py| {
                    let arguments = (per_session.bind(py), instance, end, Bound::new(py, reply)?);
                    context::service(py)?
                        .call_method1("close_session", arguments)
                        .map(Bound::unbind)
                }),
            );
            // a loop that has ended has no hooks left
            let _ = answered.await;
            guard.done();
        })
    }
}

/// The services of one node.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Server {
    server: runtime::Server,
    process: u64,
}

impl Server {
    fn get(&self) -> PyResult<&runtime::Server> {
        executor::check(self.process)?;
        Ok(&self.server)
    }

    fn end<'py>(&self, py: Python<'py>, grace: Duration) -> PyResult<Bound<'py, PyAny>> {
        let server = self.get()?.clone();
        EventLoop::run(py, async move { server.shutdown(grace).await }, |py, ()| {
            Ok(py.None())
        })
    }
}

#[pymethods]
impl Server {
    /// Serves `services` at a node: instances of generated classes, and what their `per_session` makes.
    #[new]
    #[pyo3(signature = (node, services, /, *, interceptors = vec![], describe = true, uncompressed = vec![]))]
    fn new(
        py: Python<'_>,
        node: &Node,
        services: &Bound<'_, PyAny>,
        interceptors: Vec<Py<PyAny>>,
        describe: bool,
        uncompressed: Vec<String>,
    ) -> PyResult<Self> {
        let events = EventLoop::current(py)?;
        let module = context::service(py)?;
        let mut builder = runtime::Server::builder(node.get()?).describe(describe);
        let of_session = module.getattr("PerSession")?;
        for service in services.try_iter()? {
            let service = service?;
            let per_session = service.is_instance(&of_session)?;
            let info = service
                .getattr(if per_session { "info" } else { "__aster__" })
                .ok();
            // a class has the information as well, but no methods that could be called
            let info = info.filter(|_| !service.is_instance_of::<PyType>());
            let info = info.and_then(|info| info.cast_into::<ServiceInfo>().ok());
            let Some(info) = info else {
                let name = service.get_type().qualname()?;
                return Err(pyo3::exceptions::PyTypeError::new_err(format!(
                    "{name} is no service: expected an instance of a class that derives from a generated one, or what its \
                     `per_session(…)` returns"
                )));
            };
            let facts = info.get();
            let is_session = facts.info.scope == runtime::contract::model::Scope::Session;
            if is_session && !per_session {
                return Err(pyo3::exceptions::PyTypeError::new_err(format!(
                    "`{}` has an instance for each session: serve `{}.per_session(…)`",
                    facts.info.name,
                    service.get_type().qualname()?
                )));
            }
            let mut target = Target {
                info: facts.info,
                types: Arc::clone(&facts.types),
                facts: Arc::clone(&facts.methods),
                methods: Arc::new([]),
                events: events.clone(),
            };
            if per_session {
                builder = builder.add(PerSession {
                    target,
                    overlaps: service.getattr("overlapping")?.is_truthy()?,
                    per_session: Arc::new(service.unbind()),
                });
            } else {
                let methods = module.call_method1("methods_of", (&info, &service))?;
                let methods = methods.cast_into::<PyList>()?;
                target.methods = methods.iter().map(Bound::unbind).collect();
                builder = builder.add(Shared(target));
            }
        }
        for interceptor in interceptors {
            builder = builtin::at_server(builder, interceptor.bind(py), &events)?;
        }
        for path in uncompressed {
            builder = builder.uncompressed(path);
        }
        let server = builder.build().map_err(|error| error::start(error.to_string()))?;
        SERVES.store(true, Ordering::Relaxed);
        Ok(Self {
            server,
            process: executor::process(),
        })
    }

    /// Serves until `shutdown()`, or until the node closes.
    ///
    /// Raises `StartError` if another server or accept loop has the node's connections.
    fn serve<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let server = self.get()?.clone();
        EventLoop::run(
            py,
            async move { server.serve().await },
            |py, served| match served {
                Ok(()) => Ok(py.None()),
                Err(error) => Err(error::start(error.to_string())),
            },
        )
    }

    /// Says to peers how the services do.
    #[getter]
    fn health(&self) -> PyResult<HealthReport> {
        Ok(HealthReport(self.get()?.health().clone()))
    }

    /// Serves one connection to its end: for those who bring their own accept loop.
    fn handle<'py>(&self, py: Python<'py>, connection: &Connection) -> PyResult<Bound<'py, PyAny>> {
        let server = self.get()?.clone();
        let connection = connection.take()?;
        EventLoop::run(py, async move { server.handle(connection).await }, |py, ()| {
            Ok(py.None())
        })
    }

    /// Takes no more calls, lets those that run end, and returns when all peers have gone. What is still open after `grace` seconds
    /// is closed.
    #[pyo3(signature = (grace = None))]
    fn shutdown<'py>(
        &self,
        py: Python<'py>,
        grace: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let grace = metadata::duration(grace)?.unwrap_or(GRACE);
        self.end(py, grace)
    }

    /// Serves in the background, until the block is left.
    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let server = slf.get().get()?.clone();
        let (told, begun) = oneshot::channel();
        executor::runtime()?.spawn(async move {
            let serving = server.serve();
            let mut serving = std::pin::pin!(serving);
            // with its first step it has the node's connections, or not
            let first = std::future::poll_fn(|cx| std::task::Poll::Ready(serving.as_mut().poll(cx))).await;
            match first {
                std::task::Poll::Ready(Err(error)) => {
                    let _ = told.send(Err(error.to_string()));
                }
                std::task::Poll::Ready(Ok(())) => {
                    let _ = told.send(Ok(()));
                }
                std::task::Poll::Pending => {
                    let _ = told.send(Ok(()));
                    if let Err(error) = serving.await {
                        tracing::error!(%error, "a server ended");
                    }
                }
            }
        });
        let object = slf.clone().unbind().into_any();
        EventLoop::run(py, begun, move |_, begun| match begun {
            Ok(Ok(())) => Ok(object),
            Ok(Err(error)) => Err(error::start(error)),
            Err(_) => Err(error::start("the runtime has ended".to_owned())),
        })
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(&self, py: Python<'py>, _raised: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.end(py, GRACE)
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.server)
    }
}
