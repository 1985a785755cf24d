//! `asterc check`: says what is wrong with schemas, and whether their contracts are still those of the lock file.

use super::{Common, DRIFT, Failure, Format, WRONG, complain, identity, lock, print, read, tell};
use asterc::diagnostic::has_errors;
use asterc::diff::{Report, diff};
use asterc::driver::lockfile;
use asterc::lock::Lock;
use clap::Args;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
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
    let locked = if *locked {
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
    let Some(path) = locked else {
        identity(&compiled, files)?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(new) = lock::lock_of(&compiled, files)? else {
        return Ok(ExitCode::from(WRONG));
    };
    let old = lockfile::read(&path, &new)?;
    let [old, new] = [old, new].map(ManuallyDrop::new);
    let report = ManuallyDrop::new(diff(&old, &new));
    if report.has_drift() {
        lock::show(&report, &compiled, common)?;
        if common.format == Format::Human {
            tell(&what_to_do(&report, &path, &super::names(files)))?;
        }
        return Ok(ExitCode::from(DRIFT));
    }
    if common.format == Format::Human && !common.quiet {
        tell(&behind(&old, &new, &report, &path))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The last line of a report of drift. A service is gone also when its schema was not named, and then `asterc lock` with
/// the same files would forget it.
fn what_to_do(report: &Report, path: &Path, files: &str) -> String {
    let path = path.display();
    let gone: Vec<String> = report
        .services
        .iter()
        .filter(|service| service.new.is_none())
        .map(|service| format!("`{}`", service.name))
        .collect();
    if gone.is_empty() {
        return format!(
            "error: a contract id differs from `{path}`; when that is meant, run `asterc lock {files}` and commit it\n"
        );
    }
    format!(
        "error: {} of `{path}` is not in {files}: name every schema that the lock file is for; when a service is to go, run `asterc lock` with them and commit it\n",
        gone.join(", ")
    )
}

/// What the lock file does not know yet, though no contract id differs.
fn behind(old: &Lock, new: &Lock, report: &Report, path: &Path) -> String {
    let unknown: Vec<String> = report
        .services
        .iter()
        .filter(|service| service.old.is_none())
        .map(|service| format!("`{}`", service.name))
        .collect();
    let path = path.display();
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        return format!(
            "warning: `{path}` does not have {unknown}, so a change of it would go unnoticed: run `asterc lock`\n"
        );
    }
    if old != new {
        return format!(
            "note: `{path}` has older defaults, constants, aliases or marks than the schema; `asterc lock` renews it\n"
        );
    }
    String::new()
}
