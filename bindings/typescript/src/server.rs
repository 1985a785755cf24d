//! A server: calls that arrive at the runtime are handed to the event loop that answers them.

use crate::accept::Connection;
use crate::builtin::{self, Interceptors};
use crate::environment::Environment;
use crate::error;
use crate::failure::Failure;
use crate::health::HealthReport;
use crate::inbox::Inbox;
use crate::metadata;
use crate::node::Node;
use crate::outbox::{Outbox, Taken};
use crate::queue::Bridge;
use crate::record::{self, Kind};
use crate::service::Service;
use crate::value::{LARGE, Value};
use aster_runtime as runtime;
use aster_runtime::contract::model::Pattern;
use aster_runtime::raw::Payload;
use aster_runtime::service::{
    CallFuture, CloseFuture, Instance, OpenFuture, Outgoing, ServerCall, SessionService,
};
use aster_runtime::{SessionEnd, Status};
use bytes::Bytes;
use futures_util::StreamExt as _;
use napi::{Env, Result};
use napi_derive::napi;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// What JavaScript answers.
pub(crate) enum Answer {
    Nothing,
    Payload(Payload),
    /// Metadata of an interceptor.
    Added(Vec<(String, String)>),
    /// The instance of a session.
    Target(u32),
}

pub(crate) type Answered = oneshot::Receiver<std::result::Result<Answer, Status>>;

/// Something that JavaScript is to answer.
pub(crate) struct Incoming {
    pub(crate) answer: Option<oneshot::Sender<std::result::Result<Answer, Status>>>,
    /// The call that it is about.
    pub(crate) context: Option<runtime::Context>,
}

/// The end at the runtime of what JavaScript is to answer. Dropped before it is answered, JavaScript hears of it.
pub(crate) struct Asked {
    bridge: Bridge,
    token: u32,
    answered: Answered,
    done: bool,
}

impl Asked {
    pub(crate) fn new(bridge: &Bridge, context: Option<runtime::Context>) -> Self {
        let (answer, answered) = oneshot::channel();
        let token = bridge.running().begin(Incoming {
            answer: Some(answer),
            context,
        });
        Self {
            bridge: bridge.clone(),
            token,
            answered,
            done: false,
        }
    }

    /// Asks with a list that begins with the target and what it is asked.
    pub(crate) fn ask(&self, target: u32, name: &'static str, facts: Vec<Value>) {
        hook(&self.bridge, self.token, target, name, facts);
    }

    pub(crate) async fn answer(mut self) -> std::result::Result<Answer, Status> {
        let answer = (&mut self.answered).await;
        self.done = true;
        answer.unwrap_or_else(|_| Err(gone()))
    }

    fn inbox(&self) -> Arc<Inbox> {
        let inbox = Inbox::of_requests(&self.bridge, self.token);
        let mut running = self.bridge.running();
        running.inboxes.insert(self.token, Arc::clone(&inbox));
        inbox
    }

    fn outbox(&self) -> Arc<Outbox> {
        let outbox = Outbox::new(&self.bridge, self.token);
        let mut running = self.bridge.running();
        running.outboxes.insert(self.token, Arc::clone(&outbox));
        outbox
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let ended = self.bridge.running().finish(self.token);
        drop(ended);
        if !self.done {
            let token = self.token;
            self.bridge.record(move |records| records.tell(Kind::Over, token));
        }
    }
}

/// Asks, or with the token 0 tells, a target something.
pub(crate) fn hook(bridge: &Bridge, token: u32, target: u32, name: &'static str, facts: Vec<Value>) {
    let mut list = vec![Value::Number(f64::from(target)), Value::text(name)];
    list.extend(facts);
    bridge.record(move |records| records.value(Kind::Hook, token, Value::List(list)));
}

/// The environment of a handler or an interceptor has ended.
fn gone() -> Status {
    Status::unavailable("the event loop of this server has ended")
}

/// What JavaScript knows by a number: an implementation, an instance, an interceptor. It forgets it with the last clone of this.
pub(crate) struct Target {
    pub(crate) bridge: Bridge,
    pub(crate) number: u32,
}

