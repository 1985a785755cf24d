//! The file of revocations that a node is configured with: read again when it has changed, and gone by as a whole or not at all.
//!
//! Source: trust, "Credentials".

use crate::trust::{
    MAX_REVOCATION, MAX_REVOCATIONS, Revocation, Revocations, RevocationsError, RootPublicKey,
};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// As many statements as are allowed, each as large as is allowed.
const MAX_SIZE: u64 = (MAX_REVOCATIONS * (MAX_REVOCATION + 1)) as u64;

/// Why nobody is admitted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RevocationFileError {
    #[error("cannot read the revocations {}: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("cannot add to the revocations {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("{}: {error}", path.display())]
    Content { path: PathBuf, error: RevocationsError },
}

/// What a mesh has revoked, as its file says now. Its calls block, one waits for another.
#[derive(Debug)]
pub(crate) struct RevocationFile {
    path: PathBuf,
    root: RootPublicKey,
    last: Mutex<Option<Reading>>,
}

/// What was read, from a file that looked so.
#[derive(Debug)]
struct Reading {
    stamp: Stamp,
    content: Result<Good, Arc<RevocationFileError>>,
}

#[derive(Clone, Debug)]
struct Good {
    revocations: Arc<Revocations>,
    /// How many bytes were verified, up to the end of a line, and their hash: what is appended is read alone.
    length: usize,
    hash: blake3::Hash,
}

impl RevocationFile {
    /// The file of that path, of a mesh. It is not read yet.
    pub(crate) fn new(path: impl Into<PathBuf>, root: RootPublicKey) -> Self {
        Self {
            path: path.into(),
            root,
            last: Mutex::new(None),
        }
    }

    /// What the file says. The same `Arc` comes as long as it does not change.
    pub(crate) fn current(&self) -> Result<Arc<Revocations>, Arc<RevocationFileError>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = self.read(last.take()).map_err(|error| {
            Arc::new(RevocationFileError::Read {
                path: self.path.clone(),
                error,
            })
        })?;
        let content = &last.insert(reading).content;
        content.clone().map(|good| good.revocations)
    }

    /// Adds a statement of the mesh to a file that is whole, unless it says nothing new. It is on the disk then.
    pub(crate) fn append(&self, statement: &Revocation) -> Result<(), Arc<RevocationFileError>> {
        let failed = |error| {
            Arc::new(RevocationFileError::Write {
                path: self.path.clone(),
                error,
            })
        };
        // the operator's command locks it as well
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&self.path)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        let mut revocations = Revocations::clone(&*self.current()?);
        if revocations.covers(statement) {
            return Ok(());
        }
        revocations.insert(statement).map_err(|error| {
            Arc::new(RevocationFileError::Content {
                path: self.path.clone(),
                error,
            })
        })?;
        let start = if ends_a_line(&mut file).map_err(failed)? {
            ""
        } else {
            "\n"
        };
        // one write: who reads meanwhile has the line, or nothing of it
        let line = format!("{start}{}\n", statement.to_json());
        file.write_all(line.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed)
    }

    fn read(&self, last: Option<Reading>) -> io::Result<Reading> {
        let file = File::open(&self.path)?;
        // before it is read: what is written in the meantime is seen the next time
        let stamp = Stamp::of(&file.metadata()?);
        if stamp.length > MAX_SIZE {
            let large = format!("it is larger than {MAX_SIZE} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, large));
        }
        let before = match last {
            Some(reading) if reading.stamp == stamp => return Ok(reading),
            Some(reading) => reading.content.ok(),
            None => None,
        };
        let mut bytes = Vec::new();
        file.take(stamp.length).read_to_end(&mut bytes)?;
        let grown = before.and_then(|before| self.grown(&before, &bytes));
        let content = match grown {
            Some(good) => Ok(good),
            None => self.whole(&bytes).map_err(Arc::new),
        };
        Ok(Reading { stamp, content })
    }

    /// What the file says if good lines were appended to what it was.
    fn grown(&self, before: &Good, bytes: &[u8]) -> Option<Good> {
        let (old, new) = bytes.split_at_checked(before.length)?;
        if blake3::hash(old) != before.hash {
            return None;
        }
        let mut revocations = Revocations::clone(&before.revocations);
        revocations.extend(new, &self.root).ok()?;
        Some(Good::new(revocations, bytes))
    }

    fn whole(&self, bytes: &[u8]) -> Result<Good, RevocationFileError> {
        let revocations =
            Revocations::parse(bytes, &self.root).map_err(|error| RevocationFileError::Content {
                path: self.path.clone(),
                error,
            })?;
        Ok(Good::new(revocations, bytes))
    }
}

/// Whether what is appended begins a line.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

impl Good {
    fn new(revocations: Revocations, bytes: &[u8]) -> Self {
        // a last line without its end may be added to
        let length = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        Self {
            revocations: Arc::new(revocations),
            length,
            hash: blake3::hash(&bytes[..length]),
        }
    }
}

/// How a file looks from outside. One that was written since looks otherwise.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    times: [i64; 4],
    file: [u64; 2],
}

impl Stamp {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            length: metadata.len(),
            times: [
                metadata.mtime(),
                metadata.mtime_nsec(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ],
            file: [metadata.dev(), metadata.ino()],
        }
    }

    #[cfg(not(unix))]
    fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        let time = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let time = time.unwrap_or_default();
        Self {
            length: metadata.len(),
            times: [
                i64::try_from(time.as_secs()).unwrap_or_default(),
                i64::from(time.subsec_nanos()),
                0,
                0,
            ],
            file: [0; 2],
        }
    }
}

#[cfg(test)]
mod tests;
