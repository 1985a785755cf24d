//! From a compiled schema to the text of its stubs.

use crate::codegen::{Layout, Options, RustCode};
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

/// The stubs of one language, ready to be printed.
pub enum Code<'a> {
    /// Rust.
    Rust(RustCode<'a>),
}

impl<'a> Code<'a> {
    /// Decides everything that can fail.
    ///
    /// # Errors
    /// Names of the schema that are one name in the language.
    pub fn new(
        schema: &'a Schema,
        contracts: &'a Contracts,
        language: Language,
    ) -> Result<Self, Vec<Diagnostic>> {
        const TREE: &Options = &Options::new(Layout::Tree);
        match language {
            Language::Rust => RustCode::new(schema, contracts, TREE).map(Self::Rust),
        }
    }

    /// Gives each file to `sink`: its path with `/`, below the folder of the language, and its text.
    ///
    /// # Errors
    /// The first of `sink`; nothing is printed after it.
    pub fn each<E>(&self, sink: &mut impl FnMut(&str, &str) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Rust(code) => code.each(&mut |path, text| {
                let folder = Language::Rust.folder();
                sink(&format!("{folder}/{path}"), text)
            }),
        }
    }
}
