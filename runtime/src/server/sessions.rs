//! The sessions of one connection: their instances, made by the first call and ended after the last.
//!
//! Source: wire protocol, "Sessions".

mod book;

use crate::context::Call;
use crate::node::Shared;
use crate::server::run;
use crate::service::{CallFuture, Instance, ServerCall, Service, SessionContext, SessionEnd};
use crate::status::Status;
use aster_contract::model::ContractId;
use book::{Book, Closing, Refused};
use futures_util::FutureExt as _;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{Notify, OnceCell, Semaphore, watch};
use tokio::time::Instant;

/// The reserved method that ends a session.
pub(crate) const CLOSE: &str = "_close";

/// The sessions of one connection.
pub(crate) struct Sessions {
    book: Mutex<Book<Arc<Session>>>,
    /// A session was opened.
    opened: Notify,
    shared: Arc<Shared>,
    /// Counted with the node from the first session to the end of the last task.
    counted: OnceLock<Counted>,
}

/// One session: an instance for each service that it has called.
struct Session {
    context: SessionContext,
    /// Held by the call that runs, where calls do not overlap.
    turn: Semaphore,
    instances: Mutex<Vec<(ContractId, Arc<Slot>)>>,
    ended: watch::Sender<bool>,
    _open: Open,
}

/// Counts a session while it is open.
struct Open(Arc<Shared>);

impl Open {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.sessions.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(shared))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An instance, once a call has made it.
type Slot = OnceCell<Box<dyn Instance>>;

/// Says to the node that it has to wait for sessions.
struct Counted(Arc<Shared>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.with_sessions.send_modify(|count| *count -= 1);
    }
}

impl Sessions {
    pub(crate) fn new(shared: &Arc<Shared>) -> Arc<Self> {
        let limits = &shared.limits;
        Arc::new(Self {
            book: Mutex::new(Book::new(limits.sessions, limits.session_idle)),
            opened: Notify::new(),
            shared: Arc::clone(shared),
            counted: OnceLock::new(),
        })
    }

    /// Says early whether a call of the session can run.
    ///
    /// # Errors
    /// The status that the call is answered with.
    pub(crate) fn check(&self, id: u64) -> Result<(), Status> {
        self.book().check(id).map_err(|refused| self.refused(id, refused))
    }

    /// Begins a call of a session, which the first one opens.
    ///
    /// # Errors
    /// The status that the call is answered with.
    pub(crate) fn enter(self: &Arc<Self>, id: u64, call: &Call) -> Result<Running, Status> {
        let open = || {
            self.counted.get_or_init(|| {
                self.shared.with_sessions.send_modify(|count| *count += 1);
                Counted(Arc::clone(&self.shared))
            });
            self.opened.notify_one();
            Arc::new(Session {
                context: SessionContext {
                    peer: call.peer,
                    admitted: Arc::clone(&call.admitted),
                    id,
                },
                turn: Semaphore::new(1),
                instances: Mutex::default(),
                ended: watch::Sender::new(false),
                _open: Open::new(&self.shared),
            })
        };
        let entered = self.book().enter(id, Instant::now(), open);
        let session = entered.map_err(|refused| self.refused(id, refused))?;
        Ok(Running {
            sessions: Arc::clone(self),
            session,
        })
    }

    /// Closes an id for good, and waits until the session's calls have ended and its close hooks have run.
    pub(crate) async fn close(self: &Arc<Self>, id: u64) {
        let closing = self.book().close(id);
        let session = match closing {
            Closing::Nothing => return,
            Closing::Elsewhere(session) => session,
            Closing::Now(session) => {
                self.end(Arc::clone(&session), SessionEnd::Closed);
                session
            }
        };
        // the sender is the session's own, it is not dropped before
        let _ = session.ended.subscribe().wait_for(|ended| *ended).await;
    }

    /// Ends a session that no call uses, in a task of its own: nobody can stop it.
    fn end(self: &Arc<Self>, session: Arc<Session>, end: SessionEnd) {
        // without a runtime the process is about to end
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let sessions = Arc::clone(self);
        runtime.spawn(async move {
            let instances = std::mem::take(&mut *session.instances());
            for (_, slot) in instances {
                let close = async move {
                    if let Some(instance) = slot.get() {
                        instance.close(end).await;
                    }
                };
                if let Err(panic) = AssertUnwindSafe(close).catch_unwind().await {
                    run::report(&*panic);
                    sessions.shared.counters.panics.add();
                }
            }
            sessions.book().ended(session.context.id);
            session.ended.send_replace(true);
        });
    }

    fn refused(&self, id: u64, refused: Refused) -> Status {
        match refused {
            Refused::Closed => Status::not_found(format!("session {id} has ended")),
            Refused::Lost => Status::aborted("session lost"),
            Refused::Full => {
                self.shared.counters.over_limit.add();
                let limit = self.shared.limits.sessions;
                Status::resource_exhausted(format!("a connection has at most {limit} sessions at once"))
            }
        }
    }

    fn book(&self) -> MutexGuard<'_, Book<Arc<Session>>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn instances(&self) -> MutexGuard<'_, Vec<(ContractId, Arc<Slot>)>> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, contract: ContractId) -> Arc<Slot> {
        let mut instances = self.instances();
        let found = instances.iter().find(|(id, _)| *id == contract);
        if let Some((_, slot)) = found {
            return Arc::clone(slot);
        }
        let slot = Arc::default();
        instances.push((contract, Arc::clone(&slot)));
        slot
    }
}

/// A call of a session, until it is dropped: the session does not end before.
pub(crate) struct Running {
    sessions: Arc<Sessions>,
    session: Arc<Session>,
}

impl Running {
    /// Answers the call: waits for its turn, makes the instance if there is none, and calls that.
    pub(crate) fn call(self, service: Arc<dyn Service>, method: usize, call: ServerCall) -> CallFuture {
        Box::pin(async move {
            let Some(maker) = service.sessions() else {
                return service.call(method, call).await;
            };
            let _turn = if maker.overlaps() {
                None
            } else {
                // the semaphore is never closed
                self.session.turn.acquire().await.ok()
            };
            let slot = self.session.slot(service.info().contract_id);
            let open = || maker.open(self.session.context.clone());
            let instance = slot.get_or_try_init(open).await?;
            instance.call(method, call).await
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let left = self
            .sessions
            .book()
            .leave(self.session.context.id, Instant::now());
        if let Some((session, end)) = left {
            self.sessions.end(session, end);
        }
    }
}

/// Ends the sessions of a connection when it is dropped.
pub(crate) struct EndAll<'a>(pub(crate) &'a Arc<Sessions>);

impl Drop for EndAll<'_> {
    fn drop(&mut self) {
        let all = self.0.book().end_all();
        for session in all {
            self.0.end(session, SessionEnd::Lost);
        }
    }
}

/// Ends sessions that are idle for too long, as long as it is polled.
pub(crate) async fn end_idle(sessions: &Arc<Sessions>) -> Infallible {
    loop {
        let next = sessions.book().next_expiry(Instant::now());
        match next {
            Some(at) => tokio::time::sleep_until(at).await,
            None => sessions.opened.notified().await,
        }
        let idle = sessions.book().expire(Instant::now());
        for session in idle {
            sessions.end(session, SessionEnd::Idle);
        }
    }
}
