//! What a schema says beside what its lock file says, in the words of everyone who compares them.

use super::{Compiled, DriverError, lockfile};
use crate::diff::{self, Report, Side};
use crate::lock::Lock;
use std::path::{Path, PathBuf};

/// A lock file and a schema, compared.
#[derive(Debug)]
pub struct Compared {
    path: PathBuf,
    /// What the lock file says, unless it is what `new` says letter for letter.
    old: Option<Lock>,
    new: Lock,
    /// Every change.
    pub report: Report,
}

/// What a lock file does not know, though no contract id differs; the text says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Services that nobody looks after.
    Services(String),
    /// Facts outside of the contract.
    Facts(String),
}

/// Compares the lock file at `path` with what the schema says.
///
/// # Errors
/// The lock file is not there, cannot be read, or is none.
pub fn compare(path: &Path, new: Lock) -> Result<Compared, DriverError> {
    // the usual case needs no look at what the file says
    let old = match lockfile::is(path, &new.text()) {
        true => None,
        false => Some(lockfile::read(path, &new)?),
    };
    let report = old.as_ref().map(|old| diff::diff(old, &new));
    Ok(Compared {
        path: path.to_owned(),
        report: report.unwrap_or_default(),
        old,
        new,
    })
}

impl Compared {
    /// The report for people, with places in the schema.
    pub fn human(&self, compiled: &Compiled, color: bool) -> String {
        diff::human(&self.report, None, side(compiled), color)
    }

    /// The last line of a report of drift. A service is gone also when its schema was not named, and then `asterc lock` with
    /// the same files would forget it.
    pub fn what_to_do(&self, files: &[PathBuf]) -> String {
        let path = self.path.display();
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        let files = files.join(" ");
        let services = self.report.services.iter();
        let gone: Vec<String> = services
            .filter(|service| service.new.is_none())
            .map(|service| format!("`{}`", service.name))
            .collect();
        if gone.is_empty() {
            return format!(
                "a contract id differs from `{path}`; when that is meant, run `asterc lock {files}` and commit it"
            );
        }
        format!(
            "{} of `{path}` is not in {files}: name every schema that the lock file is for; when a service is to go, run `asterc lock` with them and commit it",
            gone.join(", ")
        )
    }

    /// What the lock file does not know yet.
    pub fn behind(&self) -> Option<Behind> {
        let path = self.path.display();
        let services = self.report.services.iter();
        let unknown: Vec<String> = services
            .filter(|service| service.old.is_none())
            .map(|service| format!("`{}`", service.name))
            .collect();
        if !unknown.is_empty() {
            let unknown = unknown.join(", ");
            return Some(Behind::Services(format!(
                "`{path}` does not have {unknown}, so a change of it would go unnoticed: run `asterc lock`"
            )));
        }
        let differs = self.old.as_ref().is_some_and(|old| *old != self.new);
        differs.then(|| {
            Behind::Facts(format!(
                "`{path}` has older defaults, constants, aliases or marks than the schema; `asterc lock` renews it"
            ))
        })
    }
}

/// The side of a comparison that has places to show.
pub fn side(compiled: &Compiled) -> Option<Side<'_>> {
    let schema = compiled.schema.as_ref()?;
    let sources = &compiled.sources;
    Some(Side { schema, sources })
}
