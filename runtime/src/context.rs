//! What a handler knows of its call, and what it may say beside its messages.

use crate::compress::{NEVER, Shrinks};
use crate::frame::{Flags, MAX_HEADER};
use crate::header::Form;
use crate::json::JsonCall;
use crate::metadata::{Metadata, MetadataError};
use crate::payload::Open;
use crate::service::{MethodInfo, ServiceInfo};
use crate::status::Status;
use crate::trust::{Admitted, Attributes, PeerId};
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;
use tokio::time::Instant;
use tracing::{Span, span};

/// Messages wait up to this many bytes for the stream to take them; the handler waits beyond it.
const ROOM: usize = 64 * 1024;

/// The call that a handler answers. Cheap to clone.
///
/// When the caller gives up, its deadline passes or the connection is lost, the handler's future is dropped.
#[derive(Clone)]
pub struct Context {
    call: Arc<Call>,
}

/// What the handler, its streams and the dispatcher share for one call.
pub(crate) struct Call {
    pub(crate) peer: PeerId,
    pub(crate) admitted: Arc<Admitted>,
    pub(crate) service: &'static ServiceInfo,
    pub(crate) method: &'static MethodInfo,
    pub(crate) id: u64,
    /// 0 outside of a session.
    pub(crate) session: u64,
    /// When the header arrived.
    pub(crate) arrival: Instant,
    pub(crate) deadline: Option<Instant>,
    pub(crate) metadata: Metadata,
    pub(crate) frame_limit: usize,
    /// How the response header and the trailer are written.
    pub(crate) form: Form,
    /// Payloads are in JSON.
    pub(crate) json: Option<JsonCall>,
    pub(crate) span: Span,
    pub(crate) answer: Mutex<Answer>,
}

thread_local! {
    /// The call whose handler this thread polls.
    static CURRENT: RefCell<Option<Arc<Call>>> = const { RefCell::new(None) };
}

/// While it lives, the thread works for a call.
pub(crate) struct Entered<'a> {
    before: Option<Arc<Call>>,
    _span: span::Entered<'a>,
}

/// Begins to work for a call.
pub(crate) fn enter(call: &Arc<Call>) -> Entered<'_> {
    Entered {
        before: CURRENT.replace(Some(Arc::clone(call))),
        _span: call.span.enter(),
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

/// What the handler has said and the dispatcher has not sent.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) header: Metadata,
    pub(crate) trailer: Metadata,
    /// Whether the header has gone, so that it can change no more.
    pub(crate) started: bool,
    /// Whether the call has ended, so that nobody takes frames any more.
    ended: bool,
    /// Whether no further message is compressed.
    uncompressed: bool,
    /// Whole frames.
    frames: Vec<u8>,
    /// Who waits for room.
    waiting: Option<Waker>,
    /// Who waits for frames that come from another task than the handler's.
    sender: Option<Waker>,
}

impl Call {
    pub(crate) fn answer(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is room for another message, or until the call has ended.
    pub(crate) fn poll_room(&self, cx: &mut Task<'_>) -> Poll<Result<(), Status>> {
        let mut answer = self.answer();
        if answer.ended {
            return Poll::Ready(Err(over()));
        }
        if answer.frames.len() < ROOM {
            return Poll::Ready(Ok(()));
        }
        answer.waiting = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Adds a whole frame to what waits to be sent.
    pub(crate) fn add_frame(&self, frame: Vec<u8>) -> Result<(), Status> {
        let mut answer = self.answer();
        if answer.ended {
            return Err(over());
        }
        if answer.frames.is_empty() {
            answer.frames = frame;
        } else {
            answer.frames.extend_from_slice(&frame);
        }
        if let Some(waker) = answer.sender.take() {
            waker.wake();
        }
        Ok(())
    }

    /// Takes the frames that wait to be sent, and makes room.
    pub(crate) fn take_frames(&self) -> Vec<u8> {
        let mut answer = self.answer();
        if let Some(waker) = answer.waiting.take() {
            waker.wake();
        }
        std::mem::take(&mut answer.frames)
    }

    /// Nothing that the handler left running can send any more.
    pub(crate) fn end(&self) {
        let mut answer = self.answer();
        answer.ended = true;
        answer.sender = None;
        answer.frames = Vec::new();
        if let Some(waker) = answer.waiting.take() {
            waker.wake();
        }
    }

    /// Makes a frame of a response: in the encoding of the call, compressed where that pays.
    pub(crate) async fn seal(&self, mut message: Open, known: &Shrinks) -> Result<Vec<u8>, Status> {
        if let Some(json) = &self.json {
            // boxed: calls in XLANG carry no room for this
            message = Box::pin(json.response(message)).await?;
        }
        let shrinks = self.shrinks(known);
        message.seal(Flags::MESSAGE, self.frame_limit, shrinks).await
    }

    /// What is known of the method's responses, unless those of this call are not to be compressed.
    fn shrinks<'a>(&self, known: &'a Shrinks) -> &'a Shrinks {
        if self.answer().uncompressed { &NEVER } else { known }
    }
}

