//! The real files.

use super::FileSystem;
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
                let hidden = name.starts_with('.') || name == "target" || name == "node_modules";
                if kind.is_dir() && depth < DEPTH && !hidden {
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
