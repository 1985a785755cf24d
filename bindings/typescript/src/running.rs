//! What goes on for an environment, and what of it holds the event loop.

use crate::feed::Feed;
use crate::inbox::Inbox;
use crate::outbox::Outbox;
use crate::queue::Hold;
use crate::server::Incoming;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// What goes on for an environment, by its token. Those of JavaScript are even, those of the runtime odd.
#[derive(Default)]
pub(crate) struct Running {
    /// What JavaScript has begun, and has not heard the end of.
    pub(crate) tasks: HashMap<u32, Task>,
    pub(crate) inboxes: HashMap<u32, Arc<Inbox>>,
    pub(crate) outboxes: HashMap<u32, Arc<Outbox>>,
    pub(crate) feeds: HashMap<u32, Arc<Feed>>,
    /// What peers have begun.
    calls: HashMap<u32, Incoming>,
    /// What is to be done before the environment is gone; `None` for what has ended before.
    ends: Vec<End>,
    last: u32,
    closed: bool,
}

/// Gives the work with which something ends, if it has not ended.
pub(crate) type End = Box<dyn Fn() -> Option<Ending> + Send>;

type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// All that a token of JavaScript can have.
pub(crate) struct Begun {
    pub(crate) task: Option<Task>,
    _inbox: Option<Arc<Inbox>>,
    _outbox: Option<Arc<Outbox>>,
    _feed: Option<Arc<Feed>>,
}

impl Running {
    /// Takes in something that a peer has begun, and gives its token. In an environment that has ended nobody answers.
    pub(crate) fn begin(&mut self, call: Incoming) -> u32 {
        loop {
            self.last = self.last.wrapping_add(2) | 1;
            if !self.calls.contains_key(&self.last) {
                break;
            }
        }
        if !self.closed {
            self.calls.insert(self.last, call);
        }
        self.last
    }

    pub(crate) fn call(&mut self, token: u32) -> Option<&mut Incoming> {
        self.calls.get_mut(&token)
    }

    /// What JavaScript has begun is over for it; it is to be dropped without the lock.
    #[must_use]
    pub(crate) fn forget(&mut self, token: u32) -> Begun {
        Begun {
            task: self.tasks.remove(&token),
            _inbox: self.inboxes.remove(&token),
            _outbox: self.outboxes.remove(&token),
            _feed: self.feeds.remove(&token),
        }
    }

    /// What a peer has begun is over; it is to be dropped without the lock.
    #[must_use]
    pub(crate) fn finish(
        &mut self,
        token: u32,
    ) -> (Option<Incoming>, Option<Arc<Inbox>>, Option<Arc<Outbox>>) {
        (
            self.calls.remove(&token),
            self.inboxes.remove(&token),
            self.outboxes.remove(&token),
        )
    }

    /// The environment ends: gives what has gone on, which is to be dropped without the lock.
    #[must_use]
    pub(crate) fn end(&mut self) -> Self {
        let ended = Self {
            closed: true,
            ..Self::default()
        };
        std::mem::replace(self, ended)
    }

    /// Ends what JavaScript has begun.
    #[expect(clippy::iter_over_hash_type, reason = "no end waits for another")]
    pub(crate) fn abort(&self) {
        for task in self.tasks.values() {
            task.abort.abort();
        }
    }

    /// Something is to be done before the environment is gone.
    pub(crate) fn at_end(&mut self, end: End) {
        self.ends.retain(|end| end().is_some());
        self.ends.push(end);
    }

    /// What is to be done now that it goes.
    pub(crate) fn ends(&self) -> Vec<Ending> {
        self.ends.iter().filter_map(|end| end()).collect()
    }
}

/// Work that JavaScript has begun. It holds the loop as long as it runs: who has not read its end yet holds nothing.
pub(crate) struct Task {
    pub(crate) abort: AbortHandle,
    pub(crate) held: Held,
}

/// What a task holds the loop with.
#[derive(Clone)]
pub(crate) struct Held(Arc<Mutex<Holding>>);

enum Holding {
    Runs(#[expect(dead_code, reason = "it holds")] Hold),
    /// It waits until the program reads: it goes on with that alone, if ever.
    Rests,
    /// It has ended, or nobody waits for it any more.
    Over,
}

// What is replaced is dropped without the lock: a hold that is let go may wake the loop.
impl Held {
    pub(crate) fn by(hold: Hold) -> Self {
        Self(Arc::new(Mutex::new(Holding::Runs(hold))))
    }

    /// It has ended, or nobody waits for it any more.
    pub(crate) fn release(&self) {
        let before = std::mem::replace(&mut *self.lock(), Holding::Over);
        drop(before);
    }

    /// It waits until the program reads.
    pub(crate) fn rest(&self) {
        let mut holding = self.lock();
        if matches!(*holding, Holding::Runs(_)) {
            let before = std::mem::replace(&mut *holding, Holding::Rests);
            drop(holding);
            drop(before);
        }
    }

    /// The program has read.
    pub(crate) fn resume(&self, hold: impl FnOnce() -> Hold) {
        let mut holding = self.lock();
        if matches!(*holding, Holding::Rests) {
            *holding = Holding::Runs(hold());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Holding> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
