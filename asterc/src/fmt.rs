//! One layout for every schema: a text goes in, and comes out as everybody writes it.
//!
//! `parse` says whether the text is right. Because it is, `token` may cut it into a flat list of tokens and comments, and
//! one pass prints them. The result depends on the tokens, the comments and the empty lines alone, and says what the text
//! says. `docs/language/formatting.md` has the rules.

mod declaration;
mod gap;
mod output;
mod statement;
mod token;

use crate::diagnostic::{Diagnostic, has_errors};
use crate::parse;
use crate::source::FileId;
use output::Output;
use token::Tokens;

/// Characters on a line, at most, where it can be broken.
pub const WIDTH: usize = 100;
/// Columns of one level.
const INDENT: usize = 2;

/// Formats a text without its BOM. Total and linear; names that mean nothing do not matter.
///
/// # Errors
/// The text has syntax errors: these.
pub fn format(file: FileId, source: &str) -> Result<String, Vec<Diagnostic>> {
    let (_, diagnostics) = parse::parse(file, source);
    if has_errors(&diagnostics) {
        return Err(diagnostics);
    }
    let tokens = token::tokens(source);
    let mut printer = Printer {
        tokens: &tokens,
        out: Output::with_capacity(source.len() + source.len() / 8),
    };
    printer.file();
    Ok(printer.out.finish())
}

struct Printer<'t> {
    tokens: &'t Tokens<'t>,
    out: Output,
}
