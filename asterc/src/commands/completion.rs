//! `asterc completion`: prints the script that completes commands and options in a shell.

use super::{Failure, print};
use clap::Args;
use clap_complete::Shell;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Completion {
    /// The shell that is to read it
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(arguments: &Completion, mut command: clap::Command) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "asterc", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
