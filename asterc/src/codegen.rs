//! From a schema to source text.
//!
//! `steps` says how each type is written and read, in no language's words; each language has a view
//! that decides everything about its text and templates that print it.

mod docs;
mod errors;
mod rust;
pub mod steps;
#[cfg(test)]
pub(crate) mod testing;

pub use rust::{Layout, Options, is_keyword as is_rust_keyword};

use crate::contracts::Contracts;
use crate::diagnostic::Diagnostic;
use crate::model::Schema;
use std::collections::BTreeMap;

/// Generated files: paths with `/`, in order, each text with exactly one final newline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    fn new(files: BTreeMap<String, String>) -> Self {
        let end = |mut text: String| {
            text.truncate(text.trim_end().len());
            text.push('\n');
            text.shrink_to_fit();
            text
        };
        Self(files.into_iter().map(|(path, text)| (path, end(text))).collect())
    }

    /// Every path with its text, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The same files below a folder.
    #[must_use]
    pub fn below(self, folder: &str) -> Self {
        Self(
            self.0
                .into_iter()
                .map(|(path, text)| (format!("{folder}/{path}"), text))
                .collect(),
        )
    }
}

/// Prints `schema` as Rust.
///
/// # Errors
/// Names that are one name in Rust.
pub fn generate(schema: &Schema, contracts: &Contracts, options: &Options) -> Result<Files, Vec<Diagnostic>> {
    let steps = steps::steps(schema);
    rust::generate(schema, &steps, &contracts.ids(), options)
}
