//! What is printed: results to standard output, the rest to standard error.
//!
//! Text of a peer never reaches a terminal as it is: what would steer it is written as an escape.

use crate::failure::Failure;
use crate::waiting::Waiting;
use aster_runtime::{Metadata, Status};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::process::ExitCode;

pub(crate) struct Output {
    pub(crate) json: bool,
    terminal: bool,
    /// Whether a person sees what is on standard error.
    seen: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            terminal: io::stdout().is_terminal(),
            seen: !json && io::stderr().is_terminal(),
        }
    }

    /// Says what is waited for, until the guard is dropped: to a person at a terminal, if it takes longer than a moment.
    pub(crate) fn waiting(&self, text: &str) -> Waiting {
        match self.seen {
            true => Waiting::seen(harmless(text).into_owned()),
            false => Waiting::unseen(),
        }
    }

    /// One line of the result.
    pub(crate) fn line(&self, line: &str) -> Result<(), Failure> {
        let line = if self.terminal {
            harmless(line)
        } else {
            line.into()
        };
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{line}").and_then(|()| out.flush());
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::NobodyReads,
            _ => Failure::Output(error),
        })
    }

    /// Text of several lines.
    pub(crate) fn text(&self, text: &str) -> Result<(), Failure> {
        text.lines().try_for_each(|line| self.line(line))
    }

    /// A message of a peer as JSON text.
    pub(crate) fn message(&self, json: &str) -> Result<(), Failure> {
        self.line(&escaped(json))
    }

    /// A remark, on standard error; none where programs read.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            tell(text);
        }
    }

    /// What came beside the messages, on standard error.
    pub(crate) fn metadata(&self, name: &str, metadata: &Metadata) {
        if self.json {
            let entries: Vec<_> = metadata.iter().map(|(key, value)| json!([key, value])).collect();
            tell(&json!({ name: entries }).to_string());
            return;
        }
        for (key, value) in metadata.iter() {
            tell(&format!("{name}: {key}: {value}"));
        }
    }

    /// Says what went wrong, and with which status to end.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        let status = failure.status();
        if matches!(failure, Failure::NobodyReads) {
            return ExitCode::from(status);
        }
        if self.json {
            let mut error = json!({ "message": failure.message() });
            if let Failure::Status(status) = failure {
                error = of_status(status);
            }
            tell(&escaped(&json!({ "error": error }).to_string()));
            return ExitCode::from(status);
        }
        tell(&format!("error: {}", failure.message()));
        if let Failure::Status(status) = failure {
            for (key, value) in status.details() {
                let value =
                    std::str::from_utf8(value).map_or_else(|_| BASE64.encode(value).into(), Cow::Borrowed);
                tell(&format!("  {key}: {value}"));
            }
        }
        ExitCode::from(status)
    }
}

fn of_status(status: &Status) -> Value {
    let details: Vec<_> = status
        .details()
        .map(|(key, value)| json!([key, BASE64.encode(value)]))
        .collect();
    let metadata: Vec<_> = status
        .metadata()
        .iter()
        .map(|(key, value)| json!([key, value]))
        .collect();
    json!({
        "code": status.code().0,
        "name": status.code().as_str(),
        "message": status.message(),
        "details": details,
        "metadata": metadata,
    })
}

fn tell(line: &str) {
    // there is nowhere left to say that this fails
    let _ = writeln!(io::stderr().lock(), "{}", harmless(line));
}

/// Whether a terminal would take it for more than a character.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A line with escapes for what steers a terminal.
fn harmless(line: &str) -> Cow<'_, str> {
    if !line.contains(steers) {
        return line.into();
    }
    let escape = |character: char| match character {
        '\t' => "\t".to_owned(),
        character if steers(character) => character.escape_unicode().to_string(),
        character => character.to_string(),
    };
    line.chars().map(escape).collect::<String>().into()
}

/// The same for JSON text, which stays the same value: such characters are only in strings.
fn escaped(json: &str) -> Cow<'_, str> {
    if !json.contains(steers) {
        return json.into();
    }
    let mut out = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if steers(character) {
            // all of them have four digits
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_peer_steers_the_terminal() {
        assert_eq!(
            harmless("plain – text\tof äll kinds"),
            "plain – text\tof äll kinds"
        );
        assert_eq!(
            harmless("\u{1b}[2Jgone\u{202e}\u{9b}"),
            "\\u{1b}[2Jgone\\u{202e}\\u{9b}"
        );
        let json = "{\"a\":\"\u{7f}\u{9b}1m\u{2067}ü\"}";
        let shown = escaped(json);
        assert_eq!(shown, "{\"a\":\"\\u007f\\u009b1m\\u2067ü\"}");
        let [one, other]: [Value; 2] = [json, &shown].map(|text| serde_json::from_str(text).expect("JSON"));
        assert_eq!(one, other);
    }
}
