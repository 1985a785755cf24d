//! From a compiled schema to the text of its stubs.

use crate::codegen::{Layout, Options, PythonCode, RustCode, Sides, TypeScriptCode};
use crate::contracts::Contracts;
use crate::diagnostic::Diagnostic;
use crate::model::Schema;

/// A language that stubs are generated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Rust.
    Rust,
    /// Python.
    Python,
    /// TypeScript.
    TypeScript,
}

impl Language {
    /// Every language.
    pub const ALL: &[Self] = &[Self::Rust, Self::Python, Self::TypeScript];

    /// The folder below the output folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::TypeScript => "typescript",
        }
    }
}

/// The stubs of one language, ready to be printed.
pub enum Code<'a> {
    /// Rust.
    Rust(RustCode<'a>),
    /// Python.
    Python(PythonCode<'a>),
    /// TypeScript.
    TypeScript(TypeScriptCode<'a>),
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
            Language::Python => PythonCode::new(schema, contracts, Sides::BOTH).map(Self::Python),
            Language::TypeScript => TypeScriptCode::new(schema, contracts).map(Self::TypeScript),
        }
    }

    /// Gives each file to `sink`: its path with `/`, below the folder of the language, and its text.
    ///
    /// # Errors
    /// The first of `sink`; nothing is printed after it.
    pub fn each<E>(&self, sink: &mut impl FnMut(&str, &str) -> Result<(), E>) -> Result<(), E> {
        let mut below = |language: Language, path: &str, text: &str| {
            let folder = language.folder();
            sink(&format!("{folder}/{path}"), text)
        };
        match self {
            Self::Rust(code) => code.each(&mut |path, text| below(Language::Rust, path, text)),
            Self::Python(code) => code.each(&mut |path, text| below(Language::Python, path, text)),
            Self::TypeScript(code) => code.each(&mut |path, text| below(Language::TypeScript, path, text)),
        }
    }
}
