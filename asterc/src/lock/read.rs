//! The text of a lock file goes in; facts come out, and what follows from them.

use super::{Lock, Service, VERSION};
use std::collections::BTreeMap;

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
        #[derive(serde::Deserialize)]
        struct Head {
            lock: Option<u32>,
        }
        let lean = without_reach(text);
        let malformed = |error: &toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            LockError::Malformed {
                line: lean.get(..at).unwrap_or_default().matches('\n').count() + 1,
                why: error.message().replace('\n', ", "),
            }
        };
        match toml::from_str::<Self>(&lean) {
            Ok(lock) if lock.version == VERSION => Ok(lock),
            outcome => match (toml::from_str::<Head>(&lean), outcome) {
                (Ok(Head { lock: Some(version) }), _) if version != VERSION => {
                    Err(LockError::Version { version })
                }
                (_, Err(error)) => Err(malformed(&error)),
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

/// The text without the types that each service reaches: these follow from the rest, and can be most of a large file. Lines
/// stay where they are.
fn without_reach(text: &str) -> String {
    const OPEN: &str = "\ntypes = [\n";
    const CLOSE: &str = "\n]\n";
    let mut out = String::with_capacity(text.len() / 2);
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        let (before, list) = rest.split_at(start + 1);
        out.push_str(before);
        // an empty list closes with the line break that opened it
        let inner = &list[OPEN.len() - 2..];
        let Some(end) = inner.find(CLOSE) else {
            out.push_str(list);
            return out;
        };
        let (items, after) = inner.split_at(end + CLOSE.len() - 1);
        let is_item = |line: &str| line.is_empty() || line == "]" || line.starts_with("    \"");
        if items.lines().all(is_item) {
            out.extend(items.matches('\n'));
        } else {
            out.push_str(&list[..OPEN.len() - 2 + items.len()]);
        }
        rest = after;
    }
    out + rest
}

/// Which types each service reaches.
pub struct Reach<'a> {
    names: Vec<&'a str>,
    places: BTreeMap<&'a str, usize>,
    /// By type: those that its members name.
    next: Vec<Vec<usize>>,
    /// By type: the last walk that came by.
    seen: Vec<usize>,
    walks: usize,
}

impl<'a> Reach<'a> {
    /// Of the types of a lock.
    pub fn new(lock: &'a Lock) -> Self {
        let names: Vec<&str> = lock.types.keys().map(String::as_str).collect();
        let places: BTreeMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        let next = lock.types.values().map(|ty| {
            let mut next: Vec<usize> = ty
                .references()
                .filter_map(|name| places.get(name).copied())
                .collect();
            next.sort_unstable();
            next.dedup();
            next
        });
        Self {
            next: next.collect(),
            seen: vec![0; names.len()],
            walks: 0,
            names,
            places,
        }
    }

    /// The full names of the types that the service's methods reach, in order.
    pub fn of(&mut self, service: &Service) -> Vec<&'a str> {
        self.walks += 1;
        let methods = service.methods.values();
        let sides = methods.flat_map(|method| [&method.request, &method.response]);
        let mut waiting: Vec<usize> = sides
            .filter_map(|name| self.places.get(name.as_str()).copied())
            .collect();
        let mut found = Vec::new();
        while let Some(at) = waiting.pop() {
            if std::mem::replace(&mut self.seen[at], self.walks) != self.walks {
                found.push(at);
                waiting.extend(
                    self.next[at]
                        .iter()
                        .filter(|next| self.seen[**next] != self.walks),
                );
            }
        }
        found.sort_unstable();
        found.into_iter().map(|at| self.names[at]).collect()
    }
}
