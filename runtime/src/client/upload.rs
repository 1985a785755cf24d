//! The requests of a call that streams them: kept until the server has begun with the call, so that it can be made again
//! where the server refused it.
//!
//! Source: runtime, "Client": one retry loop.

use crate::client::exchange::{self, Prepared, RequestSide, ResponseSide};
use crate::client::observed::Observed;
use crate::client::retry::{Attempts, Failure};
use crate::status::Status;
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::time::Instant;

/// What is kept of one call at most. One that has sent more is not made again.
const KEPT: usize = 256 * 1024;
/// What a kept frame takes beside its bytes.
const FRAME: usize = 64;

/// The request side of one call, on whatever stream it is now.
pub(crate) struct Upload {
    state: Mutex<State>,
}

struct State {
    side: Side,
    /// How often the call has moved to another stream.
    moves: u32,
    /// All frames since the header; `None` once the call cannot be made again.
    kept: Option<Kept>,
    /// Whether the caller has sent its last.
    ended: bool,
}

enum Side {
    Open(RequestSide),
    /// The server refused the call, and whoever reads the responses may move it to another stream. Frames are kept meanwhile.
    Refused,
    /// Nothing more can be sent.
    Over,
}

#[derive(Default)]
struct Kept {
    frames: Vec<Bytes>,
    bytes: usize,
}

/// A frame that is to be written, if it still is when its turn comes.
struct Writing {
    chunks: [Bytes; 1],
    moves: u32,
}

impl Upload {
    /// With `again`, the call may be made again.
    pub(crate) fn new(side: RequestSide, again: bool) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                side: Side::Open(side),
                moves: 0,
                kept: again.then(Kept::default),
                ended: false,
            }),
        })
    }

    /// Sends a frame, as soon as the server has room for it.
    pub(crate) async fn send(&self, frame: Bytes) -> Result<(), Status> {
        let Some(mut writing) = self.keep(frame)? else {
            return Ok(());
        };
        std::future::poll_fn(|cx| self.poll_write(&mut writing, cx)).await
    }

    /// Ends the requests.
    pub(crate) fn finish(&self) {
        let mut state = self.state();
        state.ended = true;
        if let Side::Open(side) = &mut state.side {
            side.finish();
        }
    }

    /// The server has begun with the call: it is not made again.
    pub(crate) fn begun(&self) {
        self.state().kept = None;
    }

    /// Keeps a frame where it may be needed again. `None` if that is all there is to do now.
    fn keep(&self, frame: Bytes) -> Result<Option<Writing>, Status> {
        let state = &mut *self.state();
        if let Some(kept) = &mut state.kept {
            kept.bytes += frame.len() + FRAME;
            if kept.bytes <= KEPT {
                kept.frames.push(frame.clone());
            } else {
                state.kept = None;
                if matches!(state.side, Side::Refused) {
                    state.side = Side::Over;
                }
            }
        }
        match state.side {
            Side::Open(_) => Ok(Some(Writing {
                chunks: [frame],
                moves: state.moves,
            })),
            Side::Refused => Ok(None),
            Side::Over => Err(no_more()),
        }
    }

    fn poll_write(&self, writing: &mut Writing, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let state = &mut *self.state();
        if state.moves != writing.moves {
            // it went with what was kept
            return Poll::Ready(Ok(()));
        }
        let side = match &mut state.side {
            Side::Open(side) => side,
            Side::Refused => return Poll::Ready(Ok(())),
            Side::Over => return Poll::Ready(Err(no_more())),
        };
        ready!(side.poll_write(&mut writing.chunks, cx))?;
        if !side.has_ended() {
            return Poll::Ready(Ok(()));
        }
        if side.is_refused() && state.kept.is_some() {
            state.side = Side::Refused;
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(Err(no_more()))
    }

    /// Whether the call, which the server refused, can be made again.
    fn refuse(&self) -> bool {
        let mut state = self.state();
        let again = state.kept.is_some();
        state.side = if again { Side::Refused } else { Side::Over };
        again
    }

    /// Nothing more is sent, and what was sent is not all.
    pub(crate) fn give_up(&self) {
        let mut state = self.state();
        state.kept = None;
        state.side = Side::Over;
    }

    /// Sends what was kept on another stream, which takes what is sent from now on. Says whether all was kept.
    async fn move_to(&self, mut side: RequestSide) -> Result<bool, Status> {
        let mut number = 0;
        loop {
            let frame = {
                let state = &mut *self.state();
                let Some(kept) = &state.kept else { return Ok(false) };
                let Some(frame) = kept.frames.get(number) else {
                    if state.ended {
                        side.finish();
                    }
                    state.side = Side::Open(side);
                    state.moves += 1;
                    return Ok(true);
                };
                frame.clone()
            };
            side.write(&mut [frame]).await?;
            number += 1;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_more() -> Status {
    Status::cancelled("the server takes no more requests, the responses say why")
}

/// Begins a call whose requests stream; again where it could not begin.
pub(crate) async fn begin(
    call: &Prepared,
    attempts: &mut Attempts,
    observed: &Observed,
    until: Option<Instant>,
) -> Result<(Arc<Upload>, ResponseSide), Status> {
    loop {
        observed.attempt(attempts.number());
        match exchange::begin(call, until).await {
            Ok((requests, responses)) => return Ok((Upload::new(requests, call.may_repeat()), responses)),
            Err(failure) => attempts.again(call.retries(), failure, false, until).await?,
        }
    }
}

/// Makes a call again that failed, with all requests so far, if the server refused it before it began with it.
pub(crate) async fn again(
    call: &Prepared,
    upload: &Upload,
    attempts: &mut Attempts,
    observed: &Observed,
    mut failure: Failure,
    until: Option<Instant>,
) -> Result<ResponseSide, Status> {
    let work = async {
        loop {
            if !failure.is_unprocessed() || !upload.refuse() {
                return Err(failure.status);
            }
            let status = failure.status.clone();
            attempts.again(call.retries(), failure, false, until).await?;
            observed.attempt(attempts.number());
            match exchange::begin(call, until).await {
                Ok((requests, responses)) => {
                    let moved = upload.move_to(requests).await?;
                    return if moved { Ok(responses) } else { Err(status) };
                }
                Err(next) => failure = next,
            }
        }
    };
    let result = work.await;
    if result.is_err() {
        upload.give_up();
    }
    result
}
