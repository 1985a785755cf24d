//! The text of a lock file goes in; facts come out, and what follows from them.

use super::{Lock, Type, VERSION};
use memchr::memmem;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter::repeat_n;

/// Why a text is no lock file of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// It is not TOML, or has other facts than a lock file.
    #[error("line {line}: {why}; take one side of a merge and run `asterc lock`, or restore the file")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// A merge left its conflict markers in it.
    #[error(
        "line {line}: a merge left its conflict markers here; take one side, as with `git checkout --ours`, and run `asterc lock`"
    )]
    Conflict {
        /// The line of the first one, from 1.
        line: usize,
    },
    /// A newer compiler wrote it.
    #[error(
        "its format is version {version}, this asterc reads version {VERSION}: use the asterc that wrote it, or a newer one"
    )]
    Version {
        /// The version it has.
        version: u32,
    },
}

impl Lock {
    /// Reads the text of a lock file.
    ///
    /// # Errors
    /// It is none, or is damaged, or too new.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        Self::parse_lean(&Self::lean(text))
    }

    /// A text that says the same and is shorter by what is not read: the types that each service reaches follow from the
    /// rest, and can be most of a large file. Lines stay where they are.
    pub fn lean(text: &str) -> Cow<'_, str> {
        without_reach(text)
    }

    /// Reads the text of a lock file that is much like `known`: what it says letter for letter is taken from there, which
    /// is faster by far.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_beside(text: &str, known: &Self) -> Result<Self, LockError> {
        let (lean, same) = without_known(&Self::lean(text), known);
        let mut lock = Self::parse_lean(&lean)?;
        // a type that stands there twice is an error of the text, as it is for the parser
        if let Some(name) = same.keys().find(|name| lock.types.contains_key(*name)) {
            return Err(LockError::Malformed {
                line: 1,
                why: format!("the type `{name}` stands there twice"),
            });
        }
        lock.types.extend(same);
        Ok(lock)
    }

    fn parse_lean(lean: &str) -> Result<Self, LockError> {
        #[derive(serde::Deserialize)]
        struct Head {
            lock: Option<u32>,
        }
        let malformed = |error: &toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            LockError::Malformed {
                line: lean.get(..at).unwrap_or_default().matches('\n').count() + 1,
                why: error.message().replace('\n', ", "),
            }
        };
        match toml::from_str::<Self>(lean) {
            Ok(lock) if lock.version == VERSION => Ok(lock),
            outcome => match (toml::from_str::<Head>(lean), outcome) {
                (Ok(Head { lock: Some(version) }), _) if version != VERSION => {
                    Err(LockError::Version { version })
                }
                (_, Err(error)) => Err(match conflict(lean) {
                    Some(line) => LockError::Conflict { line },
                    None => malformed(&error),
                }),
                (_, Ok(_)) => Err(LockError::Malformed {
                    line: 1,
                    why: format!("`lock = {VERSION}` is missing"),
                }),
            },
        }
    }

    /// Whether a text looks like a lock file rather than a schema.
    pub fn is_one(text: &str) -> bool {
        let mut lines = text.lines().map(str::trim);
        lines
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .is_some_and(|line| {
                line.strip_prefix("lock")
                    .is_some_and(|rest| rest.trim_start().starts_with('='))
            })
    }
}

/// The line of the first conflict marker.
fn conflict(text: &str) -> Option<usize> {
    let mut lines = text.lines().zip(1..);
    lines
        .find(|(line, _)| line.starts_with("<<<<<<< "))
        .map(|(_, number)| number)
}

/// The text without the types of which it says what is known, and these. Lines stay where they are.
fn without_known(text: &str, known: &Lock) -> (String, BTreeMap<String, Type>) {
    let mut out = String::new();
    let mut same = BTreeMap::new();
    let mut scratch = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        // what was taken out left blank lines, which end nothing
        let blank = rest.len() - rest.trim_start_matches('\n').len();
        let (lines, after) = rest.split_at(blank);
        out.push_str(lines);
        rest = after;
        // a blank line ends a type
        let end = memmem::find(rest.as_bytes(), b"\n\n").map_or(rest.len(), |end| end + 2);
        let (section, after) = rest.split_at(end);
        rest = after;
        let named = type_name(section).and_then(|name| known.types.get_key_value(name));
        let named = named.filter(|(name, _)| !same.contains_key(*name));
        let named = named.and_then(|(name, ty)| Some((name, ty, hash(section)?)));
        if let Some((name, ty, hash)) = named {
            // an edit far below changes the hash of all that reaches it, and nothing else of them
            let ty = Type {
                hash: hash.to_owned(),
                ..ty.clone()
            };
            scratch.clear();
            ty.write(&mut scratch, name);
            // it begins with the blank line that ended what is before it
            if scratch.trim() == section.trim_end() {
                same.insert(name.clone(), ty);
                out.extend(repeat_n(
                    '\n',
                    memchr::memchr_iter(b'\n', section.as_bytes()).count(),
                ));
                continue;
            }
        }
        out.push_str(section);
    }
    (out, same)
}

/// The name in `[type."shop.Order"]`, where that is the first line and the name has no escapes.
fn type_name(section: &str) -> Option<&str> {
    let name = section.strip_prefix("[type.\"")?;
    name.split_once("\"]\n").map(|(name, _)| name)
}

/// What `hash = "…"` says, where that needs no parser.
fn hash(section: &str) -> Option<&str> {
    let (_, after) = section.split_once("\nhash = \"")?;
    let (hash, _) = after.split_once('"')?;
    hash.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(hash)
}

/// The text without the types that each service reaches.
fn without_reach(text: &str) -> Cow<'_, str> {
    const OPEN: &str = "\ntypes = [\n";
    const CLOSE: &str = "\n]\n";
    if memmem::find(text.as_bytes(), OPEN.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() / 2);
    let mut rest = text;
    while let Some(start) = memmem::find(rest.as_bytes(), OPEN.as_bytes()) {
        let (before, list) = rest.split_at(start + 1);
        out.push_str(before);
        // an empty list closes with the line break that opened it
        let inner = &list[OPEN.len() - 2..];
        let Some(end) = memmem::find(inner.as_bytes(), CLOSE.as_bytes()) else {
            out.push_str(list);
            return Cow::Owned(out);
        };
        let (items, after) = inner.split_at(end + CLOSE.len() - 1);
        // no table begins inside a list
        if memmem::find(items.as_bytes(), b"\n[").is_none() {
            out.extend(repeat_n(
                '\n',
                memchr::memchr_iter(b'\n', items.as_bytes()).count(),
            ));
        } else {
            out.push_str(&list[..OPEN.len() - 2 + items.len()]);
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}
