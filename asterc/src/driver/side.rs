//! One side of a comparison, as a user names it: a schema, a folder of schemas, a lock file, or one of these in a git
//! revision.

use super::disk::Disk;
use super::operands;
use super::revision::Revision;
use super::{Compiled, DriverError, FileSystem, Folders, Input, Options, compile};
use crate::lock::{self, Lock};
use crate::source::MAX_FILE;
use std::path::{Path, PathBuf};

/// What an operand turned out to be.
#[derive(Debug)]
pub enum Side {
    /// Schemas, compiled, perhaps with errors.
    Schema(Box<Compiled>),
    /// The text of a lock file, and where it is.
    Lock(LockText),
}

/// A lock file that is not read yet.
#[derive(Debug)]
pub struct LockText {
    path: PathBuf,
    text: String,
}

impl LockText {
    /// Its facts; `known` are those of the other side, which they are probably much like.
    ///
    /// # Errors
    /// It is no lock file.
    pub fn facts(&self, known: Option<&Lock>) -> Result<Lock, DriverError> {
        let lock = match known {
            Some(known) => Lock::parse_beside(&self.text, known),
            None => Lock::parse(&self.text),
        };
        lock.map_err(|source| DriverError::BadLock {
            path: self.path.clone(),
            source,
        })
    }
}

/// Finds out what an operand is, and reads it. A path on disk wins over a revision of the same spelling.
///
/// # Errors
/// It is not there, or cannot be read.
pub fn load(operand: &Path, options: &Options) -> Result<Side, DriverError> {
    if Disk.is_file(operand) || Disk.is_folder(operand) {
        return load_from(&Disk, operand, options);
    }
    let text = operand.to_string_lossy();
    if !text.contains(':') {
        // says what is missing, and what may have been meant
        return schema(&Disk, &[operand.to_owned()], options);
    }
    let (revision, path) = Revision::open(&text)?;
    let options = Options {
        import_roots: options
            .import_roots
            .iter()
            .map(|root| revision.root(root))
            .collect(),
    };
    load_from(&revision, &path, &options)
}

fn load_from(files: &impl Folders, path: &Path, options: &Options) -> Result<Side, DriverError> {
    if files.is_folder(path) {
        let below = operands::below(files, path)?;
        let mut options = options.clone();
        if options.import_roots.is_empty() {
            options.import_roots.push(path.to_owned());
        }
        return schema(files, &below, &options);
    }
    if path.extension().is_none_or(|extension| extension != "aster") {
        // a lock file may be larger than any schema
        let bytes = files
            .read(path, MAX_FILE * 64)
            .map_err(|source| DriverError::Read {
                path: path.to_owned(),
                source,
            })?;
        // a lock file that was damaged or not merged is told as such
        let called = path.file_name().is_some_and(|name| name == lock::FILE_NAME);
        if let Ok(text) = String::from_utf8(bytes)
            && (called || Lock::is_one(&text))
        {
            let (path, text) = (path.to_owned(), Lock::lean(&text).into_owned());
            return Ok(Side::Lock(LockText { path, text }));
        }
    }
    schema(files, &[path.to_owned()], options)
}

fn schema(files: &dyn FileSystem, paths: &[PathBuf], options: &Options) -> Result<Side, DriverError> {
    let inputs: Vec<Input> = paths.iter().cloned().map(Input::Path).collect();
    let compiled = compile(&inputs, options, files)?;
    Ok(Side::Schema(Box::new(compiled)))
}
