//! From the runtime's thread to the event loop of an environment.
//!
//! What has happened is put into the queue of the environment, whose loop is woken once for all of it. The runtime's thread never
//! waits for JavaScript for that.

use crate::executor;
use crate::failure::Failure;
use crate::feed::Feed;
use crate::inbox::Inbox;
use crate::logging;
use crate::record::{Kind, Records};
use crate::running::{Begun, End, Held, Running, Task};
use crate::value::{self, Value};
use aster_runtime::client::Response;
use bytes::Bytes;
use napi::{Env, Result, check_status, sys};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

/// What has happened.
pub(crate) enum Event {
    /// A call has its response.
    Answer(u32, Box<Response<Bytes>>),
    /// Work is done.
    Done(u32, Value),
    /// Work or a call has failed.
    Failed(u32, Failure),
    /// Something is in an inbox for who waits.
    Inbox(Arc<Inbox>),
    /// Something is in a feed for who waits.
    Feed(Arc<Feed>),
    /// Whether more messages are taken.
    Room(u32, bool),
    /// Something that writes its own record.
    Record(Box<dyn FnOnce(&mut Records) + Send>),
    /// Something that is open no more was the last.
    Idle,
}

/// An environment, as the runtime's thread knows it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bridge {
    inner: Arc<Inner>,
}

struct Inner {
    queue: Mutex<Queue>,
    running: Mutex<Running>,
    /// How much is open or runs: the loop runs on while there is any.
    holds: AtomicUsize,
    /// Whether the loop is held.
    held: AtomicBool,
}

#[derive(Default)]
struct Queue {
    events: Vec<Event>,
    /// Wakes the loop; `None` once that has ended.
    waker: Option<Waker>,
    /// Whether the loop has been woken for what is here.
    woken: bool,
    closed: bool,
}

/// Node-API's way to call the loop.
struct Waker(sys::napi_threadsafe_function);

// SAFETY: it is made to be called from any thread; that of the environment takes it away, under the lock, before it ends
unsafe impl Send for Waker {}

impl Bridge {
    /// The bridge to the environment whose thread this is. `drain` gets the records of each wake-up.
    ///
    /// # Errors
    /// The environment ends.
    pub(crate) fn new(env: &Env, drain: sys::napi_value) -> Result<Self> {
        let inner = Arc::new(Inner {
            queue: Mutex::default(),
            running: Mutex::default(),
            holds: AtomicUsize::new(0),
            held: AtomicBool::new(false),
        });
        let mut waker = ptr::null_mut();
        let name = Value::text("aster").make(env)?;
        let context = Arc::into_raw(Arc::clone(&inner)).cast_mut();
        // SAFETY: the environment is the one whose thread this is; the context lives until `drop_context`
        let created = unsafe {
            sys::napi_create_threadsafe_function(
                env.raw(),
                drain,
                ptr::null_mut(),
                name,
                0,
                1,
                context.cast(),
                Some(drop_context),
                context.cast(),
                Some(wake_up),
                &raw mut waker,
            )
        };
        if created != sys::Status::napi_ok {
            // SAFETY: nobody else has taken it
            drop(unsafe { Arc::from_raw(context.cast_const()) });
        }
        check_status!(created)?;
        // SAFETY: it was made above
        check_status!(unsafe { sys::napi_unref_threadsafe_function(env.raw(), waker) })?;
        inner.queue().waker = Some(Waker(waker));
        let bridge = Self { inner };
        // hooks run in the opposite order: this one before that which ends the waker
        env.add_env_cleanup_hook(bridge.clone(), |bridge| bridge.close())?;
        Ok(bridge)
    }

    /// Lets the loop hear of something. Without effect once it has ended.
    pub(crate) fn push(&self, event: Event) {
        let mut queue = self.inner.queue();
        if queue.closed {
            drop(queue);
            drop(event);
            return;
        }
        queue.events.push(event);
        if !std::mem::replace(&mut queue.woken, true)
            && let Some(Waker(waker)) = queue.waker
        {
            // SAFETY: the loop takes the waker away, under the lock, before it ends
            let woken = unsafe {
                sys::napi_call_threadsafe_function(
                    waker,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                )
            };
            // what is logged comes through here too
            drop(queue);
            if woken != sys::Status::napi_ok {
                tracing::warn!(status = woken, "an event loop was not woken");
            }
        }
    }

    /// The same with something that writes its own record.
    pub(crate) fn record(&self, write: impl FnOnce(&mut Records) + Send + 'static) {
        self.push(Event::Record(Box::new(write)));
    }

