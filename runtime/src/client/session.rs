//! Sessions: calls that share state at the server, on one connection.
//!
//! Source: wire protocol, "Sessions".

use crate::call::Responses;
use crate::client::Client;
use crate::client::exchange::{ResponseSide, UNARY_TIME, late, left};
use crate::client::link::Link;
use crate::frame::{self, Flags};
use crate::header::StreamHeader;
use crate::metadata::Metadata;
use crate::service::Mode;
use crate::status::{Code, Status};
use aster_contract::model::{ContractId, Pattern};
use iroh::endpoint::ConnectionError;
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// The reserved method that ends a session.
const CLOSE: &str = "_close";
/// How long a session that was dropped may take to close.
const CLOSE_TIME: Duration = Duration::from_secs(10);

/// A session at the server: the services with the scope `session` that are called in it keep state between its calls.
///
/// Stubs of such services are made of a session; those made of one share it. It begins with the first call, on the
/// client's connection of that moment, and costs nothing before.
/// Calls run one at a time, the next begins when the last one has ended, unless it is [`Session::overlapping`]; a stream
/// has ended when its last message was read, or when it is dropped.
///
/// A session belongs to its connection: when that is lost, its calls fail as `ABORTED`, `session lost`, and so do all
/// later ones. Begin another then. It ends at the server also when it was not called for some minutes; calls fail as
/// `NOT_FOUND` after that.
///
/// Generated stubs are made of it, `ShellClient::new(&session)`; the guide's page "Sessions" has a whole program.
///
/// ```
/// # use aster_runtime::{Client, Status};
/// # async fn with(client: &Client) -> Result<(), Status> {
/// let session = client.session();
/// // stubs, and their calls
/// session.close().await?;
/// # Ok(())
/// # }
/// ```
///
/// [`Session::close`] ends it; so does, in the background, dropping the last handle, stub and call of it.
#[derive(Clone)]
pub struct Session {
    pub(crate) inner: Arc<SessionInner>,
}

pub(crate) struct SessionInner {
    client: Client,
    /// From the first call on.
    bound: OnceCell<Bound>,
    turn: Arc<Semaphore>,
    overlaps: AtomicBool,
    closed: AtomicBool,
    /// Where its first call ran: the last handle may be dropped on a thread that has no runtime.
    runtime: OnceLock<Handle>,
}

/// The id of a session, and the connection that it never leaves.
#[derive(Clone)]
pub(crate) struct Bound {
    client: Client,
    pub(crate) link: Arc<Link>,
    pub(crate) id: u64,
}

/// A call's right to run, for as long as it runs. It keeps the session open.
pub(crate) struct Turn {
    pub(crate) bound: Bound,
    _session: Arc<SessionInner>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Session {
    pub(crate) fn new(client: &Client) -> Self {
        let inner = SessionInner {
            client: client.clone(),
            bound: OnceCell::new(),
            turn: Arc::new(Semaphore::new(1)),
            overlaps: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            runtime: OnceLock::new(),
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
        &self.inner.client
    }

    /// The number of the session on its connection, as handlers see it too; `None` before the first call.
    pub fn id(&self) -> Option<u64> {
        self.inner.bound.get().map(|bound| bound.id)
    }

    /// Ends the session, after its running calls: returns when the server has let go of its state. Later calls fail as
    /// `NOT_FOUND`. Waits 60 s at most.
    ///
    /// # Errors
    /// The status with which the server refused, or `ABORTED` if the connection is lost and the session with it.
    pub async fn close(&self) -> Result<(), Status> {
        let until = Instant::now() + UNARY_TIME;
        let _permit = self.inner.permit(Some(until)).await?;
        if let Some(bound) = self.inner.bound.get()
            && !self.inner.closed.load(Ordering::Relaxed)
        {
            bound.close(until).await?;
        }
        self.inner.closed.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl SessionInner {
    /// Waits until the calls before this one have ended, and begins the session if it is the first.
    pub(crate) async fn turn(self: &Arc<Self>, until: Option<Instant>) -> Result<Turn, Status> {
        let permit = self.permit(until).await?;
        if self.closed.load(Ordering::Relaxed) {
            return Err(Status::not_found("the session is closed"));
        }
        let bound = self.bound.get_or_try_init(|| Bound::new(&self.client)).await?;
        self.runtime.get_or_init(Handle::current);
        Ok(Turn {
            bound: bound.clone(),
            _session: Arc::clone(self),
            _permit: permit,
        })
    }

    async fn permit(&self, until: Option<Instant>) -> Result<Option<OwnedSemaphorePermit>, Status> {
        if self.overlaps.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let turn = Arc::clone(&self.turn).acquire_owned();
        let permit = match until {
            Some(until) => timeout_at(until, turn).await.map_err(|_| busy())?,
            None => turn.await,
        };
        // the semaphore is never closed
        Ok(permit.ok())
    }
}

fn busy() -> Status {
    Status::deadline_exceeded(
        "another call of the session has not ended before the deadline: they run one at a time unless the session is \
         `overlapping`",
    )
}

/// What the end of the connection means for a call that has been sent.
pub(crate) fn lost_call(link: &Link, in_session: bool, error: &ConnectionError) -> Status {
    let status = link.lost_call(error);
    if in_session { lost(status) } else { status }
}

/// What the end of the connection means for a session. A client that was closed says so itself.
pub(crate) fn lost(status: Status) -> Status {
    match status.code() {
        Code::CANCELLED => status,
        _ => Status::aborted(format!("session lost: {}", status.message())),
    }
}

impl Bound {
    /// Takes the client's connection, or a new one if that was lost, and the next id on it.
    async fn new(client: &Client) -> Result<Self, Status> {
        let link = client.inner().links.get().await?;
        Ok(Self {
            client: client.clone(),
            id: link.next_session(),
            link,
        })
    }

    /// Sends `_close`: a header with the id, and nothing after it. The answer is a status.
    async fn close(&self, until: Instant) -> Result<(), Status> {
        timeout_at(until, self.closing(until))
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn closing(&self, until: Instant) -> Result<(), Status> {
        let client = self.client.inner();
        let opened = Arc::clone(&self.link).open().await;
        let (open, mut send, receive) = opened.map_err(lost)?;
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
        let mut responses = ResponseSide::new(client, open, receive, order, true);
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
        let Some(bound) = self.bound.take() else {
            return;
        };
        if *self.closed.get_mut() || !bound.link.is_usable() {
            return;
        }
        let Some(runtime) = self.runtime.take() else {
            return;
        };
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
            .field("peer", &self.client().peer())
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
