//! Compiles `.aster` schemas from a build script, in process: no other program, no network.
//!
//! ```no_run
//! // build.rs
//! asterc_build::compile("schema/fleet.aster");
//! ```
//!
//! ```ignore
//! // src/lib.rs: the package's items, and a module for each package it imports
//! aster_runtime::include_schema!("fleet.control");
//! ```
//!
//! Cargo runs the build script again when one of the files that were read has changed, and only then.
#![warn(missing_docs)]

mod error;

pub use error::Error;

use asterc::codegen::{self, Files, Layout};
use asterc::diagnostic::{Level, has_errors};
use asterc::driver::disk::Disk;
use asterc::driver::{self, Compiled, Input, Options, output};
use std::collections::BTreeSet;
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

/// Compiles one schema into `OUT_DIR`; imports are looked for in its folder.
///
/// A schema that is wrong fails the build, with the compiler's report in cargo's output.
pub fn compile(root: impl AsRef<Path>) {
    Builder::new().root(root).compile();
}

/// What is compiled, and where to.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens before `compile`"]
pub struct Builder {
    roots: Vec<PathBuf>,
    import_roots: Vec<PathBuf>,
    out_dir: Option<PathBuf>,
}

impl Builder {
    /// A builder without a schema.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a schema, as a path from the crate's folder. Each package gets a file of its own, `package.rs`, which
    /// holds what it imports as well.
    pub fn root(mut self, path: impl AsRef<Path>) -> Self {
        self.roots.push(path.as_ref().to_owned());
        self
    }

    /// Adds a folder to look for imports in. Without one it is the folder of each schema.
    pub fn import_root(mut self, folder: impl AsRef<Path>) -> Self {
        self.import_roots.push(folder.as_ref().to_owned());
        self
    }

    /// Writes to `folder` instead of `OUT_DIR`.
    pub fn out_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.out_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// Compiles. What is wrong goes to cargo's output and ends the build script with status 1; warnings appear as
    /// cargo's warnings.
    pub fn compile(&self) {
        if let Err(error) = self.try_compile() {
            // Cargo shows the standard error of a build script that failed, and nothing else of it.
            let _ = writeln!(io::stderr(), "{error}");
            process::exit(1);
        }
    }

    /// As [`compile`](Self::compile), with the error returned. Nothing is written when there is one.
    ///
    /// # Errors
    /// A schema is wrong, or a file cannot be read or written.
    pub fn try_compile(&self) -> Result<(), Error> {
        let folder = match (&self.out_dir, env::var_os("OUT_DIR")) {
            (Some(folder), _) => folder.clone(),
            (None, Some(folder)) => folder.into(),
            (None, None) => return Err(Error::NoOutDir),
        };
        if self.roots.is_empty() {
            return Err(Error::NoRoot);
        }

        let inputs: Vec<Input> = self.roots.iter().cloned().map(Input::Path).collect();
        let options = Options {
            import_roots: self.import_roots.clone(),
        };
        // A file that is missing is watched too: the build is to run again when somebody writes it.
        watch(&self.roots);
        let mut compiled = driver::compile(&inputs, &options, &Disk)?;
        watch(&compiled.read);

        let files = print(&mut compiled)?;
        if has_errors(&compiled.diagnostics) {
            return Err(Error::Schema {
                report: compiled.human(false),
            });
        }
        for diagnostic in &compiled.diagnostics {
            if diagnostic.level == Level::Warning {
                let span = diagnostic.primary.span;
                let file = compiled.sources.file(span.file);
                let (line, column) = file.line_column(span.start);
                let message = &diagnostic.message;
                tell_cargo(&format!("warning={}:{line}:{column}: {message}", file.path));
            }
        }
        for files in files {
            output::write(&folder, files.iter())?;
        }
        Ok(())
    }
}

/// One self-contained file for the package of each root. Names that clash in Rust become diagnostics.
fn print(compiled: &mut Compiled) -> Result<Vec<Files>, Error> {
    let contracts = compiled.contracts()?;
    let (Some(schema), Some(contracts)) = (&compiled.schema, contracts) else {
        return Ok(Vec::new());
    };
    let roots = schema.files.iter().filter(|file| file.root);
    let packages: BTreeSet<&str> = roots.map(|file| file.package.as_str()).collect();
    let printed: Result<Vec<_>, _> = packages
        .into_iter()
        .map(|package| codegen::generate(schema, &contracts, &Layout::Single(package.to_owned())))
        .collect();
    Ok(printed.unwrap_or_else(|clashes| {
        compiled.diagnostics.extend(clashes);
        Vec::new()
    }))
}

fn watch(files: &[PathBuf]) {
    for file in files {
        tell_cargo(&format!("rerun-if-changed={}", file.display()));
    }
}

#[expect(clippy::print_stdout, reason = "this is how a build script talks to cargo")]
fn tell_cargo(line: &str) {
    println!("cargo::{line}");
}
