//! The `asterc` command.

use asterc::codegen::Files;
use asterc::contracts::Contracts;
use asterc::diagnostic::{has_errors, render};
use asterc::driver::generate::{self, Language};
use asterc::driver::output::{self, Written};
use asterc::driver::{Compiled, DriverError, Input, Options, compile, disk::Disk, listing};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Compiles .aster schemas.
///
/// Exit status: 0 clean; 1 the schema is wrong, or a check found something; 2 usage; 3 contract drift;
/// 4 reading or writing failed; 101 a bug.
#[derive(Parser)]
#[command(name = "asterc", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// Look for imports below DIR; may be given several times [default: the folder of each FILE]
    #[arg(short = 'I', value_name = "DIR", global = true)]
    import_roots: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "human", global = true)]
    format: Format,
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: Color,
    /// Print nothing but diagnostics and results
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say also which files were read
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    Rust,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Rust => Self::Rust,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Check schemas and write their stubs
    Build {
        /// Schemas; `-` is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Languages, separated by commas [default: all]
        #[arg(long = "lang", value_name = "LANG", value_delimiter = ',')]
        langs: Vec<Lang>,
        /// The folder that gets a folder for each language
        #[arg(long, value_name = "DIR", default_value = "gen")]
        out: PathBuf,
        /// Write nothing; exit with 1 when the files on disk differ
        #[arg(long)]
        verify: bool,
    },
    /// Say what is wrong with schemas
    Check {
        /// Schemas; `-` is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the contract ids of services and the hashes of types
    Id {
        /// Schemas; `-` is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Print also the canonical bytes
        #[arg(long)]
        bytes: bool,
        /// Print also what each hash is made of
        #[arg(long)]
        tree: bool,
    },
}

/// The exit statuses, as documented in `--help`.
const WRONG: u8 = 1;
const IO: u8 = 4;
const BUG: u8 = 101;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match &cli.command {
        Command::Build {
            files,
            langs,
            out,
            verify,
        } => build(files, langs, out, *verify, &cli.common),
        Command::Check { files } => check(files, &cli.common),
        Command::Id { files, bytes, tree } => id(
            files,
            listing::Detail {
                bytes: *bytes,
                tree: *tree,
            },
            &cli.common,
        ),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(&cli.common),
    }
}

/// Why a command did not come to its end.
enum Failure {
    Driver(DriverError),
    Stdin(io::Error),
    Output(io::Error),
    Bug(String),
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        Self::Driver(error)
    }
}

