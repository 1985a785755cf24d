//! A handler while it runs: polled, watched, and its messages written as the caller takes them.

use crate::context::{self, Answer, Call};
use crate::header::Form;
use crate::node::io;
use crate::server::dispatch::Target;
use crate::server::exchange::encode_head;
use crate::server::requests::Verdict;
use crate::server::sessions::Running as InSession;
use crate::service::{CallFuture, Reply, ServerCall};
use crate::status::Status;
use aster_contract::model::Pattern;
use bytes::Bytes;
use iroh::endpoint::{SendStream, StoppedError, VarInt};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep};

/// How a handler ended.
pub(crate) enum Ending {
    /// It came to its end.
    Finished(Result<Reply, Status>),
    /// It panicked; the log has the reference.
    Panicked(String),
    /// Its time is over.
    Late,
    /// Nobody waits for it.
    Gone,
}

/// Begins a call, in its session if it has one: the future, or what is left of a panic.
pub(crate) fn guard(
    target: &Target<'_>,
    running: Option<InSession>,
    call: ServerCall,
) -> Result<CallFuture, String> {
    let service = &target.served.service;
    let begin = || match running {
        Some(running) => running.call(Arc::clone(service), target.index, call),
        None => service.call(target.index, call),
    };
    catch_unwind(AssertUnwindSafe(begin)).map_err(|panic| report(&*panic))
}

/// Runs a handler to its end, or until the caller gives up or the time is over. Its future is dropped at once then.
/// Beside the ending there is what of a begun frame is still to be written, before anything else is.
pub(crate) async fn run(
    handler: Result<CallFuture, String>,
    send: &mut SendStream,
    call: &Arc<Call>,
    verdict: Option<&Verdict>,
    until: Option<Instant>,
) -> (Ending, Bytes) {
    let handler = match handler {
        Ok(handler) => handler,
        Err(reference) => return (Ending::Panicked(reference), Bytes::new()),
    };
    let mut running = Running {
        handler: Some(handler),
        ended: None,
        chunk: [Bytes::new()],
        call,
        verdict,
        watches: false,
    };
    // most handlers are done when they are first polled: a timer and a watch are for the others
    if let Poll::Ready(ending) = std::future::poll_fn(|cx| Poll::Ready(running.poll(send, cx))).await {
        return (ending, running.rest());
    }
    let mut watch = Watch {
        stopped: Box::pin(send.stopped()),
        sleep: until.map(|at| Box::pin(tokio::time::sleep_until(at))),
    };
    let ending = std::future::poll_fn(|cx| {
        if let Poll::Ready(ending) = running.poll(send, cx) {
            return Poll::Ready(ending);
        }
        watch.poll(cx)
    })
    .await;
    (ending, running.rest())
}

struct Watch<S> {
    stopped: Pin<Box<S>>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<S: Future<Output = Result<Option<VarInt>, StoppedError>>> Watch<S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        if self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ending::Gone);
        }
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(cx).map(|()| Ending::Late),
            None => Poll::Pending,
        }
    }
}

struct Running<'a> {
    handler: Option<CallFuture>,
    ended: Option<Result<Reply, Status>>,
    /// Frames that the stream has not taken yet.
    chunk: [Bytes; 1],
    call: &'a Arc<Call>,
    verdict: Option<&'a Verdict>,
    /// Whether frames of another task wake this.
    watches: bool,
}

/// How often a handler that never waits is polled before others get their turn.
const TURNS: usize = 32;

impl Running<'_> {
    fn rest(self) -> Bytes {
        let [chunk] = self.chunk;
        chunk
    }

    fn poll(&mut self, send: &mut SendStream, cx: &mut Context<'_>) -> Poll<Ending> {
        for _ in 0..TURNS {
            if std::mem::take(&mut self.watches) {
                self.call.answer().watch_frames(None);
            }
            if let Some(handler) = &mut self.handler {
                let current = context::enter(self.call);
                let polled = catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx)));
                drop(current);
                match polled {
                    Ok(Poll::Pending) => {}
                    Ok(Poll::Ready(result)) => {
                        self.handler = None;
                        self.ended = Some(result);
                    }
                    Err(panic) => {
                        let reference = report(&*panic);
                        // dropping what panicked may panic again
                        let handler = self.handler.take();
                        let _ = catch_unwind(AssertUnwindSafe(|| drop(handler)));
                        return Poll::Ready(Ending::Panicked(reference));
                    }
                }
                if self.is_violated() {
                    self.handler = None;
                    return Poll::Ready(Ending::Gone);
                }
            }
            if self.chunk[0].is_empty() {
                self.chunk[0] = self.next_chunk(cx);
            }
            if self.chunk[0].is_empty() {
                return match self.ended.take() {
                    Some(result) => Poll::Ready(Ending::Finished(result)),
                    None => Poll::Pending,
                };
            }
            match io::poll_write(send, &mut &mut self.chunk[..], cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(Ending::Gone),
                Poll::Ready(Ok(())) => self.chunk[0] = Bytes::new(),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Whether the caller broke the protocol, which the handler saw as the end of its requests.
    fn is_violated(&self) -> bool {
        self.verdict
            .is_some_and(|verdict| verdict.lock().unwrap_or_else(PoisonError::into_inner).is_some())
    }

    /// The frames that the handler has made since the last, behind the header if they are the first.
    fn next_chunk(&mut self, cx: &Context<'_>) -> Bytes {
        let mut answer = self.call.answer();
        if !answer.has_frames() {
            let streams = matches!(
                self.call.method.pattern,
                Pattern::ServerStream | Pattern::BidiStream
            );
            if streams && self.handler.is_some() {
                answer.watch_frames(Some(cx.waker()));
                self.watches = true;
            }
            return Bytes::new();
        }
        let head = head(&mut answer, self.call.form);
        drop(answer);
        let frames = self.call.take_frames();
        match head {
            Some(mut head) => {
                head.extend_from_slice(&frames);
                head.into()
            }
            None => frames.into(),
        }
    }
}

/// The response header, once, if the handler said something for it.
pub(crate) fn head(answer: &mut Answer, form: Form) -> Option<Vec<u8>> {
    let first = !std::mem::replace(&mut answer.started, true);
    (first && !answer.header.is_empty()).then(|| encode_head(&answer.header, form))
}

/// Writes what a handler panicked with to the log, under a reference that the caller gets instead.
pub(super) fn report(panic: &(dyn std::any::Any + Send)) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let reference = format!("{:016x}", RandomState::new().hash_one(number));
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is no text");
    tracing::error!(reference, panic = text, "a handler panicked");
    reference
}
