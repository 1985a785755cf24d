//! From a schema to source text.
//!
//! `steps` says how each type is written and read, in no language's words; each language has a view
//! that decides everything about its text and templates that print it.

mod clashes;
mod declared;
mod docs;
mod errors;
mod notes;
mod numbers;
mod python;
mod rust;
mod schema_text;
pub mod steps;
#[cfg(test)]
pub(crate) mod testing;
mod typescript;

pub use python::{PythonCode, Sides};
pub use rust::{Layout, Options, RustCode, is_keyword as is_rust_keyword};
pub use typescript::TypeScriptCode;

use crate::contracts::Contracts;
use crate::diagnostic::Diagnostic;
use crate::model::Schema;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Generated files: paths with `/`, in order, each text with exactly one final newline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    /// Every path with its text, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Keeps what is printed one by one.
    fn collect(&mut self) -> impl FnMut(&str, &str) -> Result<(), Infallible> {
        |path, text| {
            self.0.insert(path.to_owned(), text.to_owned());
            Ok(())
        }
    }
}

/// Prints `schema` as Rust: every file at once. [`RustCode`] has them one by one.
///
/// # Errors
/// Names that are one name in Rust.
pub fn generate(schema: &Schema, contracts: &Contracts, options: &Options) -> Result<Files, Vec<Diagnostic>> {
    let mut files = Files::default();
    let code = RustCode::new(schema, contracts, options)?;
    let Ok(()) = code.each(&mut files.collect());
    Ok(files)
}

/// Prints `schema` as Python: every file at once. [`PythonCode`] has them one by one.
///
/// # Errors
/// Names that are one name in Python.
pub fn generate_python(
    schema: &Schema,
    contracts: &Contracts,
    sides: Sides,
) -> Result<Files, Vec<Diagnostic>> {
    let mut files = Files::default();
    let code = PythonCode::new(schema, contracts, sides)?;
    let Ok(()) = code.each(&mut files.collect());
    Ok(files)
}

/// Prints `schema` as TypeScript: every file at once. [`TypeScriptCode`] has them one by one.
///
/// # Errors
/// Names that are one name in TypeScript.
pub fn generate_typescript(schema: &Schema, contracts: &Contracts) -> Result<Files, Vec<Diagnostic>> {
    let mut files = Files::default();
    let code = TypeScriptCode::new(schema, contracts)?;
    let Ok(()) = code.each(&mut files.collect());
    Ok(files)
}
