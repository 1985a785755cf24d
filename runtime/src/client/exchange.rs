//! One call at the client: its stream, from the header to the trailer.

use crate::alpn::stream;
use crate::call::{Responses, Step, Violation};
use crate::client::Inner;
use crate::client::callee::Method;
use crate::client::inherit;
use crate::client::link::{Link, OpenCall, Room};
use crate::client::retry::{Failure, Fate, Retries};
use crate::client::session::{self, Turn};
use crate::client::stub::{Request, StubInner};
use crate::frame::{self, Flags, Frame, FrameError};
use crate::header::{self, StreamHeader};
use crate::metadata::Metadata;
use crate::node::io::{self, FrameReader, ReadFailure, Unpacking, no_budget};
use crate::payload::Open;
use crate::service::{Mode, streams};
use crate::status::{Code, Status};
use crate::trace;
use bytes::Bytes;
use iroh::endpoint::{RecvStream, SendStream, VarInt, WriteError};
use std::borrow::Cow;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;
use tracing::Span;

/// The deadline of a unary call that sets none.
pub(crate) const UNARY_TIME: Duration = Duration::from_secs(60);
/// Requests up to this size go out in one piece with their header.
const COPY: usize = 4096;

/// How often a stream is opened on another connection, because the last was lost before it was.
const LINKS: u32 = 3;

/// A call that can be made, also more than once: its request is sealed.
pub(crate) struct Prepared {
    pub(crate) client: Arc<Inner>,
    stub: Arc<StubInner>,
    method: usize,
    call_id: u64,
    body: Body,
    metadata: Metadata,
    span: Span,
    /// The turn of a call in a session, until the call has ended.
    turn: Option<Arc<Turn>>,
}

impl Prepared {
    /// Whether the call may be made again, if the server refuses it: a session never moves to another connection.
    pub(crate) fn may_repeat(&self) -> bool {
        self.turn.is_none() && self.retries().is_on()
    }

    fn method(&self) -> Method<'_> {
        self.stub.callee.method(self.method)
    }

    pub(crate) fn retries(&self) -> &Retries {
        &self.client.retries
    }
}

/// The one request, where there is one.
enum Body {
    None,
    /// Goes out in one piece with the header.
    Small(Vec<u8>),
    Large(Bytes),
}

/// Checks and seals what a call sends first; in a session, waits for its turn.
pub(crate) async fn prepare(request: Request, deadline: Option<Instant>) -> Result<Prepared, Status> {
    if let Some(error) = request.refused {
        return Err(error);
    }
    let client = Arc::clone(&request.stub.client);
    let limit = client.node().shared().limits.frame;
    let shrinks = request.stub.shrinks(request.method, request.uncompressed);
    let body = match request.message {
        None => Body::None,
        Some(message) => match message?.seal(Flags::LAST, limit, shrinks).await? {
            small if small.len() <= COPY => Body::Small(small),
            large => Body::Large(large.into()),
        },
    };
    let turn = match &request.stub.session {
        Some(session) => Some(Arc::new(session.inner.turn(deadline).await?)),
        None => None,
    };
    Ok(Prepared {
        call_id: request.call_id,
        client,
        stub: request.stub,
        method: request.method,
        body,
        metadata: request.metadata,
        span: request.span,
        turn,
    })
}

/// Opens a stream and writes the header, with the request where there is one.
pub(crate) async fn begin(
    call: &Prepared,
    deadline: Option<Instant>,
) -> Result<(RequestSide, ResponseSide), Failure> {
    let (open, send, receive) = open(call).await?;
    let in_session = call.turn.is_some();
    let mut requests = RequestSide {
        link: Arc::clone(open.link()),
        send,
        finished: false,
        refused: false,
        in_session,
    };
    let order = Responses::new(call.method().pattern);
    let mut responses = ResponseSide::new(&call.client, open, receive, order, in_session);
    responses.turn.clone_from(&call.turn);
    let callee = &call.stub.callee;
    let header = StreamHeader {
        service: Cow::Borrowed(callee.name()),
        version: callee.version(),
        method: Cow::Borrowed(call.method().name),
        contract_id: Some(callee.contract_id()),
        call_id: call.call_id,
        deadline_ms: left(deadline).inspect_err(|status| responses.status = Some(status.clone()))?,
        mode: Mode::Xlang.number(),
        session: call.turn.as_ref().map_or(0, |turn| turn.bound.id),
        metadata: inherit::trace(trace::inject(&call.span, Cow::Borrowed(&call.metadata))),
    };
    let small = match &call.body {
        Body::Small(message) => &message[..],
        Body::None | Body::Large(_) => &[],
    };
    let mut head = Vec::with_capacity(160 + small.len());
    let start = frame::open(&mut head);
    header.encode(&mut head);
    frame::close(&mut head, start, Flags::HEADER);
    head.extend_from_slice(small);
    let written = match &call.body {
        Body::None | Body::Small(_) => requests.write(&mut [head.into()]).await,
        Body::Large(message) => requests.write(&mut [head.into(), message.clone()]).await,
    };
    written.map_err(|status| Failure::new(Fate::Unknown, status))?;
    if !matches!(call.body, Body::None) {
        requests.finish();
    }
    Ok((requests, responses))
}

