//! `asterc check`: says what is wrong with schemas.

use super::{Common, Failure, Format, WRONG, complain, identity, print, read};
use asterc::diagnostic::has_errors;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Check {
    /// Schemas; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Check, common: &Common) -> Result<ExitCode, Failure> {
    let files = &arguments.files;
    let compiled = read(files, common)?;
    if common.format == Format::Json {
        print(&compiled.json())?;
    } else {
        complain(&compiled, common)?;
    }
    if has_errors(&compiled.diagnostics) {
        return Ok(ExitCode::from(WRONG));
    }
    identity(&compiled, files)?;
    Ok(ExitCode::SUCCESS)
}
