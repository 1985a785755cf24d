//! The lock file beside a schema: found, read, and replaced in one step.

use super::{DriverError, operands, output};
use crate::lock::{FILE_NAME, Lock};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the lock file of these schemas is: in their folder, or in the folder that is named.
///
/// # Errors
/// They are in several folders.
pub fn beside<'a>(roots: impl IntoIterator<Item = &'a Path>) -> Result<PathBuf, DriverError> {
    let mut folders = roots.into_iter().map(operands::folder);
    let first = folders.next().unwrap_or(Path::new("."));
    let same =
        |folder: &Path| folder == first || fs::canonicalize(folder).ok() == fs::canonicalize(first).ok();
    if !folders.all(same) {
        return Err(DriverError::SeveralFolders);
    }
    Ok(match first {
        here if here == Path::new(".") => PathBuf::from(FILE_NAME),
        folder => folder.join(FILE_NAME),
    })
}

/// The facts of a lock file, which are probably much like those that are known.
///
/// # Errors
/// It is not there, cannot be read, or is no lock file.
pub fn read(path: &Path, known: &Lock) -> Result<Lock, DriverError> {
    match fs::read_to_string(path) {
        Ok(text) => Lock::parse_beside(&text, known).map_err(|source| DriverError::BadLock {
            path: path.to_owned(),
            source,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(DriverError::NoLock {
            path: path.to_owned(),
        }),
        Err(source) => Err(DriverError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Makes sure that there is a lock file, before anything else is done.
///
/// # Errors
/// There is none.
pub fn expect(path: &Path) -> Result<(), DriverError> {
    if path.is_file() {
        return Ok(());
    }
    Err(DriverError::NoLock {
        path: path.to_owned(),
    })
}

/// Whether a lock file is exactly this text.
pub fn is(path: &Path, text: &str) -> bool {
    output::is_same(path, text)
}

/// Writes a lock file, in one step.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, text: &str) -> Result<(), DriverError> {
    output::replace(path, text).map_err(|source| DriverError::Write {
        path: path.to_owned(),
        source,
    })
}
