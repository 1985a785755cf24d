//! `aster_runtime` for Python: the runtime's node, server and client as classes of asyncio.
//!
//! Nothing of the protocol is here. One thread runs tokio and never waits for the interpreter; each event loop has one queue
//! that it is woken for, and one pass over it hands over all that has happened.
#![expect(
    unsafe_code,
    reason = "payloads are made and read through the interpreter's C interface: a call through safe wrappers for each field \
              costs more than the codec"
)]

mod accept;
mod address;
mod awaitable;
mod blobs;
mod bridge;
mod builtin;
mod call;
mod client;
mod codec;
mod context;
mod doc;
mod docs;
mod dynamic;
mod error;
mod executor;
mod failure;
mod feed;
mod gossip;
mod health;
mod inbox;
mod interceptor;
mod keeper;
mod lock;
mod logging;
mod metadata;
mod metrics;
mod node;
mod outbox;
mod reply;
mod served;
mod server;
mod session;
mod stats;
mod stream;
mod task;
mod trust;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("GENERATION", codec::GENERATION)?;
    module.add_class::<accept::Connection>()?;
    module.add_class::<address::Ticket>()?;
    module.add_class::<blobs::Blobs>()?;
    module.add_class::<doc::Doc>()?;
    module.add_class::<docs::Docs>()?;
    module.add_class::<feed::Events>()?;
    module.add_class::<gossip::Gossip>()?;
    module.add_class::<gossip::Topic>()?;
    module.add_class::<builtin::Audit>()?;
    module.add_class::<builtin::CircuitBreaker>()?;
    module.add_class::<builtin::RateLimit>()?;
    module.add_class::<dynamic::DynamicMethod>()?;
    module.add_class::<dynamic::DynamicService>()?;
    module.add_class::<health::HealthReport>()?;
    module.add_class::<call::ResponseObject>()?;
    module.add_class::<stream::StreamCall>()?;
    module.add_class::<call::Stub>()?;
    module.add_class::<call::UnaryCall>()?;
    module.add_class::<client::Client>()?;
    module.add_class::<codec::Schema>()?;
    module.add_class::<codec::ServiceInfo>()?;
    module.add_class::<context::Context>()?;
    module.add_class::<inbox::Requests>()?;
    module.add_class::<interceptor::ClientCall>()?;
    module.add_class::<interceptor::Outcome>()?;
    module.add_class::<metrics::Metrics>()?;
    module.add_class::<node::Node>()?;
    module.add_class::<outbox::Outbox>()?;
    module.add_class::<reply::Reply>()?;
    module.add_class::<server::Server>()?;
    module.add_class::<session::Session>()?;
    module.add_class::<session::SessionContext>()?;
    module.add_function(wrap_pyfunction!(codec::encode, module)?)?;
    module.add_function(wrap_pyfunction!(codec::decode, module)?)?;
    module.add_function(wrap_pyfunction!(executor::forked, module)?)?;
    module.add_function(wrap_pyfunction!(logging::log_flush, module)?)?;
    module.add_function(wrap_pyfunction!(logging::log_levels, module)?)?;
    Ok(())
}
