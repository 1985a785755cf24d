//! One connection of a client, from its admission to its end.

use crate::admission::ServiceEntry;
use crate::alpn::close;
use crate::client::connect::Admission;
use crate::client::liveness::{Action, Pulse, Watch};
use crate::datagram::Datagram;
use crate::node::{DIALLED_STREAMS, dialled_window};
use crate::status::Status;
use crate::trust::PeerId;
use iroh::endpoint::{Connection, ConnectionError, RecvStream, SendStream, VarInt};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// What is added to the failure of a call that had been sent.
pub(crate) const SENT: &str = "; the request was sent, the server may have handled it";
/// What is added to the failure of a call that had not been sent.
pub(crate) const NOT_SENT: &str = "; the request was not sent";

/// A connection whose server has admitted this node. It ends with its last owner.
pub(crate) struct Link {
    connection: Connection,
    pub(crate) peer: PeerId,
    /// Which connection of its client it is; the first is 1.
    pub(crate) number: u64,
    /// What the server listed when it admitted this node.
    pub(crate) services: Arc<[ServiceEntry]>,
    pub(crate) pulse: Arc<Pulse>,
    /// Calls of which a side streams. Each may leave a whole window unread.
    streams: AtomicU32,
    /// So many of them have a window: more would leave none for other calls.
    windows: Mutex<u32>,
    /// Whether no further call may be opened.
    over: AtomicBool,
    draining: AtomicBool,
    ended: OnceLock<Ended>,
    /// Sessions are counted on each connection, from 1.
    next_session: AtomicU64,
}

/// Why this side ended the connection.
#[derive(Clone, Copy, Debug)]
enum Ended {
    /// The client was closed.
    Closed,
    /// The server gave no sign of life.
    Dead,
    /// The server is a producer of the mesh no more.
    Distrusted,
}

impl Link {
    pub(crate) fn new(admission: Admission, number: u64, interval: Duration) -> Arc<Self> {
        let Admission {
            connection, services, ..
        } = admission;
        let link = Arc::new(Self {
            peer: PeerId(*connection.remote_id().as_bytes()),
            connection: connection.clone(),
            number,
            services,
            pulse: Arc::default(),
            streams: AtomicU32::new(0),
            windows: Mutex::new(DIALLED_STREAMS),
            over: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            ended: OnceLock::new(),
            next_session: AtomicU64::new(1),
        });
        tokio::spawn(watch(
            connection,
            Arc::downgrade(&link),
            Arc::clone(&link.pulse),
            interval,
        ));
        link
    }

    /// The id of another session on this connection.
    pub(crate) fn next_session(&self) -> u64 {
        self.next_session.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether calls may be opened.
    pub(crate) fn is_usable(&self) -> bool {
        !self.over.load(Ordering::SeqCst)
    }

    /// The end of the connection, whose handle it does not keep.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        let handle = self.connection.weak_handle();
        async move { drop(handle.closed().await) }
    }

    /// Has a window for each of so many streaming calls. One that was given is not taken back: nothing is in it but what its call leaves
    /// unread.
    fn widen(&self, streams: u32) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if streams > *windows {
            *windows = streams;
            self.connection.set_receive_window(dialled_window(streams));
        }
    }

    /// Ends the connection at once, because the server is trusted no more.
    pub(crate) fn distrust(&self) {
        // another reason came first
        let _ = self.ended.set(Ended::Distrusted);
        self.end(close::DONE, b"done");
    }

    /// Whether the server ended the connection with the admission: another needs a new one, and may get it.
    pub(crate) fn is_cut(&self) -> bool {
        self.connection.close_reason().as_ref().is_some_and(is_cut)
    }

    /// Opens the stream of a call.
    pub(crate) async fn open(self: Arc<Self>) -> Result<(OpenCall, SendStream, RecvStream), Status> {
        self.pulse.enter();
        // from here on the connection is not closed for having no call: the end of a drain looks at the same two
        let call = OpenCall {
            link: self,
            open: true,
            room: None,
        };
        if !call.is_usable() {
            return Err(Status::unavailable(format!(
                "the connection to {} is not used any more{NOT_SENT}",
                call.peer
            )));
        }
        match call.connection.open_bi().await {
            Ok((send, receive)) => Ok((call, send, receive)),
            Err(error) => {
                call.over.store(true, Ordering::SeqCst);
                Err(call.lost(&error, NOT_SENT))
            }
        }
    }

    /// What the end of the connection means for a call that has been sent.
    pub(crate) fn lost_call(&self, error: &ConnectionError) -> Status {
        self.lost(error, SENT)
    }

    fn lost(&self, error: &ConnectionError, sent: &str) -> Status {
        let id = self.peer;
        match (self.ended.get(), error) {
            (Some(Ended::Closed), _) => closed(),
            (Some(Ended::Dead), _) => {
                Status::unavailable(format!("the server {id} gives no sign of life any more{sent}"))
            }
            (Some(Ended::Distrusted), _) => Status::failed_precondition(format!(
                "the server {id} is trusted no more: its producer's credential expired or was revoked{sent}"
            )),
            (None, ConnectionError::ApplicationClosed(close))
                if close.error_code == VarInt::from_u32(close::NOT_ADMITTED) =>
            {
                Status::unauthenticated(format!("the server {id} does not admit this node"))
            }
            (None, ConnectionError::ApplicationClosed(close))
                if close.error_code == VarInt::from_u32(close::TOO_MANY) =>
            {
                Status::unavailable(format!(
                    "this node has too many connections at {id}, or all nodes have; clients may be shared{sent}"
                ))
            }
            (None, error) if is_cut(error) => Status::unauthenticated(format!(
                "the server {id} admits this node no more: its admission expired or was revoked{sent}"
            )),
            (None, error) => Status::unavailable(format!("the connection to {id} is lost: {error}{sent}")),
        }
    }

    /// Ends the connection at once, because the client is closed.
    pub(crate) fn close(&self) {
        // another reason came first
        let _ = self.ended.set(Ended::Closed);
        self.end(close::DONE, b"done");
    }

    /// Opens no further call, and ends the connection after the last.
    fn drain(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.draining.store(true, Ordering::SeqCst);
        if self.pulse.is_idle() {
            self.end(close::DONE, b"done");
        }
    }

    fn end(&self, code: u32, reason: &[u8]) {
        self.over.store(true, Ordering::SeqCst);
        self.connection.close(VarInt::from_u32(code), reason);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.end(close::DONE, b"done");
    }
}

