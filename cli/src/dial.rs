//! A node of this command's own, and the client that it makes.
//!
//! It listens where the ticket leads: on loopback for a peer of this machine, else on every address. A relay is used where the ticket
//! names one; a bare endpoint id is looked up at the public service of n0, over its relays.

use crate::Common;
use crate::commands::call::duration;
use crate::failure::Failure;
use crate::operator::profiles::Home;
use crate::output::Output;
use aster_runtime::node::{IdentityFile, Lookup, Relay};
use aster_runtime::trust::RootPublicKey;
use aster_runtime::{Client, ConnectError, Node, NodeBuilder, PeerAddress as _};
use clap::Args;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// The identity file that is taken where none is named.
pub(crate) const IDENTITY: &str = ".aster-identity";

/// What a close takes that waits for nobody.
const FAREWELL: Duration = Duration::from_millis(250);

/// The peer that a command talks to.
#[derive(Args)]
pub(crate) struct Peer {
    /// The address of the peer: a ticket, or an endpoint id
    ticket: String,
    /// How long to try to connect
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    connect_time: Duration,
    /// The profile whose mesh the peer is in, where this node has credentials of several [default: the active one]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Believe that the peer is who it should be for its address alone, without a producer's credential
    #[arg(long)]
    trust_address: bool,
}

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
    peer: &Peer,
    common: &Common,
    output: &Output,
    work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let node = node(&peer.ticket, common)?.spawn().await;
    let node = node.map_err(|error| Failure::Local(error.to_string()))?;
    let connecting = async {
        let mut builder = Client::builder(&node).connect_time(peer.connect_time);
        if peer.trust_address {
            builder = builder.trust_address();
        }
        if let Some(root) = mesh(peer, common)? {
            builder = builder.mesh(root);
        }
        let _waiting = output.waiting(&connecting(&peer.ticket));
        builder.connect(&*peer.ticket).await.map_err(Failure::Connect)
    };
    let outcome = match connecting.await {
        Ok(client) => work(&client).await,
        Err(failure) => Err(failure),
    };
    let closing = node.close();
    if let Err(Failure::Connect(ConnectError::Timeout { .. })) = &outcome {
        // who does not answer is told, and is not expected to say that it has heard
        let _ = tokio::time::timeout(FAREWELL, closing).await;
        return outcome;
    }
    let waiting = output.waiting("closing the connection");
    closing.await;
    drop(waiting);
    outcome
}

/// What is said while a peer is connected to.
pub(crate) fn connecting(ticket: &str) -> String {
    // as much of its key as tells it from others
    let id = ticket
        .to_endpoint_addr()
        .map_or_else(|_| String::new(), |address| address.id.to_string());
    format!("connecting to {}", id.chars().take(10).collect::<String>())
}

/// The mesh that the peer has to prove itself to be of: that of this node's credentials. A node without any believes every
/// address.
fn mesh(peer: &Peer, common: &Common) -> Result<Option<RootPublicKey>, Failure> {
    if peer.profile.is_some() {
        return root(peer).map(Some);
    }
    let Some(path) = identity_path(common) else {
        return Ok(None);
    };
    let identity = IdentityFile::read(path).map_err(|error| Failure::Local(error.to_string()))?;
    let roots: BTreeSet<_> = identity
        .peers()
        .iter()
        .map(|peer| *peer.credential.root())
        .collect();
    match roots.len() {
        0 | 1 => Ok(roots.first().copied()),
        // the node is in several
        _ => root(peer).map(Some),
    }
}

/// The root key of the profile that is named, or of the active one.
fn root(peer: &Peer) -> Result<RootPublicKey, Failure> {
    let profile = Home::find()?.profiles()?.choose(peer.profile.as_deref())?;
    profile.root.ok_or_else(|| {
        Failure::Local(format!(
            "the profile `{}` has no root key: it says nothing of a mesh",
            profile.name
        ))
    })
}

fn identity_path(common: &Common) -> Option<&Path> {
    let default = Path::new(IDENTITY);
    let named = common.identity.as_deref();
    named.or_else(|| default.exists().then_some(default))
}

/// The node as its identity file has it, or with a new key.
pub(crate) fn identity(common: &Common) -> Result<Option<NodeBuilder>, Failure> {
    let Some(path) = identity_path(common) else {
        return Ok(None);
    };
    let builder = Node::from_identity(path).map_err(|error| Failure::Local(error.to_string()))?;
    Ok(Some(builder))
}

/// A node that can dial that ticket.
pub(crate) fn node(ticket: &str, common: &Common) -> Result<NodeBuilder, Failure> {
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
