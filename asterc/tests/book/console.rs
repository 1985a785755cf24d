//! Transcripts: commands that are run, and what they print.

use std::fmt::Write;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::Command;

/// What is wrong with a transcript, and the transcript as it should be.
pub(crate) struct Outcome {
    pub(crate) mistakes: Vec<String>,
    pub(crate) text: String,
}

/// Runs the commands of a transcript, which begin with `$ `: `asterc`, `cat`, and `echo $?`. A line `…` in the output stands
/// for any lines. A command that fails has to show it, by `echo $?` behind it.
pub(crate) fn replay(folder: &Path, transcript: &str) -> Outcome {
    let mut mistakes = Vec::new();
    let mut text = String::new();
    let mut steps: Vec<(&str, String)> = Vec::new();
    for line in transcript.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command, String::new())),
            (None, Some((_, output))) => {
                output.push_str(line);
                output.push('\n');
            }
            (None, None) => mistakes.push(format!("`{line}` stands before any command")),
        }
    }
    let mut status = 0;
    for (at, (command, expected)) in steps.iter().enumerate() {
        let (printed, now) = match run(folder, command, status) {
            Ok(done) => done,
            Err(why) => {
                mistakes.push(format!("`{command}`: {why}"));
                continue;
            }
        };
        status = now;
        let printed = tidy(&printed);
        let _ = writeln!(text, "$ {command}");
        if matches(&printed, &tidy(expected)) {
            text.push_str(expected);
        } else {
            mistakes.push(format!("`{command}` prints\n{printed}\nand not\n{expected}"));
            let _ = writeln!(text, "{printed}");
        }
        let shown = steps.get(at + 1).is_some_and(|(next, _)| *next == "echo $?");
        if status != 0 && !shown {
            mistakes.push(format!(
                "`{command}` has exit status {status}: show it with `echo $?`"
            ));
        }
    }
    Outcome { mistakes, text }
}

fn run(folder: &Path, command: &str, status: i32) -> Result<(String, i32), String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["asterc", arguments @ ..] => asterc(folder, arguments).map_err(|error| error.to_string()),
        ["cat", files @ ..] => {
            let read =
                |file: &&str| fs::read_to_string(folder.join(file)).map_err(|why| format!("{file}: {why}"));
            Ok((files.iter().map(read).collect::<Result<_, _>>()?, 0))
        }
        ["echo", "$?"] => Ok((status.to_string(), 0)),
        _ => Err("only `asterc`, `cat` and `echo $?` are run".to_owned()),
    }
}

/// Both streams into one pipe, as on a terminal.
fn asterc(folder: &Path, arguments: &[&str]) -> io::Result<(String, i32)> {
    let (mut reader, writer) = io::pipe()?;
    let mut child = {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asterc"));
        command.args(arguments).current_dir(folder).env_remove("COLUMNS");
        command.stdout(writer.try_clone()?).stderr(writer);
        command.spawn()?
    };
    let mut output = String::new();
    reader.read_to_string(&mut output)?;
    let status = child.wait()?;
    Ok((output, status.code().unwrap_or(-1)))
}

/// Without blanks at the ends of lines and lines at the end, which nobody sees.
fn tidy(output: &str) -> String {
    let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

/// Whether the lines are those expected, of which `…` is any number.
fn matches(printed: &str, expected: &str) -> bool {
    let printed: Vec<&str> = printed.lines().collect();
    let expected: Vec<&str> = expected.lines().collect();
    let mut sections = expected.split(|line| *line == "…");
    let first = sections.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    let mut sections: Vec<&[&str]> = sections.collect();
    let Some(last) = sections.pop() else {
        return rest.is_empty();
    };
    for section in sections {
        let found = (0..=rest.len()).find(|at| rest[*at..].starts_with(section));
        let Some(at) = found else { return false };
        rest = &rest[at + section.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipsis_is_any_number_of_lines() {
        for (expected, same) in [
            ("a\nb\nc", true),
            ("a\n…", true),
            ("…\nc", true),
            ("a\n…\nc", true),
            ("…\nb\n…", true),
            ("a\nb\nc\n…", true),
            ("a\nb", false),
            ("…\nb", false),
            ("b\n…", false),
            ("a\n…\nx\n…", false),
            ("a\nb\n…\nb\nc", false),
        ] {
            assert_eq!(matches("a\nb\nc", expected), same, "{expected}");
        }
    }
}