impl Drop for Target {
    fn drop(&mut self) {
        let number = self.number;
        self.bridge
            .record(move |records| records.tell(Kind::Forget, number));
    }
}

/// The implementation of a service, or one session's instance of it.
#[derive(Clone)]
struct Implementation {
    info: &'static runtime::service::ServiceInfo,
    target: Arc<Target>,
}

impl Implementation {
    fn answer(&self, method: usize, call: ServerCall) -> CallFuture {
        let Some(info) = self.info.methods.get(method) else {
            return call.unknown_method();
        };
        let this = self.clone();
        match info.pattern {
            Pattern::Unary => call.raw_unary(move |request, context| this.unary(method, request, context)),
            Pattern::ServerStream => call.raw_server_stream(move |request, context, out| {
                this.server_stream(method, request, context, out)
            }),
            Pattern::ClientStream => {
                call.raw_client_stream(move |requests, context| this.client_stream(method, requests, context))
            }
            Pattern::BidiStream => call.raw_bidi_stream(move |requests, context, out| {
                this.bidi_stream(method, requests, context, out)
            }),
        }
    }

    fn asked(&self, context: &runtime::Context) -> Asked {
        Asked::new(&self.target.bridge, Some(context.clone()))
    }

    /// Lets the loop answer a call.
    fn begin(&self, asked: &Asked, method: usize, context: runtime::Context, request: Option<Bytes>) {
        let (token, target) = (asked.token, self.target.number);
        let method = u32::try_from(method).unwrap_or(u32::MAX);
        self.target.bridge.record(move |records| {
            let large = request.as_ref().is_some_and(|request| request.len() >= LARGE);
            let kind = if large { Kind::CallLarge } else { Kind::Call };
            records.add(kind, token, |bytes| {
                bytes.extend_from_slice(&target.to_le_bytes());
                bytes.extend_from_slice(&method.to_le_bytes());
                record::facts(bytes, &context);
                if let Some(request) = request.as_ref().filter(|_| !large) {
                    bytes.extend_from_slice(request);
                }
            });
            if let Some(request) = request.filter(|_| large) {
                records.values.push(Value::Bytes(request));
            }
        });
    }

    async fn unary(
        self,
        method: usize,
        request: Bytes,
        context: runtime::Context,
    ) -> std::result::Result<Payload, Status> {
        let asked = self.asked(&context);
        self.begin(&asked, method, context, Some(request));
        payload(asked.answer().await)
    }

    async fn server_stream(
        self,
        method: usize,
        request: Bytes,
        context: runtime::Context,
        out: Outgoing,
    ) -> std::result::Result<(), Status> {
        let mut asked = self.asked(&context);
        let outbox = asked.outbox();
        self.begin(&asked, method, context, Some(request));
        forward(outbox, out, &mut asked).await
    }

    async fn client_stream(
        self,
        method: usize,
        requests: runtime::Streaming<Bytes>,
        context: runtime::Context,
    ) -> std::result::Result<Payload, Status> {
        let asked = self.asked(&context);
        let inbox = asked.inbox();
        self.begin(&asked, method, context, None);
        payload(beside(inbox.feed(requests, true), asked.answer()).await)
    }

    async fn bidi_stream(
        self,
        method: usize,
        requests: runtime::Streaming<Bytes>,
        context: runtime::Context,
        out: Outgoing,
    ) -> std::result::Result<(), Status> {
        let mut asked = self.asked(&context);
        let (inbox, outbox) = (asked.inbox(), asked.outbox());
        self.begin(&asked, method, context, None);
        beside(inbox.feed(requests, true), forward(outbox, out, &mut asked)).await
    }
}

