//! `asterc init`: a project that runs a call at once, to be changed from there.

mod name;
mod starter;
mod write;

use super::{Common, Failure, Format, tell};
use clap::Args;
use starter::Source;
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Init {
    /// The folder of the project; what is in it stays as it is
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// What the package is called [default: as the folder]
    #[arg(long)]
    name: Option<String>,
    /// Take aster's crates from this checkout of its repository [default: from the one that has this asterc in its
    /// target folder, else from the registry]
    #[arg(long, value_name = "DIR")]
    checkout: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Init, common: &Common) -> Result<ExitCode, Failure> {
    let folder = &arguments.folder;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => folder_name(folder)?,
    };
    if let Some(problem) = name::problem(&name) {
        let way_out = match arguments.name {
            Some(_) => "choose another name",
            None => "choose another folder, or say `--name NAME`",
        };
        return Err(Failure::Usage(format!(
            "a package cannot be called `{name}`: {problem}; {way_out}"
        )));
    }
    let source = match &arguments.checkout {
        Some(given) => Source::Checkout(checkout(given)?),
        None => around_this_program().map_or(Source::Registry, Source::Checkout),
    };
    let files = starter::files(&name, &source)?;
    write::write(folder, &files)?;
    if common.format == Format::Human && !common.quiet {
        tell(&report(folder, files.len(), &source))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The last part of the folder's path; `.` and the like have one only when they are resolved.
fn folder_name(folder: &Path) -> Result<String, Failure> {
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let named = last(folder).or_else(|| last(&folder.canonicalize().ok()?));
    named.ok_or_else(|| {
        Failure::Usage(format!(
            "`{}` has no name that a package can have: say `--name NAME`",
            folder.display()
        ))
    })
}

fn checkout(given: &Path) -> Result<PathBuf, Failure> {
    match given.canonicalize() {
        Ok(path) if is_checkout(&path) => Ok(path),
        _ => Err(Failure::Refused(format!(
            "`{}` is no checkout of aster: it has no `runtime` and `asterc-build`; check `--checkout`",
            given.display()
        ))),
    }
}

/// An asterc that was built in a checkout makes code for the runtime of that checkout.
fn around_this_program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?.canonicalize().ok()?;
    program
        .ancestors()
        .find(|folder| is_checkout(folder))
        .map(Path::to_path_buf)
}

fn is_checkout(folder: &Path) -> bool {
    ["runtime", "asterc-build"]
        .iter()
        .all(|room| folder.join(room).join("Cargo.toml").is_file())
}

fn report(folder: &Path, files: usize, source: &Source) -> String {
    let crates = match source {
        Source::Registry => "the registry; `--checkout DIR` takes them from a checkout".to_owned(),
        Source::Checkout(path) => format!("the checkout {}", path.display()),
    };
    let enter = match folder {
        here if here == Path::new(".") => String::new(),
        folder => format!("  cd {}\n", folder.display()),
    };
    format!(
        "wrote {files} files to {}; aster's crates come from {crates}\n\
         now start a server, and a client that calls it:\n{enter}  cargo run\n",
        folder.display()
    )
}
