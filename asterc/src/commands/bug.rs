//! A panic is a bug of ours: it asks for a report, and ends with a status of its own.

use super::BUG;
use std::io::{self, Write};
use std::panic::{self, UnwindSafe};
use std::process::ExitCode;
use std::sync::OnceLock;

static INPUT: OnceLock<String> = OnceLock::new();

/// From here on, a panic is about this input.
pub(crate) fn in_input(names: String) {
    // a second input of the same command has the same files
    let _ = INPUT.set(names);
}

/// Runs a command. The panic's own words follow the request, for the report.
pub(crate) fn guard(run: impl FnOnce() -> ExitCode + UnwindSafe) -> ExitCode {
    let words = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let _ = writeln!(io::stderr(), "{}", request());
        words(info);
    }));
    panic::catch_unwind(run).unwrap_or_else(|_| ExitCode::from(BUG))
}

fn request() -> String {
    match INPUT.get() {
        Some(input) => format!("error: a bug in asterc, please report it with the input: {input}"),
        None => "error: a bug in asterc, please report it with the command line".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;
    use std::process::Command;

    /// Runs itself again, to see what is written.
    #[test]
    fn a_panic_is_status_101_and_asks_for_a_report_with_the_input() {
        const AGAIN: &str = "ASTERC_TEST_PANIC";
        if env::var_os(AGAIN).is_some() {
            let mut codes = vec![guard(|| panic!("on purpose"))];
            in_input("a.aster b.aster".to_owned());
            codes.push(guard(|| {
                let beside = std::thread::spawn(|| panic!("in a thread"));
                match beside.join() {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(panic) => panic::resume_unwind(panic),
                }
            }));
            let bug = format!("{:?}", ExitCode::from(101));
            assert!(codes.iter().all(|code| format!("{code:?}") == bug), "{codes:?}");
            return;
        }
        let output = env::current_exe().and_then(|program| {
            Command::new(program)
                .args(["--nocapture", "--exact"])
                .arg("commands::bug::tests::a_panic_is_status_101_and_asks_for_a_report_with_the_input")
                .env(AGAIN, "1")
                .output()
        });
        let output = output.expect("this program can be run");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let first = said.find("error: a bug in asterc, please report it with the command line\n");
        let second = said.find("error: a bug in asterc, please report it with the input: a.aster b.aster\n");
        let places = [first, said.find("on purpose"), second, said.find("in a thread")];
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{said}");
    }
}