/// Sends what a handler has, until its end.
async fn forward(outbox: Arc<Outbox>, out: Outgoing, asked: &mut Asked) -> std::result::Result<(), Status> {
    let mut taken = Taken(outbox);
    loop {
        tokio::select! {
            biased;
            message = taken.next() => match message {
                Some(Ok(message)) => out.send_raw(message).await?,
                end => {
                    asked.done = true;
                    return end.map_or(Ok(()), |failed| failed.map(drop));
                }
            },
            // dropped without a word: the environment has ended. What was answered is told by the end of the messages.
            answer = &mut asked.answered, if !asked.done => match answer {
                Ok(_) => asked.done = true,
                Err(_) => return Err(gone()),
            },
        }
    }
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

fn payload(answer: std::result::Result<Answer, Status>) -> std::result::Result<Payload, Status> {
    match answer? {
        Answer::Payload(payload) => Ok(payload),
        _ => Err(Status::internal("the handler left no response")),
    }
}

/// A service with one instance for all.
struct Shared(Implementation);

impl runtime::service::Service for Shared {
    fn info(&self) -> &'static runtime::service::ServiceInfo {
        self.0.info
    }

    fn call(&self, method: usize, call: ServerCall) -> CallFuture {
        self.0.answer(method, call)
    }
}

/// A service with an instance for each session.
struct PerSession {
    /// What makes the instances.
    maker: Implementation,
    overlaps: bool,
}

impl runtime::service::Service for PerSession {
    fn info(&self) -> &'static runtime::service::ServiceInfo {
        self.maker.info
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
        let maker = self.maker.clone();
        Box::pin(async move {
            let bridge = &maker.target.bridge;
            let asked = Asked::new(bridge, None);
            let attributes = session.attributes().iter();
            let facts = vec![
                Value::text(session.peer()),
                Value::Big(session.id()),
                Value::texts(attributes.flat_map(|(name, value)| [name, value])),
            ];
            asked.ask(maker.target.number, "open", facts);
            match asked.answer().await? {
                Answer::Target(number) => {
                    let target = Arc::new(Target {
                        bridge: bridge.clone(),
                        number,
                    });
                    let instance = Implementation {
                        info: maker.info,
                        target,
                    };
                    Ok(Box::new(OneSession(instance)) as Box<dyn Instance>)
                }
                _ => Err(Status::internal("no instance was made")),
            }
        })
    }

    fn overlaps(&self) -> bool {
        self.overlaps
    }
}

struct OneSession(Implementation);

impl Instance for OneSession {
    fn call(&self, method: usize, call: ServerCall) -> CallFuture {
        self.0.answer(method, call)
    }

    fn close(&self, end: SessionEnd) -> CloseFuture {
        let end = match end {
            SessionEnd::Closed => "closed",
            SessionEnd::Idle => "idle",
            _ => "lost",
        };
        let target = Arc::clone(&self.0.target);
        Box::pin(async move {
            let asked = Asked::new(&target.bridge, None);
            asked.ask(target.number, "close", vec![Value::text(end)]);
            // an environment that has ended has no hooks left
            let _ = asked.answer().await;
        })
    }
}

/// What a server is made of: JavaScript knows the implementations by their numbers.
#[napi(object)]
pub struct ServerOptions {
    pub describe: bool,
    pub uncompressed: Vec<String>,
}

/// The services of one node.
#[napi]
pub struct Server {
    server: runtime::Server,
    bridge: Bridge,
}

/// Makes a server.
#[napi]
pub struct ServerBuilder {
    builder: Option<runtime::ServerBuilder>,
    bridge: Bridge,
}

#[napi]
impl ServerBuilder {
    #[napi(constructor)]
    pub fn new(environment: &Environment, node: &Node, options: ServerOptions) -> Self {
        let mut builder = runtime::Server::builder(node.node()).describe(options.describe);
        for path in options.uncompressed {
            builder = builder.uncompressed(path);
        }
        Self {
            builder: Some(builder),
            bridge: environment.bridge.clone(),
        }
    }

    fn change(&mut self, change: impl FnOnce(runtime::ServerBuilder) -> runtime::ServerBuilder) {
        self.builder = self.builder.take().map(change);
    }

    /// Adds a service that JavaScript answers under that number.
    #[napi]
    pub fn add(&mut self, service: &Service, number: u32) {
        let implementation = self.implementation(service, number);
        self.change(|builder| builder.add(Shared(implementation)));
    }

