//! Calls of which a side streams.

use crate::client::exchange::{self, Prepared, ResponseSide, late};
use crate::client::inherit;
use crate::client::observed::Observed;
use crate::client::retry::{Attempts, Failure};
use crate::client::stub::{Request, StubInner};
use crate::client::unary::{CallResult, Raw, one};
use crate::client::upload::{self, Upload};
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
use tracing::Instrument as _;

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
        Box::pin(async move { Ok(Streaming::new(Box::new(begin_reading(request).await?), decode)) })
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

    pub(crate) fn into_parts(self) -> (Request, Requests) {
        (self.request, self.requests)
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
            let (upload, reading) = begin_both(request).await?;
            let sender = Sender {
                upload,
                encode,
                stub,
                method,
                uncompressed,
                cancelled: Arc::clone(&reading.cancelled),
                lacks: false,
            };
            Ok((sender, Streaming::new(Box::new(reading), decode)))
        })
    }
}

/// The request side of a bidirectional call. Dropping it ends the requests, unless one of them could not be made, or the
/// responses were dropped before their end: then the call is cancelled, and the server does not take what it has for all.
pub struct Sender<I> {
    upload: Arc<Upload>,
    encode: Encode<I>,
    stub: Arc<StubInner>,
    method: usize,
    uncompressed: bool,
    cancelled: Arc<AtomicBool>,
    /// Whether a request is missing among those that were sent.
    lacks: bool,
}

impl<I> Sender<I> {
    /// Sends one request, as soon as the server has room for it. Dropping the future in the middle of a request ends
    /// the requests.
    ///
    /// # Errors
    /// The request cannot be sent, the connection is lost, or the server has ended the call: the responses say how.
    pub async fn send(&mut self, request: I) -> Result<(), Status> {
        let sealed = self.seal(request).await;
        self.lacks |= sealed.is_err();
        self.upload.send(sealed?).await
    }

    async fn seal(&self, request: I) -> Result<Bytes, Status> {
        let message = (self.encode)(request)?;
        let frame = exchange::seal(message, &self.stub, self.method, self.uncompressed).await?;
        Ok(frame.into())
    }

    /// Ends the requests, which are all there are. The responses go on.
    pub fn finish(mut self) {
        self.lacks = false;
        self.upload.finish();
    }

    /// Cancels the call: the requests that were sent are not all there should be.
    pub fn cancel(mut self) {
        self.lacks = true;
    }
}

