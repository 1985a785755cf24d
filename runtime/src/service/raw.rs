//! Calls that are answered with bytes: nothing of their messages is decoded here.

use super::{CallFuture, Outgoing, Reply, Requests, ServerCall};
use crate::context::Context;
use crate::json::JsonMessages;
use crate::raw::Payload;
use crate::status::Status;
use crate::streaming::Streaming;
use bytes::Bytes;
use futures_util::FutureExt as _;

impl ServerCall {
    /// The call that is answered.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Answers the payload of one request with that of one response.
    pub fn raw_unary<F, A>(self, handler: F) -> CallFuture
    where
        F: FnOnce(Bytes, Context) -> A + Send + 'static,
        A: Future<Output = Result<Payload, Status>> + Send,
    {
        Box::pin(async move {
            let request = one(self.requests, &self.context).await?;
            reply(handler(request, self.context).await?)
        })
    }

    /// Answers the payload of one request with a stream, of which the handler sends each.
    pub fn raw_server_stream<F, A>(self, handler: F) -> CallFuture
    where
        F: FnOnce(Bytes, Context, Outgoing) -> A + Send + 'static,
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

    /// Answers the payloads of a stream of requests with that of one response.
    pub fn raw_client_stream<F, A>(self, handler: F) -> CallFuture
    where
        F: FnOnce(Streaming<Bytes>, Context) -> A + Send + 'static,
        A: Future<Output = Result<Payload, Status>> + Send,
    {
        Box::pin(async move {
            let requests = many(self.requests, &self.context)?;
            reply(handler(requests, self.context).await?)
        })
    }

    /// Answers the payloads of a stream of requests with a stream, of which the handler sends each.
    pub fn raw_bidi_stream<F, A>(self, handler: F) -> CallFuture
    where
        F: FnOnce(Streaming<Bytes>, Context, Outgoing) -> A + Send + 'static,
        A: Future<Output = Result<(), Status>> + Send,
    {
        Box::pin(async move {
            let requests = many(self.requests, &self.context)?;
            let out = Outgoing {
                context: self.context.clone(),
                shrinks: self.responses,
            };
            handler(requests, self.context, out).await?;
            Ok(Reply(None))
        })
    }
}

impl Outgoing {
    /// Sends one message as soon as the caller has room for it.
    ///
    /// # Errors
    /// The message cannot be sent, or the call has ended.
    pub async fn send_raw(&self, payload: Payload) -> Result<(), Status> {
        self.send(payload.into_open()).await
    }
}

#[expect(clippy::unnecessary_wraps, reason = "handlers end with a result")]
fn reply(payload: Payload) -> Result<Reply, Status> {
    Ok(Reply(Some(payload.into_open())))
}

async fn one(requests: Requests, context: &Context) -> Result<Bytes, Status> {
    let Requests::One(payload) = requests else {
        return Err(other_pattern());
    };
    match &context.call().json {
        Some(json) => json.request(payload).boxed().await,
        None => Ok(payload),
    }
}

fn many(requests: Requests, context: &Context) -> Result<Streaming<Bytes>, Status> {
    let Requests::Many(mut source) = requests else {
        return Err(other_pattern());
    };
    if let Some(json) = &context.call().json {
        source = Box::new(JsonMessages::new(source, json.clone()));
    }
    Ok(Streaming::new(source, Box::new(|payload| Ok(payload.clone()))))
}

fn other_pattern() -> Status {
    Status::internal("the method's pattern is not the generated code's")
}
