//! The commands, one a file, and what they share.

pub(crate) mod bug;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod completion;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod id;
pub(crate) mod init;
pub(crate) mod lock;

use asterc::contracts::Contracts;
use asterc::diagnostic::{Diagnostic, json, render};
use asterc::driver::{Compiled, DriverError, Input, Options, compile, disk::Disk, operands};
use asterc::source::SourceMap;
use clap::{Args, ValueEnum};
use std::io::{self, IsTerminal, Read, Write};
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Common {
    /// Look for imports below DIR; may be given several times [default: the folder of each FILE]
    #[arg(short = 'I', value_name = "DIR", global = true)]
    pub(crate) import_roots: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "human", global = true)]
    pub(crate) format: Format,
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
    /// Print nothing but diagnostics and results
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say also which files were read
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// The exit statuses, as documented in `--help`.
pub(crate) const WRONG: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const DRIFT: u8 = 3;
pub(crate) const IO: u8 = 4;
pub(crate) const BUG: u8 = 101;

/// Why a command did not come to its end.
pub(crate) enum Failure {
    Driver(DriverError),
    Stdin(io::Error),
    Output(io::Error),
    Usage(String),
    /// Something on disk is in the way, or is not what it has to be.
    Refused(String),
    Bug(String),
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        Self::Driver(error)
    }
}

impl Failure {
    pub(crate) fn report(self, common: &Common) -> ExitCode {
        let (text, status) = match self {
            Self::Driver(error @ DriverError::SeveralFolders) => (error.to_string(), USAGE),
            Self::Driver(error) => (error.to_string(), IO),
            Self::Stdin(error) => (format!("standard input cannot be read: {error}"), IO),
            Self::Output(error) => (format!("the result cannot be written: {error}"), IO),
            Self::Usage(text) => (text, USAGE),
            Self::Refused(text) => (text, IO),
            Self::Bug(text) => (format!("a bug in asterc, please report it: {text}"), BUG),
        };
        let (red, plain) = if common.colors(&io::stderr()) {
            ("\u{1b}[1;31m", "\u{1b}[0m")
        } else {
            ("", "")
        };
        // There is nowhere left to report to when this fails.
        let _ = writeln!(io::stderr(), "{red}error{plain}: {text}");
        ExitCode::from(status)
    }
}

impl Common {
    pub(crate) fn colors(&self, stream: &impl IsTerminal) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }
}

/// Reads and resolves the files.
///
/// What it returns is not freed: the process ends, and taking a large schema apart would be a tenth of its work.
pub(crate) fn read(files: &[PathBuf], common: &Common) -> Result<ManuallyDrop<Compiled>, Failure> {
    let mut options = Options {
        import_roots: common.import_roots.clone(),
    };
    let inputs = operands::expand(inputs(files)?, &mut options)?;
    let compiled = compile(&inputs, &options, &Disk)?;
    if common.verbose && common.format == Format::Human {
        for path in &compiled.read {
            tell(&format!("read {}\n", path.display()))?;
        }
    }
    Ok(ManuallyDrop::new(compiled))
}

/// What is read, `-` at once. A panic from here on is a bug; its message then names the input.
pub(crate) fn inputs(files: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::with_capacity(files.len());
    for path in files {
        inputs.push(if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            let limit = u64::try_from(asterc::source::MAX_FILE).unwrap_or(u64::MAX) + 1;
            io::stdin()
                .lock()
                .take(limit)
                .read_to_end(&mut bytes)
                .map_err(Failure::Stdin)?;
            Input::Text {
                name: "<stdin>".to_owned(),
                bytes,
            }
        } else {
            Input::Path(path.clone())
        });
    }
    bug::in_input(names(files));
    Ok(inputs)
}

pub(crate) fn names(files: &[PathBuf]) -> String {
    files
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What the schema hashes to; not freed either.
pub(crate) fn identity(
    compiled: &Compiled,
    files: &[PathBuf],
) -> Result<Option<ManuallyDrop<Contracts>>, Failure> {
    let contracts = compiled.contracts();
    contracts
        .map(|contracts| contracts.map(ManuallyDrop::new))
        .map_err(|error| Failure::Bug(format!("{error}, in {}", names(files))))
}

/// Diagnostics, their count, and where to read on, to standard error.
pub(crate) fn complain(compiled: &Compiled, common: &Common) -> Result<(), Failure> {
    complain_of(&compiled.diagnostics, &compiled.sources, common)
}

/// As [`complain`], where nothing was compiled.
pub(crate) fn complain_of(
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
    common: &Common,
) -> Result<(), Failure> {
    if common.format == Format::Json {
        return tell(&json::lines(diagnostics, sources));
    }
    tell(&render::human(diagnostics, sources, common.colors(&io::stderr())))?;
    if common.quiet {
        return Ok(());
    }
    let lines = [render::summary(diagnostics), render::pointer(diagnostics)];
    lines
        .iter()
        .flatten()
        .try_for_each(|line| tell(&format!("{line}\n")))
}

pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

pub(crate) fn tell(text: &str) -> Result<(), Failure> {
    written(io::stderr().lock().write_all(text.as_bytes()))
}

/// Whoever reads may stop when they have what they wanted; what the command found stays what it is.
fn written(outcome: io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(Failure::Output),
    }
}
