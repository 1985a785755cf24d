//! The `asterc` command.

mod commands;

use clap::{CommandFactory, Parser, Subcommand};
use commands::{Common, bug, build, check, completion, diff, explain, fmt, id, init, lock};
use std::process::ExitCode;

/// A compiler allocates much and lives briefly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Compiles .aster schemas.
///
/// Exit status: 0 clean; 1 the schema is wrong, or a check found something; 2 usage; 3 contract drift;
/// 4 reading or writing failed; 101 a bug.
#[derive(Parser)]
#[command(name = "asterc", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum Command {
    /// Check schemas and write their stubs
    Build(build::Build),
    /// Say what is wrong with schemas
    Check(check::Check),
    /// Give schemas the one layout; comments and empty lines stay
    Fmt(fmt::Fmt),
    /// Print the contract ids of services and the hashes of types
    Id(id::Id),
    /// Write down what the contracts are, in aster.lock
    Lock(lock::LockArguments),
    /// Tell two schemas, folders, lock files or git revisions apart, change by change
    Diff(diff::Diff),
    /// Print the page on a diagnostic, a rule or a verdict
    Explain(explain::Explain),
    /// Start a project: a schema, a server and a client that calls it
    Init(init::Init),
    /// Print the completions of a shell
    Completion(completion::Completion),
}

fn main() -> ExitCode {
    bug::guard(run)
}

fn run() -> ExitCode {
    let Cli { command, common } = Cli::parse();
    let outcome = match &command {
        Command::Build(arguments) => build::run(arguments, &common),
        Command::Check(arguments) => check::run(arguments, &common),
        Command::Fmt(arguments) => fmt::run(arguments, &common),
        Command::Id(arguments) => id::run(arguments, &common),
        Command::Lock(arguments) => lock::run(arguments, &common),
        Command::Diff(arguments) => diff::run(arguments, &common),
        Command::Explain(arguments) => explain::run(arguments, &common),
        Command::Init(arguments) => init::run(arguments, &common),
        Command::Completion(arguments) => completion::run(arguments, Cli::command()),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(&common),
    }
}
