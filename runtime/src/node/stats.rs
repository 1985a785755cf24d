//! What a node counts.

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

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)*
        }

        /// What a node has counted since it was started.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Stats {
            /// Calls that run now.
            pub calls_in_flight: u64,
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            pub(crate) fn snapshot(&self, calls_in_flight: u64) -> Stats {
                Stats { calls_in_flight, $($name: self.$name.get(),)* }
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
