//! `asterc fmt`: gives schemas the one layout.

use super::{Common, Failure, Format, WRONG, complain_of, inputs, print, tell};
use asterc::diagnostic::has_errors;
use asterc::driver::format::{Difference, File, format};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Fmt {
    /// Schemas, or folders of schemas; `-` formats standard input to standard output
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write nothing; exit with 1 when a file is not formatted
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Fmt, common: &Common) -> Result<ExitCode, Failure> {
    let check = arguments.check;
    let inputs = inputs(&arguments.files)?;
    let formatted = format(&inputs)?;
    if common.verbose && common.format == Format::Human {
        for (_, file) in formatted.sources.iter() {
            tell(&format!("read {}\n", file.path))?;
        }
    }
    complain_of(&formatted.diagnostics, &formatted.sources, common)?;
    let wrong = has_errors(&formatted.diagnostics);
    let differs = formatted.files.iter().any(|file| file.difference.is_some());
    if check {
        report(&formatted.files, check, common)?;
        return Ok(ExitCode::from(if wrong || differs { WRONG } else { 0 }));
    }
    if wrong {
        return Ok(ExitCode::from(WRONG));
    }
    formatted.write()?;
    // Where the text itself is the answer, a report would be in its way.
    let mut piped = false;
    for file in formatted.files.iter().filter(|file| file.is_text()) {
        print(&file.text)?;
        piped = true;
    }
    if !piped {
        report(&formatted.files, check, common)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    line: usize,
    found: Option<&'a str>,
    expected: Option<&'a str>,
}

/// The files that were changed, or would be.
fn report(files: &[File], check: bool, common: &Common) -> Result<(), Failure> {
    let differing = files
        .iter()
        .filter_map(|file| Some((file.name.as_str(), file.difference.as_ref()?)));
    if common.format == Format::Json {
        let mut lines = String::new();
        for (file, difference) in differing {
            let line = Line {
                file,
                line: difference.line,
                found: difference.found.as_deref(),
                expected: difference.expected.as_deref(),
            };
            if let Ok(line) = serde_json::to_string(&line) {
                lines.push_str(&line);
                lines.push('\n');
            }
        }
        return print(&lines);
    }
    if check {
        let mut found = false;
        for (file, difference) in differing {
            tell(&format!(
                "error: `{file}` is not formatted: {}\n",
                told(difference)
            ))?;
            found = true;
        }
        return match found {
            true => tell("run `asterc fmt` without `--check` to format\n"),
            false => Ok(()),
        };
    }
    let mut changed = 0;
    for (file, _) in differing {
        changed += 1;
        if common.verbose {
            tell(&format!("formatted {file}\n"))?;
        }
    }
    if common.quiet {
        return Ok(());
    }
    let counted = |count: usize| match count {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    let unchanged = match files.len() - changed {
        0 => String::new(),
        count => format!(", {count} unchanged"),
    };
    tell(&format!("{} formatted{unchanged}\n", counted(changed)))
}

fn told(difference: &Difference) -> String {
    let line = difference.line;
    let quoted = |text: &str| match text {
        "" => "empty".to_owned(),
        text => format!("`{text}`"),
    };
    match (&difference.found, &difference.expected) {
        (Some(found), Some(expected)) => {
            format!(
                "line {line} is {}, and should be {}",
                quoted(found),
                quoted(expected)
            )
        }
        (Some(_), None) => format!("line {line} should not be there"),
        (None, Some(expected)) => format!("line {line} is missing, {}", quoted(expected)),
        (None, None) => format!("line {line}"),
    }
}
