//! The connection that a client has now: used while it lasts, made anew by the next call after it was lost.

use crate::admission::ServiceEntry;
use crate::client::connect::{Admission, ConnectError, Place};
use crate::client::lease::{self, Lease, Owner};
use crate::client::link::{Link, Room, closed};
use crate::service::streams;
use crate::status::Status;
use aster_contract::model::Pattern;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;

/// The connections of one client, of which calls use the last.
pub(crate) struct Links {
    place: Place,
    state: RwLock<State>,
    /// Held while another connection is made beside the one in use.
    widening: Mutex<()>,
}

struct State {
    /// What the server listed when it last admitted this node.
    services: Arc<[ServiceEntry]>,
    connections: u64,
    now: Now,
    /// Those beside it, for streaming calls that found no place. They last as long as these.
    more: Vec<Weak<Link>>,
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
        let lease = admission.lease;
        let link = Link::new(admission, 1, place.node.shared().limits.silence);
        let weak = Arc::downgrade(&link);
        let links = Arc::new(Self {
            place,
            state: RwLock::new(State {
                services,
                connections: 1,
                now: Now::Up(link),
                more: Vec::new(),
            }),
            widening: Mutex::new(()),
        });
        links.keep(weak, lease);
        links
    }

    /// Renews the admission of a connection, and ends it if the server loses its credential.
    fn keep(self: &Arc<Self>, link: Weak<Link>, lease: Lease) {
        if !lease.is_endless() {
            tokio::spawn(lease::keep(Arc::downgrade(self), link, lease));
        }
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

    /// A connection for a call of that pattern: one that streams has a place there for what it leaves unread.
    pub(crate) async fn get_for(
        self: &Arc<Self>,
        pattern: Pattern,
    ) -> Result<(Arc<Link>, Option<Room>), Status> {
        let link = self.get().await?;
        if !streams(pattern) {
            return Ok((link, None));
        }
        match Room::take(&link) {
            Some(room) => Ok((link, Some(room))),
            // boxed: most calls find their place
            None => Box::pin(self.widen()).await,
        }
    }

    /// A place on another connection, which is made if those that are there have none.
    async fn widen(self: &Arc<Self>) -> Result<(Arc<Link>, Option<Room>), Status> {
        if let Some(found) = self.room() {
            return Ok(found);
        }
        let _one = self.widening.lock().await;
        if let Some(found) = self.room() {
            return Ok(found);
        }
        let place = self.place.clone();
        let task = tokio::spawn(async move { place.connect().await });
        let _abort = Abort(task.abort_handle());
        // only the end of the runtime ends the task before this does
        let admission = task.await.map_err(|_| closed())??;
        let interval = self.place.node.shared().limits.silence;
        let mut state = self.write();
        if matches!(state.now, Now::Closed) {
            return Err(closed());
        }
        state.services = Arc::clone(&admission.services);
        state.connections += 1;
        let lease = admission.lease;
        let link = Link::new(admission, state.connections, interval);
        self.keep(Arc::downgrade(&link), lease);
        let room = Room::make(&link);
        state.more.retain(|link| link.strong_count() > 0);
        state.more.push(Arc::downgrade(&link));
        Ok((link, Some(room)))
    }

    /// A place on one of the connections that are there.
    fn room(&self) -> Option<(Arc<Link>, Option<Room>)> {
        let mut rooms = self.links().into_iter().filter(|link| link.is_usable());
        rooms.find_map(|link| Room::take(&link).map(|room| (link, Some(room))))
    }

    /// Ends the connections, and every attempt to have another.
    pub(crate) fn close(&self) {
        let (before, more) = {
            let mut state = self.write();
            let more = std::mem::take(&mut state.more);
            (std::mem::replace(&mut state.now, Now::Closed), more)
        };
        if let Now::Up(link) = before {
            link.close();
        }
        more.iter()
            .filter_map(Weak::upgrade)
            .for_each(|link| link.close());
    }

    /// The connections in use.
    fn links(&self) -> Vec<Arc<Link>> {
        let state = self.read();
        let now = match &state.now {
            Now::Up(link) => Some(Arc::clone(link)),
            _ => None,
        };
        let more = state.more.iter().filter_map(Weak::upgrade);
        now.into_iter().chain(more).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Owner for Links {
    fn place(&self) -> &Place {
        &self.place
    }

    fn listed(&self, services: Arc<[ServiceEntry]>) {
        self.write().services = services;
    }

    fn distrust(&self) {
        for link in self.links() {
            link.distrust();
        }
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
        let lease = admission.lease;
        let link = Link::new(admission, state.connections, interval);
        links.keep(Arc::downgrade(&link), lease);
        link
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
