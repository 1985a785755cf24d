//! What a node counts.

use crate::node::connections::ConnectionStats;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What goes up and down.
pub(crate) struct Now {
    pub(crate) connections: Vec<ConnectionStats>,
    pub(crate) calls_in_flight: u64,
    pub(crate) bytes_in_use: u64,
    pub(crate) sessions: u64,
    pub(crate) admitted: u64,
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)*
        }

        /// What a node has now, and what it has counted since it was started.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Stats {
            /// Its connections, oldest first.
            pub connections: Vec<ConnectionStats>,
            /// Calls of its peers that run now. [`Limits::calls`](crate::Limits::calls) bounds them.
            pub calls_in_flight: u64,
            /// Bytes that large messages take now. [`Limits::bytes`](crate::Limits::bytes) bounds them.
            pub bytes_in_use: u64,
            /// Sessions of its peers that are open now.
            pub sessions: u64,
            /// Peers that are admitted now.
            pub admitted: u64,
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            pub(crate) fn snapshot(&self, now: Now) -> Stats {
                let Now { connections, calls_in_flight, bytes_in_use, sessions, admitted } = now;
                Stats {
                    connections,
                    calls_in_flight,
                    bytes_in_use,
                    sessions,
                    admitted,
                    $($name: self.$name.get(),)*
                }
            }
        }
    };
}

counters! {
    /// Connections refused because their peer is not admitted.
    not_admitted,
    /// Connections closed because the admission of their peer expired.
    expired,
    /// Connections closed because their peer was revoked.
    revoked,
    /// Connections refused because too many waited to be served.
    queue_full,
    /// Connections refused because the peer had too many, or all had.
    too_many,
    /// Admission exchanges that failed or took too long.
    admission_failed,
    /// Streams on which a peer broke the protocol.
    protocol_errors,
    /// Calls whose header or request did not arrive in time.
    slow,
    /// Calls refused because a limit or a budget was used up.
    over_limit,
    /// Calls refused because the caller lacks a role.
    permission_denied,
    /// Handlers that panicked.
    panics,
}
