//! A node of this command's own, and the client that it makes.
//!
//! It listens where the ticket leads: on loopback for a peer of this machine, else on every address. A relay is used where the ticket
//! names one; a bare endpoint id is looked up at the public service of n0, over its relays.

use crate::Common;
use crate::failure::Failure;
use aster_runtime::node::{Lookup, Relay};
use aster_runtime::{Client, Node, NodeBuilder, PeerAddress as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// The identity file that is taken where none is named.
pub(crate) const IDENTITY: &str = ".aster-identity";

/// Runs a command that talks to peers, until it ends or is interrupted.
pub(crate) fn run(_: &Common, command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Local(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = command => outcome,
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
        }
    });
    // a thread that waits for standard input is not waited for
    runtime.shutdown_background();
    outcome
}

/// A client of the peer, for as long as `work` takes; then its node is closed, so that the peer knows.
pub(crate) async fn with<T>(
    ticket: &str,
    connect_time: Duration,
    common: &Common,
    work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let node = node(ticket, common)?.spawn().await;
    let node = node.map_err(|error| Failure::Local(error.to_string()))?;
    let builder = Client::builder(&node).connect_time(connect_time);
    let outcome = match builder.connect(ticket).await {
        Ok(client) => work(&client).await,
        Err(error) => Err(Failure::Connect(error)),
    };
    node.close().await;
    outcome
}

/// The node as its identity file has it, or with a new key.
pub(crate) fn identity(common: &Common) -> Result<Option<NodeBuilder>, Failure> {
    let path = match &common.identity {
        Some(path) => path,
        None if Path::new(IDENTITY).exists() => Path::new(IDENTITY),
        None => return Ok(None),
    };
    let builder = Node::from_identity(path).map_err(|error| Failure::Local(error.to_string()))?;
    Ok(Some(builder))
}

fn node(ticket: &str, common: &Common) -> Result<NodeBuilder, Failure> {
    let address = ticket
        .to_endpoint_addr()
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let builder = identity(common)?.unwrap_or_else(Node::builder);
    let addresses: Vec<SocketAddr> = address.ip_addrs().copied().collect();
    let relays: Vec<_> = address.relay_urls().cloned().collect();
    if addresses.is_empty() && relays.is_empty() {
        return Ok(builder.lan().relay(Relay::n0()).lookup(Lookup::n0()));
    }
    if relays.is_empty() && addresses.iter().all(|address| address.ip().is_loopback()) {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        return Ok(if addresses.iter().any(SocketAddr::is_ipv4) {
            builder.bind(any)
        } else {
            builder.lan()
        });
    }
    let builder = builder.lan();
    Ok(if relays.is_empty() {
        builder
    } else {
        builder.relay(Relay::urls(relays))
    })
}
