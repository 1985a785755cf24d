//! Asynchronous iterators over what happens in the runtime: events, entries, chunks, connections.
//!
//! A task of the runtime reads a little ahead of the loop, and stops while there is no room.

use crate::awaitable::{Finish, Ready, Waiter};
use crate::bridge::{self, EventLoop, settle};
use crate::executor;
use crate::failure::Failure;
use futures_util::{Stream, StreamExt as _};
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// What is made of something on the loop's thread, when it is asked for.
pub(crate) type Item = Finish;

/// How far a feed reads ahead.
#[derive(Clone, Copy)]
pub(crate) struct Ahead {
    /// So many items; with none, each is read when somebody waits for it.
    pub(crate) items: usize,
    /// So many bytes, and what exceeds them with its last item.
    pub(crate) bytes: usize,
}

impl Ahead {
    /// For things that are small.
    pub(crate) const EVENTS: Self = Self {
        items: 256,
        bytes: 1024 * 1024,
    };
    /// For things that whoever comes next must find where they were.
    pub(crate) const NONE: Self = Self { items: 0, bytes: 0 };
}

/// What waits for the loop.
pub(crate) struct Feed {
    state: Mutex<State>,
    /// There is room again.
    room: Notify,
    bridge: EventLoop,
    ahead: Ahead,
}

#[derive(Default)]
struct State {
    items: VecDeque<(usize, Item)>,
    bytes: usize,
    begun: bool,
    end: Option<End>,
    /// Whether items are passed over until half of the room is free.
    skipping: bool,
    /// Futures of who waits for the next item, and for the beginning.
    waiting: Option<Py<PyAny>>,
    waiting_to_begin: Vec<Py<PyAny>>,
}

enum End {
    Done,
    /// Raised once, by whoever asks first.
    Failed(Failure),
}

enum Next {
    Item(Item),
    End,
    Failed(Failure),
    Nothing,
}

impl Feed {
    fn new(bridge: &EventLoop, ahead: Ahead) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            room: Notify::new(),
            bridge: bridge.clone(),
            ahead,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a source to its end, as fast as there is room.
    async fn follow<S>(&self, source: impl Future<Output = Result<S, Failure>>)
    where
        S: Stream<Item = Result<(usize, Item), Failure>>,
    {
        let source = match source.await {
            Ok(source) => source,
            Err(failure) => return self.end(Err(failure)),
        };
        let mut source = std::pin::pin!(source);
        self.begin();
        loop {
            while !self.has_room() {
                self.room.notified().await;
            }
            match source.next().await {
                Some(Ok((bytes, item))) => self.add(bytes, item),
                Some(Err(failure)) => return self.end(Err(failure)),
                None => return self.end(Ok(())),
            }
        }
    }

    fn has_room(&self) -> bool {
        let state = self.state();
        if self.ahead.items == 0 {
            return state.items.is_empty() && state.waiting.is_some();
        }
        state.items.len() < self.ahead.items && state.bytes < self.ahead.bytes
    }

    /// It has begun: what happens from here on is told.
    pub(crate) fn begin(&self) {
        let waiting = {
            let mut state = self.state();
            state.begun = true;
            std::mem::take(&mut state.waiting_to_begin)
        };
        self.wake(waiting);
    }

    fn add(&self, bytes: usize, item: Item) {
        let waiting = {
            let mut state = self.state();
            if state.end.is_some() {
                // who listened has left
                drop(state);
                return drop(item);
            }
            state.bytes += bytes;
            state.items.push_back((bytes, item));
            state.waiting.take()
        };
        self.wake(waiting);
    }