/// Opens a stream on a connection whose server has the contract.
async fn open(call: &Prepared) -> Result<(OpenCall, SendStream, RecvStream), Failure> {
    if let Some(turn) = &call.turn {
        // a session never moves to another connection
        call.stub.check(&turn.bound.link)?;
        let link = &turn.bound.link;
        let mut opened = Arc::clone(link).open().await.map_err(session::lost)?;
        opened
            .0
            .hold(streams(call.method().pattern).then(|| Room::make(link)));
        return Ok(opened);
    }
    let mut failed = 0;
    loop {
        let (link, room) = call.client.links.get_for(call.method().pattern).await?;
        call.stub.check(&link)?;
        match Arc::clone(&link).open().await {
            Ok(mut opened) => {
                opened.0.hold(room);
                return Ok(opened);
            }
            // nothing was sent: a call that finds its connection cut asks for a new admission
            Err(status) if link.is_cut() => {
                failed += 1;
                if failed == LINKS {
                    return Err(status.into());
                }
            }
            Err(status) if status.code() != Code::UNAVAILABLE => return Err(status.into()),
            Err(status) => {
                failed += 1;
                if failed == LINKS {
                    return Err(Failure::new(Fate::Unprocessed, status));
                }
            }
        }
    }
}

/// What a client sends of one call. Dropping it before its end cancels the call.
pub(crate) struct RequestSide {
    link: Arc<Link>,
    send: SendStream,
    finished: bool,
    /// Whether the server stopped it because it does not begin with the call.
    refused: bool,
    in_session: bool,
}

impl RequestSide {
    /// Writes frames. A server that stops the side has something to say: then this side has ended, without an error.
    pub(crate) async fn write(&mut self, chunks: &mut [Bytes]) -> Result<(), Status> {
        std::future::poll_fn(|cx| self.poll_write(chunks, cx)).await
    }

    /// Writes what is left of the chunks; they are empty as far as they are written.
    pub(crate) fn poll_write(
        &mut self,
        chunks: &mut [Bytes],
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        if self.finished {
            return Poll::Ready(Ok(()));
        }
        let mut rest = chunks;
        Poll::Ready(match ready!(io::poll_write(&mut self.send, &mut rest, cx)) {
            Ok(()) => Ok(()),
            Err(WriteError::ConnectionLost(error)) => {
                Err(session::lost_call(&self.link, self.in_session, &error))
            }
            Err(error) => {
                self.finished = true;
                self.refused =
                    matches!(error, WriteError::Stopped(code) if code == VarInt::from_u32(stream::REFUSED));
                Ok(())
            }
        })
    }

    /// Ends the side.
    pub(crate) fn finish(&mut self) {
        self.finished = true;
        // a stream that the server has stopped is finished as well
        let _ = self.send.finish();
    }

    /// Whether nothing more can be sent.
    pub(crate) fn has_ended(&self) -> bool {
        self.finished
    }

    /// Whether the server refused the call before it began with it.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused
    }
}

impl Drop for RequestSide {
    fn drop(&mut self) {
        if !self.finished {
            io::reset(&mut self.send, stream::CANCELLED);
        }
    }
}

