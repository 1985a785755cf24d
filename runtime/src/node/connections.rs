//! The connections that a node has now, of whatever protocol and whoever dialled, and the ways they take.

use crate::trust::PeerId;
use iroh::TransportAddr;
use iroh::endpoint::{Connection, Side, WeakConnectionHandle};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One connection of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionStats {
    /// The peer at the other end.
    pub peer: PeerId,
    /// The protocol: `aster/1`, or that of blobs, docs, gossip or admission.
    pub protocol: String,
    /// Whether this node dialled.
    pub dialled: bool,
    /// The ways that the connection can take.
    pub paths: Vec<PathStats>,
}

/// One way to a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PathStats {
    /// The address of the peer, or of the relay.
    pub address: String,
    /// Whether it leads through a relay.
    pub relayed: bool,
    /// Whether it is the one in use.
    pub selected: bool,
    /// The round-trip time, as it is estimated now.
    pub round_trip: Duration,
}

/// Handles of all open connections.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    connections: BTreeMap<u64, (PeerId, WeakConnectionHandle)>,
    next: u64,
}

impl Connections {
    /// Adds a connection; the number says which it was when it ends.
    pub(crate) fn insert(&self, peer: PeerId, connection: &Connection) -> u64 {
        let mut open = self.open();
        let number = open.next;
        open.next += 1;
        open.connections.insert(number, (peer, connection.weak_handle()));
        number
    }

    pub(crate) fn remove(&self, number: u64) {
        self.open().connections.remove(&number);
    }

    /// What they are now, oldest first.
    pub(crate) fn snapshot(&self) -> Vec<ConnectionStats> {
        // looking at the ways of a connection takes its lock: not under ours
        let open: Vec<_> = self.open().connections.values().cloned().collect();
        open.into_iter()
            .filter_map(|(peer, connection)| Some(stats(peer, &connection.upgrade()?)))
            .collect()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stats(peer: PeerId, connection: &Connection) -> ConnectionStats {
    let paths = connection.paths();
    ConnectionStats {
        peer,
        protocol: String::from_utf8_lossy(connection.alpn()).into_owned(),
        dialled: connection.side() == Side::Client,
        paths: paths
            .iter()
            .map(|path| PathStats {
                address: match path.remote_addr() {
                    TransportAddr::Ip(address) => address.to_string(),
                    TransportAddr::Relay(url) => url.to_string(),
                    other => format!("{other:?}"),
                },
                relayed: path.is_relay(),
                selected: path.is_selected(),
                round_trip: path.rtt(),
            })
            .collect(),
    }
}
