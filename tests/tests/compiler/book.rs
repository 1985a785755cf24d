//! The book's index of diagnostics is what the compiler prints. `BLESS=1 cargo test` writes it anew.

use asterc::diagnostic::Level;
use asterc::explain::{Group, Kind, groups};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const BOOK: &str = "../docs";
const NOTE: &str = "<!-- Made from asterc/explain by BLESS=1 cargo test -->\n";

#[test]
fn the_index_of_diagnostics_is_that_of_the_compiler() {
    let bless = std::env::var_os("BLESS").is_some();
    let pages = expected();
    let mut wrong = Vec::new();
    for (path, text) in &pages {
        let file = Path::new(BOOK).join(path);
        if fs::read_to_string(&file).unwrap_or_default() == *text {
            continue;
        }
        if bless {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
        } else {
            wrong.push(path.clone());
        }
    }
    for entry in fs::read_dir(Path::new(BOOK).join("diagnostics"))
        .into_iter()
        .flatten()
    {
        let file = entry.unwrap().path();
        let path = format!("diagnostics/{}", file.file_name().unwrap().display());
        if pages.contains_key(&path) {
            continue;
        }
        if bless {
            fs::remove_file(&file).unwrap();
        } else {
            wrong.push(path);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} differ: BLESS=1 writes them anew");
}

/// Path below the book and text.
fn expected() -> BTreeMap<String, String> {
    let groups = groups();
    let mut pages: BTreeMap<String, String> = groups
        .iter()
        .map(|group| (format!("diagnostics/{}.md", group.slug), group_page(group)))
        .collect();
    pages.insert("diagnostics.md".to_owned(), index(&groups));
    pages
}

fn index(groups: &[Group]) -> String {
    let mut out = format!(
        "# Diagnostics\n\n{NOTE}\n\
         Every diagnostic has a code, which is printed with it and never gets another meaning. Each code has a page\n\
         with a wrong and a right example, here and in the compiler: `asterc explain unknown-type`. So have the rules\n\
         of the language, and the verdicts of `asterc diff` and `asterc check --locked`.\n"
    );
    for group in groups {
        out.push_str(&format!(
            "\n## {}\n\n| name | in one sentence |\n|---|---|\n",
            group.title
        ));
        for page in &group.pages {
            let level = match page.kind {
                Kind::Diagnostic(Level::Warning) => " (warning)",
                _ => "",
            };
            out.push_str(&format!(
                "| [`{name}`](diagnostics/{}.md#{name}) | {}{level} |\n",
                group.slug,
                page.summary,
                name = page.name,
            ));
        }
    }
    out
}

/// All pages of a group, each heading one level lower.
fn group_page(group: &Group) -> String {
    let mut out = format!("# {}\n\n{NOTE}", group.title);
    for page in &group.pages {
        out.push('\n');
        let mut in_code = false;
        for line in page.text.lines() {
            if line.starts_with("```") {
                in_code = !in_code;
            }
            if !in_code && line.starts_with('#') {
                out.push('#');
            }
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
