//! Writes new files below a folder: all of them, or none.

use super::Failure;
use super::starter::File;
use asterc::driver::DriverError;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes files that are not there yet.
pub(crate) fn write(folder: &Path, files: &[File]) -> Result<(), Failure> {
    let taken: Vec<String> = files
        .iter()
        .filter(|(path, _)| folder.join(path).symlink_metadata().is_ok())
        .map(|(path, _)| format!("`{}`", shown(folder, path)))
        .collect();
    if let Some((last, rest)) = taken.split_last() {
        let (these, are) = match rest {
            [] => (last.clone(), "is"),
            rest => (format!("{} and {last}", rest.join(", ")), "are"),
        };
        return Err(Failure::Refused(format!(
            "{these} {are} there already, so nothing was written: choose another folder"
        )));
    }
    let mut made = Made::default();
    for (path, text) in files {
        made.file(&folder.join(path), text).map_err(|source| {
            Failure::Driver(DriverError::Write {
                path: PathBuf::from(shown(folder, path)),
                source,
            })
        })?;
    }
    made.keep();
    Ok(())
}

fn shown(folder: &Path, path: &str) -> String {
    match folder {
        here if here == Path::new(".") => path.to_owned(),
        folder => folder.join(path).display().to_string(),
    }
}

/// What was made so far; it is taken back unless it is kept.
#[derive(Default)]
struct Made {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Made {
    fn file(&mut self, path: &Path, text: &str) -> io::Result<()> {
        self.folders_above(path)?;
        // somebody else may have written it since we looked
        let mut file = fs::File::create_new(path)?;
        self.files.push(path.to_path_buf());
        file.write_all(text.as_bytes())
    }

    fn folders_above(&mut self, path: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = path
            .ancestors()
            .skip(1)
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder)?;
            self.folders.push(folder.to_path_buf());
        }
        Ok(())
    }

    fn keep(mut self) {
        self.files.clear();
        self.folders.clear();
    }
}

impl Drop for Made {
    /// A folder in which somebody else has put something by now stays.
    fn drop(&mut self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
