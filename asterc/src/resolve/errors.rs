//! What resolving has to say about names, types and values: one function for each diagnostic.

mod imports;
mod members;
mod names;
mod services;
mod types;
mod values;

pub(super) use imports::*;
pub(super) use members::*;
pub(super) use names::*;
pub(super) use services::*;
pub(super) use types::*;
pub(super) use values::*;

/// More names than this in one sentence do not help.
const SHOWN: usize = 8;

/// `A → B → A`, shortened in the middle.
fn way(names: &[&str]) -> String {
    let count = names.len();
    let first = names.first().copied().unwrap_or_default();
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let mut text = shown.join(" → ");
    if count > SHOWN {
        text.push_str(&format!(" → … ({} more)", count - SHOWN));
    }
    format!("{text} → `{first}`")
}

/// `an `int32``, `a `string``
fn with_article(ty: &str) -> String {
    let vowel = ty.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} `{ty}`", if vowel { "an" } else { "a" })
}

fn simple(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn quoted_or(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [most @ .., last] => format!("{} or `{last}`", quoted(most.iter().copied())),
    }
}
