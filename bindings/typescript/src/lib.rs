//! `aster-runtime` for TypeScript: the runtime's node, server and client for the event loops of Node.js.
//!
//! Nothing of the protocol is here. One thread runs tokio and never waits for JavaScript; each environment of Node.js, that is the
//! main thread and each worker, has one queue that it is woken for, and one pass over it hands over all that has happened. Most of
//! that crosses as records in one array of bytes ([`record`]); the package's TypeScript makes promises, iterators and messages of it.
#![expect(
    unsafe_code,
    reason = "the loop is woken, and bytes are handed over, through the C interface of Node-API: what the library has for it costs a \
              call for each event"
)]
#![expect(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    reason = "what JavaScript calls gets its arguments by value, and all that a call has at once"
)]
mod accept;
mod address;
mod blobs;
mod builtin;
mod call;
mod client;
mod docs;
mod dynamic;
mod environment;
mod error;
mod executor;
mod failure;
mod feed;
mod gossip;
mod health;
mod inbox;
mod interceptor;
mod logging;
mod metadata;
mod metrics;
mod node;
mod outbox;
mod queue;
mod record;
mod running;
mod server;
mod service;
mod session;
mod stats;
mod trust;
mod value;
