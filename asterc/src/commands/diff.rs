//! `asterc diff`: every change between two schemas, folders, lock files or revisions, with its two verdicts.

use super::{Common, DRIFT, Failure, Format, WRONG, complain, identity, print};
use asterc::diagnostic::has_errors;
use asterc::diff;
use asterc::driver::side::{self, Side};
use asterc::driver::{Compiled, Options};
use asterc::lock::Lock;
use clap::Args;
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Diff {
    /// What was: a schema, a folder of schemas, a lock file, or one of these in a git revision, `REVISION:PATH`
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// What is: the same
    #[arg(value_name = "NEW")]
    new: PathBuf,
}

pub(crate) fn run(arguments: &Diff, common: &Common) -> Result<ExitCode, Failure> {
    let options = Options {
        import_roots: common.import_roots.clone(),
    };
    // Each side is looked at before the next is read: two large trees need not be in memory at once with all they hold.
    let old = side::load(&arguments.old, &options)?;
    let old_facts = facts(&old, &arguments.old, common)?;
    let new = side::load(&arguments.new, &options)?;
    let new_facts = facts(&new, &arguments.new, common)?;
    let (Some(old_facts), Some(new_facts)) = (old_facts, new_facts) else {
        return Ok(ExitCode::from(WRONG));
    };
    let report = diff::diff(&old_facts, &new_facts);
    print(&match common.format {
        Format::Json => diff::json(&report, text_of(&old), text_of(&new)),
        Format::Human => diff::human(
            &report,
            text_of(&old),
            text_of(&new),
            common.colors(&io::stdout()),
        ),
    })?;
    let status = if report.has_drift() { DRIFT } else { 0 };
    std::mem::forget((old_facts, new_facts, report));
    std::mem::forget((old, new));
    Ok(ExitCode::from(status))
}

/// What a side says; `None` when it is wrong, which is reported.
fn facts<'a>(side: &'a Side, operand: &Path, common: &Common) -> Result<Option<Cow<'a, Lock>>, Failure> {
    let compiled = match side {
        Side::Lock(lock) => return Ok(Some(Cow::Borrowed(lock))),
        Side::Schema(compiled) => compiled,
    };
    complain(compiled, common)?;
    if has_errors(&compiled.diagnostics) {
        return Ok(None);
    }
    let contracts = identity(compiled, &[operand.to_owned()])?;
    let schema = compiled.schema.as_ref();
    Ok(schema
        .zip(contracts)
        .map(|(schema, contracts)| Cow::Owned(Lock::new(schema, &contracts))))
}

fn text_of(side: &Side) -> Option<diff::Side<'_>> {
    let Side::Schema(compiled) = side else { return None };
    let Compiled { schema, sources, .. } = &**compiled;
    let schema = schema.as_ref()?;
    Some(diff::Side { schema, sources })
}