    /// The same with an instance for each session, which `number` makes.
    #[napi]
    pub fn add_per_session(&mut self, service: &Service, number: u32, overlaps: bool) {
        let maker = self.implementation(service, number);
        self.change(|builder| builder.add(PerSession { maker, overlaps }));
    }

    /// Adds an interceptor: one of the runtime's, or the number of one in JavaScript.
    #[napi]
    pub fn intercept(&mut self, env: Env, interceptor: Interceptors<'_>) -> Result<()> {
        let bridge = self.bridge.clone();
        if let Some(builder) = self.builder.take() {
            self.builder = Some(builtin::at_server(&env, builder, &bridge, interceptor)?);
        }
        Ok(())
    }

    #[napi]
    pub fn build(&mut self, env: Env) -> Result<Server> {
        let builder = self.builder.take();
        let builder = builder.ok_or_else(|| error::plain("a server is built once"))?;
        let server = builder
            .build()
            .map_err(|error| error::failure(&env, Failure::start(error)))?;
        Ok(Server {
            server,
            bridge: self.bridge.clone(),
        })
    }
}

impl ServerBuilder {
    fn implementation(&self, service: &Service, number: u32) -> Implementation {
        Implementation {
            info: service.info,
            target: Arc::new(Target {
                bridge: self.bridge.clone(),
                number,
            }),
        }
    }
}

#[napi]
impl Server {
    /// Serves until `shutdown`, or until the node closes.
    #[napi]
    pub fn serve(&self, env: Env, token: u32) -> Result<()> {
        let server = self.server.clone();
        self.bridge.run(
            &env,
            token,
            async move { server.serve().await.map_err(already) },
            |()| Value::Undefined,
        )
    }

    /// Serves in the background; the promise is fulfilled once it has the connections of the node.
    #[napi]
    pub fn start(&self, env: Env, token: u32) -> Result<()> {
        let server = self.server.clone();
        let (told, begun) = oneshot::channel();
        let hold = self.bridge.open(&env);
        crate::executor::runtime()?.spawn(async move {
            let _hold = hold;
            let serving = server.serve();
            let mut serving = std::pin::pin!(serving);
            // with its first step it has the node's connections, or not
            let first = std::future::poll_fn(|cx| std::task::Poll::Ready(serving.as_mut().poll(cx))).await;
            match first {
                std::task::Poll::Ready(served) => {
                    let over = "this server was shut down, or its node is closed: make another";
                    let served = served.map_err(already);
                    let _ = told.send(served.and_then(|()| Err(Failure::start(over))));
                }
                std::task::Poll::Pending => {
                    let _ = told.send(Ok(()));
                    if let Err(error) = serving.await {
                        tracing::error!(%error, "a server ended");
                    }
                }
            }
        });
        self.bridge.run(
            &env,
            token,
            async move {
                begun
                    .await
                    .unwrap_or_else(|_| Err(Failure::start("the runtime has ended")))
            },
            |()| Value::Undefined,
        )
    }

    /// Says to peers how the services do.
    #[napi(getter)]
    pub fn health(&self) -> HealthReport {
        HealthReport(self.server.health().clone())
    }

    /// Serves one connection to its end.
    #[napi]
    pub fn handle(&self, env: Env, token: u32, connection: &Connection) -> Result<()> {
        let connection = connection.take()?;
        let server = self.server.clone();
        self.bridge.run(
            &env,
            token,
            async move {
                server.handle(connection).await;
                Ok(())
            },
            |()| Value::Undefined,
        )
    }

    /// Takes no more calls, lets those that run end; what is still open after the grace is closed.
    #[napi]
    pub fn shutdown(&self, env: Env, token: u32, grace: f64) -> Result<()> {
        let grace = metadata::duration(&env, Some(grace))?.unwrap_or(Duration::ZERO);
        let server = self.server.clone();
        self.bridge.run(
            &env,
            token,
            async move {
                server.shutdown(grace).await;
                Ok(())
            },
            |()| Value::Undefined,
        )
    }
}

fn already(error: impl std::fmt::Display) -> Failure {
    Failure::Class("AlreadyServing", error.to_string())
}
