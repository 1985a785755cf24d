//! What generated code tells of a service, and how a call reaches its methods.

mod per_session;
mod raw;

pub use per_session::{
    CloseFuture, Instance, OpenFuture, PerSession, SessionContext, SessionEnd, SessionService,
};

use crate::codec::Message;
use crate::compress::Shrinks;
use crate::context::Context;
use crate::json::JsonMessages;
use crate::payload::Open;
use crate::status::Status;
use crate::streaming::{MessageSource, Streaming, decoder, violation};
use crate::trust::Requirement;
use aster_contract::model::{ContractId, Pattern, Scope};
use bytes::Bytes;
use futures_util::Stream;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

/// How payloads are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Apache Fory XLANG.
    Xlang,
    /// JSON.
    Json,
}

impl Mode {
    /// The number in a stream header.
    pub const fn number(self) -> u64 {
        match self {
            Self::Xlang => 0,
            Self::Json => 3,
        }
    }

    /// The name in contracts and in the list of services.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xlang => "xlang",
            Self::Json => "json",
        }
    }
}

/// A service of a schema.
#[derive(Clone, Debug)]
pub struct ServiceInfo {
    /// The full name, `package.Name`.
    pub name: &'static str,
    /// The version.
    pub version: i32,
    /// The id of the contract.
    pub contract_id: ContractId,
    /// How long an instance lives.
    pub scope: Scope,
    /// How payloads may be encoded, in declared order.
    pub modes: &'static [Mode],
    /// What the whole service requires of a caller.
    pub requires: Option<Requirement>,
    /// The methods; generated code calls them by their index here.
    pub methods: &'static [MethodInfo],
    /// What peers are told of the contract.
    pub definitions: &'static Definitions,
}

/// The definitions behind a contract, in the canonical bytes of which each is hashed.
#[derive(Clone, Copy, Debug)]
pub struct Definitions {
    /// The contract; nothing where there is none to tell.
    pub contract: &'static [u8],
    /// Every type that it reaches.
    pub types: &'static [&'static [u8]],
    /// Every definition that nests in a field of these.
    pub nested: &'static [&'static [u8]],
}

impl Definitions {
    /// Nothing is told: generated clients can call the service, tools cannot.
    pub const NONE: Self = Self {
        contract: b"",
        types: &[],
        nested: &[],
    };
}

/// A method of a service.
#[derive(Clone, Debug)]
pub struct MethodInfo {
    /// The name.
    pub name: &'static str,
    /// Which sides stream.
    pub pattern: Pattern,
    /// Whether a call may be repeated.
    pub idempotent: bool,
    /// The deadline of calls that set none.
    pub timeout: Option<Duration>,
    /// What the method requires of a caller, beside what the service does.
    pub requires: Option<Requirement>,
}

/// Whether a side of such a call streams.
pub(crate) fn streams(pattern: Pattern) -> bool {
    pattern != Pattern::Unary
}

/// Something that answers the calls of one contract: generated code makes one of an implementation.
pub trait Service: Send + Sync + 'static {
    /// The service.
    fn info(&self) -> &'static ServiceInfo;

    /// Answers one call of the method of that index.
    fn call(&self, method: usize, call: ServerCall) -> CallFuture;

    /// What makes the instances, if every session has one of its own: these answer the calls then. The default is one
    /// instance for everybody.
    fn sessions(&self) -> Option<&dyn SessionService> {
        None
    }
}

/// The answer to a call, in the making. Dropping it cancels the handler.
pub type CallFuture = Pin<Box<dyn Future<Output = Result<Reply, Status>> + Send>>;

/// What a finished handler leaves to be sent: the one response of its pattern, or nothing after a stream.
pub struct Reply(pub(crate) Option<Open>);

impl Reply {
    fn one<M: Message>(message: &M) -> Result<Self, Status> {
        Open::encode(message).map(|open| Self(Some(open)))
    }
}

/// One call as the dispatcher hands it to generated code: the peer may make it, nothing of it is decoded.
pub struct ServerCall {
    context: Context,
    requests: Requests,
    responses: Arc<Shrinks>,
}

/// What the caller sends, in the encoding of the call.
pub(crate) enum Requests {
    One(Bytes),
    Many(Box<dyn MessageSource>),
}

impl ServerCall {
    pub(crate) fn new(context: Context, requests: Requests, responses: Arc<Shrinks>) -> Self {
        Self {
            context,
            requests,
            responses,
        }
    }