/// Whether the server ended the connection because it ended the admission.
fn is_cut(error: &ConnectionError) -> bool {
    let code = VarInt::from_u32(close::EXPIRED);
    matches!(error, ConnectionError::ApplicationClosed(close) if close.error_code == code)
}

/// The client was closed by its own program.
pub(crate) fn closed() -> Status {
    Status::cancelled("the client is closed")
}

/// The place of a streaming call on its connection, until it is dropped.
pub(crate) struct Room(Arc<Link>);

impl Room {
    /// A place, if the connection has one.
    pub(crate) fn take(link: &Arc<Link>) -> Option<Self> {
        let more = |streams| (streams < DIALLED_STREAMS).then_some(streams + 1);
        let taken = link
            .streams
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        taken.ok().map(|_| Self(Arc::clone(link)))
    }

    /// A place, whether the connection has one or not: for calls that can go nowhere else. How many these are the server limits.
    pub(crate) fn make(link: &Arc<Link>) -> Self {
        let streams = link.streams.fetch_add(1, Ordering::SeqCst) + 1;
        link.widen(streams);
        Self(Arc::clone(link))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A call that is counted at its connection until it ends.
pub(crate) struct OpenCall {
    link: Arc<Link>,
    open: bool,
    /// The place of a call that streams.
    room: Option<Room>,
}

impl OpenCall {
    /// Holds a place until the call has ended.
    pub(crate) fn hold(&mut self, room: Option<Room>) {
        self.room = room;
    }

    /// The call needs the connection no more.
    pub(crate) fn end(&mut self) {
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        self.room = None;
        if self.pulse.leave() && self.draining.load(Ordering::SeqCst) {
            self.link.end(close::DONE, b"done");
        }
    }

    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

impl Deref for OpenCall {
    type Target = Link;

    fn deref(&self) -> &Link {
        &self.link
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reads what the server says beside the calls, and watches over its silence, until the connection ends.
async fn watch(connection: Connection, link: Weak<Link>, pulse: Arc<Pulse>, interval: Duration) {
    let mut watch = Watch::new(interval);
    let mut next = Instant::now();
    loop {
        let resting = pulse.rest();
        tokio::select! {
            datagram = connection.read_datagram() => {
                let Ok(datagram) = datagram else { break };
                match Datagram::parse(&datagram) {
                    Some(Datagram::Answer(bytes)) => watch.answer(bytes),
                    Some(Datagram::Drain) => {
                        let Some(link) = link.upgrade() else { break };
                        link.drain();
                    }
                    // nothing else is said to a client
                    Some(Datagram::Ask(_)) | None => {}
                }
            }
            () = pulse.woken(), if resting => next = Instant::now(),
            () = tokio::time::sleep_until(next), if !resting => {
                let now = Instant::now();
                next = now + watch.pace();
                match watch.look(&pulse, now, || fastrand::u64(..).to_le_bytes()) {
                    Action::Nothing => {}
                    // the connection may be lost already: the next turn sees it
                    Action::Ask(bytes) => drop(connection.send_datagram(Datagram::Ask(bytes).encode())),
                    Action::GiveUp => {
                        let Some(link) = link.upgrade() else { break };
                        tracing::warn!(peer = %link.peer, "the server gives no sign of life, its connection is closed");
                        // another reason came first
                        let _ = link.ended.set(Ended::Dead);
                        link.end(close::DEAD, b"dead");
                    }
                }
            }
        }
    }
    if let Some(link) = link.upgrade() {
        link.over.store(true, Ordering::SeqCst);
    }
}
