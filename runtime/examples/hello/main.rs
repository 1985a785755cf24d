//! From a schema to a running call, between two processes.
//!
//! ```sh
//! cargo run --example hello                  # starts a server process, dials it by its ticket, calls it
//! cargo run --example hello -- --altered     # the client's schema has an edit: the call is refused
//! ```
//!
//! `hello serve` and `hello call TICKET` are the two halves, for two terminals.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod client;
mod server;

use anyhow::Context;
use aster_examples::process::Process;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "hello",
    about = "From a schema to a running call, between two processes"
)]
struct Arguments {
    #[command(subcommand)]
    half: Option<Half>,
    /// Call with the altered schema: the contract ids differ, so the call is refused
    #[arg(long, global = true)]
    altered: bool,
}

#[derive(Subcommand)]
enum Half {
    /// Serve until standard input ends; the first line of output is the ticket
    Serve,
    /// Call a server by its ticket
    Call {
        /// What `hello serve` printed
        ticket: String,
    },
}

// One thread, on which the endpoint and the handlers run: the placement with the least latency.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { half, altered } = Arguments::parse();
    let done = match half {
        Some(Half::Serve) => server::serve().await,
        Some(Half::Call { ticket }) => client::call(&ticket, altered).await,
        None => both(altered).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hello: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the server in a process of its own, and calls it.
async fn both(altered: bool) -> anyhow::Result<()> {
    let mut server = Process::start()
        .await
        .context("cannot start the server process")?;
    println!("server      process {}", server.id());
    let called = client::call(server.ticket(), altered).await;
    server.stop().await?;
    called
}
