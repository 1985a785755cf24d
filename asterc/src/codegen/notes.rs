//! What the notes of a declaration say in every language.

use crate::model::{Deprecated, Made, Method, Notes, Service};
use crate::written;
use aster_contract::graph::TypeId;
use std::collections::HashMap;

/// The attributes of other tools, for those who read the documentation.
pub(super) fn foreign(notes: &Notes) -> Option<String> {
    let spans: Vec<String> = notes
        .foreign
        .iter()
        .map(|attribute| code_span(&written::attribute(attribute)))
        .collect();
    (!spans.is_empty()).then(|| format!("Attributes: {}", spans.join(", ")))
}

/// Code in a line of Markdown, whatever is in it.
pub(super) fn code_span(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    match longest {
        0 => format!("{fence}{code}{fence}"),
        _ => format!("{fence} {code} {fence}"),
    }
}

/// What to do instead of something deprecated, and since when; a schema counts versions.
pub(super) fn deprecation(deprecated: &Deprecated) -> Option<String> {
    match (deprecated.note.as_str(), deprecated.since) {
        ("", None) => None,
        ("", Some(since)) => Some(format!("since version {since}")),
        (note, None) => Some(note.to_owned()),
        (note, Some(since)) => Some(format!("{note} (since version {since})")),
    }
}

/// What a message is for that nobody wrote down.
pub(super) fn made_for(made: Made, id: TypeId, users: &HashMap<TypeId, (&Service, &Method)>) -> String {
    let what = match made {
        Made::Request => "The parameters",
        Made::EmptyResponse | Made::ResponseValue => "The response",
        Made::ItemValue => "An item of a stream",
    };
    match users.get(&id) {
        Some((service, method)) => format!("{what} of `{}.{}`.", service.name, method.name),
        None => format!("{what} of a method."),
    }
}
