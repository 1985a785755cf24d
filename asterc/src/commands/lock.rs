//! `asterc lock`: writes down what the contracts are, or says whether that is still right.

use super::{Common, DRIFT, Failure, Format, WRONG, complain, identity, print, read, tell};
use asterc::diff::{self, Report, diff};
use asterc::driver::{Compiled, DriverError, locked, lockfile};
use asterc::lock::Lock;
use clap::Args;
use std::io;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct LockArguments {
    /// Schemas, or folders of schemas; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write nothing; exit with 3 when a contract id differs from the lock file, with 1 when other facts do
    #[arg(long)]
    check: bool,
    /// The lock file [default: aster.lock in the folder of the schemas]
    #[arg(long, value_name = "PATH")]
    lock_file: Option<PathBuf>,
}

pub(crate) fn run(arguments: &LockArguments, common: &Common) -> Result<ExitCode, Failure> {
    let LockArguments {
        files,
        check,
        lock_file,
    } = arguments;
    let path = path(files, lock_file.as_deref())?;
    let compiled = read(files, common)?;
    complain(&compiled, common)?;
    let Some(new) = lock_of(&compiled, files)? else {
        return Ok(ExitCode::from(WRONG));
    };
    let text = new.text();
    // the usual case needs no look at what the file says
    let same = lockfile::is(&path, &text);
    let old = match (!same).then(|| lockfile::read(&path, &new)) {
        None => None,
        Some(Ok(lock)) => Some(lock),
        Some(Err(DriverError::NoLock { .. })) if !check => None,
        Some(Err(error)) => return Err(error.into()),
    };
    let report = old.as_ref().map(|old| diff(old, &new));
    if let Some(report) = report.as_ref().filter(|report| !report.changes.is_empty()) {
        show(report, &compiled, common)?;
    }
    if *check {
        let same = same || old.as_ref() == Some(&new);
        return verdict(same, report.as_ref(), &path, common);
    }
    if !same {
        lockfile::write(&path, &text)?;
    }
    if common.format == Format::Human && !common.quiet {
        let what = if same { "nothing to do for" } else { "wrote" };
        tell(&format!("{what} {}\n", path.display()))?;
    }
    std::mem::forget((old, new, report));
    Ok(ExitCode::SUCCESS)
}

fn verdict(same: bool, report: Option<&Report>, path: &Path, common: &Common) -> Result<ExitCode, Failure> {
    if report.is_some_and(Report::has_drift) {
        return Ok(ExitCode::from(DRIFT));
    }
    if same {
        return Ok(ExitCode::SUCCESS);
    }
    if common.format == Format::Human {
        let path = path.display();
        tell(&format!(
            "error: `{path}` is out of date, though no contract id differs: run `asterc lock` and commit it\n"
        ))?;
    }
    Ok(ExitCode::from(WRONG))
}

/// Where the lock file is.
pub(crate) fn path(files: &[PathBuf], given: Option<&Path>) -> Result<PathBuf, Failure> {
    match given {
        Some(path) => Ok(path.to_owned()),
        None => Ok(lockfile::beside(files.iter().map(PathBuf::as_path))?),
    }
}

/// The facts of what was compiled; `None` when it is wrong.
pub(crate) fn lock_of(compiled: &Compiled, files: &[PathBuf]) -> Result<Option<Lock>, Failure> {
    let contracts = identity(compiled, files)?.map(ManuallyDrop::into_inner);
    let schema = compiled.schema.as_ref();
    Ok(schema
        .zip(contracts)
        .map(|(schema, contracts)| Lock::new(schema, &contracts)))
}

/// The report of a comparison with a lock file: for people on standard error, as JSON on standard output.
pub(crate) fn show(report: &Report, compiled: &Compiled, common: &Common) -> Result<(), Failure> {
    let new = locked::side(compiled);
    match common.format {
        Format::Json => print(&diff::json(report, None, new)),
        Format::Human => tell(&diff::human(report, None, new, common.colors(&io::stderr()))),
    }
}
