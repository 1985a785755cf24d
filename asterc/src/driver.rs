//! The only module that reads and writes: from the files a user names to a resolved schema.

pub mod disk;
pub mod format;
pub mod generate;
pub mod listing;
mod load;
pub mod locked;
pub mod lockfile;
pub mod operands;
pub mod output;
#[cfg(feature = "cli")]
pub mod revision;
#[cfg(feature = "cli")]
pub mod side;

use crate::contracts::{Contracts, IdentityError, contracts};
use crate::diagnostic::{self, Diagnostic};
use crate::lock::LockError;
use crate::model::Schema;
use crate::resolve::{self, Neighbour, Surroundings};
use crate::source::SourceMap;
use load::Loader;
use std::io;
use std::path::{Path, PathBuf};

/// What is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// A text that was read elsewhere, such as standard input.
    Text {
        /// What to call it in reports.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// How it is compiled.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where imports are looked for; when empty, in the folders of the inputs.
    pub import_roots: Vec<PathBuf>,
}

/// The files a compiler run can see. [`disk::Disk`] is the real ones; tests and editors have their own.
pub trait FileSystem {
    /// At most `limit` bytes of a file.
    ///
    /// # Errors
    /// The file is not there or cannot be read.
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>>;

    /// Whether there is a file, not a folder.
    fn is_file(&self, path: &Path) -> bool;

    /// Whether there is a folder.
    fn is_folder(&self, path: &Path) -> bool;

    /// One name for each file, however it is reached.
    fn canonical(&self, path: &Path) -> PathBuf;

    /// Paths with `/` of the `.aster` files below a folder, in order; for suggestions only.
    fn below(&self, folder: &Path) -> Vec<String>;
}

/// Files of which whole folders can be read.
trait Folders: FileSystem {
    /// Every `.aster` file below a folder, in order, however many there are and however deep.
    fn all_below(&self, folder: &Path) -> Result<Vec<PathBuf>, DriverError>;
}

/// What a run found out.
#[derive(Debug)]
pub struct Compiled {
    /// Every text that was read.
    pub sources: SourceMap,
    /// Errors and warnings, by file and offset.
    pub diagnostics: Vec<Diagnostic>,
    /// The schema, unless there is an error.
    pub schema: Option<Schema>,
    /// The files that were read, in the order they were: what a build has to watch.
    pub read: Vec<PathBuf>,
}

impl Compiled {
    /// The diagnostics as text for people.
    pub fn human(&self, color: bool) -> String {
        diagnostic::render::human(&self.diagnostics, &self.sources, color)
    }

    /// The diagnostics as JSON, one object a line.
    pub fn json(&self) -> String {
        diagnostic::json::lines(&self.diagnostics, &self.sources)
    }

    /// Adds what a later stage found wrong.
    pub fn report(&mut self, found: Vec<Diagnostic>) {
        self.diagnostics.extend(found);
        diagnostic::sort(&mut self.diagnostics, &self.sources);
    }

    /// The schema's identity, when there is a schema.
    ///
    /// # Errors
    /// Never for a schema that [`compile`] made.
    pub fn contracts(&self) -> Result<Option<Contracts>, IdentityError> {
        self.schema.as_ref().map(contracts).transpose()
    }
}

/// Why nothing can be said about the schema.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// An input is not there.
    #[error("there is no file `{}`: check the path{}", .path.display(), did_you_mean(.similar))]
    NotFound {
        /// The path as given.
        path: PathBuf,
        /// A file that may have been meant.
        similar: Option<String>,
    },
    /// An input is a folder.
    #[error("`{}` is a folder: name the .aster file in it", .path.display())]
    IsFolder {
        /// The path as given.
        path: PathBuf,
    },
    /// A folder has no schema in it.
    #[error("there is no .aster file below `{}`", .path.display())]
    NoSchema {
        /// The path as given.
        path: PathBuf,
    },
    /// An import root is not a folder.
    #[error("the import root `{}` is not a folder: check `-I`", .path.display())]
    NoRoot {
        /// The path as given.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("`{}` cannot be read: {source}", .path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no lock file to compare with.
    #[error("there is no lock file `{}`: write it with `asterc lock`, and keep it under version control", .path.display())]
    NoLock {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A lock file is none.
    #[error("`{}` is no lock file: {source}", .path.display())]
    BadLock {
        /// The path.
        path: PathBuf,
        /// Why.
        source: LockError,
    },
    /// Several schemas have no folder in common.
    #[error("the schemas are in several folders: say with `--lock-file` where their lock file is")]
    SeveralFolders,
    /// A git revision, or a path in it, is not there.
    #[error("`{operand}` is neither a path nor in a git revision: {why}")]
    Revision {
        /// As given.
        operand: String,
        /// Why.
        why: String,
    },
    /// A file or folder could not be written.
    #[error("`{}` cannot be written: {source}", .path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn did_you_mean(path: &Option<String>) -> String {
    path.as_ref()
        .map_or_else(String::new, |path| format!(", or did you mean `{path}`?"))
}

/// Reads the inputs and everything they import, each file once, and resolves them. The result does not depend on the
/// order of the inputs.
///
/// # Errors
/// An input or import root is not there, or a file cannot be read.
pub fn compile(inputs: &[Input], options: &Options, files: &dyn FileSystem) -> Result<Compiled, DriverError> {
    let mut loader = Loader::new(inputs, options, files)?;
    loader.load(inputs)?;
    let Loader {
        sources,
        mut diagnostics,
        units,
        read,
        roots,
        ..
    } = loader;
    let around = Around {
        units: &units,
        sources: &sources,
        roots: &roots,
        files,
    };
    let resolved = resolve::resolve(&units, &sources, &around, &diagnostics);
    diagnostics.extend(resolved.diagnostics);
    diagnostic::sort(&mut diagnostics, &sources);
    Ok(Compiled {
        schema: resolved.schema,
        diagnostics,
        read,
        sources,
    })
}

/// The files around the ones that are compiled, read when something is missing.
struct Around<'a> {
    units: &'a [resolve::Unit],
    sources: &'a SourceMap,
    roots: &'a [PathBuf],
    files: &'a dyn FileSystem,
}

impl Surroundings for Around<'_> {
    fn neighbours(&self) -> Vec<Neighbour> {
        load::neighbours(self.units, self.sources, self.roots, self.files)
    }
}
