//! From a compiled schema to the text of its stubs, with clashes of names as diagnostics.

use super::Compiled;
use crate::codegen::{self, Clash, Files, GenerateError, Layout};
use crate::contracts::Contracts;
use crate::diagnostic::{Code, Diagnostic};
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
/// [`GenerateError`]: the diagnostics of [`clashes`] say where, when names clash.
pub fn language(schema: &Schema, contracts: &Contracts, language: Language) -> Result<Files, GenerateError> {
    match language {
        Language::Rust => codegen::generate(schema, &contracts.ids(), &Layout::Tree)
            .map(|files| files.below(language.folder())),
    }
}

/// Adds clashes of names to what is wrong with the schema.
pub fn clashes(compiled: &mut Compiled, clashes: &[Clash]) {
    compiled.diagnostics.extend(clashes.iter().map(clash));
    crate::diagnostic::sort(&mut compiled.diagnostics, &compiled.sources);
}

fn clash(clash: &Clash) -> Diagnostic {
    Diagnostic::error(Code::NameClash, clash.second, clash.message.clone())
        .label("this name")
        .at(clash.first, "clashes with this one")
        .help("rename one of them: they are different names in the schema, and one in the generated code")
}
