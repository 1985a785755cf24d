//! From a schema to source text.
//!
//! `steps` says how each type is written and read, in no language's words; each language has a view
//! that decides everything about its text and templates that print it.

mod docs;
mod rust;
pub mod steps;
#[cfg(test)]
pub(crate) mod testing;

pub use rust::Layout;

use crate::model::Schema;
use crate::source::Span;
use aster_contract::model::ContractId;
use std::collections::BTreeMap;

/// Generated files: paths with `/`, in order, each text with exactly one final newline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    fn new(files: BTreeMap<String, String>) -> Self {
        let end = |text: String| format!("{}\n", text.trim_end());
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

/// Two names of a schema that are one in the generated code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The later of the two.
    pub second: Span,
    /// The earlier.
    pub first: Span,
    /// What clashes.
    pub message: String,
}

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// Names that are one name in the language.
    #[error("{} names clash in the generated code", .0.len())]
    Clashes(Vec<Clash>),
    /// A type that no payload can introduce.
    #[error(transparent)]
    TypeDef(#[from] steps::TypeDefError),
}

/// Prints `schema` as Rust. `contract_ids` has the id of each of its services, in their order.
///
/// # Errors
/// Names that are one name in Rust, and types that a payload cannot introduce.
pub fn generate(
    schema: &Schema,
    contract_ids: &[ContractId],
    layout: &Layout,
) -> Result<Files, GenerateError> {
    let steps = steps::steps(schema)?;
    rust::generate(schema, &steps, contract_ids, layout).map_err(GenerateError::Clashes)
}
