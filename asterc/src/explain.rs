//! What `asterc explain` knows: a page on every diagnostic, on rules of the language, and on verdicts.
//!
//! The pages are the Markdown files of `asterc/explain/`, written to be read as plain text. They are also the book's
//! index of diagnostics.

use crate::diagnostic::{Code, Level, nearest_several};
use serde::Serialize;

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A diagnostic, which is always of this level.
    Diagnostic(Level),
    /// A rule of the language.
    Rule,
    /// What is said about a change of a schema.
    Verdict,
}

impl Kind {
    /// `diagnostic`, `rule` or `verdict`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Diagnostic(_) => "diagnostic",
            Self::Rule => "rule",
            Self::Verdict => "verdict",
        }
    }
}

/// One page.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// What to ask for: the code of a diagnostic, or one word. No two pages have the same.
    pub name: &'static str,
    /// What it is about.
    pub kind: Kind,
    /// One sentence.
    pub summary: &'static str,
    /// The whole page in Markdown, with `# name` as its first line; lines of at most 100 columns.
    pub text: &'static str,
}

/// Pages that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its heading.
    pub title: &'static str,
    /// One word in lower case: its file in the book.
    pub slug: &'static str,
    /// Its pages, in the order of the compiler's stages.
    pub pages: Vec<Page>,
}

/// The groups of diagnostics, each with its first code: it goes on to that of the next.
const STAGES: [(Code, &str, &str); 8] = [
    (Code::FileTooLarge, "syntax", "Text and syntax"),
    (Code::MissingPackage, "files", "Packages and imports"),
    (Code::DuplicateName, "names", "Names"),
    (Code::OptionalTwice, "types", "Types"),
    (Code::WrongType, "values", "Defaults and constants"),
    (Code::InvalidRequest, "services", "Services"),
    (Code::UnknownAttribute, "attributes", "Attributes"),
    (Code::NameClash, "generated", "Generated code"),
];

macro_rules! pages {
    ($kind:expr, $folder:literal: $($name:literal: $summary:literal,)+) => {
        [$(Page {
            name: $name,
            kind: $kind,
            summary: $summary,
            text: include_str!(concat!("../explain/", $folder, "/", $name, ".md")),
        },)+]
    };
}

const RULES: [Page; 14] = pages! { Kind::Rule, "rules":
    "names": "What names look like, and which of them can be left short.",
    "imports": "Where imported files are looked for, and what an import makes visible.",
    "types": "The built-in types, containers and aliases.",
    "optional": "What `?` means, and where it may stand.",
    "defaults": "What may have a default, and how values of each type are written.",
    "enums": "Named values with numbers.",
    "unions": "One of several cases.",
    "recursion": "Types that contain themselves.",
    "parameters": "What a method takes and answers, and the messages that are made for it.",
    "streams": "The four shapes of a method.",
    "attributes": "All attributes, and what they apply to.",
    "renames": "How to record what something was called, and what must not come back.",
    "identity": "What a contract id is made of.",
    "lock": "How `aster.lock` keeps contracts from changing by accident.",
};

const VERDICTS: [Page; 6] = pages! { Kind::Verdict, "verdicts":
    "contract-id": "Old and new refuse each other unless a server serves both.",
    "adaptable": "Every old value converts to a new one and back.",
    "manual": "Somebody has to say how values convert.",
    "source": "Generated code that somebody uses stops compiling.",
    "nothing": "Nobody notices the change.",
    "security-notice": "Somebody may call now who could not before.",
};

/// All pages: diagnostics by stage, then rules, then verdicts.
pub fn groups() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::with_capacity(STAGES.len() + 2);
    for &code in Code::ALL {
        if let Some(&(_, slug, title)) = STAGES.iter().find(|(first, ..)| *first == code) {
            groups.push(Group {
                title,
                slug,
                pages: Vec::new(),
            });
        }
        if let Some(group) = groups.last_mut() {
            group.pages.push(diagnostic(code));
        }
    }
    groups.push(Group {
        title: "Rules of the language",
        slug: "rules",
        pages: RULES.to_vec(),
    });
    groups.push(Group {
        title: "Verdicts on a change",
        slug: "verdicts",
        pages: VERDICTS.to_vec(),
    });
    groups
}

