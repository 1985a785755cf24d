//! The file of nonces in a node's folder: a shown one-time credential goes in, and what it grants comes out once it is on the
//! disk whose nonce it was.
//!
//! Source: trust, "Credentials".

use crate::trust::{Bound, Granted, NonceBook, NonceBookError, NonceRefusal, Now, OneTime};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// In the node's folder.
const NAME: &str = "nonces";
/// Written beside it, and then given its name.
const NEW: &str = "nonces.new";
/// A file this much larger than what it has to say is written anew.
const SLACK: usize = 64 * 1024;

/// Why a node cannot take one-time credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NonceFileError {
    #[error("cannot use the file of nonces {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error(
        "{}: {error}; restore it from a copy: without it a one-time credential could be taken twice", path.display()
    )]
    Damaged { path: PathBuf, error: NonceBookError },
}

/// Why a one-time credential grants nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsumeError {
    #[error(transparent)]
    Refused(#[from] NonceRefusal),
    #[error(transparent)]
    File(#[from] NonceFileError),
}

/// The nonces that were shown to a node, on its disk. Its calls block, one waits for another.
#[derive(Debug)]
pub(crate) struct NonceFile {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    book: NonceBook,
    /// Opened to append.
    file: File,
    /// How many bytes are in the file.
    length: usize,
    /// Whether the file ends with what the book says. It may not after a failure, and is then written anew.
    sound: bool,
}

impl NonceFile {
    /// Opens the file, or makes it. The folder is this process's own.
    ///
    /// What has expired is taken out, and so is half a record that a crash has left. What is damaged is not touched.
    pub(crate) fn open(folder: &Path, now: Now) -> Result<Self, NonceFileError> {
        let path = folder.join(NAME);
        let failed = |error| NonceFileError::Io {
            path: path.clone(),
            error,
        };
        let mut before = Vec::new();
        let mut book = match File::open(&path) {
            Ok(mut file) => {
                file.read_to_end(&mut before).map_err(failed)?;
                let recovered = NonceBook::recover(&before).map_err(|error| NonceFileError::Damaged {
                    path: path.clone(),
                    error,
                })?;
                recovered.book
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => NonceBook::default(),
            Err(error) => return Err(failed(error)),
        };
        book.forget(now.wall);
        let journal = book.journal();
        if journal != before {
            replace(folder, &journal).map_err(failed)?;
        }
        let file = append(&path).map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            state: Mutex::new(State {
                book,
                file,
                length: journal.len(),
                sound: true,
            }),
        })
    }

    /// Binds the nonce to the peer that has shown it, or finds it bound to that peer. When this returns, it is on the disk.
    pub(crate) fn consume(&self, shown: OneTime, now: Now) -> Result<Granted, ConsumeError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |error| NonceFileError::Io {
            path: self.folder.join(NAME),
            error,
        };
        state.book.forget(now.wall);
        if !state.sound || state.is_loose() {
            self.rewrite(&mut state).map_err(failed)?;
        }
        let State {
            book,
            file,
            length,
            sound,
        } = &mut *state;
        let binding = match book.bind(shown, now.wall)? {
            Bound::Before(granted) => return Ok(granted),
            Bound::Now(binding) => binding,
        };
        *sound = false;
        file.write_all(binding.record()).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        *sound = true;
        *length += binding.record().len();
        Ok(binding.commit())
    }

    fn rewrite(&self, state: &mut State) -> io::Result<()> {
        state.sound = false;
        let journal = state.book.journal();
        replace(&self.folder, &journal)?;
        state.file = append(&self.folder.join(NAME))?;
        state.length = journal.len();
        state.sound = true;
        Ok(())
    }
}

impl State {
    /// Whether most of the file is about nonces that were forgotten.
    fn is_loose(&self) -> bool {
        self.length > 2 * self.book.journal_length() + SLACK
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}

/// Puts a whole file in the place of the one that is there. After a crash there is one of the two.
fn replace(folder: &Path, content: &[u8]) -> io::Result<()> {
    let new = folder.join(NEW);
    let mut file = File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(new, folder.join(NAME))?;
    sync(folder)
}

/// Makes names of a folder durable.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder is not a file, and a rename is durable.
#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