    /// Answers one request with one response, which `reply` makes of what the handler returns.
    pub fn unary<Q, P, O, F, A>(self, reply: impl FnOnce(O) -> P + Send + 'static, handler: F) -> CallFuture
    where
        Q: Message,
        P: Message,
        F: FnOnce(Q, Context) -> A + Send + 'static,
        A: Future<Output = Result<O, Status>> + Send,
    {
        Box::pin(async move {
            let request = one(self.requests, &self.context).await?;
            let out = handler(request, self.context).await?;
            Reply::one(&reply(out))
        })
    }

    /// Answers one request with a stream, which the handler forwards to its [`Outgoing`].
    pub fn server_stream<Q, F, A>(self, handler: F) -> CallFuture
    where
        Q: Message,
        F: FnOnce(Q, Context, Outgoing) -> A + Send + 'static,
        A: Future<Output = Result<(), Status>> + Send,
    {
        Box::pin(async move {
            let request = one(self.requests, &self.context).await?;
            let out = Outgoing {
                context: self.context.clone(),
                shrinks: self.responses,
            };
            handler(request, self.context, out).await?;
            Ok(Reply(None))
        })
    }

    /// Answers a stream of requests, of which the handler gets what `request` takes out, with one response, which
    /// `reply` makes of what the handler returns.
    pub fn client_stream<Q, I, P, O, F, A>(
        self,
        request: impl Fn(Q) -> I + Send + Sync + 'static,
        reply: impl FnOnce(O) -> P + Send + 'static,
        handler: F,
    ) -> CallFuture
    where
        Q: Message,
        P: Message,
        F: FnOnce(Streaming<I>, Context) -> A + Send + 'static,
        A: Future<Output = Result<O, Status>> + Send,
    {
        Box::pin(async move {
            let requests = many(self.requests, &self.context, request)?;
            let out = handler(requests, self.context).await?;
            Reply::one(&reply(out))
        })
    }

    /// Answers a stream of requests, of which the handler gets what `request` takes out, with a stream, which the
    /// handler forwards to its [`Outgoing`].
    pub fn bidi_stream<Q, I, F, A>(
        self,
        request: impl Fn(Q) -> I + Send + Sync + 'static,
        handler: F,
    ) -> CallFuture
    where
        Q: Message,
        F: FnOnce(Streaming<I>, Context, Outgoing) -> A + Send + 'static,
        A: Future<Output = Result<(), Status>> + Send,
    {
        Box::pin(async move {
            let requests = many(self.requests, &self.context, request)?;
            let out = Outgoing {
                context: self.context.clone(),
                shrinks: self.responses,
            };
            handler(requests, self.context, out).await?;
            Ok(Reply(None))
        })
    }

    /// Answers a call of an index that the service does not have.
    pub fn unknown_method(self) -> CallFuture {
        let status = Status::unimplemented(format!("service `{}` lacks the method", self.context.service()));
        Box::pin(std::future::ready(Err(status)))
    }
}

async fn one<Q: Message>(requests: Requests, context: &Context) -> Result<Q, Status> {
    let Requests::One(mut payload) = requests else {
        return Err(Status::internal(
            "the method's pattern is not the generated code's",
        ));
    };
    if let Some(json) = &context.call().json {
        // boxed: calls in XLANG carry no room for this
        payload = Box::pin(json.request(payload)).await?;
    }
    Q::decode(&payload).map_err(|error| violation(&error))
}

fn many<Q: Message, I>(
    requests: Requests,
    context: &Context,
    request: impl Fn(Q) -> I + Send + Sync + 'static,
) -> Result<Streaming<I>, Status> {
    let Requests::Many(mut source) = requests else {
        return Err(Status::internal(
            "the method's pattern is not the generated code's",
        ));
    };
    if let Some(json) = &context.call().json {
        source = Box::new(JsonMessages::new(source, json.clone()));
    }
    Ok(Streaming::new(source, decoder(request)))
}

/// The response side of a streaming call.
pub struct Outgoing {
    context: Context,
    shrinks: Arc<Shrinks>,
}

impl Outgoing {
    /// Sends every item, made into a message by `wrap`, as fast as the caller takes them.
    ///
    /// # Errors
    /// The first error of `items`, or a message that cannot be sent. After the end of the call, which a task of its own
    /// may outlive, that is every one: `CANCELLED`.
    pub async fn forward<S, T, M>(self, items: S, wrap: impl Fn(T) -> M + Send) -> Result<(), Status>
    where
        S: Stream<Item = Result<T, Status>> + Send,
        M: Message,
    {
        let mut items = pin!(items);
        while let Some(item) = std::future::poll_fn(|cx| items.as_mut().poll_next(cx)).await {
            let message = Open::encode(&wrap(item?))?;
            self.send(message).await?;
        }
        Ok(())
    }

    async fn send(&self, message: Open) -> Result<(), Status> {
        let call = self.context.call();
        std::future::poll_fn(|cx| call.poll_room(cx)).await?;
        let frame = call.seal(message, &self.shrinks).await?;
        call.add_frame(frame)
    }
}
