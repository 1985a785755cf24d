//! Messages that arrive one after the other, whatever carries them.

use crate::codec::{CodecResult, Message};
use crate::metadata::Metadata;
use crate::status::Status;
use bytes::Bytes;
use futures_util::Stream;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Whole payloads in their order. What reads them from a stream knows the protocol.
pub(crate) trait MessageSource: Send {
    /// The next payload, decompressed; `None` after the last. Nothing is read ahead of the caller.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Status>>>;

    /// The last payload does not fit the contract: nothing more is asked for.
    fn spoiled(&mut self, status: &Status) {
        let _ = status;
    }

    /// What the other side sent before its first message.
    fn header(&self) -> &Metadata;

    /// What the other side sent after its last message, once that is known.
    fn trailer(&self) -> Option<&Metadata>;
}

/// A stream of messages from the other side. Dropping it tells the other side that no more are needed.
///
/// It is a [`Stream`]; [`Streaming::message`] reads it without one.
pub struct Streaming<T> {
    source: Box<dyn MessageSource>,
    decode: Decode<T>,
    ended: bool,
}

/// Makes a value of a payload. A closure without captures takes no memory.
pub(crate) type Decode<T> = Box<dyn Fn(&Bytes) -> CodecResult<T> + Send + Sync>;

impl<T> Streaming<T> {
    pub(crate) fn new(source: Box<dyn MessageSource>, decode: Decode<T>) -> Self {
        Self {
            source,
            decode,
            ended: false,
        }
    }

    /// The next message, or `None` after the last.
    ///
    /// # Errors
    /// The status that ended the stream; nothing follows it.
    pub async fn message(&mut self) -> Result<Option<T>, Status> {
        std::future::poll_fn(|cx| self.poll(cx)).await.transpose()
    }

    /// What the other side sent before its first message.
    pub fn metadata(&self) -> &Metadata {
        self.source.header()
    }

    /// What the other side sent after its last message; `None` until the stream has ended.
    pub fn trailer(&self) -> Option<&Metadata> {
        self.source.trailer()
    }

    /// The last message, which was handed out as bytes, does not fit the contract: nothing follows it.
    pub(crate) fn spoil(&mut self, status: &Status) {
        self.source.spoiled(status);
        self.ended = true;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let item = match self.source.poll_message(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => None,
            Poll::Ready(Some(Err(status))) => Some(Err(status)),
            Poll::Ready(Some(Ok(payload))) => Some((self.decode)(&payload).map_err(|error| {
                let status = violation(&error);
                self.source.spoiled(&status);
                status
            })),
        };
        self.ended = !matches!(item, Some(Ok(_)));
        Poll::Ready(item)
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Decodes with the message's own codec, then changes the result.
pub(crate) fn decoder<M: Message, T>(change: impl Fn(M) -> T + Send + Sync + 'static) -> Decode<T> {
    Box::new(move |payload| M::decode(payload).map(&change))
}

/// A payload that does not fit the contract.
pub(crate) fn violation(error: &crate::codec::CodecError) -> Status {
    Status::contract_violation(error.to_string())
}