    /// Adds an item if there is room. The last place is for `missed`; after that items are passed over until there is room for many.
    pub(crate) fn offer(&self, bytes: usize, item: Item, missed: impl FnOnce() -> Item) {
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
    pub(crate) fn end(&self, end: Result<(), Failure>) {
        let (waiting, others) = {
            let mut state = self.state();
            state.end.get_or_insert(match end {
                Ok(()) => End::Done,
                Err(failure) => End::Failed(failure),
            });
            (state.waiting.take(), std::mem::take(&mut state.waiting_to_begin))
        };
        self.wake(waiting);
        self.wake(others);
    }

    fn wake(&self, futures: impl IntoIterator<Item = Py<PyAny>>) {
        for future in futures {
            self.bridge
                .push(Box::new(move |py| settle(future.bind(py), Ok(py.None()))));
        }
    }

    fn take(&self) -> Next {
        let next = {
            let mut state = self.state();
            match state.items.pop_front() {
                Some((bytes, item)) => {
                    state.bytes -= bytes;
                    Next::Item(item)
                }
                None => match state.end.take() {
                    Some(End::Failed(failure)) => {
                        state.end = Some(End::Done);
                        Next::Failed(failure)
                    }
                    Some(End::Done) => {
                        state.end = Some(End::Done);
                        Next::End
                    }
                    None => Next::Nothing,
                },
            }
        };
        if matches!(next, Next::Item(_)) {
            self.room.notify_one();
        }
        next
    }

    /// Whether an end or an item is here for who asks.
    fn is_ready(state: &State) -> bool {
        !state.items.is_empty() || state.end.is_some()
    }
}

/// Ends a task with what holds it.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What happens, one after the other: an asynchronous iterator. `aclose()`, or dropping it, ends it at its source.
#[pyclass(frozen, name = "Events", module = "aster_runtime")]
pub(crate) struct Events {
    feed: Arc<Feed>,
    task: Mutex<Option<Task>>,
    /// What has to live as long: the node. It holds nothing of Python's, so that the collector need not see it.
    _keep: Py<PyAny>,
}

impl Events {
    /// Follows a source on the runtime. It ends, as if the source had, when `closing` turns true.
    pub(crate) fn follow<'py, S>(
        py: Python<'py>,
        ahead: Ahead,
        keep: Py<PyAny>,
        closing: watch::Receiver<bool>,
        source: impl Future<Output = Result<S, Failure>> + Send + 'static,
    ) -> PyResult<Bound<'py, Self>>
    where
        S: Stream<Item = Result<(usize, Item), Failure>> + Send + 'static,
    {
        Self::feed(py, ahead, keep, closing, |feed| async move {
            feed.follow(source).await;
        })
    }

