//! Compiles `.aster` schemas from a build script, in process: no other program, no network.
//!
//! ```no_run
//! // build.rs
//! asterc_build::compile("schema/fleet.aster");
//! ```
//!
//! In the crate, `aster_runtime::include_schema!("fleet.control");` has the package's items, and a module for each package it imports.
//!
//! Cargo runs the build script again when one of the files that were read has changed, and only then.
#![warn(missing_docs)]

mod error;

pub use error::Error;

use asterc::codegen::{self, Files, Layout};
use asterc::diagnostic::{Level, has_errors, render};
use asterc::driver::disk::Disk;
use asterc::driver::locked::{self, Behind};
use asterc::driver::output::Written;
use asterc::driver::{self, Compiled, Input, Options, lockfile, operands};
use asterc::lock::Lock;
use std::collections::BTreeMap;
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
    locked: bool,
    lock_file: Option<PathBuf>,
    no_client: bool,
    no_server: bool,
}

impl Builder {
    /// A builder without a schema.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a schema, or every schema below a folder, as a path from the crate's folder. Each package gets a file of its
    /// own, `package.rs`, which holds what it imports as well.
    pub fn root(mut self, path: impl AsRef<Path>) -> Self {
        self.roots.push(path.as_ref().to_owned());
        self
    }

    /// Adds a folder to look for imports in. Without one these are the folders that are named, and those of the schemas.
    pub fn import_root(mut self, folder: impl AsRef<Path>) -> Self {
        self.import_roots.push(folder.as_ref().to_owned());
        self
    }

    /// Writes to `folder` instead of `OUT_DIR`.
    pub fn out_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.out_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// Whether services get a client; they do unless this says no.
    pub fn client(mut self, wanted: bool) -> Self {
        self.no_client = !wanted;
        self
    }

    /// Whether services get a trait and a server; they do unless this says no.
    pub fn server(mut self, wanted: bool) -> Self {
        self.no_server = !wanted;
        self
    }

    /// Fails the build when a contract id differs from the lock file, with the report of `asterc check --locked`.
    pub fn locked(mut self, locked: bool) -> Self {
        self.locked = locked;
        self
    }

