//! One stream of iroh's as frames, and frames as one write.

use crate::alpn::stream;
use crate::budget::{self, PeerBudget};
use crate::compress::{self, DecompressError};
use crate::frame::{Decoder, Frame, FrameError};
use crate::status::Status;
use bytes::Bytes;
use iroh::endpoint::{ConnectionError, ReadError, RecvStream, SendStream, VarInt, WriteError};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::task::JoinHandle;

const CHUNK: usize = 64 * 1024;

/// Why no frame was read.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    /// Bytes that are no frame.
    Frame(FrameError),
    /// The peer reset the stream with that code.
    Reset(u64),
    /// The connection is lost.
    Lost(ConnectionError),
    /// There was no budget for a large frame.
    NoBudget,
}

/// Reads the frames of one stream. Nothing is read before it is asked for.
pub(crate) struct FrameReader {
    stream: RecvStream,
    decoder: Decoder,
    fin: bool,
    budget: Arc<PeerBudget>,
    share: Share,
}

/// The bytes that the current large frame takes from the budget.
enum Share {
    None,
    Waiting(Pin<Box<dyn Future<Output = Option<budget::Bytes>> + Send>>),
    /// Held until the next frame is asked for.
    Held {
        _bytes: budget::Bytes,
        whole: bool,
    },
}

impl FrameReader {
    pub(crate) fn new(stream: RecvStream, limit: usize, budget: Arc<PeerBudget>) -> Self {
        Self {
            stream,
            decoder: Decoder::new(limit),
            fin: false,
            budget,
            share: Share::None,
        }
    }

    /// The next frame, or `None` at the end of the stream.
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, ReadFailure>> {
        if matches!(self.share, Share::Held { whole: true, .. }) {
            self.share = Share::None;
        }
        loop {
            match self.decoder.next() {
                Ok(Some(frame)) => {
                    if let Share::Held { whole, .. } = &mut self.share {
                        *whole = true;
                    }
                    return Poll::Ready(Ok(Some(frame)));
                }
                Ok(None) => {}
                Err(error) => return Poll::Ready(Err(ReadFailure::Frame(error))),
            }
            if self.fin {
                return Poll::Ready(match self.decoder.finish() {
                    Ok(()) => Ok(None),
                    Err(error) => Err(ReadFailure::Frame(error)),
                });
            }
            ready!(self.poll_budget(cx))?;
            match ready!(pin!(self.stream.read_chunk(CHUNK)).poll(cx)) {
                Ok(Some(chunk)) => self.decoder.push(chunk),
                Ok(None) => self.fin = true,
                Err(error) => return Poll::Ready(Err(failure(error))),
            }
        }
    }

    pub(crate) async fn frame(&mut self) -> Result<Option<Frame>, ReadFailure> {
        std::future::poll_fn(|cx| self.poll_frame(cx)).await
    }

    /// Tells the peer that nothing more is read.
    pub(crate) fn stop(&mut self, code: u32) {
        // a stream that has ended already needs no stop
        let _ = self.stream.stop(VarInt::from_u32(code));
    }

    /// What is to be unpacked may take this much.
    pub(crate) fn budget(&self) -> &Arc<PeerBudget> {
        &self.budget
    }

    fn poll_budget(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ReadFailure>> {
        if matches!(self.share, Share::None)
            && let Some(size) = self.decoder.awaited().filter(|size| *size > budget::FREE)
        {
            self.share = Share::Waiting(self.budget.bytes(size));
        }
        if let Share::Waiting(share) = &mut self.share {
            match ready!(share.as_mut().poll(cx)) {
                Some(bytes) => {
                    self.share = Share::Held {
                        _bytes: bytes,
                        whole: false,
                    }
                }
                None => return Poll::Ready(Err(ReadFailure::NoBudget)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn failure(error: ReadError) -> ReadFailure {
    match error {
        ReadError::Reset(code) => ReadFailure::Reset(code.into_inner()),
        ReadError::ConnectionLost(error) => ReadFailure::Lost(error),
        // streams are read by their one reader, and never before the handshake
        ReadError::ClosedStream | ReadError::ZeroRttRejected => ReadFailure::Reset(stream::CANCELLED.into()),
    }
}

/// Writes as much of `chunks` as the stream takes, until all of it is written.
pub(crate) fn poll_write(
    stream: &mut SendStream,
    chunks: &mut &mut [Bytes],
    cx: &mut Context<'_>,
) -> Poll<Result<(), WriteError>> {
    while let Some(first) = chunks.first() {
        if first.is_empty() {
            *chunks = &mut std::mem::take(chunks)[1..];
            continue;
        }
        ready!(pin!(stream.write_many_chunks(chunks)).poll(cx))?;
    }
    Poll::Ready(Ok(()))
}

/// Ends a stream with that code, whatever has been written.
pub(crate) fn reset(stream: &mut SendStream, code: u32) {
    // a stream that has ended already needs no reset
    let _ = stream.reset(VarInt::from_u32(code));
}

/// Unpacks one payload, large ones away from this thread.
pub(crate) struct Unpacking {
    share: Option<Pin<Box<dyn Future<Output = Option<budget::Bytes>> + Send>>>,
    held: Option<budget::Bytes>,
    payload: Bytes,
    limit: usize,
    work: Option<JoinHandle<Result<Vec<u8>, DecompressError>>>,
}

impl Unpacking {
    pub(crate) fn new(payload: Bytes, limit: usize, budget: &PeerBudget) -> Self {
        let size = usize::try_from(compress::declared_size(&payload))
            .unwrap_or(limit)
            .min(limit);
        let share = (size > budget::FREE).then(|| budget.bytes(size));
        Self {
            share,
            held: None,
            payload,
            limit,
            work: None,
        }
    }

    /// The unpacked payload. Its share of the budget is given back with this value.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Status>> {
        if let Some(share) = &mut self.share {
            self.held = ready!(share.as_mut().poll(cx));
            self.share = None;
            if self.held.is_none() {
                return Poll::Ready(Err(no_budget()));
            }
        }
        if self.work.is_none() {
            let size = compress::declared_size(&self.payload).max(self.payload.len() as u64);
            if size <= compress::INLINE as u64 {
                return Poll::Ready(unpacked(compress::decompress(&self.payload, self.limit)));
            }
            let (payload, limit) = (self.payload.clone(), self.limit);
            self.work = Some(tokio::task::spawn_blocking(move || {
                compress::decompress(&payload, limit)
            }));
        }
        let Some(work) = &mut self.work else {
            return Poll::Pending;
        };
        Poll::Ready(match ready!(Pin::new(work).poll(cx)) {
            Ok(result) => unpacked(result),
            Err(_) => Err(Status::internal("decompression failed")),
        })
    }
}

fn unpacked(result: Result<Vec<u8>, DecompressError>) -> Result<Bytes, Status> {
    match result {
        Ok(payload) if payload.is_empty() => Err(Status::contract_violation(
            "a compressed payload that unpacks to nothing",
        )),
        Ok(payload) => Ok(payload.into()),
        Err(error @ DecompressError::TooLarge { .. }) => Err(Status::resource_exhausted(error.to_string())),
        Err(error) => Err(Status::contract_violation(error.to_string())),
    }
}

/// There was no room for a large frame in time.
pub(crate) fn no_budget() -> Status {
    Status::resource_exhausted("no room for a large message: too many are under way")
}