    /// Runs `work` on the runtime, which fills the feed that it is given.
    pub(crate) fn feed<'py, W>(
        py: Python<'py>,
        ahead: Ahead,
        keep: Py<PyAny>,
        mut closing: watch::Receiver<bool>,
        work: impl FnOnce(Arc<Feed>) -> W,
    ) -> PyResult<Bound<'py, Self>>
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let feed = Feed::new(&EventLoop::current(py)?, ahead);
        let (fed, work) = (Arc::clone(&feed), work(Arc::clone(&feed)));
        let task = executor::runtime()?.spawn(async move {
            {
                let mut work = std::pin::pin!(work);
                tokio::select! {
                    biased;
                    // an error says that the node's object is gone
                    _ = closing.wait_for(|closing| *closing) => {}
                    () = &mut work => {}
                }
            }
            fed.end(Ok(()));
        });
        let events = Self {
            feed,
            task: Mutex::new(Some(Task(task))),
            _keep: keep,
        };
        Bound::new(py, events)
    }

    /// Ends it; the source is let go soon.
    pub(crate) fn stop(&self) {
        drop(self.stopped());
    }

    fn stopped(&self) -> Option<Task> {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let items = {
            let mut state = self.feed.state();
            state.bytes = 0;
            state.end = Some(End::Done);
            std::mem::take(&mut state.items)
        };
        drop(items);
        self.feed.end(Ok(()));
        task
    }

    /// Ends it: an awaitable, after which the source is let go.
    pub(crate) fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Some(mut task) = self.stopped() else {
            return Ready::give(py, py.None().into_bound(py));
        };
        EventLoop::run(
            py,
            async move {
                task.0.abort();
                // it was aborted, or had ended before
                let _ = (&mut task.0).await;
            },
            |py, ()| Ok(py.None()),
        )
    }

    /// An awaitable of the next item; at the end it raises `StopAsyncIteration`.
    pub(crate) fn next<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let feed = &slf.get().feed;
        match feed.take() {
            Next::Item(item) => return Ready::give(py, item(py)?.into_bound(py)),
            Next::End => return Err(PyStopAsyncIteration::new_err(())),
            Next::Failed(failure) => return Err(failure.raise(py)),
            Next::Nothing => {}
        }
        let running = bridge::running(py)?;
        feed.bridge.is_of(&running)?;
        let future = running.call_method0(intern!(py, "create_future"))?;
        {
            let other = feed.state().waiting.as_ref().map(|other| other.clone_ref(py));
            if let Some(other) = other
                && !other.bind(py).call_method0(intern!(py, "done"))?.is_truthy()?
            {
                return Err(PyRuntimeError::new_err(
                    "another task waits for the next item already: one task reads an iterator",
                ));
            }
            let mut state = feed.state();
            if Feed::is_ready(&state) {
                drop(state);
                settle(&future, Ok(py.None()));
            } else {
                let before = state.waiting.replace(future.clone().unbind());
                drop(state);
                drop(before);
                // a feed that reads nothing ahead waits for somebody who asks
                feed.room.notify_one();
            }
        }
        // one that nobody else has lives until the item is here
        let keep = slf.clone().into_any().unbind();
        let feed = Arc::clone(feed);
        let finish = move |py: Python<'_>| match feed.take() {
            Next::Item(item) => item(py),
            Next::End => Err(PyStopAsyncIteration::new_err(())),
            Next::Failed(failure) => Err(failure.raise(py)),
            Next::Nothing => Err(PyRuntimeError::new_err("an iterator was woken for nothing")),
        };
        Waiter::wait(&future, Box::new(finish), Some(keep), None)
    }

    /// An awaitable of `object`, once the source has begun; that is the iterator, or holds it.
    pub(crate) fn begun<'py>(
        slf: &Bound<'py, Self>,
        object: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let feed = &slf.get().feed;
        let running = bridge::running(py)?;
        feed.bridge.is_of(&running)?;
        let future = running.call_method0(intern!(py, "create_future"))?;
        {
            let mut state = feed.state();
            if state.begun || state.end.is_some() {
                drop(state);
                settle(&future, Ok(py.None()));
            } else {
                state.waiting_to_begin.push(future.clone().unbind());
            }
        }
        let feed = Arc::clone(feed);
        let finish = move |py: Python<'_>| {
            let failed = {
                let mut state = feed.state();
                match state.end.take() {
                    Some(End::Failed(failure)) if !state.begun => {
                        state.end = Some(End::Done);
                        Some(failure)
                    }
                    end => {
                        state.end = end;
                        None
                    }
                }
            };
            match failed {
                Some(failure) => Err(failure.raise(py)),
                None => Ok(py.None()),
            }
        };
        Waiter::wait_for(&future, Box::new(finish), object.unbind())
    }
}

#[pymethods]
impl Events {
    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::next(slf)
    }

    /// Waits until it has begun: what happens after that is told.
    fn __await__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::begun(slf, slf.clone().into_any())
    }

    /// Ends it at its source; nothing comes any more.
    fn aclose<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.close(py)
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::begun(slf, slf.clone().into_any())
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(&self, py: Python<'py>, _raised: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.aclose(py)
    }

    #[classmethod]
    fn __class_getitem__(cls: &Bound<'_, PyType>, _item: &Bound<'_, PyAny>) -> Py<PyType> {
        cls.clone().unbind()
    }
}
