//! The identity file of a node, `.aster-identity`: the path goes in, the node's key and credentials come out.
//!
//! No error has any part of a secret: values are never shown, nor are keys that are too long to be misspelt ones.
//!
//! Source: trust, "Files and tools".

mod peers;

pub use peers::PeerCredential;

use crate::trust::PeerId;
use data_encoding::HEXLOWER_PERMISSIVE;
use iroh::SecretKey;
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// An identity with hundreds of credentials is smaller.
const MAX_SIZE: u64 = 1024 * 1024;
const NODE: &str = "node";
const SECRET_KEY: &str = "secret_key";
const ENDPOINT_ID: &str = "endpoint_id";
/// Credentials.
const PEERS: &str = "peers";

/// What an identity file says. The secret key is not shown.
pub struct IdentityFile {
    secret: SecretKey,
    peers: Vec<PeerCredential>,
}

impl IdentityFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`IdentityError`], which never has any part of the secret key.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, IdentityError> {
        read(path.as_ref())
    }

    /// The id of the endpoint that has this secret key.
    pub fn id_of(secret_key: &[u8; 32]) -> PeerId {
        PeerId(*SecretKey::from_bytes(secret_key).public().as_bytes())
    }

    /// The id of the node.
    pub fn id(&self) -> PeerId {
        self.secret.public().into()
    }

    /// The credentials of the node, in the order of the file.
    pub fn peers(&self) -> &[PeerCredential] {
        &self.peers
    }

    /// The key of the node, and what it shows.
    pub(crate) fn into_parts(self) -> (SecretKey, Vec<PeerCredential>) {
        (self.secret, self.peers)
    }
}

impl fmt::Debug for IdentityFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityFile")
            .field("id", &self.id())
            .field("peers", &self.peers)
            .finish_non_exhaustive()
    }
}

/// Why an identity file gives no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The file cannot be read.
    #[error("cannot read the identity file {}: {error}; {}", path.display(), remedy(error))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Others than the owner may read or change the file.
    #[error(
        "{} is open to other users (mode {mode:04o}), and who has its secret key is this node: type `chmod 600 {}`",
        path.display(), quoted(path)
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is damaged.
    #[error(
        "{}:{line}: this is not TOML: {reason}; correct the line, or restore the file from a copy", path.display()
    )]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The file lacks what it must have.
    #[error(
        "{} has no {what}: a node's identity is `[node]` with `secret_key` and `endpoint_id`, each 64 hexadecimal \
         digits in quotes", path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// The section or key.
        what: &'static str,
    },
    /// The file has something that is not known, which may be misspelt.
    #[error("{}:{line}: unknown {what}: {help}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The section or key.
        what: String,
        /// What to write instead.
        help: String,
    },
    /// A value has the wrong form.
    #[error(
        "{}:{line}: {what} is no key: it has 64 hexadecimal digits in quotes; copy it again, whole", path.display()
    )]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        what: &'static str,
    },
    /// A credential is damaged, or not this node's.
    #[error("{}:{line}: {reason}", path.display())]
    Peer {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The secret key is that of another node.
    #[error(
        "{}:{line}: the secret key is that of the endpoint {actual}, the file says {stated}: copy both lines again \
         from one place, or correct `endpoint_id` if it is this one that is wrong", path.display()
    )]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The line of the endpoint id, from 1.
        line: usize,
        /// The id that the file states.
        stated: PeerId,
        /// The id that belongs to the secret key.
        actual: PeerId,
    },
}

fn read(path: &Path) -> Result<IdentityFile, IdentityError> {
    let failed = |error| IdentityError::Read {
        path: path.to_owned(),
        error,
    };
    let file = File::open(path).map_err(failed)?;
    // of the open file: the path could name another one by now
    let mode = mode(&file).map_err(failed)?;
    if mode & 0o077 != 0 {
        return Err(IdentityError::Permissions {
            path: path.to_owned(),
            mode,
        });
    }
    let mut bytes = Vec::new();
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_SIZE {
        let large = format!("it is larger than {MAX_SIZE} bytes");
        return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, large)));
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| IdentityError::Toml {
        path: path.to_owned(),
        line: line(&bytes, error.valid_up_to()),
        reason: "it is not UTF-8".to_owned(),
    })?;
    Identity { path, text }.read()
}

#[cfg(unix)]
fn mode(file: &File) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o7777)
}

/// Elsewhere the folder of a user is the user's.
#[cfg(not(unix))]
fn mode(_: &File) -> io::Result<u32> {
    Ok(0)
}

