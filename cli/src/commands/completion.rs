//! `aster completion`: prints the completions of a shell.

use crate::failure::Failure;
use clap::{Args, Command};
use clap_complete::{Shell, generate};
use std::io::{self, Write as _};

#[derive(Args)]
pub(crate) struct Completion {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Completion, mut command: Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    generate(arguments.shell, &mut command, "aster", &mut text);
    io::stdout().lock().write_all(&text).map_err(Failure::Output)
}
