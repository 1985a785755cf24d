//! What the compiler has to say: a diagnostic is data, made by one function of the stage that found it.

pub mod code;
pub mod json;
pub mod render;

pub use code::Code;

use crate::source::{SourceMap, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The schema is wrong.
    Error,
    /// The schema works, but not as somebody may think.
    Warning,
}

impl Level {
    /// `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A place and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// A replacement a tool can make without asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

/// One mistake, told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable name.
    pub code: Code,
    /// How bad it is.
    pub level: Level,
    /// What is wrong: lower case, no full stop, names in backticks.
    pub message: String,
    /// Where, and what is there.
    pub primary: Label,
    /// Other places that tell why.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Vec<String>,
    /// The change that mends it, when there is exactly one.
    pub edit: Option<Edit>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            level: Level::Error,
            message: message.into(),
            primary: Label {
                span,
                text: String::new(),
            },
            labels: Vec::new(),
            help: Vec::new(),
            edit: None,
        }
    }

    /// A warning at `span`.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// Says what is at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a place that tells why.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// The change that mends it.
    #[must_use]
    pub fn edit(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.edit = Some(Edit {
            span,
            replacement: replacement.into(),
        });
        self
    }
}

/// Puts diagnostics in the order of file name and offset, and drops exact repetitions.
pub fn sort(diagnostics: &mut Vec<Diagnostic>, sources: &SourceMap) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| {
            let span = d.primary.span;
            (span.start, span.end, d.level, d.code)
        };
        let (left, right) = (
            sources.file(a.primary.span.file),
            sources.file(b.primary.span.file),
        );
        (&left.name, a.primary.span.file)
            .cmp(&(&right.name, b.primary.span.file))
            .then(key(a).cmp(&key(b)))
    });
    diagnostics.dedup();
}

/// Whether any of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.level == Level::Error)
}

/// The candidate nearest to `name`: within edit distance 1 + len/3, ties to the first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_several(name, candidates).into_iter().next()
}

/// All candidates within edit distance 1 + len/3 of `name`, nearest first, at most three.
pub fn nearest_several<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = 1 + name.chars().count() / 3;
    let mut found: Vec<(usize, &str)> = Vec::new();
    for candidate in candidates {
        if candidate == name || found.iter().any(|&(_, known)| known == candidate) {
            continue;
        }
        if let Some(distance) = distance_within(name, candidate, limit) {
            found.push((distance, candidate));
        }
    }
    found.sort_by_key(|&(distance, _)| distance);
    found.truncate(3);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Edit distance with neighbours swapped counted once, letters of other case counted as none but the first; `None` above `limit`.
fn distance_within(a: &str, b: &str, limit: usize) -> Option<usize> {
    // Names longer than this are not typed by hand.
    const LONGEST: usize = 128;
    if a.len() > LONGEST * 4 || b.len() > LONGEST * 4 {
        return None;
    }
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > limit || a.len() > LONGEST || b.len() > LONGEST {
        return None;
    }
    if a.iter()
        .flat_map(|c| c.to_lowercase())
        .eq(b.iter().flat_map(|c| c.to_lowercase()))
    {
        return Some(1);
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let differs = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + differs);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        if row.iter().min().is_some_and(|&least| least > limit) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    let distance = last[b.len()];
    // A name of which nothing is left is not near.
    (distance <= limit && distance < a.len().max(b.len())).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_is_within_one_and_a_third_of_the_length() {
        assert_eq!(nearest("Adress", ["Person", "Address"]), Some("Address"));
        assert_eq!(nearest("mesage", ["message", "enum"]), Some("message"));
        assert_eq!(nearest("STRING", ["bytes", "string"]), Some("string"));
        assert_eq!(nearest("rcp", ["rpc"]), Some("rpc"));
        assert_eq!(nearest("ab", ["xy"]), None);
        assert_eq!(nearest("Customer", ["Cat"]), None);
    }
}
