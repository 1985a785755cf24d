//! Calls of which a side streams.

use crate::client::exchange::{self, Prepared, RequestSide, ResponseSide, late};
use crate::client::inherit;
use crate::client::retry::Failure;
use crate::client::stub::{Request, StubInner};
use crate::client::unary::{CallResult, Raw, one};
use crate::metadata::Metadata;
use crate::payload::Open;
use crate::status::Status;
use crate::streaming::{Decode, MessageSource, Streaming};
use bytes::Bytes;
use futures_util::Stream;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, timeout_at};

/// Requests as they are encoded.
pub(crate) type Requests = Pin<Box<dyn Stream<Item = Result<Open, Status>> + Send>>;
/// Makes a message of what the caller sends.
type Encode<I> = Box<dyn Fn(I) -> Result<Open, Status> + Send + Sync>;

macro_rules! options {
    () => {
        /// Ends the whole call after this time. The default is no end; the method's `@timeout` bounds the time to the
        /// first message from the server.
        pub fn deadline(mut self, time: Duration) -> Self {
            self.request.deadline = Some(time);
            self
        }

        /// Sends an entry along. One that is against the rules fails the call.
        pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
            self.request.add_metadata(key, value);
            self
        }

        /// Sends the requests without compression, whose length tells of their content.
        pub fn uncompressed(mut self) -> Self {
            self.request.uncompressed = true;
            self
        }
    };
}

/// One request, a stream of responses. Awaiting it ends at the response header or the first message.
#[must_use = "a call begins when it is awaited"]
pub struct ServerStreamCall<O> {
    request: Request,
    decode: Decode<O>,
}

impl<O> ServerStreamCall<O> {
    pub(crate) fn new(request: Request, decode: Decode<O>) -> Self {
        Self { request, decode }
    }

    options!();
}

impl<O: 'static> IntoFuture for ServerStreamCall<O> {
    type Output = Result<Streaming<O>, Status>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { request, decode } = self;
        Box::pin(async move { Ok(Streaming::new(begin_reading(request).await?, decode)) })
    }
}

/// A stream of requests, one response. The requests are read while the call is awaited.
#[must_use = "a call begins when it is awaited"]
pub struct ClientStreamCall<O> {
    request: Request,
    requests: Requests,
    decode: Decode<O>,
}

impl<O> ClientStreamCall<O> {
    pub(crate) fn new(request: Request, requests: Requests, decode: Decode<O>) -> Self {
        Self {
            request,
            requests,
            decode,
        }
    }

    options!();
}

impl<O> IntoFuture for ClientStreamCall<O> {
    type Output = Result<O, Status>;
    type IntoFuture = CallResult<O>;

    fn into_future(self) -> CallResult<O> {
        CallResult::new(Box::pin(upload(self.request, self.requests)), self.decode)
    }
}

/// Both sides stream. Awaiting it gives both ends at once: `let (tx, rx) = client.chat().await?`.
#[must_use = "a call begins when it is awaited"]
pub struct BidiCall<I, O> {
    request: Request,
    encode: Encode<I>,
    decode: Decode<O>,
}

impl<I, O> BidiCall<I, O> {
    pub(crate) fn new(request: Request, encode: Encode<I>, decode: Decode<O>) -> Self {
        Self {
            request,
            encode,
            decode,
        }
    }

    options!();
}

impl<I: 'static, O: 'static> IntoFuture for BidiCall<I, O> {
    type Output = Result<(Sender<I>, Streaming<O>), Status>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            request,
            encode,
            decode,
        } = self;
        Box::pin(async move {
            let (stub, method) = (Arc::clone(&request.stub), request.method);
            let uncompressed = request.uncompressed;
            let clock = Clock::new(&request);
            let (requests, responses) = open(request, clock.until).await?;
            let cancelled = Arc::new(AtomicBool::new(false));
            let sender = Sender {
                requests,
                encode,
                stub,
                method,
                uncompressed,
                cancelled: Arc::clone(&cancelled),
            };
            let reading = Reading::new(responses, clock, Some(cancelled));
            Ok((sender, Streaming::new(Box::new(reading), decode)))
        })
    }
}

/// The request side of a bidirectional call. Dropping it ends the requests, unless the responses were dropped before
/// their end: then the call is cancelled.
pub struct Sender<I> {
    requests: RequestSide,
    encode: Encode<I>,
    stub: Arc<StubInner>,
    method: usize,
    uncompressed: bool,
    cancelled: Arc<AtomicBool>,
}

impl<I> Sender<I> {
    /// Sends one request, as soon as the server has room for it. Dropping the future in the middle of a request ends
    /// the requests.
    ///
    /// # Errors
    /// The request cannot be sent, the connection is lost, or the server has ended the call: the responses say how.
    pub async fn send(&mut self, request: I) -> Result<(), Status> {
        let message = (self.encode)(request)?;
        let frame = exchange::seal(message, &self.stub, self.method, self.uncompressed).await?;
        self.requests.write(&mut [frame.into()]).await?;
        if self.requests.has_ended() {
            return Err(Status::cancelled(
                "the server takes no more requests, the responses say why",
            ));
        }
        Ok(())
    }

    /// Ends the requests. The responses go on.
    pub fn finish(mut self) {
        self.requests.finish();
    }
}

impl<I> Drop for Sender<I> {
    fn drop(&mut self) {
        if !self.cancelled.load(Ordering::Acquire) && !self.requests.has_ended() {
            self.requests.finish();
        }
    }
}

/// When a streaming call is over, however far it is.
#[derive(Clone, Copy)]
struct Clock {
    /// The deadline of the whole call.
    until: Option<Instant>,
    /// The time of the first message.
    first: Option<Instant>,
}

