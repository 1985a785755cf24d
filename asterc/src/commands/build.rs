//! `asterc build`: checks, then writes the stubs.

use super::{Common, Failure, Format, WRONG, complain, identity, read, tell};
use asterc::diagnostic::has_errors;
use asterc::driver::generate::{Code, Language};
use asterc::driver::output::Written;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Build {
    /// Schemas, or folders of schemas; `-` is standard input
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
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    Rust,
    Python,
    #[value(name = "typescript")]
    TypeScript,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Rust => Self::Rust,
            Lang::Python => Self::Python,
            Lang::TypeScript => Self::TypeScript,
        }
    }
}

pub(crate) fn run(arguments: &Build, common: &Common) -> Result<ExitCode, Failure> {
    let Build {
        files,
        langs,
        out,
        verify,
    } = arguments;
    let verify = *verify;
    let mut compiled = read(files, common)?;
    let contracts = identity(&compiled, files)?;
    let mut languages: Vec<Language> = langs.iter().copied().map(Language::from).collect();
    if languages.is_empty() {
        languages = Language::ALL.to_vec();
    }
    languages.sort_unstable();
    languages.dedup();
    // Everything that can be wrong is known before anything is written: no error leaves half of it behind.
    let (mut clashes, mut generated) = (Vec::new(), Vec::new());
    if let (Some(schema), Some(contracts)) = (&compiled.schema, &contracts) {
        for language in languages {
            match Code::new(schema, contracts, language) {
                Ok(code) => generated.push(code),
                Err(found) => clashes.extend(found),
            }
        }
    }
    if !clashes.is_empty() {
        drop(generated);
        compiled.report(clashes);
        complain(&compiled, common)?;
        return Ok(ExitCode::from(WRONG));
    }
    complain(&compiled, common)?;
    if has_errors(&compiled.diagnostics) {
        return Ok(ExitCode::from(WRONG));
    }
    let mut written = Written::default();
    for code in &generated {
        code.each(&mut |path, text| match verify {
            true => written.verify(out, path, text),
            false => written.write(out, path, text),
        })?;
    }
    written.changed.sort();
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
