//! Questions to the operator: never answered by silence.

use crate::failure::Failure;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// Goes on if the operator says so, here or with `--yes`.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "{question} Answer with `--yes`: there is no terminal to ask at"
        )));
    }
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(Failure::Input)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::Local("nothing was changed".to_owned())),
    }
}
