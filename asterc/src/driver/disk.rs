//! The real files.

use super::{DriverError, FileSystem, Folders};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The files of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

/// Folders deeper than this, and files beyond this number, are not looked at for suggestions.
const DEPTH: usize = 12;
const COUNT: usize = 2000;

impl FileSystem for Disk {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn is_file(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| !found.is_dir())
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
    }

    fn below(&self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![(folder.to_path_buf(), String::new(), 0)];
        let mut seen = 0;
        while let Some((path, prefix, depth)) = folders.pop() {
            let Ok(entries) = fs::read_dir(&path) else {
                continue;
            };
            for entry in entries.flatten() {
                seen += 1;
                if found.len() >= COUNT || seen > COUNT * 10 {
                    break;
                }
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() && depth < DEPTH && !is_left_out(&name) {
                    folders.push((entry.path(), format!("{prefix}{name}/"), depth + 1));
                } else if name.ends_with(".aster") {
                    found.push(format!("{prefix}{name}"));
                }
            }
        }
        found.sort();
        found
    }
}

impl Folders for Disk {
    /// Links to folders are not followed.
    fn all_below(&self, folder: &Path) -> Result<Vec<PathBuf>, DriverError> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let failed = |source| DriverError::Read {
                path: folder.clone(),
                source,
            };
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let kind = entry.file_type().map_err(failed)?;
                let (path, name) = (entry.path(), entry.file_name());
                if is_left_out(&name.to_string_lossy()) {
                    continue;
                }
                if kind.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "aster")
                    && (kind.is_file() || kind.is_symlink() && !path.is_dir())
                {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

/// What is not looked into: hidden, or full of what others wrote.
pub(super) fn is_left_out(name: &str) -> bool {
    name.starts_with('.') || name == "target" || name == "node_modules"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_file_below_a_folder_but_not_what_is_left_out() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let place = |path: &str| root.path().join(path);
        let deep = "a/".repeat(2 * DEPTH);
        for folder in [".git", "target", "node_modules", &deep, "folder.aster"] {
            fs::create_dir_all(place(folder))?;
        }
        let last = format!("{deep}z.aster");
        for path in [
            ".git/a.aster",
            "target/a.aster",
            ".a.aster",
            "a.txt",
            &last,
            "folder.aster/b.aster",
        ] {
            fs::write(place(path), "")?;
        }
        for number in 0..=COUNT {
            fs::write(place(&format!("{number:04}.aster")), "")?;
        }
        let found = Disk.all_below(root.path()).unwrap_or_default();
        assert_eq!(found.len(), COUNT + 3);
        assert_eq!(found[0], place("0000.aster"));
        assert_eq!(found[COUNT + 1..], [place(&last), place("folder.aster/b.aster")]);
        Ok(())
    }
}