    /// Runs work whose result is what the promise of `token` becomes.
    ///
    /// # Errors
    /// The runtime's thread cannot be started.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        env: &Env,
        token: u32,
        work: impl Future<Output = std::result::Result<T, Failure>> + Send + 'static,
        then: impl FnOnce(T) -> Value + Send + 'static,
    ) -> Result<()> {
        let bridge = self.clone();
        self.spawn(env, token, async move {
            let event = match work.await {
                Ok(result) => Event::Done(token, then(result)),
                Err(failure) => Event::Failed(token, failure),
            };
            bridge.push(event);
        })
    }

    /// Runs work that tells `token` itself how it ends. Until it does it holds the loop.
    ///
    /// # Errors
    /// The runtime's thread cannot be started.
    pub(crate) fn spawn(
        &self,
        env: &Env,
        token: u32,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<()> {
        let runtime = executor::runtime()?;
        let held = Held::by(self.open(env));
        let holding = held.clone();
        let task = runtime.spawn(async move {
            work.await;
            holding.release();
        });
        let abort = task.abort_handle();
        self.running().tasks.insert(token, Task { abort, held });
        Ok(())
    }

    /// What goes on.
    pub(crate) fn running(&self) -> MutexGuard<'_, Running> {
        self.inner.running()
    }

    /// Ends what JavaScript has begun. It hears nothing of it any more.
    pub(crate) fn cancel(&self, env: &Env, token: u32) {
        let ended = self.inner.forget(token);
        if let Some(task) = &ended.task {
            task.abort.abort();
            task.held.release();
        }
        drop(ended);
        self.settle(env);
    }

    /// What JavaScript has begun goes on without holding the loop: it hears nothing of it any more.
    pub(crate) fn leave(&self, env: &Env, token: u32) {
        let left = self.inner.forget(token);
        if let Some(task) = &left.task {
            task.held.release();
        }
        drop(left);
        self.settle(env);
    }

    /// The task of a stream waits until the program reads: meanwhile it does not hold the loop.
    pub(crate) fn rest(&self, token: u32) {
        if let Some(held) = self.held(token) {
            held.rest();
        }
    }

    /// The program has read: the task goes on.
    pub(crate) fn resume(&self, env: &Env, token: u32) {
        if let Some(held) = self.held(token) {
            held.resume(|| self.open(env));
        }
    }

    fn held(&self, token: u32) -> Option<Held> {
        self.running().tasks.get(&token).map(|task| task.held.clone())
    }

    /// Holds the loop until it has heard of what is here: work that is over does not hold it.
    pub(crate) fn expect(&self, env: &Env) {
        let waits = !self.inner.queue().events.is_empty();
        if waits {
            self.hold(env);
        }
    }

    /// The call of a peer that has that token, if it runs.
    pub(crate) fn context(&self, call: u32) -> Option<aster_runtime::Context> {
        self.running().call(call).and_then(|call| call.context.clone())
    }

    /// Holds the loop as long as what is returned lives.
    pub(crate) fn open(&self, env: &Env) -> Hold {
        self.inner.holds.fetch_add(1, Ordering::Relaxed);
        self.hold(env);
        Hold(self.clone())
    }

    fn hold(&self, env: &Env) {
        if self.inner.held.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(Waker(waker)) = self.inner.queue().waker {
            // SAFETY: the thread is that of the environment, which has the waker
            unsafe { sys::napi_ref_threadsafe_function(env.raw(), waker) };
        }
    }

    /// Lets the loop go where nothing is open.
    fn settle(&self, env: &Env) {
        // what has been pushed before a hold was let go is seen here
        let open = self.inner.holds.load(Ordering::Acquire) > 0 || !self.inner.queue().events.is_empty();
        if open || !self.inner.held.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Some(Waker(waker)) = self.inner.queue().waker {
            // SAFETY: the thread is that of the environment, which has the waker
            unsafe { sys::napi_unref_threadsafe_function(env.raw(), waker) };
        }
    }

    /// Whether both lead to one environment.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The environment ends: so does what it has begun.
    pub(crate) fn close(&self) {
        logging::left(self);
        let events = {
            let mut queue = self.inner.queue();
            queue.closed = true;
            queue.waker = None;
            std::mem::take(&mut queue.events)
        };
        drop(events);
        let running = self.running().end();
        running.abort();
        let ends: Vec<_> = running.ends();
        drop(running);
        if let Ok(runtime) = executor::runtime()
            && !ends.is_empty()
        {
            let (told, done) = mpsc::channel::<()>();
            for end in ends {
                let told = told.clone();
                runtime.spawn(async move {
                    let _told = told;
                    end.await;
                });
            }
            drop(told);
            // an error says that all have ended
            let _ = done.recv_timeout(FAREWELL);
        }
    }

    /// Says how something ends that is open when the environment does: peers hear of it before the process is gone.
    pub(crate) fn at_end(&self, end: End) {
        self.running().at_end(end);
    }
}

