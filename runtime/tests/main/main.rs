//! Servers and clients over real endpoints on loopback.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

mod aster_node;
mod drain;
mod dynamic;
mod garbage;
mod gate;
mod identity;
mod interceptors;
mod liveness;
mod log;
mod node;
mod reconnect;
mod relay;
mod retry;
mod sessions;
mod streaming;
mod support;
mod trust;
mod unary;
mod wire;
