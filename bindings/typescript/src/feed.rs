//! What happens in the runtime, for asynchronous iterators: events, entries, chunks, connections.
//!
//! A task of the runtime reads a little ahead of the loop, and stops while there is no room.

use crate::failure::Failure;
use crate::node::OpenNode;
use crate::queue::{Bridge, Event};
use crate::record::{Kind, Records};
use crate::value::Value;
use futures_util::{Stream, StreamExt as _};
use napi::{Env, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// How far a feed reads ahead.
#[derive(Clone, Copy)]
pub(crate) struct Ahead {
    /// So many items; with none, each is read when somebody waits for it.
    pub(crate) items: usize,
    /// So many bytes, and what exceeds them with its last item.
    pub(crate) bytes: usize,
    /// Whether it is of a call: an open subscription holds the loop, read or not.
    pub(crate) calls: bool,
}

impl Ahead {
    /// For the responses of a call.
    pub(crate) const CALL: Self = Self {
        calls: true,
        ..Self::EVENTS
    };
    /// For things that are small.
    pub(crate) const EVENTS: Self = Self {
        items: 256,
        bytes: 1024 * 1024,
        calls: false,
    };
    /// For things that whoever comes next must find where they were.
    pub(crate) const NONE: Self = Self {
        items: 0,
        bytes: 0,
        calls: false,
    };
}

/// What waits for the loop.
pub(crate) struct Feed {
    token: u32,
    state: Mutex<State>,
    /// There is room again.
    room: Notify,
    bridge: Bridge,
    ahead: Ahead,
}

#[derive(Default)]
struct State {
    items: Vec<Value>,
    bytes: usize,
    begun: bool,
    /// Whether the beginning was told.
    told: bool,
    end: Option<std::result::Result<(), Failure>>,
    /// Whether the end is here or was told.
    over: bool,
    /// Whether items are passed over until half of the room is free.
    skipping: bool,
    /// Whether somebody waits for the next item.
    waiting: bool,
}

impl Feed {
    fn new(bridge: &Bridge, token: u32, ahead: Ahead) -> Arc<Self> {
        Arc::new(Self {
            token,
            state: Mutex::default(),
            room: Notify::new(),
            bridge: bridge.clone(),
            ahead,
        })
    }

    pub(crate) fn token(&self) -> u32 {
        self.token
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a source to its end, as fast as there is room.
    async fn follow<S>(self: &Arc<Self>, source: impl Future<Output = std::result::Result<S, Failure>>)
    where
        S: Stream<Item = std::result::Result<(usize, Value), Failure>>,
    {
        let source = match source.await {
            Ok(source) => source,
            Err(failure) => return self.end(Err(failure)),
        };
        let mut source = std::pin::pin!(source);
        self.begin();
        loop {
            while self.rests() {
                self.room.notified().await;
            }
            match source.next().await {
                Some(Ok((bytes, item))) => self.add(bytes, item),
                Some(Err(failure)) => return self.end(Err(failure)),
                None => return self.end(Ok(())),
            }
        }
    }

    /// Whether there is no room. A call holds no loop meanwhile; who reads has the lock before or after it, and lets it go on.
    fn rests(&self) -> bool {
        let state = self.state();
        let room = if self.ahead.items == 0 {
            state.items.is_empty() && state.waiting
        } else {
            state.items.len() < self.ahead.items && state.bytes < self.ahead.bytes
        };
        if !room && self.ahead.calls {
            self.bridge.rest(self.token);
        }
        !room
    }

    /// It has begun: what happens from here on is told.
    pub(crate) fn begin(self: &Arc<Self>) {
        self.state().begun = true;
        self.bridge.push(Event::Feed(Arc::clone(self)));
    }

    fn add(self: &Arc<Self>, bytes: usize, item: Value) {
        let waits = {
            let mut state = self.state();
            state.bytes += bytes;
            state.items.push(item);
            state.waiting
        };
        if waits {
            self.bridge.push(Event::Feed(Arc::clone(self)));
        }
    }

    /// Adds an item if there is room. The last place is for `missed`; after that items are passed over until there is room for many.
    pub(crate) fn offer(self: &Arc<Self>, bytes: usize, item: Value, missed: impl FnOnce() -> Value) {
        let full = {
            let mut state = self.state();
            let half = state.items.len() <= self.ahead.items / 2 && state.bytes <= self.ahead.bytes / 2;
            if state.skipping && !half {
                return;
            }
            state.skipping =
                state.items.len() + 1 >= self.ahead.items || state.bytes + bytes > self.ahead.bytes;
            state.skipping
        };
        if full {
            self.add(0, missed());
        } else {
            self.add(bytes, item);
        }
    }

    /// Nothing comes after what is here.
    pub(crate) fn end(self: &Arc<Self>, end: std::result::Result<(), Failure>) {
        {
            let mut state = self.state();
            if std::mem::replace(&mut state.over, true) {
                return;
            }
            state.end = Some(end);
        }
        self.bridge.push(Event::Feed(Arc::clone(self)));
    }

    /// Somebody waits for the next item.
    pub(crate) fn ask(self: &Arc<Self>) {
        let here = {
            let mut state = self.state();
            state.waiting = true;
            !state.items.is_empty() || state.end.is_some()
        };
        if here {
            self.bridge.push(Event::Feed(Arc::clone(self)));
        }
        // a feed that reads nothing ahead waits for somebody who asks
        self.room.notify_one();
    }

    /// Writes what is here for who waits. Says whether that was the end.
    pub(crate) fn write(&self, records: &mut Records) -> bool {
        let mut state = self.state();
        if state.begun && !std::mem::replace(&mut state.told, true) {
            records.tell(Kind::Begun, self.token);
        }
        if state.waiting && !state.items.is_empty() {
            state.waiting = false;
            state.bytes = 0;
            let items = std::mem::take(&mut state.items);
            records.value(Kind::Items, self.token, Value::List(items));
            self.room.notify_one();
        }
        if !state.items.is_empty() {
            // the end is told after them, when somebody asks
            return false;
        }
        match state.end.take() {
            Some(Ok(())) => {
                records.add(Kind::End, self.token, |_| {});
                true
            }
            Some(Err(failure)) => {
                records.failed(self.token, failure);
                true
            }
            None => false,
        }
    }
}

/// Follows a source on the runtime. It ends, as if the source had, when the node begins to close.
///
/// # Errors
/// The runtime's thread cannot be started.
pub(crate) fn follow<S>(
    env: &Env,
    of: &OpenNode,
    token: u32,
    ahead: Ahead,
    source: impl Future<Output = std::result::Result<S, Failure>> + Send + 'static,
) -> Result<()>
where
    S: Stream<Item = std::result::Result<(usize, Value), Failure>> + Send + 'static,
{
    feed(
        env,
        of.bridge(),
        Some(of.closing()),
        token,
        ahead,
        |feed| async move {
            feed.follow(source).await;
        },
    )
}

/// The same with the source of a call, which ends with it.
///
/// # Errors
/// The runtime's thread cannot be started.
pub(crate) fn of_call<S>(
    env: &Env,
    bridge: &Bridge,
    token: u32,
    source: impl Future<Output = std::result::Result<S, Failure>> + Send + 'static,
) -> Result<()>
where
    S: Stream<Item = std::result::Result<(usize, Value), Failure>> + Send + 'static,
{
    feed(env, bridge, None, token, Ahead::CALL, |feed| async move {
        feed.follow(source).await;
    })
}

/// Runs `work` on the runtime, which fills the feed that it is given.
///
/// # Errors
/// The runtime's thread cannot be started.
pub(crate) fn feed<W>(
    env: &Env,
    bridge: &Bridge,
    closing: Option<watch::Receiver<bool>>,
    token: u32,
    ahead: Ahead,
    work: impl FnOnce(Arc<Feed>) -> W,
) -> Result<()>
where
    W: Future<Output = ()> + Send + 'static,
{
    let feed = Feed::new(bridge, token, ahead);
    bridge.running().feeds.insert(token, Arc::clone(&feed));
    let work = work(Arc::clone(&feed));
    bridge.spawn(env, token, async move {
        let closed = async move {
            match closing {
                // an error says that the node's object is gone
                Some(mut closing) => drop(closing.wait_for(|closing| *closing).await),
                None => std::future::pending().await,
            }
        };
        {
            let (mut work, mut closed) = (std::pin::pin!(work), std::pin::pin!(closed));
            tokio::select! {
                biased;
                () = &mut closed => {}
                () = &mut work => {}
            }
        }
        feed.end(Ok(()));
    })
}
