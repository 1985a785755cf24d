//! The connection that a client has now: used while it lasts, made anew by the next call after it was lost.

use crate::admission::ServiceEntry;
use crate::client::connect::{Admission, ConnectError, Place};
use crate::client::link::{Link, closed};
use crate::status::Status;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// The connections of one client, of which calls use the last.
pub(crate) struct Links {
    place: Place,
    state: RwLock<State>,
}

struct State {
    /// What the server listed when it last admitted this node.
    services: Arc<[ServiceEntry]>,
    connections: u64,
    now: Now,
}

enum Now {
    /// There is a connection; it may have been lost since.
    Up(Arc<Link>),
    /// One attempt, for which all callers wait.
    Connecting { outcome: Outcome, _task: Abort },
    /// The last attempt failed.
    Down,
    /// The client was closed, for good.
    Closed,
}

type Outcome = watch::Receiver<Option<Result<Arc<Link>, ConnectError>>>;

/// Ends a task with its owner.
struct Abort(AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Links {
    pub(crate) fn new(place: Place, admission: Admission) -> Arc<Self> {
        let services = Arc::clone(&admission.services);
        let link = Link::new(admission, 1, place.node.shared().limits.silence);
        Arc::new(Self {
            place,
            state: RwLock::new(State {
                services,
                connections: 1,
                now: Now::Up(link),
            }),
        })
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// What the server listed when it last admitted this node.
    pub(crate) fn services(&self) -> Arc<[ServiceEntry]> {
        Arc::clone(&self.read().services)
    }

    /// The connection that is in use, or a new one. Waits as long as a connect may take.
    pub(crate) async fn get(self: &Arc<Self>) -> Result<Arc<Link>, Status> {
        if let Now::Up(link) = &self.read().now
            && link.is_usable()
        {
            return Ok(Arc::clone(link));
        }
        // boxed: calls on a connection that stands carry no room for this
        Box::pin(self.connect()).await
    }

    async fn connect(self: &Arc<Self>) -> Result<Arc<Link>, Status> {
        let mut outcome = {
            let mut state = self.write();
            match &state.now {
                Now::Up(link) if link.is_usable() => return Ok(Arc::clone(link)),
                Now::Connecting { outcome, .. } => outcome.clone(),
                Now::Closed => return Err(closed()),
                Now::Up(_) | Now::Down => {
                    let (sender, outcome) = watch::channel(None);
                    let (links, place) = (Arc::downgrade(self), self.place.clone());
                    // a task of its own: a caller that gives up does not end it for the others
                    let task = tokio::spawn(async move {
                        let result = place.reconnect().await;
                        sender.send_replace(settle(&links, result));
                    });
                    state.now = Now::Connecting {
                        outcome: outcome.clone(),
                        _task: Abort(task.abort_handle()),
                    };
                    outcome
                }
            }
        };
        match outcome.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(Ok(link))) => Ok(Arc::clone(link)),
            Ok(Some(Err(error))) => Err(error.clone().into()),
            // closing the client ends the attempt
            Ok(None) | Err(_) => Err(closed()),
        }
    }

    /// Ends the connection, and every attempt to have another.
    pub(crate) fn close(&self) {
        let before = std::mem::replace(&mut self.write().now, Now::Closed);
        if let Now::Up(link) = before {
            link.close();
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the result of an attempt; `None` if the client is closed or gone.
fn settle(
    links: &Weak<Links>,
    result: Result<Admission, ConnectError>,
) -> Option<Result<Arc<Link>, ConnectError>> {
    let links = links.upgrade()?;
    let interval = links.place.node.shared().limits.silence;
    let mut state = links.write();
    if matches!(state.now, Now::Closed) {
        return None;
    }
    let result = result.map(|admission| {
        state.services = Arc::clone(&admission.services);
        state.connections += 1;
        Link::new(admission, state.connections, interval)
    });
    state.now = match &result {
        Ok(link) => Now::Up(Arc::clone(link)),
        Err(error) => {
            tracing::info!(%error, "the connection was not made again");
            Now::Down
        }
    };
    Some(result)
}