impl<I> Drop for Sender<I> {
    fn drop(&mut self) {
        if self.lacks {
            self.upload.give_up();
        } else if !self.cancelled.load(Ordering::Acquire) {
            self.upload.finish();
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
    cancelled: Arc<AtomicBool>,
    observed: Option<Observed>,
    repeat: Repeat,
}

/// How a call whose requests stream too is made again.
enum Repeat {
    /// It is not: it has begun, or it is one of another kind.
    No,
    Can(Box<Repeatable>),
    Now(Pin<Box<dyn Future<Output = Repeated> + Send>>),
}

struct Repeatable {
    call: Prepared,
    upload: Arc<Upload>,
    attempts: Attempts,
}

type Repeated = (Box<Repeatable>, Observed, Result<ResponseSide, Status>);

impl Reading {
    fn new(responses: ResponseSide, clock: Clock) -> Self {
        let sleep = clock.earliest().map(|at| Box::pin(tokio::time::sleep_until(at)));
        Self {
            responses,
            clock,
            sleep,
            early: None,
            cancelled: Arc::default(),
            observed: None,
            repeat: Repeat::No,
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

    /// The next message, of whatever attempt.
    fn poll_responses(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        loop {
            if let Repeat::Now(repeating) = &mut self.repeat {
                let (repeatable, observed, result) = ready!(repeating.as_mut().poll(cx));
                self.observed = Some(observed);
                self.repeat = Repeat::Can(repeatable);
                match result {
                    Ok(responses) => self.responses = responses,
                    Err(status) => {
                        self.repeat = Repeat::No;
                        return Poll::Ready(Err(status));
                    }
                }
            }
            let result = ready!(self.responses.poll_message(cx));
            let Repeat::Can(repeatable) = std::mem::replace(&mut self.repeat, Repeat::No) else {
                return Poll::Ready(result);
            };
            match (result, self.observed.take()) {
                (Err(status), Some(observed)) if !self.responses.has_begun() => {
                    let failure = self.responses.failure(status);
                    self.repeat = Repeat::Now(Box::pin(repeat(repeatable, observed, failure, self.clock)));
                }
                (result, observed) => {
                    self.observed = observed;
                    repeatable.upload.begun();
                    return Poll::Ready(result);
                }
            }
        }
    }

    /// The call has ended for its caller.
    fn end(&mut self, failure: Option<&Status>) {
        let Some(observed) = self.observed.take() else {
            return;
        };
        match failure {
            Some(status) => observed.failed(status),
            None => match self.responses.trailer() {
                Some(trailer) => observed.succeeded(trailer),
                None => observed.succeeded(&Metadata::new()),
            },
        }
    }
}

async fn repeat(
    mut repeatable: Box<Repeatable>,
    observed: Observed,
    failure: Failure,
    clock: Clock,
) -> Repeated {
    let Repeatable {
        call,
        upload,
        attempts,
    } = &mut *repeatable;
    let result = upload::again(call, upload, attempts, &observed, failure, clock.until).await;
    (repeatable, observed, result)
}

impl MessageSource for Reading {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        if let Some(early) = self.early.take() {
            return Poll::Ready(Some(Ok(early)));
        }
        let message = match self.poll_responses(cx) {
            Poll::Ready(message) => message,
            Poll::Pending => {
                let status = ready!(self.poll_clock(cx));
                self.responses.give_up();
                Err(status)
            }
        };
        self.begun();
        if !matches!(message, Ok(Some(_))) {
            self.end(message.as_ref().err());
        }
        Poll::Ready(message.transpose())
    }

    fn spoiled(&mut self, status: &Status) {
        self.end(Some(status));
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
        if self.responses.trailer().is_none() {
            self.cancelled.store(true, Ordering::Release);
        }
    }
}

/// Makes a call whose responses stream, until the first of them is here.
async fn begin_reading(mut request: Request) -> Result<Reading, Status> {
    let clock = Clock::new(&request);
    let mut observed = Observed::begin(&mut request, clock.until);
    let span = observed.span();
    let work = async {
        observed.before(&mut request).await?;
        let call = exchange::prepare(request, clock.until).await?;
        let mut attempts = call.retries().call();
        loop {
            observed.attempt(attempts.number());
            let failure = match read_once(&call, clock).await {
                Ok(reading) => return Ok(reading),
                Err(failure) => failure,
            };
            // a stream is made again only where the server has not begun with it
            attempts
                .again(call.retries(), failure, false, clock.earliest())
                .await?;
        }
    };
    match within(clock.until, work.instrument(span)).await {
        Ok(mut reading) => {
            reading.observed = Some(observed);
            Ok(reading)
        }
        Err(status) => {
            observed.failed(&status);
            Err(status)
        }
    }
}

async fn within<T>(
    until: Option<Instant>,
    work: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    match until {
        Some(until) => timeout_at(until, work).await.unwrap_or_else(|_| Err(late())),
        None => work.await,
    }
}

async fn read_once(call: &Prepared, clock: Clock) -> Result<Reading, Failure> {
    let (_requests, responses) = exchange::begin(call, clock.until).await?;
    let mut reading = Reading::new(responses, clock);
    match reading.begin().await {
        Ok(()) => Ok(reading),
        Err(status) => Err(reading.responses.failure(status)),
    }
}

/// Begins a call of which both sides stream. It is made again, with what was sent, if the server refuses it.
async fn begin_both(mut request: Request) -> Result<(Arc<Upload>, Reading), Status> {
    let clock = Clock::new(&request);
    let mut observed = Observed::begin(&mut request, clock.until);
    let span = observed.span();
    let work = async {
        observed.before(&mut request).await?;
        let call = exchange::prepare(request, clock.until).await?;
        let mut attempts = call.retries().call();
        let (upload, responses) = upload::begin(&call, &mut attempts, &observed, clock.until).await?;
        let mut reading = Reading::new(responses, clock);
        if call.may_repeat() {
            reading.repeat = Repeat::Can(Box::new(Repeatable {
                call,
                upload: Arc::clone(&upload),
                attempts,
            }));
        }
        Ok((upload, reading))
    };
    match within(clock.until, work.instrument(span)).await {
        Ok((upload, mut reading)) => {
            reading.observed = Some(observed);
            Ok((upload, reading))
        }
        Err(status) => {
            observed.failed(&status);
            Err(status)
        }
    }
}

/// Makes one client-streaming call: sends until there is a response, or nothing more to send.
pub(crate) async fn upload(mut request: Request, requests: Requests) -> Result<Raw, Status> {
    let clock = Clock::new(&request);
    let mut observed = Observed::begin(&mut request, clock.until);
    let span = observed.span();
    let work = upload_observed(request, requests, &mut observed, clock).instrument(span);
    let result = within(clock.earliest(), work).await;
    observed.result(result)
}

async fn upload_observed(
    mut request: Request,
    mut requests: Requests,
    observed: &mut Observed,
    clock: Clock,
) -> Result<Raw, Status> {
    observed.before(&mut request).await?;
    let (stub, method) = (Arc::clone(&request.stub), request.method);
    let uncompressed = request.uncompressed;
    let call = exchange::prepare(request, clock.until).await?;
    let mut attempts = call.retries().call();
    let (upload, mut responses) = upload::begin(&call, &mut attempts, observed, clock.until).await?;
    let sending = async {
        while let Some(message) = std::future::poll_fn(|cx| requests.as_mut().poll_next(cx)).await {
            let frame = exchange::seal(message?, &stub, method, uncompressed).await?;
            if upload.send(frame.into()).await.is_err() {
                // the responses say why
                return Ok(());
            }
        }
        upload.finish();
        Ok(())
    };
    let reading = async {
        loop {
            let status = match one(&mut responses).await {
                Ok(raw) => return Ok(raw),
                Err(status) => status,
            };
            let failure = responses.failure(status);
            let again = upload::again(&call, &upload, &mut attempts, observed, failure, clock.until);
            responses = again.await?;
        }
    };
    let (mut sending, mut reading) = (pin!(sending), pin!(reading));
    let mut sent = false;
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
