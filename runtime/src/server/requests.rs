//! The request side of one call: its header, then its messages, in the order the pattern asks for.

use crate::alpn::stream;
use crate::call::{self, Step, Violation};
use crate::frame::Frame;
use crate::header::Form;
use crate::metadata::Metadata;
use crate::node::io::{FrameReader, ReadFailure, Unpacking, no_budget};
use crate::status::Status;
use crate::streaming::MessageSource;
use aster_contract::model::Pattern;
use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// How a request side went wrong.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The peer broke the protocol.
    Protocol(Violation),
    /// The call is answered with a status.
    Status(Status),
    /// The peer gave up or is gone: nobody reads an answer.
    Gone,
}

impl From<ReadFailure> for Failure {
    fn from(failure: ReadFailure) -> Self {
        match failure {
            ReadFailure::Frame(error) => Self::Protocol(error.into()),
            ReadFailure::Reset(_) | ReadFailure::Lost(_) => Self::Gone,
            ReadFailure::NoBudget => Self::Status(no_budget()),
        }
    }
}

/// Reads one request side.
pub(crate) struct RequestReader {
    reader: FrameReader,
    order: call::Requests,
    limit: usize,
    form: Form,
    unpacking: Option<Box<Unpacking>>,
    /// Keeps the budget of what was unpacked until the next message is asked for.
    unpacked: Option<Box<Unpacking>>,
}

impl RequestReader {
    pub(crate) fn new(reader: FrameReader, limit: usize) -> Self {
        Self {
            reader,
            order: call::Requests::new(),
            limit,
            form: Form::Binary,
            unpacking: None,
            unpacked: None,
        }
    }

    /// The payload of the header.
    pub(crate) async fn header(&mut self) -> Result<Bytes, Failure> {
        let Some(frame) = self.reader.frame().await? else {
            return Err(Failure::Protocol(Violation::NoHeader));
        };
        self.order
            .frame(frame.flags, frame.payload.is_empty())
            .map_err(Failure::Protocol)?;
        self.form = Form::of(&frame.payload);
        Ok(frame.payload)
    }

    /// How the header was written; binary until it has arrived.
    pub(crate) fn form(&self) -> Form {
        self.form
    }

    /// Sets the pattern that the header named.
    pub(crate) fn expect(&mut self, pattern: Pattern) -> Result<(), Failure> {
        self.order.expect(pattern).map_err(Failure::Protocol)
    }

    /// The one request of the pattern, when the side has ended with it.
    pub(crate) async fn only(&mut self) -> Result<Bytes, Failure> {
        let next = std::future::poll_fn(|cx| self.poll_next(cx)).await?;
        let request = next.ok_or(Failure::Protocol(Violation::NoMessage))?;
        let after = std::future::poll_fn(|cx| {
            if self.order.has_ended() {
                self.poll_after_end(cx)
            } else {
                self.poll_next(cx)
            }
        });
        match after.await? {
            None => Ok(request),
            Some(_) => Err(Failure::Protocol(Violation::SecondMessage)),
        }
    }

    /// Tells the peer that nothing more is read.
    pub(crate) fn stop(&mut self, code: u32) {
        self.reader.stop(code);
    }

    /// The next message, or `None` after the last.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        self.unpacked = None;
        loop {
            if let Some(unpacking) = &mut self.unpacking {
                let result = ready!(unpacking.poll(cx));
                self.unpacked = self.unpacking.take();
                return Poll::Ready(result.map(Some).map_err(Failure::Status));
            }
            if self.order.has_ended() {
                return self.poll_after_end(cx);
            }
            let Some(Frame { flags, payload }) = ready!(self.reader.poll_frame(cx))? else {
                return Poll::Ready(self.order.fin().map(|()| None).map_err(Failure::Protocol));
            };
            match self
                .order
                .frame(flags, payload.is_empty())
                .map_err(Failure::Protocol)?
            {
                Step::Message if flags.is_compressed() => {
                    self.unpacking = Some(Box::new(Unpacking::new(
                        payload,
                        self.limit,
                        self.reader.budget(),
                    )));
                }
                Step::Message => return Poll::Ready(Ok(Some(payload))),
                Step::End | Step::Header | Step::Trailer => {}
            }
        }
    }

    /// After END_STREAM nothing may come. What has arrived is checked; nobody waits for the end of the stream.
    fn poll_after_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Failure>> {
        match self.reader.poll_frame(cx) {
            Poll::Ready(Ok(Some(_)) | Err(ReadFailure::Frame(_))) => {
                Poll::Ready(Err(Failure::Protocol(Violation::AfterEnd)))
            }
            Poll::Ready(Err(failure)) => Poll::Ready(Err(failure.into())),
            Poll::Ready(Ok(None)) | Poll::Pending => Poll::Ready(Ok(None)),
        }
    }
}

/// Where the messages of a streaming call leave word of what went wrong, for the dispatcher.
pub(crate) type Verdict = Arc<Mutex<Option<Failure>>>;

/// The messages of a request side, for the handler.
pub(crate) struct RequestMessages {
    reader: RequestReader,
    verdict: Verdict,
    none: Metadata,
}

impl RequestMessages {
    pub(crate) fn new(reader: RequestReader, verdict: Verdict) -> Self {
        Self {
            reader,
            verdict,
            none: Metadata::new(),
        }
    }
}

impl MessageSource for RequestMessages {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        match ready!(self.reader.poll_next(cx)) {
            Ok(message) => Poll::Ready(message.map(Ok)),
            Err(failure) => {
                let status = match &failure {
                    Failure::Protocol(violation) => Status::internal(format!("protocol error: {violation}")),
                    Failure::Status(status) => status.clone(),
                    Failure::Gone => Status::cancelled("the caller is gone"),
                };
                if matches!(failure, Failure::Protocol(_)) {
                    self.reader.stop(stream::PROTOCOL);
                }
                *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                // the dispatcher ends the call; the handler may say no more
                cx.waker().wake_by_ref();
                Poll::Ready(Some(Err(status)))
            }
        }
    }

    fn header(&self) -> &Metadata {
        &self.none
    }

    fn trailer(&self) -> Option<&Metadata> {
        None
    }
}
