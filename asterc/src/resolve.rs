//! All files go in; a [`Schema`] in which every id is valid comes out, with what is wrong with the files.
//!
//! `scope` gives each name an id, `types` and `values` look up what the files refer to,
//! `services` makes the messages nobody wrote down, `checks` refuses what the syntax allows.

mod assemble;
mod attributes;
mod checks;
mod errors;
pub mod imports;
mod literals;
mod members;
mod problems;
mod scope;
mod services;
mod types;
mod values;

use crate::ast;
use crate::diagnostic::{self, Code, Diagnostic, Level};
use crate::model::Schema;
use crate::source::{FileId, SourceMap};
use rustc_hash::FxHashSet;
use scope::Scopes;

/// A parsed file and where its imports lead.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What was parsed.
    pub ast: ast::File,
    /// For each import of `ast`, its file; `None` when that was reported.
    pub imports: Vec<Option<FileId>>,
    /// Whether it was named by the user, and not only imported.
    pub root: bool,
}

/// A file that could be imported, for suggestions.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// What to write behind `import`.
    pub path: String,
    /// Its package.
    pub package: String,
    /// The names it declares.
    pub names: Vec<String>,
}

/// What is asked for only when something is missing: files below the import roots.
pub trait Surroundings {
    /// Every file that could be imported, whether or not it is.
    fn neighbours(&self) -> Vec<Neighbour>;
}

/// What came out.
#[derive(Debug)]
pub struct Resolved {
    /// The schema, unless there is an error.
    pub schema: Option<Schema>,
    /// Errors and warnings, in no order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Resolves all files of a schema. `earlier` is what was reported about them before: files with errors get no
/// warnings, and with an error there is no schema.
pub fn resolve(
    units: &[Unit],
    sources: &SourceMap,
    surroundings: &dyn Surroundings,
    earlier: &[Diagnostic],
) -> Resolved {
    let mut scopes = Scopes::new(units, sources, surroundings);
    scopes.declare();
    scopes.resolve_aliases();
    scopes.resolve_constants();
    let drafts = scopes.resolve_members();
    scopes.check_infinite_types(&drafts);
    let mut diagnostics = scopes.take_problems();

    let all = || earlier.iter().chain(&diagnostics);
    let file = |one: &Diagnostic| one.primary.span.file;
    let wrong: FxHashSet<FileId> = all().filter(|one| one.level == Level::Error).map(file).collect();
    let doubled = all()
        .filter(|one| one.code == Code::DuplicateName)
        .map(file)
        .collect();
    let unused = scopes.unused_imports(&wrong, &doubled);
    diagnostics.extend(unused);
    let clean = wrong.is_empty() && !diagnostic::has_errors(&diagnostics);
    let schema = clean.then(|| assemble::schema(&scopes, drafts));
    Resolved { schema, diagnostics }
}