/// What a client reads of one call. Dropping it before its end cancels the call.
pub(crate) struct ResponseSide {
    open: OpenCall,
    reader: FrameReader,
    order: Responses,
    header: Metadata,
    /// How the call ended, once that is known.
    status: Option<Status>,
    /// What is known of the call at the server, once it has failed.
    fate: Fate,
    /// Whether anything has arrived.
    begun: bool,
    limit: usize,
    unpacking: Option<Box<Unpacking>>,
    /// Keeps the budget of what was unpacked until the next message is asked for.
    unpacked: Option<Box<Unpacking>>,
    in_session: bool,
    /// Held until the call has ended.
    turn: Option<Arc<Turn>>,
}

impl ResponseSide {
    pub(crate) fn new(
        client: &Inner,
        open: OpenCall,
        receive: RecvStream,
        order: Responses,
        in_session: bool,
    ) -> Self {
        let limit = client.node().shared().limits.frame;
        Self {
            open,
            reader: FrameReader::new(receive, limit, Arc::clone(&client.budget)),
            order,
            header: Metadata::new(),
            status: None,
            fate: Fate::Unknown,
            begun: false,
            limit,
            unpacking: None,
            unpacked: None,
            in_session,
            turn: None,
        }
    }

    /// The first that the server says: its header, a message, or the end.
    pub(crate) fn poll_begun(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        self.poll_step(cx, true)
    }

    /// Whether anything of the server's has arrived.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// The next response, or `None` after an OK trailer.
    pub(crate) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        self.poll_step(cx, false)
    }

    /// The same status with what is known of the call at the server.
    pub(crate) fn failure(&self, status: Status) -> Failure {
        let refused = self.fate == Fate::Unprocessed;
        Failure {
            status,
            fate: self.fate,
            refused_on: refused.then(|| Arc::clone(self.open.link())),
        }
    }

    /// What the server sent before its first message.
    pub(crate) fn header(&self) -> &Metadata {
        &self.header
    }

    /// The trailing metadata, once the call has ended.
    pub(crate) fn trailer(&self) -> Option<&Metadata> {
        self.status.as_ref().map(Status::metadata)
    }

    /// The call has ended at this end: the server is told now, not when the caller lets go of the stream.
    pub(crate) fn give_up(&mut self) {
        self.turn = None;
        self.reader.stop(stream::CANCELLED);
    }

    pub(crate) fn take_header(&mut self) -> Metadata {
        std::mem::take(&mut self.header)
    }

    pub(crate) fn take_trailer(&mut self) -> Metadata {
        self.status
            .as_mut()
            .map(|status| std::mem::take(status.metadata_mut()))
            .unwrap_or_default()
    }

    /// Reads on. With `header`, the response header alone is an answer too.
    fn poll_step(&mut self, cx: &mut Context<'_>, header: bool) -> Poll<Result<Option<Bytes>, Status>> {
        self.unpacked = None;
        loop {
            if let Some(unpacking) = &mut self.unpacking {
                let result = ready!(unpacking.poll(cx));
                self.unpacked = self.unpacking.take();
                return Poll::Ready(result.map(Some));
            }
            if let Some(status) = &self.status {
                return Poll::Ready(if status.code() == Code::OK {
                    Ok(None)
                } else {
                    Err(status.clone())
                });
            }
            let Frame { flags, payload } = match ready!(self.reader.poll_frame(cx)) {
                Ok(Some(frame)) => frame,
                Ok(None) => {
                    let status = Status::unavailable("the server ended the call without a status");
                    return Poll::Ready(Err(self.end(status)));
                }
                Err(failure) => {
                    let status = self.failed(failure);
                    return Poll::Ready(Err(self.end(status)));
                }
            };
            self.begun = true;
            self.open.pulse.hear();
            let step = match self.order.frame(flags, payload.is_empty()) {
                Ok(step) => step,
                Err(violation) => return Poll::Ready(Err(self.violated(violation))),
            };
            match step {
                Step::Header => {
                    match header::decode_response(&payload) {
                        Ok(metadata) => self.header = metadata,
                        Err(error) => {
                            self.reader.stop(stream::PROTOCOL);
                            let message = format!("the server's header cannot be read: {error}");
                            let status = Status::new(error.code(), message);
                            return Poll::Ready(Err(self.end(status)));
                        }
                    }
                    if header {
                        return Poll::Ready(Ok(None));
                    }
                }
                Step::Message if flags.is_compressed() => {
                    self.unpacking = Some(Box::new(Unpacking::new(
                        payload,
                        self.limit,
                        self.reader.budget(),
                    )));
                }
                Step::Message => return Poll::Ready(Ok(Some(payload))),
                Step::End => {}
                Step::Trailer => {
                    let status = match Status::decode(&payload) {
                        Ok(status) => status,
                        Err(error) => {
                            let message = format!("the server's status cannot be read: {error}");
                            Status::new(error.code(), message)
                        }
                    };
                    if status.code() == Code::OK
                        && let Err(violation) = self.order.succeed()
                    {
                        return Poll::Ready(Err(self.violated(violation)));
                    }
                    // reading the end of the stream now saves telling the server to stop
                    if let Poll::Ready(Ok(Some(_)) | Err(ReadFailure::Frame(_))) = self.reader.poll_frame(cx)
                    {
                        return Poll::Ready(Err(self.violated(Violation::AfterEnd)));
                    }
                    self.end(status);
                }
            }
        }
    }

    fn violated(&mut self, violation: Violation) -> Status {
        self.reader.stop(stream::PROTOCOL);
        self.end(Status::internal(format!(
            "the server broke the protocol: {violation}"
        )))
    }

    fn end(&mut self, status: Status) -> Status {
        self.turn = None;
        self.status = Some(status.clone());
        self.open.end();
        status
    }

    fn failed(&mut self, failure: ReadFailure) -> Status {
        match failure {
            ReadFailure::Frame(error @ FrameError::TooLarge { .. }) => {
                self.reader.stop(stream::PROTOCOL);
                Status::resource_exhausted(format!("the server's answer is too large: {error}"))
            }
            ReadFailure::Frame(FrameError::Truncated) => {
                Status::unavailable("the server ended the call inside a frame")
            }
            ReadFailure::Frame(error) => self.violated(error.into()),
            ReadFailure::Reset(code) if code == u64::from(stream::REFUSED) && self.in_session => {
                Status::aborted("session lost: the server takes no more calls on its connection")
            }
            ReadFailure::Reset(code) if code == u64::from(stream::REFUSED) => {
                if !self.begun {
                    self.fate = Fate::Unprocessed;
                }
                Status::unavailable("the server refused the call before it began with it, it may be repeated")
            }
            ReadFailure::Reset(code) if code == u64::from(stream::PROTOCOL) => {
                Status::internal("the server says that this client broke the protocol")
            }
            ReadFailure::Reset(code) => {
                Status::unavailable(format!("the server gave the call up, code {code}"))
            }
            ReadFailure::Lost(error) => session::lost_call(&self.open, self.in_session, &error),
            ReadFailure::NoBudget => no_budget(),
        }
    }
}

