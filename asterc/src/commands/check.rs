//! `asterc check`: says what is wrong with schemas, and whether their contracts are still those of the lock file.

use super::{Common, DRIFT, Failure, Format, WRONG, complain, identity, lock, print, read, tell};
use asterc::diagnostic::has_errors;
use asterc::driver::locked::{self, Behind};
use asterc::driver::lockfile;
use clap::Args;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Check {
    /// Schemas, or folders of schemas; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Compare the contract ids with those of the lock file; exit with 3 when one differs
    #[arg(long)]
    locked: bool,
    /// The lock file [default: aster.lock in the folder of the schemas]
    #[arg(long, value_name = "PATH", requires = "locked")]
    lock_file: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Check, common: &Common) -> Result<ExitCode, Failure> {
    let Check {
        files,
        locked,
        lock_file,
    } = arguments;
    let lock_file = if *locked {
        let path = lock::path(files, lock_file.as_deref())?;
        lockfile::expect(&path)?;
        Some(path)
    } else {
        None
    };
    let compiled = read(files, common)?;
    if common.format == Format::Json {
        print(&compiled.json())?;
    } else {
        complain(&compiled, common)?;
    }
    if has_errors(&compiled.diagnostics) {
        return Ok(ExitCode::from(WRONG));
    }
    let Some(path) = lock_file else {
        identity(&compiled, files)?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(new) = lock::lock_of(&compiled, files)? else {
        return Ok(ExitCode::from(WRONG));
    };
    let compared = ManuallyDrop::new(locked::compare(&path, new)?);
    if compared.report.has_drift() {
        lock::show(&compared.report, &compiled, common)?;
        if common.format == Format::Human {
            tell(&format!("error: {}\n", compared.what_to_do(files)))?;
        }
        return Ok(ExitCode::from(DRIFT));
    }
    if common.format == Format::Human && !common.quiet {
        match compared.behind() {
            Some(Behind::Services(text)) => tell(&format!("warning: {text}\n"))?,
            Some(Behind::Facts(text)) => tell(&format!("note: {text}\n"))?,
            None => {}
        }
    }
    Ok(ExitCode::SUCCESS)
}
