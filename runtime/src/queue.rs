//! The one bounded queue on which the connections of all Aster protocols wait for a server.

use crate::alpn::{Alpn, close};
use crate::node::gate::Gate;
use crate::node::stats::Counters;
use crate::trust::PeerId;
use iroh::endpoint::{Connection, VarInt};
use iroh::protocol::{AcceptError, ProtocolHandler};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, mpsc};

/// A connection that gate 0 has let in, of a peer that speaks one of Aster's protocols.
#[derive(Debug)]
pub struct AsterConnection {
    /// The protocol.
    pub alpn: Alpn,
    /// The connection.
    pub connection: Connection,
    peer: PeerId,
}

impl AsterConnection {
    /// The peer at the other end. A node that calls itself does so with another key; it is the peer all the same.
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// The key with which the peer dialled.
    pub(crate) fn key(&self) -> PeerId {
        PeerId(*self.connection.remote_id().as_bytes())
    }
}

/// Another consumer takes the connections of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this node is served already: one `Server` or one accept loop at a time")]
pub struct AlreadyServing;

/// The connections of one node, in the order they came. Dropping it lets another consumer begin.
#[derive(Debug)]
pub struct AsterConnections {
    receiver: OwnedMutexGuard<mpsc::Receiver<Queued>>,
}

impl AsterConnections {
    /// The next connection, or `None` once the node is closed.
    pub async fn next(&mut self) -> Option<AsterConnection> {
        self.receiver.recv().await.map(|queued| queued.connection)
    }
}

#[derive(Debug)]
struct Queued {
    connection: AsterConnection,
    _admission: Option<OwnedSemaphorePermit>,
}

/// The end of the queue that a node keeps for its consumer.
#[derive(Debug)]
pub(crate) struct Queue {
    receiver: Arc<Mutex<mpsc::Receiver<Queued>>>,
}

impl Queue {
    /// A queue of that many connections, and what puts them there.
    pub(crate) fn new(capacity: usize, gate: Arc<Gate>, counters: Arc<Counters>) -> (Self, QueueSender) {
        let capacity = capacity.max(2);
        let (sender, receiver) = mpsc::channel(capacity);
        let admission = Arc::new(Semaphore::new(capacity / 2));
        let queue = Self {
            receiver: Arc::new(Mutex::new(receiver)),
        };
        (
            queue,
            QueueSender {
                sender,
                admission,
                gate,
                counters,
            },
        )
    }

    pub(crate) fn take(&self) -> Result<AsterConnections, AlreadyServing> {
        let receiver = Arc::clone(&self.receiver)
            .try_lock_owned()
            .map_err(|_| AlreadyServing)?;
        Ok(AsterConnections { receiver })
    }
}

/// Makes the handlers that put connections into one queue.
#[derive(Clone, Debug)]
pub(crate) struct QueueSender {
    sender: mpsc::Sender<Queued>,
    admission: Arc<Semaphore>,
    gate: Arc<Gate>,
    counters: Arc<Counters>,
}

impl QueueSender {
    pub(crate) fn handler(&self, alpn: Alpn) -> AsterQueueHandler {
        AsterQueueHandler {
            alpn,
            sender: self.clone(),
        }
    }
}

/// Puts the connections of one protocol into the queue that all of them share.
///
/// A full queue closes the connection with 503: peers never wait without limit.
#[derive(Debug)]
pub(crate) struct AsterQueueHandler {
    alpn: Alpn,
    sender: QueueSender,
}

impl ProtocolHandler for AsterQueueHandler {
    async fn accept(&self, connection: Connection) -> Result<(), AcceptError> {
        let QueueSender {
            sender,
            admission,
            gate,
            counters,
        } = &self.sender;
        let permit = if self.alpn.is_admission() {
            let Ok(permit) = Arc::clone(admission).try_acquire_owned() else {
                refuse(&connection, counters, b"queue full");
                return Ok(());
            };
            Some(permit)
        } else {
            None
        };
        let connection = AsterConnection {
            alpn: self.alpn,
            peer: gate.peer(PeerId(*connection.remote_id().as_bytes())),
            connection,
        };
        match sender.try_send(Queued {
            connection,
            _admission: permit,
        }) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(queued)) => {
                refuse(&queued.connection.connection, counters, b"queue full");
            }
            Err(mpsc::error::TrySendError::Closed(queued)) => {
                queued
                    .connection
                    .connection
                    .close(VarInt::from_u32(close::QUEUE_FULL), b"shutting down");
            }
        }
        Ok(())
    }
}

fn refuse(connection: &Connection, counters: &Counters, reason: &[u8]) {
    counters.queue_full.add();
    tracing::warn!(peer = %connection.remote_id(), "connection refused: too many wait to be served");
    connection.close(VarInt::from_u32(close::QUEUE_FULL), reason);
}
