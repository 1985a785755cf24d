//! `cargo xtask`: the tasks of this repository.
#![expect(
    clippy::print_stderr,
    reason = "a task tells the person at the terminal how far it is"
)]

mod bench;
mod ci;
mod docs;
mod fuzz;
mod python;
mod system;
mod typescript;
mod walls;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

#[derive(Parser)]
#[command(name = "xtask", about = "The tasks of this repository", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything a change must pass: format, lints, walls, docs, tests, golden files, the example
    Ci,
    /// Checks who knows whom: dependencies and imports, as the architecture page says
    Walls,
    /// Checks the book: every page is listed, every relative link leads to a file, and to a heading of it, all Rust is compiled
    Docs,
    /// Looks for inputs that break what holds for any input
    Fuzz(fuzz::Fuzz),
    /// The Python package: builds its wheel, or runs its tests
    Python(python::Python),
    /// The TypeScript package: builds it, or runs its tests
    #[command(name = "typescript")]
    TypeScript(typescript::TypeScript),
    /// Runs a benchmark beside its peers, in a release build
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let root = &workspace_root();
    let done = match Arguments::parse().task {
        Task::Ci => ci::run(root),
        Task::Walls => walls::check(root),
        Task::Docs => docs::check(root),
        Task::Fuzz(fuzz) => fuzz.run(root),
        Task::Python(python) => python.run(root),
        Task::TypeScript(typescript) => typescript.run(root),
        Task::Bench(bench) => bench.run(root),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace's `Cargo.toml`. Cargo says at run time where the package is: a target folder that several
/// checkouts share may hold an xtask that was built in another one.
fn workspace_root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let mut root = PathBuf::from(package);
    root.pop();
    root
}

/// Runs a command to its end, which is to be a good one.
pub(crate) fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed ({status})");
    }
    Ok(())
}
