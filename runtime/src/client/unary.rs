//! Calls with one response: built, then awaited.

use crate::client::exchange::{Prepared, ResponseSide, UNARY_TIME, begin, late, prepare};
use crate::client::inherit;
use crate::client::observed::Observed;
use crate::client::retry::Failure;
use crate::client::stub::Request;
use crate::codec::CodecResult;
use crate::metadata::Metadata;
use crate::status::Status;
use crate::streaming::{Decode, violation};
use bytes::Bytes;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

/// A unary call that begins when it is awaited. Dropping the future cancels the call at the server.
#[must_use = "a call begins when it is awaited"]
pub struct UnaryCall<O> {
    request: Request,
    decode: Decode<O>,
}

/// A response with what came beside it.
#[derive(Clone, Debug)]
pub struct Response<O> {
    /// The response.
    pub message: O,
    /// What the server sent before it.
    pub metadata: Metadata,
    /// What the server sent after it.
    pub trailer: Metadata,
}

impl<O> UnaryCall<O> {
    pub(crate) fn new(request: Request, decode: Decode<O>) -> Self {
        Self { request, decode }
    }

    pub(crate) fn into_request(self) -> Request {
        self.request
    }

    /// Gives up after this time. The default is the method's `@timeout`, else 60 s.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.request.deadline = Some(time);
        self
    }

    /// Sends an entry along. One that is against the rules fails the call.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.add_metadata(key, value);
        self
    }

    /// Sends the request without compression, whose length tells of the content.
    pub fn uncompressed(mut self) -> Self {
        self.request.uncompressed = true;
        self
    }

    /// Makes the call with the response's metadata.
    ///
    /// # Errors
    /// The status of the call.
    pub async fn with_response(self) -> Result<Response<O>, Status> {
        let mut raw = call(self.request).await?;
        let message = raw.message(self.decode)?;
        Ok(Response {
            message,
            metadata: raw.header,
            trailer: raw.trailer,
        })
    }
}

impl<O> IntoFuture for UnaryCall<O> {
    type Output = Result<O, Status>;
    type IntoFuture = CallResult<O>;

    fn into_future(self) -> CallResult<O> {
        CallResult::new(Box::pin(call(self.request)), self.decode)
    }
}

impl<O> fmt::Debug for UnaryCall<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryCall")
            .field("method", &self.request.method().name)
            .finish_non_exhaustive()
    }
}

/// The response of a call, in the making. Dropping it cancels the call at the server.
#[must_use = "futures do nothing unless polled"]
pub struct CallResult<O> {
    raw: RawFuture,
    decode: Decode<O>,
}

pub(crate) type RawFuture = Pin<Box<dyn Future<Output = Result<Raw, Status>> + Send>>;

/// One response, not decoded.
pub(crate) struct Raw {
    pub(crate) payload: Bytes,
    pub(crate) header: Metadata,
    pub(crate) trailer: Metadata,
    /// Told when the response is decoded.
    pub(crate) observed: Option<Observed>,
}

impl Raw {
    /// The end of the call: its response, if that fits the contract.
    pub(crate) fn message<O>(&mut self, decode: impl FnOnce(&Bytes) -> CodecResult<O>) -> Result<O, Status> {
        let message = decode(&self.payload).map_err(|error| violation(&error));
        match (self.observed.take(), &message) {
            (Some(observed), Ok(_)) => observed.succeeded(&self.trailer),
            (Some(observed), Err(status)) => observed.failed(status),
            (None, _) => {}
        }
        message
    }
}

impl<O> CallResult<O> {
    pub(crate) fn new(raw: RawFuture, decode: Decode<O>) -> Self {
        Self { raw, decode }
    }
}

impl<O> Future for CallResult<O> {
    type Output = Result<O, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut raw = ready!(self.raw.as_mut().poll(cx))?;
        Poll::Ready(raw.message(&self.decode))
    }
}

impl<O> fmt::Debug for CallResult<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallResult").finish_non_exhaustive()
    }
}

/// Makes one unary call. Compiled once, for all methods.
pub(crate) async fn call(mut request: Request) -> Result<Raw, Status> {
    let time = request
        .deadline
        .or(request.method().timeout)
        .unwrap_or(UNARY_TIME);
    // a deadline beyond what the clock can tell is none
    let deadline = inherit::deadline(Instant::now().checked_add(time));
    let mut observed = Observed::begin(&mut request, deadline);
    let span = observed.span();
    let work = run(request, &mut observed, deadline).instrument(span);
    let result = match deadline {
        Some(deadline) => timeout_at(deadline, work).await.unwrap_or_else(|_| Err(late())),
        None => work.await,
    };
    observed.result(result)
}

async fn run(
    mut request: Request,
    observed: &mut Observed,
    deadline: Option<Instant>,
) -> Result<Raw, Status> {
    observed.before(&mut request).await?;
    let idempotent = request.method().idempotent;
    let call = prepare(request, deadline).await?;
    let mut attempts = call.retries().call();
    loop {
        observed.attempt(attempts.number());
        let failure = match once(&call, deadline).await {
            Ok(raw) => return Ok(raw),
            Err(failure) => failure,
        };
        // boxed: calls that succeed at once carry no room for a timer
        Box::pin(attempts.again(call.retries(), failure, idempotent, deadline)).await?;
    }
}

async fn once(call: &Prepared, deadline: Option<Instant>) -> Result<Raw, Failure> {
    let (_requests, mut responses) = begin(call, deadline).await?;
    one(&mut responses)
        .await
        .map_err(|status| responses.failure(status))
}

/// Reads the one response and the trailer behind it.
pub(crate) async fn one(responses: &mut ResponseSide) -> Result<Raw, Status> {
    let payload = std::future::poll_fn(|cx| responses.poll_message(cx)).await?;
    let after = std::future::poll_fn(|cx| responses.poll_message(cx)).await?;
    match (payload, after) {
        (Some(payload), None) => Ok(Raw {
            payload,
            header: responses.take_header(),
            trailer: responses.take_trailer(),
            observed: None,
        }),
        // the order of frames allows one message and no OK without it
        _ => Err(Status::internal("the server sent no response")),
    }
}
