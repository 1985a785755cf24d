//! What a node lets its peers use, and for how long it waits for them.
//!
//! Source: wire protocol, "Limits and budgets".

use crate::frame;
use std::time::Duration;

/// The limits of one node. Begin with the default and change members.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The largest payload of a frame, also after decompression: 16 MiB.
    pub frame: usize,
    /// Streams that a peer may have open at once on one connection: 1,024.
    pub streams: u32,
    /// Calls of one peer that run at once: 256.
    pub calls_per_peer: usize,
    /// Calls of all peers that run at once: 4,096.
    pub calls: usize,
    /// Sessions that a peer may have open at once on one connection: 1,024.
    pub sessions: usize,
    /// How long a session without a running call lives: 5 min.
    pub session_idle: Duration,
    /// Bytes of large frames that one peer may have in assembly: 32 MiB.
    pub bytes_per_peer: usize,
    /// Bytes of large frames that all peers may have in assembly: 512 MiB.
    pub bytes: usize,
    /// How long a large frame waits for its share of the bytes: 10 s.
    pub bytes_wait: Duration,
    /// From the opening of a stream to its whole header: 10 s.
    pub header_time: Duration,
    /// From the header of a unary call to its whole request: 30 s.
    pub request_time: Duration,
    /// How long a unary handler may run: 300 s.
    pub unary_time: Duration,
    /// How long an admission exchange may take: 10 s.
    pub admission_time: Duration,
    /// How long a server to which calls are open may be silent before it is asked for a sign of life; after three
    /// questions without an answer its connection is closed: 3 s.
    pub silence: Duration,
    /// Connections that wait to be served: 256, of which admission may have half.
    pub queue: usize,
    /// Connections that peers may have open at once, all of them together: 4,096.
    pub connections: usize,
    /// Connections that one peer may have open at once for each protocol: 16. A client has one, and another for each 64 streaming
    /// calls.
    pub connections_per_peer: usize,
    /// Connections whose peer may be anybody, in their handshake or for admission: from 128 on, who comes shows first that they are
    /// where they say (QUIC Retry), and from four times as many on nobody else is heard.
    pub unadmitted: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame: frame::DEFAULT_LIMIT,
            streams: 1024,
            calls_per_peer: 256,
            calls: 4096,
            sessions: 1024,
            session_idle: Duration::from_secs(300),
            bytes_per_peer: 32 * 1024 * 1024,
            bytes: 512 * 1024 * 1024,
            bytes_wait: Duration::from_secs(10),
            header_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            unary_time: Duration::from_secs(300),
            admission_time: Duration::from_secs(10),
            silence: Duration::from_secs(3),
            queue: 256,
            connections: 4096,
            connections_per_peer: 16,
            unadmitted: 128,
        }
    }
}
