//! Messages that a program sends one after the other: a bounded number waits for the runtime's thread.

use crate::queue::{Bridge, Event};
use aster_runtime::Status;
use aster_runtime::raw::Payload;
use futures_util::Stream;
use futures_util::task::AtomicWaker;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// So much waits to be sent; who sends more waits too.
const BYTES: usize = 64 * 1024;
const MESSAGES: usize = 256;

/// What both ends share.
pub(crate) struct Outbox {
    token: u32,
    state: Mutex<State>,
    ready: AtomicWaker,
    bridge: Bridge,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Payload>,
    bytes: usize,
    end: Option<Result<(), Status>>,
    /// Nobody takes messages any more.
    closed: bool,
    /// Whether somebody waits for room.
    waiting: bool,
}

/// What became of a message.
#[derive(Clone, Copy)]
pub(crate) enum Put {
    /// There is room for another.
    Room = 0,
    /// The next one is to wait until there is.
    Full = 1,
    /// Nobody takes it.
    Closed = 2,
}

impl Outbox {
    pub(crate) fn new(bridge: &Bridge, token: u32) -> Arc<Self> {
        Arc::new(Self {
            token,
            state: Mutex::default(),
            ready: AtomicWaker::new(),
            bridge: bridge.clone(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a message.
    pub(crate) fn put(&self, payload: Payload) -> Put {
        let (full, first) = {
            let mut state = self.state();
            if state.closed {
                return Put::Closed;
            }
            state.bytes += payload.len();
            let first = state.messages.is_empty();
            state.messages.push_back(payload);
            let full = state.bytes >= BYTES || state.messages.len() >= MESSAGES;
            state.waiting = full;
            (full, first)
        };
        if first {
            self.ready.wake();
        }
        if full { Put::Full } else { Put::Room }
    }

    /// No message comes after those that wait.
    pub(crate) fn end(&self, end: Result<(), Status>) {
        self.state().end.get_or_insert(end);
        self.ready.wake();
    }
}

/// The end at the runtime. Dropped, it takes nothing any more.
pub(crate) struct Taken(pub(crate) Arc<Outbox>);

impl Stream for Taken {
    type Item = Result<Payload, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let outbox = &self.0;
        outbox.ready.register(cx.waker());
        let mut state = outbox.state();
        let Some(message) = state.messages.pop_front() else {
            return match &state.end {
                Some(Ok(())) => Poll::Ready(None),
                Some(Err(status)) => Poll::Ready(Some(Err(status.clone()))),
                None => Poll::Pending,
            };
        };
        state.bytes -= message.len();
        let low = state.bytes <= BYTES / 2 && state.messages.len() <= MESSAGES / 2;
        let tell = low && std::mem::take(&mut state.waiting);
        drop(state);
        if tell {
            outbox.bridge.push(Event::Room(outbox.token, true));
        }
        Poll::Ready(Some(Ok(message)))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let (messages, ended) = {
            let mut state = self.0.state();
            state.closed = true;
            (std::mem::take(&mut state.messages), state.end.is_some())
        };
        drop(messages);
        // who has sent all does not wait for room
        if !ended {
            self.0.bridge.push(Event::Room(self.0.token, false));
        }
    }
}
