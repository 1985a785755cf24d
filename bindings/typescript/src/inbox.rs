//! Messages that arrive for an event loop: read a little ahead, and handed over together.

use crate::failure::Failure;
use crate::queue::{Bridge, Event};
use crate::record::{self, Kind, Records};
use aster_runtime::codec::{CodecError, CodecErrorKind};
use aster_runtime::{Metadata, Status, Streaming};
use bytes::Bytes;
use futures_util::StreamExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// So much is read ahead of the loop: the rest waits at the sender.
const BYTES: usize = 64 * 1024;
const MESSAGES: usize = 256;

/// What has arrived of one stream.
pub(crate) struct Inbox {
    token: u32,
    state: Mutex<State>,
    /// There is room again, or the rest is not wanted.
    room: Notify,
    bridge: Bridge,
    /// Whether what comes before the first message is told.
    tells_header: bool,
}

#[derive(Default)]
struct State {
    messages: Vec<Bytes>,
    bytes: usize,
    /// What has not been told of the beginning.
    header: Option<Metadata>,
    end: Option<End>,
    /// Whether the end was told.
    over: bool,
    /// A message that did not fit.
    refused: Option<CodecError>,
    /// Whether somebody waits for the next message.
    waiting: bool,
}

enum End {
    Done(Metadata),
    Failed(Status),
}

impl Inbox {
    /// The inbox of a client, for whose first messages somebody waits.
    pub(crate) fn of_responses(bridge: &Bridge, token: u32) -> Arc<Self> {
        Self::new(bridge, token, true)
    }

    /// The inbox of a handler, which knows the header already.
    pub(crate) fn of_requests(bridge: &Bridge, token: u32) -> Arc<Self> {
        Self::new(bridge, token, false)
    }

    fn new(bridge: &Bridge, token: u32, tells_header: bool) -> Arc<Self> {
        Arc::new(Self {
            token,
            state: Mutex::new(State {
                waiting: true,
                ..State::default()
            }),
            room: Notify::new(),
            bridge: bridge.clone(),
            tells_header,
        })
    }

    pub(crate) fn token(&self) -> u32 {
        self.token
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a stream to its end, as fast as there is room. `begun` says that its header has arrived; that of a call whose both
    /// directions stream comes later.
    pub(crate) async fn feed(self: &Arc<Self>, mut stream: Streaming<Bytes>, mut begun: bool) {
        let _end = EndOnDrop(self);
        if begun {
            self.begun(stream.metadata().clone());
        }
        loop {
            while self.rests() {
                self.room.notified().await;
            }
            if let Some(error) = self.state().refused.take() {
                stream.refuse(&error);
                return;
            }
            let message = std::future::poll_fn(|cx| {
                let message = stream.poll_next_unpin(cx);
                if !begun && (message.is_ready() || !stream.metadata().is_empty()) {
                    begun = true;
                    self.begun(stream.metadata().clone());
                }
                message
            });
            match message.await {
                Some(Ok(message)) => self.add(message),
                None => {
                    let trailer = stream.trailer().cloned().unwrap_or_default();
                    return self.end(End::Done(trailer));
                }
                Some(Err(status)) => return self.end(End::Failed(status)),
            }
        }
    }

    /// There is no stream.
    pub(crate) fn failed(self: &Arc<Self>, status: Status) {
        self.end(End::Failed(status));
    }

    /// A message does not fit the contract: the stream ends so.
    pub(crate) fn refuse(&self, expected: String, found: String) {
        {
            let mut state = self.state();
            state.messages.clear();
            state.bytes = 0;
            state.over = true;
            state.refused = Some(CodecError::new(CodecErrorKind::Refused, expected, found));
        }
        self.room.notify_one();
    }

    /// Whether there is no room. Who reads has the lock before or after it, and lets it go on if it rests.
    fn rests(&self) -> bool {
        let state = self.state();
        let full = state.refused.is_none() && (state.bytes >= BYTES || state.messages.len() >= MESSAGES);
        if full {
            self.bridge.rest(self.token);
        }
        full
    }

    fn begun(self: &Arc<Self>, header: Metadata) {
        if self.tells_header {
            self.change(|state| state.header = Some(header));
        }
    }

    fn add(self: &Arc<Self>, message: Bytes) {
        self.change(|state| {
            state.bytes += message.len();
            state.messages.push(message);
        });
    }

    fn end(self: &Arc<Self>, end: End) {
        self.change(|state| {
            state.end.get_or_insert(end);
        });
    }

    /// Changes what is here, and tells who waits.
    fn change(self: &Arc<Self>, change: impl FnOnce(&mut State)) {
        let waits = {
            let mut state = self.state();
            change(&mut state);
            std::mem::take(&mut state.waiting)
        };
        if waits {
            self.bridge.push(Event::Inbox(Arc::clone(self)));
        }
    }

    /// Writes what is here for who waits. Says whether that was the end.
    pub(crate) fn write(&self, records: &mut Records) -> bool {
        let (messages, over) = {
            let mut state = self.state();
            if let Some(header) = state.header.take() {
                records.add(Kind::Header, self.token, |bytes| record::block(bytes, &header));
            }
            let messages = std::mem::take(&mut state.messages);
            state.bytes = 0;
            if !messages.is_empty() {
                records.messages(self.token, &messages);
            }
            match state.end.take() {
                Some(_) if state.over => {}
                Some(End::Done(trailer)) => {
                    records.add(Kind::End, self.token, |bytes| record::block(bytes, &trailer));
                    state.over = true;
                }
                Some(End::Failed(status)) => {
                    records.failed(self.token, Failure::from(status));
                    state.over = true;
                }
                // a header alone is not what was waited for
                None => state.waiting = messages.is_empty(),
            }
            (messages, state.over)
        };
        if !messages.is_empty() {
            self.room.notify_one();
        }
        over
    }

    /// Messages that are here, each after its length; otherwise who asks waits.
    pub(crate) fn pull(self: &Arc<Self>) -> Option<Vec<u8>> {
        let messages = {
            let mut state = self.state();
            if state.messages.is_empty() {
                state.waiting = true;
                let told = state.end.is_some() || state.header.is_some();
                if told {
                    state.waiting = false;
                    drop(state);
                    self.bridge.push(Event::Inbox(Arc::clone(self)));
                }
                return None;
            }
            state.bytes = 0;
            std::mem::take(&mut state.messages)
        };
        self.room.notify_one();
        Some(record::framed(&messages))
    }
}

/// Whoever waits for a message hears of it when nothing is read any more.
struct EndOnDrop<'a>(&'a Arc<Inbox>);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.failed(Status::cancelled("the call has ended"));
    }
}
