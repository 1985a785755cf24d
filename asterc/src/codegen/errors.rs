//! What a language cannot say.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use std::fmt::Display;

/// Two declarations of the schema, each as `kind `name``, are called `name` in `language`.
pub(super) fn name_clash(
    language: &str,
    name: &str,
    second: (Span, impl Display + Copy),
    first: (Span, impl Display + Copy),
) -> Diagnostic {
    let message = format!("{} and {} are both `{name}` in {language}", first.1, second.1);
    Diagnostic::error(Code::NameClash, second.0, message)
        .label(format!("this is `{name}` in {language}"))
        .at(first.0, "so is this")
        .help("rename one of them; `@was(\"…\")` keeps the old name on record")
}
