//! A small fleet console: all four patterns and a session, between two processes.
//!
//! ```sh
//! cargo run --example fleet                  # starts the fleet's process, and works with it
//! ```
//!
//! `fleet serve` and `fleet console TICKET` are the two halves, for two terminals.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod console;

use anyhow::Context as _;
use aster_examples::agents::Agents;
use aster_examples::control::{ControlServer, ShellServer};
use aster_examples::process::{self, Process};
use aster_examples::shell::Place;
use aster_runtime::interceptor::{Audit, Metrics, RateLimit, RateLimitPer};
use aster_runtime::trust::RootPublicKey;
use aster_runtime::{Node, Server};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "fleet", about = "A small fleet console, between two processes")]
struct Arguments {
    #[command(subcommand)]
    half: Option<Half>,
}

#[derive(Subcommand)]
enum Half {
    /// Serve until standard input ends; the first line of output is the ticket
    Serve {
        /// The identity file of a node of a mesh; without it everybody of this machine may call
        #[arg(long, value_name = "FILE", requires = "trust")]
        identity: Option<PathBuf>,
        /// The root key of the mesh: whoever has a credential of it may call
        #[arg(long, value_name = "KEY", requires = "identity")]
        trust: Option<RootPublicKey>,
        /// What the mesh has revoked
        #[arg(long, value_name = "FILE", requires = "identity")]
        revocations: Option<PathBuf>,
    },
    /// Work with a fleet by its ticket
    Console {
        /// What `fleet serve` printed
        ticket: String,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().half {
        Some(Half::Serve {
            identity,
            trust,
            revocations,
        }) => serve(identity.zip(trust), revocations).await,
        Some(Half::Console { ticket }) => console::work(&ticket).await,
        None => both().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fleet: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn both() -> anyhow::Result<()> {
    let mut fleet = Process::start()
        .await
        .context("cannot start the fleet's process")?;
    println!("fleet    process {}", fleet.id());
    let done = console::work(fleet.ticket()).await;
    fleet.stop().await?;
    done
}

/// Serves until standard input ends.
async fn serve(mesh: Option<(PathBuf, RootPublicKey)>, revocations: Option<PathBuf>) -> anyhow::Result<()> {
    let mut builder = match mesh {
        Some((identity, root)) => Node::from_identity(identity)?.trust(root),
        None => Node::dev(),
    };
    if let Some(path) = revocations {
        builder = builder.revocations(path);
    }
    let node = builder.spawn().await?;
    let server = Server::builder(&node)
        .add(ControlServer::new(Agents::default()))
        .add(ShellServer::per_session(|_| Place::default()))
        .interceptor(Audit)
        .interceptor(Metrics)
        .interceptor(RateLimit::new(RateLimitPer::Peer, 1000.0, 2000))
        .build()?;
    process::serve(&node, &server).await
}
