//! From a compiled schema to the text of its stubs.

use crate::codegen::{self, Files, Layout, Options};
use crate::contracts::Contracts;
use crate::diagnostic::Diagnostic;
use crate::model::Schema;

/// A language that stubs are generated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Rust.
    Rust,
}

impl Language {
    /// Every language.
    pub const ALL: &[Self] = &[Self::Rust];

    /// The folder below the output folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Rust => "rust",
        }
    }
}

/// The files of one language, below its folder.
///
/// # Errors
/// Names of the schema that are one name in the language.
pub fn language(
    schema: &Schema,
    contracts: &Contracts,
    language: Language,
) -> Result<Files, Vec<Diagnostic>> {
    match language {
        Language::Rust => {
            let files = codegen::generate(schema, contracts, &Options::new(Layout::Tree))?;
            Ok(files.below(language.folder()))
        }
    }
}
