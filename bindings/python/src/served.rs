//! What a server asks: the implementation of a service in Python, one for all or one for each session.

use crate::bridge::EventLoop;
use crate::codec::{MethodFacts, Types};
use crate::context::{self, Context};
use crate::inbox::{Inbox, Requests, Side};
use crate::interceptor::gone;
use crate::lock::lock;
use crate::outbox::{self, Outbox, Taken};
use crate::reply::{Answer, Answered, Reply};
use crate::session::SessionContext;
use crate::task::TaskGuard;
use aster_runtime as runtime;
use aster_runtime::contract::model::Pattern;
use aster_runtime::raw::Payload;
use aster_runtime::service::{
    CallFuture, CloseFuture, Instance, OpenFuture, Outgoing, ServerCall, Service, SessionService,
};
use aster_runtime::{SessionEnd, Status};
use bytes::Bytes;
use futures_util::StreamExt as _;
use pyo3::intern;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// The implementation of a service, or one session's instance of it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) info: &'static runtime::service::ServiceInfo,
    pub(crate) types: Arc<Types>,
    pub(crate) facts: Arc<[MethodFacts]>,
    /// The bound methods, in the order of the contract.
    pub(crate) methods: Arc<[Arc<Py<PyAny>>]>,
    pub(crate) events: EventLoop,
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
pub(crate) struct Shared(pub(crate) Target);

impl Service for Shared {
    fn info(&self) -> &'static runtime::service::ServiceInfo {
        self.0.info
    }

    fn call(&self, method: usize, call: ServerCall) -> CallFuture {
        self.0.answer(method, call)
    }
}

/// A service with an instance for each session.
pub(crate) struct PerSession {
    /// Without methods.
    pub(crate) target: Target,
    /// The object of Python's that makes the instances.
    pub(crate) per_session: Arc<Py<PyAny>>,
    pub(crate) overlaps: bool,
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
                        methods: methods.into_iter().map(Arc::new).collect(),
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

impl Drop for OneSession {
    fn drop(&mut self) {
        // what is dropped on the runtime's thread stays until somebody enters the interpreter: the loop is woken, and does it
        let methods = std::mem::replace(&mut self.target.methods, Arc::new([]));
        let (instance, per_session) = (lock(&self.instance).take(), Arc::clone(&self.per_session));
        self.target
            .events
            .push(Box::new(move |_| drop((methods, instance, per_session))));
    }
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