impl Clock {
    fn new(request: &Request) -> Self {
        let after = |time: Duration| Instant::now().checked_add(time);
        Self {
            until: inherit::deadline(request.deadline.and_then(after)),
            first: request.method().timeout.and_then(after),
        }
    }

    fn earliest(&self) -> Option<Instant> {
        match (self.until, self.first) {
            (Some(until), Some(first)) => Some(until.min(first)),
            (one, other) => one.or(other),
        }
    }
}

/// The responses of a call, with its clock.
struct Reading {
    responses: ResponseSide,
    clock: Clock,
    sleep: Option<Pin<Box<Sleep>>>,
    /// A message that arrived before anybody asked for it.
    early: Option<Bytes>,
    cancelled: Option<Arc<AtomicBool>>,
}

impl Reading {
    fn new(responses: ResponseSide, clock: Clock, cancelled: Option<Arc<AtomicBool>>) -> Self {
        let sleep = clock.earliest().map(|at| Box::pin(tokio::time::sleep_until(at)));
        Self {
            responses,
            clock,
            sleep,
            early: None,
            cancelled,
        }
    }

    /// Waits for the response header or the first message.
    async fn begin(&mut self) -> Result<(), Status> {
        self.early = std::future::poll_fn(|cx| match self.responses.poll_begun(cx) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => self.poll_clock(cx).map(Err),
        })
        .await?;
        if self.early.is_some() {
            self.begun();
        }
        Ok(())
    }

    /// The first message is here: from now on only the whole call has an end.
    fn begun(&mut self) {
        if self.clock.first.take().is_some() {
            self.sleep = self.clock.until.map(|at| Box::pin(tokio::time::sleep_until(at)));
        }
    }

    fn poll_clock(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(cx).map(|()| late()),
            None => Poll::Pending,
        }
    }
}

impl MessageSource for Reading {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        if let Some(early) = self.early.take() {
            return Poll::Ready(Some(Ok(early)));
        }
        let message = match self.responses.poll_message(cx) {
            Poll::Ready(message) => message,
            Poll::Pending => {
                let status = ready!(self.poll_clock(cx));
                self.responses.give_up();
                return Poll::Ready(Some(Err(status)));
            }
        };
        self.begun();
        Poll::Ready(message.transpose())
    }

    fn header(&self) -> &Metadata {
        self.responses.header()
    }

    fn trailer(&self) -> Option<&Metadata> {
        self.responses.trailer()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(cancelled) = &self.cancelled
            && self.responses.trailer().is_none()
        {
            cancelled.store(true, Ordering::Release);
        }
    }
}

async fn begin_reading(request: Request) -> Result<Box<dyn MessageSource>, Status> {
    let clock = Clock::new(&request);
    let until = clock.until;
    let work = async {
        let call = exchange::prepare(request, until).await?;
        let mut attempts = call.client.retries.call();
        loop {
            let failure = match read_once(&call, clock).await {
                Ok(reading) => return Ok(Box::new(reading) as Box<dyn MessageSource>),
                Err(failure) => failure,
            };
            // a stream is made again only where the server has not begun with it
            attempts.again(failure, false, clock.earliest()).await?;
        }
    };
    match until {
        Some(until) => timeout_at(until, work).await.unwrap_or_else(|_| Err(late())),
        None => work.await,
    }
}

async fn read_once(call: &Prepared, clock: Clock) -> Result<Reading, Failure> {
    let (_requests, responses) = exchange::begin(call, clock.until).await?;
    let mut reading = Reading::new(responses, clock, None);
    match reading.begin().await {
        Ok(()) => Ok(reading),
        Err(status) => Err(reading.responses.failure(status)),
    }
}

/// Opens a call whose requests are still to come: it is made once.
async fn open(request: Request, until: Option<Instant>) -> Result<(RequestSide, ResponseSide), Status> {
    let call = exchange::prepare(request, until).await?;
    exchange::begin(&call, until)
        .await
        .map_err(|failure| failure.status)
}

/// Makes one client-streaming call: sends until there is a response, or nothing more to send.
async fn upload(request: Request, mut requests: Requests) -> Result<Raw, Status> {
    let clock = Clock::new(&request);
    let (stub, method) = (Arc::clone(&request.stub), request.method);
    let uncompressed = request.uncompressed;
    let work = async {
        let (mut side, mut responses) = open(request, clock.until).await?;
        let sending = async {
            while let Some(message) = std::future::poll_fn(|cx| requests.as_mut().poll_next(cx)).await {
                let frame = exchange::seal(message?, &stub, method, uncompressed).await?;
                side.write(&mut [frame.into()]).await?;
                if side.has_ended() {
                    return Ok(());
                }
            }
            side.finish();
            Ok(())
        };
        let mut sending = pin!(sending);
        let mut sent = false;
        let mut reading = pin!(one(&mut responses));
        std::future::poll_fn(|cx| {
            if let Poll::Ready(result) = reading.as_mut().poll(cx) {
                return Poll::Ready(result);
            }
            if !sent && let Poll::Ready(result) = sending.as_mut().poll(cx) {
                sent = true;
                if let Err(status) = result {
                    return Poll::Ready(Err(status));
                }
            }
            Poll::Pending
        })
        .await
    };
    match clock.earliest() {
        Some(until) => timeout_at(until, work).await.unwrap_or_else(|_| Err(late())),
        None => work.await,
    }
}

macro_rules! debug {
    ($($name:ident<$($parameter:ident),*>)*) => {$(
        impl<$($parameter),*> fmt::Debug for $name<$($parameter),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

debug! { ServerStreamCall<O> ClientStreamCall<O> BidiCall<I, O> Sender<I> }
