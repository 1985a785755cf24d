//! The `aster` command.

mod commands;
mod dial;
mod failure;
mod operator;
mod output;
mod requests;
mod schema;
mod waiting;

use clap::{CommandFactory as _, Parser, Subcommand};
use commands::{
    call, completion, config, describe, enroll, id, keygen, node, ping, profile, revoke, services, trust,
};
use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;

/// Looks at Aster nodes, and calls what they serve.
///
/// Exit status: 0 done; 1 the peer refused, or the call failed; 2 usage; 4 the peer could not be reached, or
/// reading or writing failed; 130 interrupted.
#[derive(Parser)]
#[command(name = "aster", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
pub(crate) struct Common {
    /// Print JSON, errors too: one object for each thing
    #[arg(long, global = true)]
    json: bool,
    /// The identity file of this node [default: .aster-identity where there is one, else a new key each time]
    #[arg(long, value_name = "FILE", global = true)]
    identity: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Call a method: one line of JSON for each message that comes back
    Call(call::Call),
    /// List what a peer serves
    Services(services::Services),
    /// Print the schema of a service, as its server describes it
    Describe(describe::Describe),
    /// Measure the way to a peer
    Ping(ping::Ping),
    /// Print the id of this node
    Id,
    /// The meshes that this operator works with
    Profile(profile::Arguments),
    /// Make the root key of a mesh
    Keygen(keygen::Arguments),
    /// The identity of a node, and its credentials
    Node(node::Arguments),
    /// Sign what lets a node into the mesh
    Enroll(enroll::Arguments),
    /// Show credentials, and check them
    Trust(trust::Arguments),
    /// Sign that a node, or a credential, counts no more
    Revoke(revoke::Arguments),
    /// What a node that is started here is told besides its program
    Config(config::Arguments),
    /// Print the completions of a shell
    Completion(completion::Completion),
}

fn main() -> ExitCode {
    let Cli { command, common } = Cli::parse();
    let output = Output::new(common.json);
    let outcome = match command {
        Command::Completion(arguments) => completion::run(&arguments, Cli::command()),
        Command::Id => id::run(&common, &output),
        Command::Config(arguments) => config::run(&arguments, &output),
        Command::Profile(arguments) => profile::run(&arguments, &output),
        Command::Keygen(arguments) => keygen::run(&arguments, &output),
        Command::Node(arguments) => node::run(&arguments, common.identity.as_deref(), &output),
        Command::Enroll(arguments) => enroll::run(&arguments, &output),
        Command::Trust(arguments) => trust::run(&arguments, &output),
        Command::Revoke(arguments) => revoke::run(&arguments, &common, &output),
        Command::Call(arguments) => dial::run(&common, call::run(&arguments, &common, &output)),
        Command::Services(arguments) => dial::run(&common, services::run(&arguments, &common, &output)),
        Command::Describe(arguments) => dial::run(&common, describe::run(&arguments, &common, &output)),
        Command::Ping(arguments) => dial::run(&common, ping::run(&arguments, &common, &output)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.fail(&failure),
    }
}
