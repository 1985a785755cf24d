//! What a command waits for, at the terminal, while that takes longer than a moment. It is gone when the wait is over.

use std::io::{self, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What is over sooner is not spoken of.
const MOMENT: Duration = Duration::from_millis(400);
/// How often the line is written again: it has seconds.
const SECOND: Duration = Duration::from_secs(1);
/// A terminal with fewer columns would wrap the line, and a part of it would stay.
const COLUMNS: usize = 78;

/// Is shown until it is dropped.
pub(crate) struct Waiting(Option<(Sender<()>, JoinHandle<()>)>);

impl Waiting {
    /// Nothing is shown.
    pub(crate) fn unseen() -> Self {
        Self(None)
    }

    /// Shows the text, which has nothing that steers a terminal, at the one of standard error. A thread of its own does: what is
    /// waited for may be the processor.
    pub(crate) fn seen(text: String) -> Self {
        let (ended, end) = mpsc::channel();
        let began = Instant::now();
        let shown = thread::Builder::new().name("waiting".to_owned()).spawn(move || {
            let mut wait = MOMENT;
            let mut columns = 0;
            while end.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let line = line(&text, began.elapsed());
                wipe(columns);
                columns = line.chars().count();
                let mut out = io::stderr().lock();
                // there is nowhere to say that this fails
                let _ = write!(out, "{line}").and_then(|()| out.flush());
                drop(out);
                wait = SECOND;
            }
            wipe(columns);
        });
        // a command does its work without that as well
        Self(shown.ok().map(|thread| (ended, thread)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((ended, thread)) = self.0.take() {
            drop(ended);
            // what is printed next finds the line empty
            let _ = thread.join();
        }
    }
}

fn line(text: &str, time: Duration) -> String {
    let time = match time.as_secs() {
        0 => String::new(),
        seconds => format!(" {seconds} s"),
    };
    let text: String = text.chars().take(COLUMNS - time.len() - 3).collect();
    format!("{text} …{time}")
}

/// Writes blanks over what stands there: every terminal knows them.
fn wipe(columns: usize) {
    if columns > 0 {
        let mut out = io::stderr().lock();
        let _ = write!(out, "\r{:columns$}\r", "").and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_the_terminal_and_has_the_seconds() {
        assert_eq!(line("connecting", MOMENT), "connecting …");
        assert_eq!(line("connecting", 75 * SECOND), "connecting … 75 s");
        let long = line(&"x".repeat(200), 12_345 * SECOND);
        assert!(
            long.chars().count() < COLUMNS && long.ends_with("x … 12345 s"),
            "{long}"
        );
    }
}