    /// The lock file for [`locked`](Self::locked), instead of `aster.lock` in the folder of the schemas.
    pub fn lock_file(mut self, path: impl AsRef<Path>) -> Self {
        self.lock_file = Some(path.as_ref().to_owned());
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
    /// A schema is wrong, a contract drifted from the lock file, or a file cannot be read or written.
    pub fn try_compile(&self) -> Result<(), Error> {
        let folder = match (&self.out_dir, env::var_os("OUT_DIR")) {
            (Some(folder), _) => folder.clone(),
            (None, Some(folder)) => folder.into(),
            (None, None) => return Err(Error::NoOutDir),
        };
        if self.roots.is_empty() {
            return Err(Error::NoRoot);
        }

        // A file that is missing is watched too: the build is to run again when somebody writes it. So is a folder, for
        // the schemas to come.
        watch(&self.roots);
        let (inputs, options) = self.inputs()?;
        let lock_file = self.locked.then(|| self.path_of_lock()).transpose()?;
        watch(&lock_file);
        if let Some(path) = &lock_file {
            lockfile::expect(path)?;
        }
        let compiled = driver::compile(&inputs, &options, &Disk)?;
        let imports = compiled.read.iter().filter(|path| !self.roots.contains(path));
        watch(imports);

        if has_errors(&compiled.diagnostics) {
            return Err(Error::Schema {
                report: compiled.human(false),
            });
        }
        let files = self.print(&compiled, &options)?;
        warn(&compiled);
        if let Some(path) = &lock_file {
            self.compare(path, &compiled)?;
        }
        let mut written = Written::default();
        for (path, text) in files.iter().flat_map(Files::iter) {
            written.write(&folder, path, text)?;
        }
        Ok(())
    }

    /// Every schema that is named, or below a folder that is, and the import roots as the compiler would have them for all
    /// of these, so that one alone has the same.
    fn inputs(&self) -> Result<(Vec<Input>, Options), Error> {
        let inputs: Vec<Input> = self.roots.iter().cloned().map(Input::Path).collect();
        let mut options = Options {
            import_roots: self.import_roots.clone(),
        };
        if options.import_roots.is_empty() {
            options.import_roots = operands::import_roots(&inputs);
        }
        Ok((operands::expand(inputs, &mut options)?, options))
    }

    fn path_of_lock(&self) -> Result<PathBuf, Error> {
        match &self.lock_file {
            Some(path) => Ok(path.clone()),
            None => Ok(lockfile::beside(self.roots.iter().map(PathBuf::as_path))?),
        }
    }

    fn compare(&self, path: &Path, compiled: &Compiled) -> Result<(), Error> {
        let (Some(schema), Some(contracts)) = (&compiled.schema, compiled.contracts()?) else {
            return Ok(());
        };
        let compared = locked::compare(path, Lock::new(schema, &contracts))?;
        if compared.report.has_drift() {
            let report = compared.human(compiled, false);
            let what_to_do = compared.what_to_do(&self.roots);
            return Err(Error::Drift {
                report: format!("{report}error: {what_to_do}"),
            });
        }
        if let Some(Behind::Services(text)) = compared.behind() {
            tell_cargo(&format!("warning={text}"));
        }
        Ok(())
    }

    /// One self-contained file for the package of each root, with what that imports and nothing of the other roots. Names
    /// that clash in Rust become diagnostics. Each of several packages is compiled alone: what all reach together says too
    /// little of what one of them reaches.
    fn print(&self, compiled: &Compiled, options: &Options) -> Result<Vec<Files>, Error> {
        let Some(schema) = &compiled.schema else {
            return Ok(Vec::new());
        };
        let mut packages: BTreeMap<&str, Vec<Input>> = BTreeMap::new();
        for file in schema.files.iter().filter(|file| file.root) {
            let path = &compiled.sources.file(file.id).path;
            let roots = packages.entry(&file.package).or_default();
            roots.push(Input::Path(PathBuf::from(&**path)));
        }
        if let [package] = *packages.keys().collect::<Vec<_>>() {
            return Ok(vec![self.print_package(compiled, package)?]);
        }
        let alone = |(package, roots): (&str, Vec<Input>)| {
            let compiled = driver::compile(&roots, options, &Disk)?;
            self.print_package(&compiled, package)
        };
        packages.into_iter().map(alone).collect()
    }

    fn print_package(&self, compiled: &Compiled, package: &str) -> Result<Files, Error> {
        let (Some(schema), Some(contracts)) = (&compiled.schema, compiled.contracts()?) else {
            let report = compiled.human(false);
            return Err(Error::Schema { report });
        };
        let options = codegen::Options {
            layout: Layout::Single(package.to_owned()),
            client: !self.no_client,
            server: !self.no_server,
        };
        codegen::generate(schema, &contracts, &options).map_err(|clashes| Error::Schema {
            report: render::human(&clashes, &compiled.sources, false),
        })
    }
}

/// Cargo shows a warning on one line.
fn warn(compiled: &Compiled) {
    let warnings = compiled.diagnostics.iter();
    for warning in warnings.filter(|diagnostic| diagnostic.level == Level::Warning) {
        let span = warning.primary.span;
        let file = compiled.sources.file(span.file);
        let (line, column) = file.line_column(span.start);
        let (message, code) = (&warning.message, warning.code.as_str());
        tell_cargo(&format!(
            "warning={}:{line}:{column}: {message} [{code}]",
            file.path
        ));
    }
}

fn watch<'a>(files: impl IntoIterator<Item = &'a PathBuf>) {
    for file in files {
        tell_cargo(&format!("rerun-if-changed={}", file.display()));
    }
}

#[expect(clippy::print_stdout, reason = "this is how a build script talks to cargo")]
fn tell_cargo(line: &str) {
    println!("cargo::{line}");
}
