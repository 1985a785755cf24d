//! Peer-to-peer RPC over iroh: the one crate every generated stub targets.
//!
//! A [`Node`] is one endpoint with blobs, docs, gossip and calls on it. A [`Server`] answers the calls of the services
//! it was given, a [`Client`] makes them at one server; the code that `asterc` generates connects both to a schema.
//!
//! Every server has one service without any of that, [`aster_node`]:
//!
//! ```
//! use aster_runtime::aster_node::{Health, NodeClient};
//! use aster_runtime::{Client, Node, Server};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let node = Node::dev().spawn().await?;
//! let server = Server::builder(&node).build()?;
//! tokio::spawn(async move { server.serve().await });
//!
//! let other = Node::dev().spawn().await?;
//! let client = Client::connect(&other, node.address()).await?;
//! let health = NodeClient::new(&client)?.health("").await?;
//! assert_eq!(health, Health::Serving);
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

// Generated code names the runtime by its name, here too.
extern crate self as aster_runtime;

mod admission;
pub mod alpn;
pub mod aster_node;
mod budget;
pub mod call;
pub mod client;
pub mod codec;
pub mod codegen;
pub mod compress;
pub mod config;
mod context;
mod datagram;
pub mod frame;
pub mod header;
pub mod interceptor;
mod json;
mod limits;
pub mod metadata;
pub mod node;
mod payload;
pub mod queue;
pub mod raw;
pub mod server;
pub mod service;
mod status;
mod streaming;
mod trace;
pub mod trust;

pub use admission::ServiceEntry;
/// What a contract is: its records, their canonical bytes, and what they hash to.
pub use aster_contract as contract;
pub use client::{
    Client, ClientBuilder, ConnectError, DynamicMethod, DynamicService, RetryPolicy, ServiceError, Session,
    StubError,
};
pub use context::Context;
pub use json::DefinitionsError;
pub use limits::Limits;
pub use metadata::Metadata;
pub use node::{Node, NodeBuilder, PeerAddress, SpawnError, Ticket};
pub use server::{BuildError, Server, ServerBuilder};
pub use service::{PerSession, SessionContext, SessionEnd};
pub use status::{Code, Status};
pub use streaming::Streaming;
pub use trust::{Admission, AdmitError, AdmittedPeer, DevRoles, PeerId};
