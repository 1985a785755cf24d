//! What parsing the name of an enum's value fails with.

use super::Enumeration;
use std::fmt::Display;

/// So many names are listed, and the rest is counted.
const LISTED: usize = 16;

/// A text that is not the name of a value of an enum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no value of `{enumeration}`: it has {expected}")]
pub struct UnknownValue {
    found: String,
    enumeration: &'static str,
    expected: String,
}

impl UnknownValue {
    /// `found` is not the name of one of `values`, which are all there are.
    #[must_use]
    pub fn new<E: Enumeration + Display>(found: &str, values: &[E]) -> Self {
        let names: Vec<String> = values
            .iter()
            .take(LISTED)
            .map(|value| format!("`{value}`"))
            .collect();
        let more = match values.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Self {
            found: found.to_owned(),
            enumeration: E::TYPE.name(),
            expected: names.join(", ") + &more,
        }
    }

    /// The text.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    /// The full name of the enum.
    #[must_use]
    pub fn enumeration(&self) -> &'static str {
        self.enumeration
    }
}