fn diagnostic(code: Code) -> Page {
    let level = match code {
        Code::MisplacedDocs | Code::DuplicateImport | Code::UnusedImport => Level::Warning,
        _ => Level::Error,
    };
    Page {
        name: code.as_str(),
        kind: Kind::Diagnostic(level),
        summary: code.summary(),
        text: code.page(),
    }
}

fn pages() -> impl Iterator<Item = Page> {
    let diagnostics = Code::ALL.iter().map(|&code| diagnostic(code));
    diagnostics.chain(RULES).chain(VERDICTS)
}

/// The page somebody asks for: by its name, or as a diagnostic prints it, `error[unknown-type]`.
pub fn page(asked: &str) -> Option<Page> {
    let name = name(asked);
    pages().find(|page| page.name == name)
}

/// Names that may be meant when there is no such page: the nearest, else those that have the word in them.
pub fn similar(asked: &str) -> Vec<&'static str> {
    let name = name(asked);
    let names = || pages().map(|page| page.name);
    let near = nearest_several(&name, names());
    if !near.is_empty() {
        return near;
    }
    names()
        .filter(|page| page.split('-').any(|word| word == name))
        .collect()
}

fn name(asked: &str) -> String {
    let inner = asked.split_once('[').map_or(asked, |(_, rest)| rest);
    inner.trim().trim_end_matches([']', ':']).to_lowercase()
}

/// The names of all pages with their summaries, for people.
pub fn list() -> String {
    let width = pages().map(|page| page.name.len()).max().unwrap_or_default();
    let mut out = String::new();
    for Group { title, pages, .. } in groups() {
        out.push_str(title);
        out.push('\n');
        for Page { name, summary, .. } in pages {
            out.push_str(&format!("  {name:width$}  {summary}\n"));
        }
        out.push('\n');
    }
    out
}

#[derive(Serialize)]
struct Report {
    code: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    summary: &'static str,
    page: &'static str,
}

/// The page as a JSON object on one line.
pub fn json(page: &Page) -> String {
    let report = Report {
        code: page.name,
        kind: page.kind.as_str(),
        level: match page.kind {
            Kind::Diagnostic(level) => Some(level.as_str()),
            Kind::Rule | Kind::Verdict => None,
        },
        summary: page.summary,
        page: page.text,
    };
    serde_json::to_string(&report).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_page_is_in_one_group_under_a_name_of_its_own() {
        let grouped: Vec<&str> = groups()
            .iter()
            .flat_map(|group| &group.pages)
            .map(|page| page.name)
            .collect();
        assert_eq!(grouped, pages().map(|page| page.name).collect::<Vec<_>>());
        assert_eq!(grouped.iter().collect::<BTreeSet<_>>().len(), grouped.len());
        assert_eq!(groups().len(), STAGES.len() + 2);
    }

    #[test]
    fn a_page_is_found_as_people_copy_its_name() {
        for asked in [
            "unknown-type",
            "error[unknown-type]",
            "error[unknown-type]:",
            "Unknown-Type",
        ] {
            assert_eq!(page(asked).map(|page| page.name), Some("unknown-type"), "{asked}");
        }
        assert!(page("unknown").is_none());
    }

    #[test]
    fn suggests_near_names_and_then_those_with_the_word() {
        assert_eq!(similar("unknwon-type"), ["unknown-type"]);
        assert_eq!(similar("import"), ["imports"]);
        assert_eq!(similar("timeout"), ["invalid-timeout"]);
        assert_eq!(similar("xyzzy"), [""; 0]);
    }

    #[test]
    fn the_list_fits_a_terminal() {
        assert!(list().lines().all(|line| line.chars().count() <= 100));
    }
}