impl Failure {
    fn report(self, common: &Common) -> ExitCode {
        let (text, status) = match self {
            Self::Driver(error) => (error.to_string(), IO),
            Self::Stdin(error) => (format!("standard input cannot be read: {error}"), IO),
            // Whoever was reading has what they wanted.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Output(error) => (format!("the result cannot be written: {error}"), IO),
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
    fn colors(&self, stream: &impl IsTerminal) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }
}

fn check(files: &[PathBuf], common: &Common) -> Result<ExitCode, Failure> {
    let compiled = read(files, common)?;
    if common.format == Format::Json {
        print(&compiled.json())?;
    } else {
        complain(&compiled, common)?;
    }
    if has_errors(&compiled.diagnostics) {
        return Ok(ExitCode::from(WRONG));
    }
    identity(&compiled, files)?;
    Ok(ExitCode::SUCCESS)
}

fn build(
    files: &[PathBuf],
    langs: &[Lang],
    out: &Path,
    verify: bool,
    common: &Common,
) -> Result<ExitCode, Failure> {
    let mut compiled = read(files, common)?;
    let contracts = identity(&compiled, files)?;
    let mut languages: Vec<Language> = langs.iter().copied().map(Language::from).collect();
    if languages.is_empty() {
        languages = Language::ALL.to_vec();
    }
    languages.sort_unstable();
    languages.dedup();
    // Everything is generated before anything is written: no error leaves half of it behind.
    let mut generated = Vec::with_capacity(languages.len());
    if let (Some(schema), Some(contracts)) = (&compiled.schema, &contracts) {
        for language in languages {
            match generate::language(schema, contracts, language) {
                Ok(files) => generated.push(files),
                Err(clashes) => {
                    compiled.report(clashes);
                    break;
                }
            }
        }
    }
    complain(&compiled, common)?;
    if has_errors(&compiled.diagnostics) {
        return Ok(ExitCode::from(WRONG));
    }
    let texts = generated.iter().flat_map(Files::iter);
    let written = if verify {
        output::verify(out, texts)?
    } else {
        output::write(out, texts)?
    };
    report(&written, out, verify, common)?;
    let differs = verify && !written.changed.is_empty();
    Ok(if differs {
        ExitCode::from(WRONG)
    } else {
        ExitCode::SUCCESS
    })
}

/// What was written, or would be.
fn report(written: &Written, out: &Path, verify: bool, common: &Common) -> Result<(), Failure> {
    let changed = written.changed.len();
    if verify && changed > 0 {
        for path in &written.changed {
            tell(&format!(
                "error: `{}` is not what the schema says\n",
                path.display()
            ))?;
        }
        return tell("run `asterc build` without `--verify` to write it\n");
    }
    if common.quiet || common.format == Format::Json {
        return Ok(());
    }
    if common.verbose {
        for path in &written.changed {
            tell(&format!("wrote {}\n", path.display()))?;
        }
    }
    let files = |count: usize| {
        if count == 1 {
            "1 file".to_owned()
        } else {
            format!("{count} files")
        }
    };
    let unchanged = if written.unchanged > 0 {
        format!(", {} unchanged", files(written.unchanged))
    } else {
        String::new()
    };
    tell(&format!(
        "{} written below {}{unchanged}\n",
        files(changed),
        out.display()
    ))
}

fn id(files: &[PathBuf], detail: listing::Detail, common: &Common) -> Result<ExitCode, Failure> {
    let compiled = read(files, common)?;
    complain(&compiled, common)?;
    let (Some(schema), Some(contracts)) = (&compiled.schema, identity(&compiled, files)?) else {
        return Ok(ExitCode::from(WRONG));
    };
    let text = match common.format {
        Format::Json => listing::json(schema, &contracts, detail),
        Format::Human => listing::human(schema, &contracts, detail),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads and resolves the files. A panic on the way is a bug; its message then names the input.
fn read(files: &[PathBuf], common: &Common) -> Result<Compiled, Failure> {
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
    let named = names(files);
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let _ = writeln!(
            io::stderr(),
            "error: a bug in asterc, please report it with the input: {named}"
        );
        default(info);
    }));
    let options = Options {
        import_roots: common.import_roots.clone(),
    };
    let compiled = compile(&inputs, &options, &Disk)?;
    if common.verbose {
        for path in &compiled.read {
            tell(&format!("read {}\n", path.display()))?;
        }
    }
    Ok(compiled)
}

fn names(files: &[PathBuf]) -> String {
    files
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

fn identity(compiled: &Compiled, files: &[PathBuf]) -> Result<Option<Contracts>, Failure> {
    compiled
        .contracts()
        .map_err(|error| Failure::Bug(format!("{error}, in {}", names(files))))
}

/// Diagnostics and their count, to standard error.
fn complain(compiled: &Compiled, common: &Common) -> Result<(), Failure> {
    if common.format == Format::Json {
        return tell(&compiled.json());
    }
    tell(&compiled.human(common.colors(&io::stderr())))?;
    match render::summary(&compiled.diagnostics) {
        Some(summary) if !common.quiet => tell(&format!("{summary}\n")),
        _ => Ok(()),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Failure::Output)
}

fn tell(text: &str) -> Result<(), Failure> {
    io::stderr()
        .lock()
        .write_all(text.as_bytes())
        .map_err(Failure::Output)
}