impl Answer {
    pub(crate) fn has_frames(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Wakes the dispatcher when there are frames; the handler's own poll needs nobody to be woken.
    pub(crate) fn watch_frames(&mut self, waker: Option<&Waker>) {
        self.sender = waker.cloned();
    }
}

/// What a message gets that is sent after the end of its call.
fn over() -> Status {
    Status::cancelled("the call has ended, nobody takes its messages any more")
}

impl Context {
    pub(crate) fn new(call: Arc<Call>) -> Self {
        Self { call }
    }

    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// The call whose handler runs here. Calls that it makes end with its deadline, and carry its `traceparent` and
    /// `tracestate` on.
    ///
    /// A task that a handler spawns is not in its call, unless [`Context::scope`] takes it in.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone).map(Self::new)
    }

    /// Runs a future as a part of this call: in a task that its handler spawns, for example.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let call = Arc::clone(&self.call);
        let mut future = Box::pin(future);
        std::future::poll_fn(move |cx| {
            let _current = enter(&call);
            future.as_mut().poll(cx)
        })
    }

    /// When the caller gives up, if it said so.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.call.deadline
    }

    /// The key of the peer that calls.
    pub fn peer(&self) -> PeerId {
        self.call.peer
    }

    /// What the peer's credential says of it.
    pub fn attributes(&self) -> &Attributes {
        self.call.admitted.attributes()
    }

    /// The full name of the service, `package.Name`.
    pub fn service(&self) -> &'static str {
        self.call.service.name
    }

    /// The method.
    pub fn method(&self) -> &'static str {
        self.call.method.name
    }

    /// The caller's number of the call, for logs.
    pub fn call_id(&self) -> u64 {
        self.call.id
    }

    /// The number of the session that the call belongs to; `None` if the service has none. It is the caller's, for this
    /// connection.
    pub fn session(&self) -> Option<u64> {
        (self.call.session != 0).then_some(self.call.session)
    }

    /// What the caller sent along.
    pub fn metadata(&self) -> &Metadata {
        &self.call.metadata
    }

    /// The time left until the caller gives up; `None` if it did not say.
    pub fn deadline(&self) -> Option<Duration> {
        self.call
            .deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Adds an entry to what goes before the first message. Once that has gone, it goes with the trailer.
    ///
    /// # Errors
    /// [`MetadataError`]: the entry is against the rules.
    pub fn set_header(&self, key: impl Into<String>, value: impl Into<String>) -> Result<(), MetadataError> {
        let mut answer = self.call.answer();
        if answer.started {
            return answer.trailer.insert(key, value);
        }
        if self.call.form == Form::Binary {
            return answer.header.insert(key, value);
        }
        // what is escaped can be too much for a frame though it is within the bounds
        let mut header = answer.header.clone();
        header.insert(key, value)?;
        let mut written = Vec::new();
        self.call.form.encode_response(&header, &mut written);
        if written.len() > MAX_HEADER {
            return Err(MetadataError::TooMuch);
        }
        answer.header = header;
        Ok(())
    }

    /// Sends the responses from here on without compression, whose length tells of their content: for those that mix a
    /// secret with text that somebody else chooses.
    pub fn uncompressed(&self) {
        self.call.answer().uncompressed = true;
    }

    /// Adds an entry to what goes with the status, also if the call fails.
    ///
    /// # Errors
    /// [`MetadataError`]: the entry is against the rules.
    pub fn set_trailer(&self, key: impl Into<String>, value: impl Into<String>) -> Result<(), MetadataError> {
        self.call.answer().trailer.insert(key, value)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Context");
        out.field("peer", &self.peer())
            .field("service", &self.service())
            .field("method", &self.method());
        out.field("call_id", &self.call_id())
            .field("session", &self.session())
            .finish_non_exhaustive()
    }
}
