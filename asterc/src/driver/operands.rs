//! What a user names becomes the schemas that are meant: a folder stands for every schema below it.

use super::disk::Disk;
use super::{DriverError, Folders, Input, Options};
use std::path::{Path, PathBuf};

/// Replaces folders by the schemas below them. A folder that is named is an import root, unless roots are given; the
/// folders of files that are named beside it then are, too.
///
/// # Errors
/// A folder cannot be read, or has no schema.
pub fn expand(inputs: Vec<Input>, options: &mut Options) -> Result<Vec<Input>, DriverError> {
    let is_folder = |input: &Input| matches!(input, Input::Path(path) if path.is_dir());
    if !inputs.iter().any(is_folder) {
        return Ok(inputs);
    }
    if options.import_roots.is_empty() {
        options.import_roots = import_roots(&inputs);
    }
    let mut out = Vec::with_capacity(inputs.len());
    for input in inputs {
        match &input {
            Input::Path(path) if path.is_dir() => {
                out.extend(below(&Disk, path)?.into_iter().map(Input::Path));
            }
            _ => out.push(input),
        }
    }
    Ok(out)
}

/// Every schema below a folder, in order; there is at least one.
pub(super) fn below(files: &impl Folders, folder: &Path) -> Result<Vec<PathBuf>, DriverError> {
    let mut below = files.all_below(folder)?;
    if below.is_empty() {
        return Err(DriverError::NoSchema {
            path: folder.to_owned(),
        });
    }
    for file in &mut below {
        if let Ok(short) = file.strip_prefix(".") {
            *file = short.to_path_buf();
        }
    }
    Ok(below)
}

/// The import roots of what is named, where none are given: the folders that are named, and those of the files. One that
/// is not there is none; the input below it is an error of its own.
pub fn import_roots(inputs: &[Input]) -> Vec<PathBuf> {
    let folder = |input: &Input| match input {
        Input::Path(path) => folder(path).to_owned(),
        Input::Text { .. } => PathBuf::from("."),
    };
    let mut roots: Vec<PathBuf> = inputs.iter().map(folder).filter(|root| root.is_dir()).collect();
    roots.sort();
    roots.dedup();
    roots
}

/// The folder that is named, or that has the file that is named.
pub(super) fn folder(path: &Path) -> &Path {
    match path.is_dir() {
        true => path,
        false => parent(path),
    }
}

/// The folder of a file, as its path says.
pub(super) fn parent(file: &Path) -> &Path {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}
