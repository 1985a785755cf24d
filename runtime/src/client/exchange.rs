//! One call at the client: its stream, from the header to the trailer.

use crate::alpn::stream;
use crate::call::{Responses, Step, Violation};
use crate::client::Inner;
use crate::client::inherit;
use crate::client::session::{self, Turn};
use crate::client::stub::{Request, StubInner};
use crate::frame::{self, Flags, Frame, FrameError};
use crate::header::{self, StreamHeader};
use crate::metadata::Metadata;
use crate::node::io::{self, FrameReader, ReadFailure, Unpacking, no_budget};
use crate::payload::Open;
use crate::service::Mode;
use crate::status::{Code, Status};
use bytes::Bytes;
use iroh::endpoint::{RecvStream, SendStream, WriteError};
use std::borrow::Cow;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// The deadline of a unary call that sets none.
pub(crate) const UNARY_TIME: Duration = Duration::from_secs(60);
/// Requests up to this size go out in one piece with their header.
const COPY: usize = 4096;

/// Opens a stream and writes the header, with the request where there is one.
pub(crate) async fn begin(
    request: Request,
    deadline: Option<Instant>,
) -> Result<(RequestSide, ResponseSide), Status> {
    if let Some(error) = request.refused {
        return Err(error.into());
    }
    let client = Arc::clone(&request.stub.client);
    let turn = match &request.stub.session {
        Some(session) => Some(session.inner.turn(deadline).await?),
        None => None,
    };
    let limit = client.node.shared().limits.frame;
    let method = request.method();
    let message = match request.message {
        Some(message) => Some(
            message?
                .seal(Flags::LAST, limit, request.stub.shrinks(request.method))
                .await?,
        ),
        None => None,
    };
    let (connection, session) = match &turn {
        Some(turn) => (&turn.bound.connection, turn.bound.id),
        None => (&client.connection, 0),
    };
    let in_session = turn.is_some();
    let opened = connection.open_bi().await;
    let (send, receive) = opened.map_err(|error| session::lost(&client, in_session, &error))?;
    let order = Responses::new(method.pattern);
    let mut responses = ResponseSide::new(Arc::clone(&client), receive, order, in_session);
    responses.turn = turn;
    let mut requests = RequestSide {
        client,
        send,
        finished: false,
        in_session,
    };
    let info = request.stub.info;
    let header = StreamHeader {
        service: Cow::Borrowed(info.name),
        version: info.version,
        method: Cow::Borrowed(method.name),
        contract_id: Some(info.contract_id),
        call_id: requests.client.call_id(),
        deadline_ms: left(deadline).inspect_err(|status| responses.status = Some(status.clone()))?,
        mode: Mode::Xlang.number(),
        session,
        metadata: inherit::trace(&request.metadata),
    };
    let small = message.as_ref().map_or(0, Vec::len).min(COPY);
    let mut head = Vec::with_capacity(160 + small);
    let start = frame::open(&mut head);
    header.encode(&mut head);
    frame::close(&mut head, start, Flags::HEADER);
    match message {
        None => requests.write(&mut [head.into()]).await?,
        Some(message) => {
            if message.len() <= COPY {
                head.extend_from_slice(&message);
                requests.write(&mut [head.into()]).await?;
            } else {
                requests.write(&mut [head.into(), message.into()]).await?;
            }
            requests.finish();
        }
    }
    Ok((requests, responses))
}

/// What a client sends of one call. Dropping it before its end cancels the call.
pub(crate) struct RequestSide {
    client: Arc<Inner>,
    send: SendStream,
    finished: bool,
    in_session: bool,
}

impl RequestSide {
    /// Writes frames. A server that stops the side has something to say: then this side has ended, without an error.
    pub(crate) async fn write(&mut self, chunks: &mut [Bytes]) -> Result<(), Status> {
        if self.finished {
            return Ok(());
        }
        let mut rest = chunks;
        match std::future::poll_fn(|cx| io::poll_write(&mut self.send, &mut rest, cx)).await {
            Ok(()) => Ok(()),
            Err(WriteError::ConnectionLost(error)) => {
                Err(session::lost(&self.client, self.in_session, &error))
            }
            Err(_) => {
                self.finished = true;
                Ok(())
            }
        }
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
    client: Arc<Inner>,
    reader: FrameReader,
    order: Responses,
    header: Metadata,
    /// How the call ended, once that is known.
    status: Option<Status>,
    limit: usize,
    unpacking: Option<Box<Unpacking>>,
    /// Keeps the budget of what was unpacked until the next message is asked for.
    unpacked: Option<Box<Unpacking>>,
    in_session: bool,
    /// Held until the call has ended.
    turn: Option<Turn>,
}

impl ResponseSide {
    pub(crate) fn new(client: Arc<Inner>, receive: RecvStream, order: Responses, in_session: bool) -> Self {
        let limit = client.node.shared().limits.frame;
        Self {
            reader: FrameReader::new(receive, limit, Arc::clone(&client.budget)),
            client,
            order,
            header: Metadata::new(),
            status: None,
            limit,
            unpacking: None,
            unpacked: None,
            in_session,
            turn: None,
        }
    }

    /// Whether anything of the server's has arrived.
    pub(crate) fn poll_begun(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        self.poll_step(cx, true)
    }

    /// The next response, or `None` after an OK trailer.
    pub(crate) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        self.poll_step(cx, false)
    }

    /// What the server sent before its first message.
    pub(crate) fn header(&self) -> &Metadata {
        &self.header
    }

    /// The trailing metadata, once the call has ended.
    pub(crate) fn trailer(&self) -> Option<&Metadata> {
        self.status.as_ref().map(Status::metadata)
    }

    /// The call has ended at this end, whatever the server still does.
    pub(crate) fn give_up(&mut self) {
        self.turn = None;
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
                            let status =
                                Status::internal(format!("the server's header cannot be read: {error}"));
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
                        Err(error) => Status::internal(error.to_string()),
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
                Status::unavailable("the server refused the call before it began, it may be repeated")
            }
            ReadFailure::Reset(code) if code == u64::from(stream::PROTOCOL) => {
                Status::internal("the server says that this client broke the protocol")
            }
            ReadFailure::Reset(code) => {
                Status::unavailable(format!("the server gave the call up, code {code}"))
            }
            ReadFailure::Lost(error) => session::lost(&self.client, self.in_session, &error),
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
pub(crate) async fn seal(open: Open, stub: &StubInner, method: usize) -> Result<Vec<u8>, Status> {
    let limit = stub.client.node.shared().limits.frame;
    open.seal(Flags::MESSAGE, limit, stub.shrinks(method)).await
}
