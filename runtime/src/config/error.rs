//! Why what is said of a node cannot be gone by.

use super::Setting;
use crate::node::IdentityError;
use std::io;
use std::path::PathBuf;

/// Why a configuration gives no node. Nothing is half taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file is no TOML.
    #[error("{}:{line}: this is not TOML: {reason}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// There is no such option.
    #[error("{place}: `{}` is not known: {help}", key.escape_debug())]
    Unknown {
        /// The file and line, or `the environment`.
        place: String,
        /// What was written.
        key: String,
        /// What to write instead.
        help: String,
    },
    /// The option does not take such a value.
    #[error("{place}: `{key}` is {}, it has to be {expected}", found.escape_debug())]
    Value {
        /// The file and line, or the variable.
        place: String,
        /// The option.
        key: String,
        /// What was written.
        found: String,
        /// What it takes.
        expected: String,
    },
    /// The identity file cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl ConfigError {
    pub(super) fn value(setting: &Setting, expected: &str) -> Self {
        Self::Value {
            place: setting.origin.to_string(),
            key: setting.key.to_owned(),
            found: format!("`{}`", setting.value),
            expected: expected.to_owned(),
        }
    }
}
