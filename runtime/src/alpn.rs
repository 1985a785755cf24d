//! The protocols of ours that a node speaks, and the numbers that end connections and streams.
//!
//! Source: wire protocol, "Codes".

use std::fmt;

/// A protocol of Aster's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alpn {
    /// Calls.
    Calls,
    /// Admission of consumers.
    ConsumerAdmission,
    /// Admission of producers.
    ProducerAdmission,
}

impl Alpn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Calls, Self::ConsumerAdmission, Self::ProducerAdmission];

    /// The name on the wire.
    pub const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Calls => b"aster/1",
            Self::ConsumerAdmission => b"aster.consumer_admission",
            Self::ProducerAdmission => b"aster.producer_admission",
        }
    }

    /// The protocol of that name.
    pub fn parse(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|alpn| alpn.as_bytes() == name)
    }

    /// Whether peers that are not admitted may use it: it is where they are.
    pub const fn is_admission(self) -> bool {
        !matches!(self, Self::Calls)
    }
}

impl fmt::Display for Alpn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(self.as_bytes()).unwrap_or_default())
    }
}

/// Codes that close a connection.
pub mod close {
    /// Everything is done.
    pub const DONE: u32 = 0;
    /// The peer is not in the admitted set.
    pub const NOT_ADMITTED: u32 = 403;
    /// The admission exchange took too long.
    pub const ADMISSION_SLOW: u32 = 408;
    /// The peer's admission expired or was revoked.
    pub const EXPIRED: u32 = 410;
    /// The peer has too many connections, or all have.
    pub const TOO_MANY: u32 = 429;
    /// The queue of connections is full.
    pub const QUEUE_FULL: u32 = 503;
    /// The peer gave no sign of life.
    pub const DEAD: u32 = 504;
}

/// Codes that reset or stop a stream.
pub mod stream {
    /// The rest is not needed.
    pub const NOT_NEEDED: u32 = 0;
    /// The caller gave up.
    pub const CANCELLED: u32 = 1;
    /// Nothing was dispatched: a retry is safe.
    pub const REFUSED: u32 = 2;
    /// The peer broke the protocol.
    pub const PROTOCOL: u32 = 3;
}