struct Identity<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Identity<'_> {
    fn read(&self) -> Result<IdentityFile, IdentityError> {
        let table = DeTable::parse(self.text).map_err(|error| IdentityError::Toml {
            path: self.path.to_owned(),
            line: self.line(error.span().map_or(self.text.len(), |span| span.start)),
            // its message alone: whole, the error shows the line
            reason: error.message().to_owned(),
        })?;
        let file = table.get_ref();
        self.known(file, &[NODE, PEERS], |key| format!("section `{key}`"))?;
        let node = file.get(NODE).and_then(|node| node.get_ref().as_table());
        let node = node.ok_or_else(|| self.missing("section `[node]`"))?;
        self.known(node, &[SECRET_KEY, ENDPOINT_ID], |key| {
            format!("key `{key}` in `[node]`")
        })?;
        let secret = node
            .get(SECRET_KEY)
            .ok_or_else(|| self.missing("`secret_key` in `[node]`"))?;
        let id = node
            .get(ENDPOINT_ID)
            .ok_or_else(|| self.missing("`endpoint_id` in `[node]`"))?;
        let secret = SecretKey::from_bytes(&self.bytes("`secret_key`", secret)?);
        let stated = PeerId(self.bytes("`endpoint_id`", id)?);
        let actual = PeerId(*secret.public().as_bytes());
        if stated != actual {
            return Err(IdentityError::Mismatch {
                path: self.path.to_owned(),
                line: self.line(id.span().start),
                stated,
                actual,
            });
        }
        let peers = self.peers(file.get(PEERS), actual)?;
        Ok(IdentityFile { secret, peers })
    }

    /// Refuses what a table has beside the known keys.
    fn known(
        &self,
        table: &DeTable<'_>,
        known: &[&str],
        named: impl Fn(&str) -> String,
    ) -> Result<(), IdentityError> {
        let unknown = |key: &&Spanned<_>| !known.contains(&AsRef::<str>::as_ref(key.get_ref()));
        // the first of the file, not of the alphabet
        let first = table.keys().filter(unknown).min_by_key(|key| key.span().start);
        let Some(key) = first else {
            return Ok(());
        };
        let help = match nearest(key.get_ref(), known) {
            Some(meant) => format!("did you mean {}?", named(meant)),
            None => {
                let all: Vec<_> = known.iter().map(|key| named(key)).collect();
                format!("remove it; there is {}", all.join(" and "))
            }
        };
        Err(IdentityError::Unknown {
            path: self.path.to_owned(),
            line: self.line(key.span().start),
            what: named(&shown(key.get_ref())),
            help,
        })
    }

    fn bytes(&self, what: &'static str, value: &Spanned<DeValue<'_>>) -> Result<[u8; 32], IdentityError> {
        let text = value.get_ref().as_str();
        let bytes = text.and_then(|text| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok());
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| IdentityError::Value {
                path: self.path.to_owned(),
                line: self.line(value.span().start),
                what,
            })
    }

    fn missing(&self, what: &'static str) -> IdentityError {
        IdentityError::Missing {
            path: self.path.to_owned(),
            what,
        }
    }

    fn line(&self, offset: usize) -> usize {
        line(self.text.as_bytes(), offset)
    }
}

/// The line of an offset, from 1.
fn line(text: &[u8], offset: usize) -> usize {
    let before = text.iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}

/// A key as it may be shown: a long one may be the secret itself, in the wrong place.
fn shown(key: &str) -> Cow<'_, str> {
    match key.chars().count() {
        0..=24 => key.escape_debug().to_string().into(),
        count => format!("… of {count} characters").into(),
    }
}

/// The known word that was misspelt as this, if there is one.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().map(|known| (distance(word, known), *known)).min()?;
    (near.0 <= near.1.len() / 3).then_some(near.1)
}

/// How many characters of one word are to be added, removed or changed to have the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (count, letter) in from.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], count + 1);
        for (at, other) in to.chars().enumerate() {
            let changed = corner + usize::from(letter != other);
            corner = row[at + 1];
            row[at + 1] = changed.min(corner + 1).min(row[at] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// What to do about a file that cannot be read.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "name the file that holds this node's key",
        io::ErrorKind::PermissionDenied => "start the node as the user whose file it is",
        _ => "name the `.aster-identity` file of this node",
    }
}

/// A path as an argument in a shell.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:,".contains(c);
    match path.starts_with('-') {
        false if path.chars().all(plain) => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
        true => format!("-- '{}'", path.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_as_far_apart_as_their_letters() {
        for (from, to, expected) in [
            ("", "node", 4),
            ("node", "", 4),
            ("node", "node", 0),
            ("nodes", "node", 1),
            ("secretkey", "secret_key", 1),
            ("secert_key", "secret_key", 2),
            ("endpoint", "endpoint_id", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
        assert_eq!(nearest("peer", &[NODE, PEERS]), Some(PEERS));
        assert_eq!(nearest("foo", &[NODE, PEERS]), None);
        assert_eq!(nearest("endpoint", &[SECRET_KEY, ENDPOINT_ID]), Some(ENDPOINT_ID));
    }

    #[test]
    fn a_path_is_one_argument_of_the_shell() {
        for (path, expected) in [
            ("/home/me/.aster-identity", "/home/me/.aster-identity"),
            ("my nodes/one", "'my nodes/one'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("-R", "-- '-R'"),
        ] {
            assert_eq!(quoted(Path::new(path)), expected);
        }
    }
}
