//! `asterc diff`: every change between two schemas, folders, lock files or revisions, with its two verdicts.

use super::lock::lock_of;
use super::{Common, DRIFT, Failure, Format, WRONG, complain, print};
use asterc::diagnostic::has_errors;
use asterc::diff;
use asterc::driver::side::{self, Side};
use asterc::driver::{Compiled, Options};
use asterc::lock::Lock;
use clap::Args;
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
    let old = side::load(&arguments.old, &options)?;
    let old_facts = schema_facts(&old, &arguments.old, common)?;
    let new = side::load(&arguments.new, &options)?;
    let new_facts = schema_facts(&new, &arguments.new, common)?;
    let (Ok(old_facts), Ok(new_facts)) = (old_facts, new_facts) else {
        return Ok(ExitCode::from(WRONG));
    };
    let old_facts = match (old_facts, &old) {
        (Some(facts), _) => facts,
        (None, Side::Lock(text)) => text.facts(new_facts.as_ref())?,
        (None, Side::Schema(_)) => return Ok(ExitCode::from(WRONG)),
    };
    let new_facts = match (new_facts, &new) {
        (Some(facts), _) => facts,
        (None, Side::Lock(text)) => text.facts(Some(&old_facts))?,
        (None, Side::Schema(_)) => return Ok(ExitCode::from(WRONG)),
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

/// A schema that is wrong.
struct Wrong;

/// What a schema says; nothing yet for a lock file.
fn schema_facts(
    side: &Side,
    operand: &Path,
    common: &Common,
) -> Result<Result<Option<Lock>, Wrong>, Failure> {
    let Side::Schema(compiled) = side else {
        return Ok(Ok(None));
    };
    complain(compiled, common)?;
    if has_errors(&compiled.diagnostics) {
        return Ok(Err(Wrong));
    }
    Ok(Ok(lock_of(compiled, &[operand.to_owned()])?))
}

fn text_of(side: &Side) -> Option<diff::Side<'_>> {
    let Side::Schema(compiled) = side else { return None };
    let Compiled { schema, sources, .. } = &**compiled;
    let schema = schema.as_ref()?;
    Some(diff::Side { schema, sources })
}