/// How long an environment that ends waits until its peers have been told.
const FAREWELL: Duration = Duration::from_millis(200);

/// Keeps a loop from ending.
pub(crate) struct Hold(Bridge);

impl Drop for Hold {
    fn drop(&mut self) {
        if self.0.inner.holds.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.push(Event::Idle);
        }
    }
}

impl Inner {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes everything of a token away; it is dropped without the lock.
    fn forget(&self, token: u32) -> Begun {
        self.running().forget(token)
    }

    /// A stream was read to its end. With the responses of a call all of it is over; its requests are the peer's.
    fn read(&self, token: u32) {
        if token.is_multiple_of(2) {
            drop(self.forget(token));
        } else {
            let inbox = self.running().inboxes.remove(&token);
            drop(inbox);
        }
    }

    /// What has happened since the last time, as records.
    fn records(&self) -> Records {
        let events = {
            let mut queue = self.queue();
            queue.woken = false;
            std::mem::take(&mut queue.events)
        };
        let mut records = Records::default();
        for event in events {
            match event {
                Event::Answer(token, response) => {
                    // what was cancelled meanwhile is not waited for
                    if self.forget(token).task.is_some() {
                        let Response {
                            message,
                            metadata,
                            trailer,
                        } = *response;
                        records.answer(token, message, &metadata, &trailer);
                    }
                }
                Event::Done(token, value) => {
                    if self.forget(token).task.is_some() {
                        records.value(Kind::Done, token, value);
                    }
                }
                Event::Failed(token, failure) => {
                    if self.forget(token).task.is_some() {
                        records.failed(token, failure);
                    }
                }
                Event::Inbox(inbox) => {
                    if inbox.write(&mut records) {
                        self.read(inbox.token());
                    } else {
                        records.read.push(inbox.token());
                    }
                }
                Event::Feed(feed) => {
                    if feed.write(&mut records) {
                        self.forget(feed.token());
                    } else {
                        records.read.push(feed.token());
                    }
                }
                Event::Room(token, room) => records.tell(if room { Kind::Room } else { Kind::Closed }, token),
                Event::Record(write) => write(&mut records),
                Event::Idle => {}
            }
        }
        records
    }
}

/// The loop has been woken.
unsafe extern "C" fn wake_up(
    raw: sys::napi_env,
    drain: sys::napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    if raw.is_null() || drain.is_null() {
        // the environment ends
        return;
    }
    // SAFETY: the context lives until `drop_context`, which comes after the last wake-up
    let inner = unsafe {
        let inner = context.cast_const().cast::<Inner>();
        Arc::increment_strong_count(inner);
        Arc::from_raw(inner)
    };
    let env = Env::from_raw(raw);
    let records = inner.records();
    let bridge = Bridge {
        inner: Arc::clone(&inner),
    };
    for &token in &records.read {
        bridge.resume(&env, token);
    }
    if !records.bytes.is_empty()
        && let Err(error) = hand_over(&env, drain, records)
    {
        tracing::warn!(%error, "what has happened was not handed over: the environment ends");
    }
    bridge.settle(&env);
}

/// Calls the function that reads records.
fn hand_over(env: &Env, drain: sys::napi_value, records: Records) -> Result<()> {
    let raw = env.raw();
    let bytes = value::copied(raw, records.bytes.len(), |room| {
        room.copy_from_slice(&records.bytes);
    })?;
    let values = if records.values.is_empty() {
        Value::Undefined
    } else {
        Value::List(records.values)
    };
    let arguments = [bytes, values.make(env)?];
    let this = Value::Undefined.make(env)?;
    // SAFETY: all values are of this environment
    let called = unsafe {
        sys::napi_call_function(
            raw,
            this,
            drain,
            arguments.len(),
            arguments.as_ptr(),
            ptr::null_mut(),
        )
    };
    if called == sys::Status::napi_pending_exception {
        let mut thrown = ptr::null_mut();
        // SAFETY: the environment is the one whose thread this is
        unsafe {
            check_status!(sys::napi_get_and_clear_last_exception(raw, &raw mut thrown))?;
            // as if it had been thrown in a callback of the program's own
            check_status!(sys::napi_fatal_exception(raw, thrown))?;
        }
        return Ok(());
    }
    check_status!(called)
}

unsafe extern "C" fn drop_context(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: what `Bridge::new` gave away, once
    drop(unsafe { Arc::from_raw(data.cast_const().cast::<Inner>()) });
}
