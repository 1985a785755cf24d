//! Sessions: calls that share state at the server, on one connection.
//!
//! Source: wire protocol, "Sessions".

use crate::call::Responses;
use crate::client::exchange::{ResponseSide, UNARY_TIME, late, left};
use crate::client::{Client, Inner};
use crate::frame::{self, Flags};
use crate::header::StreamHeader;
use crate::metadata::Metadata;
use crate::service::Mode;
use crate::status::Status;
use aster_contract::model::{ContractId, Pattern};
use iroh::endpoint::{Connection, ConnectionError};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// The reserved method that ends a session.
const CLOSE: &str = "_close";
/// How long a session that was dropped may take to close.
const CLOSE_TIME: Duration = Duration::from_secs(10);

/// A session at the server: the services with the scope `session` that are called in it keep state between its calls.
///
/// Stubs of such services are made of a session; those made of one share it. It costs nothing until the first call.
/// Calls run one at a time, the next begins when the last one has ended, unless it is [`Session::overlapping`]; a stream
/// has ended when its last message was read, or when it is dropped.
///
/// A session belongs to its connection: when that is lost, its calls fail as `ABORTED`, `session lost`, and so do all
/// later ones. Begin another then. It ends at the server also when it was not called for some minutes; calls fail as
/// `NOT_FOUND` after that.
///
/// ```ignore
/// let session = client.session();
/// let shell = ShellClient::new(&session)?;
/// shell.cd("/tmp").await?;
/// session.close().await?;
/// ```
///
/// [`Session::close`] ends it; so does, in the background, dropping the last handle, stub and call of it.
#[derive(Clone)]
pub struct Session {
    pub(crate) inner: Arc<SessionInner>,
}

pub(crate) struct SessionInner {
    pub(crate) bound: Bound,
    turn: Arc<Semaphore>,
    overlaps: AtomicBool,
    /// Whether the server may know of the session.
    begun: AtomicBool,
    closed: AtomicBool,
}

/// The id of a session, and the connection that it never leaves.
#[derive(Clone)]
pub(crate) struct Bound {
    client: Client,
    pub(crate) connection: Connection,
    pub(crate) id: u64,
}

/// A call's right to run, for as long as it runs. It keeps the session open.
pub(crate) struct Turn {
    session: Arc<SessionInner>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Turn {
    pub(crate) fn bound(&self) -> &Bound {
        &self.session.bound
    }
}

impl Session {
    pub(crate) fn new(client: &Client, connection: Connection, id: u64) -> Self {
        let inner = SessionInner {
            bound: Bound {
                client: client.clone(),
                connection,
                id,
            },
            turn: Arc::new(Semaphore::new(1)),
            overlaps: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Lets calls of this session overlap from now on, for all its handles and stubs. The server may still take them one
    /// at a time: it decides for each service.
    #[must_use]
    pub fn overlapping(self) -> Self {
        self.inner.overlaps.store(true, Ordering::Relaxed);
        self
    }

    /// The client whose session it is.
    pub fn client(&self) -> &Client {
        &self.inner.bound.client
    }

    /// The number of the session, as handlers see it too.
    pub fn id(&self) -> u64 {
        self.inner.bound.id
    }

    /// Ends the session, after its running calls: returns when the server has let go of its state. Later calls fail as
    /// `NOT_FOUND`. Waits 60 s at most.
    ///
    /// # Errors
    /// The status with which the server refused, or `ABORTED` if the connection is lost and the session with it.
    pub async fn close(&self) -> Result<(), Status> {
        let until = Instant::now() + UNARY_TIME;
        let _turn = self.inner.turn(Some(until)).await?;
        self.inner.bound.close(until).await?;
        self.inner.closed.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl SessionInner {
    /// Waits until the calls before this one have ended.
    pub(crate) async fn turn(self: &Arc<Self>, until: Option<Instant>) -> Result<Turn, Status> {
        let permit = if self.overlaps.load(Ordering::Relaxed) {
            None
        } else {
            let turn = Arc::clone(&self.turn).acquire_owned();
            let permit = match until {
                Some(until) => timeout_at(until, turn).await.map_err(|_| busy())?,
                None => turn.await,
            };
            // the semaphore is never closed
            permit.ok()
        };
        self.begun.store(true, Ordering::Relaxed);
        Ok(Turn {
            session: Arc::clone(self),
            _permit: permit,
        })
    }
}

fn busy() -> Status {
    Status::deadline_exceeded(
        "another call of the session has not ended before the deadline: they run one at a time unless the session is \
         `overlapping`",
    )
}

/// What the end of the connection means for a call.
pub(crate) fn lost(client: &Inner, in_session: bool, error: &ConnectionError) -> Status {
    let status = client.lost(error);
    if in_session {
        Status::aborted(format!("session lost: {}", status.message()))
    } else {
        status
    }
}

impl Bound {
    /// Sends `_close`: a header with the id, and nothing after it. The answer is a status.
    async fn close(&self, until: Instant) -> Result<(), Status> {
        timeout_at(until, self.closing(until))
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn closing(&self, until: Instant) -> Result<(), Status> {
        let client = self.client.inner();
        let opened = self.connection.open_bi().await;
        let (mut send, receive) = opened.map_err(|error| lost(client, true, &error))?;
        let header = StreamHeader {
            service: Cow::Borrowed(""),
            version: 0,
            method: Cow::Borrowed(CLOSE),
            contract_id: Some(ContractId([0; 32])),
            call_id: client.call_id(),
            deadline_ms: left(Some(until))?,
            mode: Mode::Xlang.number(),
            session: self.id,
            metadata: Cow::Owned(Metadata::new()),
        };
        let mut head = Vec::with_capacity(64);
        let start = frame::open(&mut head);
        header.encode(&mut head);
        frame::close(&mut head, start, Flags::ONLY_HEADER);
        // a server that stops us has a status to tell
        let _ = send.write_all(&head).await;
        let _ = send.finish();
        let order = Responses::new(Pattern::BidiStream);
        let mut responses = ResponseSide::new(Arc::clone(client), receive, order, true);
        match std::future::poll_fn(|cx| responses.poll_message(cx)).await? {
            None => Ok(()),
            Some(_) => Err(Status::internal(
                "the server answers the end of a session with a message",
            )),
        }
    }
}

impl Drop for SessionInner {
    fn drop(&mut self) {
        let known = *self.begun.get_mut() && !*self.closed.get_mut();
        if !known || self.bound.connection.close_reason().is_some() {
            return;
        }
        // without a runtime the process is about to end, and its connections with it
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let bound = self.bound.clone();
        runtime.spawn(async move {
            if let Err(error) = bound.close(Instant::now() + CLOSE_TIME).await {
                tracing::debug!(session = bound.id, %error, "a dropped session is not closed");
            }
        });
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("peer", &self.inner.bound.client.peer())
            .field("id", &self.inner.bound.id)
            .finish_non_exhaustive()
    }
}
