//! Writes generated files: only those that differ, each whole or not at all.

use super::DriverError;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What writing did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that differed, or were not there.
    pub changed: Vec<PathBuf>,
    /// How many were right already.
    pub unchanged: usize,
}

impl Written {
    /// Writes a file below a folder. One that is right already is not touched; another one is replaced in one step.
    ///
    /// # Errors
    /// The folder or the file cannot be written.
    pub fn write(&mut self, folder: &Path, path: &str, text: &str) -> Result<(), DriverError> {
        let path = folder.join(path);
        if is_same(&path, text) {
            self.unchanged += 1;
            return Ok(());
        }
        replace(&path, text).map_err(|source| DriverError::Write {
            path: path.clone(),
            source,
        })?;
        self.changed.push(path);
        Ok(())
    }

    /// What [`write`](Self::write) would do; writes nothing.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn verify(&mut self, folder: &Path, path: &str, text: &str) -> Result<(), DriverError> {
        let path = folder.join(path);
        match fs::read(&path) {
            Ok(bytes) if bytes == text.as_bytes() => self.unchanged += 1,
            Ok(_) => self.changed.push(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.changed.push(path),
            Err(source) => return Err(DriverError::Read { path, source }),
        }
        Ok(())
    }
}

/// Whether the file says this already; a part of it at a time, for it may be large.
pub(super) fn is_same(path: &Path, text: &str) -> bool {
    let compare = || -> io::Result<bool> {
        let mut file = fs::File::open(path)?;
        if file.metadata()?.len() != text.len() as u64 {
            return Ok(false);
        }
        let mut part = [0; 64 * 1024];
        let mut rest = text.as_bytes();
        loop {
            let read = file.read(&mut part)?;
            match rest.split_at_checked(read) {
                Some((same, after)) if read > 0 && same == &part[..read] => rest = after,
                _ => return Ok(read == 0 && rest.is_empty()),
            }
        }
    };
    compare().unwrap_or(false)
}

/// A reader sees the old file or the new one, never a part.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".aster-")
        .permissions_like(path)
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    // The process's mask has had a say in what was asked for above; it has none in a file that was there.
    if let Ok(known) = fs::metadata(path) {
        file.as_file().set_permissions(known.permissions())?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

trait PermissionsLike {
    fn permissions_like(&mut self, path: &Path) -> &mut Self;
}

impl PermissionsLike for tempfile::Builder<'_, '_> {
    /// Generated files are for everybody to read, unlike temporary ones; an old file keeps its mode.
    fn permissions_like(&mut self, path: &Path) -> &mut Self {
        if let Ok(known) = fs::metadata(path) {
            return self.permissions(known.permissions());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            self.permissions(fs::Permissions::from_mode(0o644));
        }
        self
    }
}
