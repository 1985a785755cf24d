//! Files that are whole or not there: written beside their place, synced, and moved into it. Only the owner may read them.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Replaces a file.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let written = beside(path, text)?;
    written.persist(path).map_err(|error| error.error)?;
    sync_folder(path)
}

/// Makes a file that is not there.
pub(crate) fn create(path: &Path, text: &[u8]) -> io::Result<()> {
    let written = beside(path, text)?;
    written.persist_noclobber(path).map_err(|error| error.error)?;
    sync_folder(path)
}

/// A file of its owner alone, as temporary ones are made.
fn beside(path: &Path, text: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(".aster-")
        .tempfile_in(folder(path))?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// That the file has its name is in the folder.
fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(folder(path)) {
        Ok(folder) if cfg!(unix) => folder.sync_all(),
        _ => Ok(()),
    }
}

/// Makes a folder that only its owner may enter.
pub(crate) fn folder_of_ones_own(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}