impl Drop for ResponseSide {
    fn drop(&mut self) {
        if self.status.is_none() {
            self.reader.stop(stream::CANCELLED);
        }
    }
}

/// Milliseconds left, rounded up, at least 1; 0 for no deadline.
pub(crate) fn left(deadline: Option<Instant>) -> Result<u64, Status> {
    let Some(deadline) = deadline else { return Ok(0) };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(late());
    }
    Ok(u64::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

/// The deadline passed at this end.
pub(crate) fn late() -> Status {
    Status::deadline_exceeded("no answer before the deadline")
}

/// Seals one message of a request stream.
pub(crate) async fn seal(
    open: Open,
    stub: &StubInner,
    method: usize,
    uncompressed: bool,
) -> Result<Vec<u8>, Status> {
    let limit = stub.client.node().shared().limits.frame;
    let shrinks = stub.shrinks(method, uncompressed);
    open.seal(Flags::MESSAGE, limit, shrinks).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_left_is_rounded_up_and_at_least_1() {
        let after = |time| left(Some(Instant::now() + time));
        for (nanoseconds, expected) in [
            (1, 1),
            (999_999, 1),
            (1_000_000, 1),
            (1_000_001, 2),
            (60_000_000_000, 60_000),
        ] {
            assert_eq!(
                after(Duration::from_nanos(nanoseconds)),
                Ok(expected),
                "{nanoseconds}"
            );
        }
        assert_eq!(left(None), Ok(0));
        assert_eq!(after(Duration::ZERO), Err(late()));
        let deadline = Some(Instant::now() + Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(left(deadline), Err(late()), "a clock that jumps ahead");
    }
}
