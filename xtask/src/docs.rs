//! Keeps the book whole: a page nobody lists is never read, a link that leads nowhere is worse, and so is Rust that nobody compiles.

use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where the pages whose Rust is compiled and run are listed.
const TESTED: &str = "runtime/examples/src/book.rs";

/// Pages that may have Rust nobody compiles, marked `ignore`, and why.
const IGNORED: &[(&str, &str)] = &[];

/// Checks `docs` and the Markdown files at the root.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let book = root.join("docs");
    let mut mistakes = Vec::new();

    let summary = fs::read_to_string(book.join("SUMMARY.md")).context("docs/SUMMARY.md")?;
    let listed: BTreeSet<PathBuf> = links(&summary).iter().map(|link| book.join(link)).collect();
    let mut pages = Vec::new();
    markdown_below(&book, &mut pages)?;
    for page in &pages {
        if !page.ends_with("SUMMARY.md") && !listed.contains(page) {
            mistakes.push(format!("{}: not listed in docs/SUMMARY.md", shown(root, page)));
        }
    }

    for name in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        pages.push(root.join(name));
    }
    let tested = fs::read_to_string(root.join(TESTED)).context(TESTED)?;
    for page in &pages {
        let text = fs::read_to_string(page).with_context(|| shown(root, page))?;
        let name = shown(root, page).replace('\\', "/");
        mistakes.extend(untested(&name, &text, &tested));
        let folder = page.parent().unwrap_or(root);
        for link in links(&text) {
            if !leads_somewhere(page, folder, &link) {
                mistakes.push(format!("{}: `{link}` leads nowhere", shown(root, page)));
            }
        }
    }

    if !mistakes.is_empty() {
        bail!(
            "the book has {} mistakes:\n  {}",
            mistakes.len(),
            mistakes.join("\n  ")
        );
    }
    Ok(())
}

/// What keeps the Rust of a page from being compiled and run.
fn untested(page: &str, text: &str, tested: &str) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut has_rust = false;
    for (line, info) in openings(text) {
        let mut words = info.split(',').map(str::trim);
        if words.next() != Some("rust") {
            continue;
        }
        let ignored = words.any(|word| word.starts_with("ignore"));
        has_rust |= !ignored;
        if ignored && !IGNORED.iter().any(|(known, _)| *known == page) {
            mistakes.push(format!(
                "{page}:{line}: Rust that nobody compiles: what it needs goes into hidden lines (`# …`), or into {TESTED}"
            ));
        }
    }
    if has_rust && !tested.contains(&format!("\"{page}\"")) {
        mistakes.push(format!(
            "{page}: it has Rust, and is not one of the `pages!` in {TESTED}"
        ));
    }
    mistakes
}

/// The opening fences of the code blocks: their lines, from 1, and what stands behind them.
fn openings(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    (1..).zip(text.lines()).filter_map(move |(number, line)| {
        let info = line.trim_start().strip_prefix("```")?;
        in_code = !in_code;
        in_code.then_some((number, info.trim_matches('`').trim()))
    })
}

/// Whether there is such a file, and such a heading in it.
fn leads_somewhere(page: &Path, folder: &Path, link: &str) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => page.to_owned(),
        file => normal(&folder.join(file)),
    };
    if anchor.is_empty() || target.extension().is_none_or(|extension| extension != "md") {
        return target.exists();
    }
    fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor))
}

/// The anchors of the headings, as mdBook and GitHub make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in outside_code(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let letter = |c: char| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            c => c.is_alphanumeric().then_some(c),
        };
        let anchor: String = title.trim().to_lowercase().chars().filter_map(letter).collect();
        let again = (1..).map(|number| format!("{anchor}-{number}"));
        let mut names = std::iter::once(anchor.clone()).chain(again);
        if let Some(name) = names.find(|name| !anchors.contains(name)) {
            anchors.insert(name);
        }
    }
    anchors
}

/// The lines of a page that are not in code blocks.
fn outside_code(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    })
}

/// The targets of relative links, `[text](target)`, with their anchors; code blocks are skipped.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in outside_code(text) {
        for part in line.split("](").skip(1) {
            let Some((target, _)) = part.split_once(')') else {
                continue;
            };
            if !target.is_empty() && !target.contains("://") {
                found.push(target.to_owned());
            }
        }
    }
    found
}

fn markdown_below(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            markdown_below(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

/// The path without `.` and `..`, which a link may contain.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_relative_links_outside_code() {
        let text = "[a](a.md#x) and [b](https://b)\n```\n[c](c.md)\n```\n[d](d/e.md)";
        assert_eq!(links(text), ["a.md#x", "d/e.md"]);
    }

    #[test]
    fn rust_that_nobody_compiles_is_a_mistake() {
        let tested = "calls \"docs/calls.md\"";
        let page = "```sh\nls\n```\n```rust\nf();\n```\n";
        assert_eq!(untested("docs/calls.md", page, tested), [""; 0]);
        assert_eq!(untested("docs/node.md", "```sh\n```rust\n", tested), [""; 0]);
        for (name, page, why) in [
            ("docs/node.md", page, "not one of"),
            ("docs/node.md", " ```rust,no_run\n```\n", "not one of"),
            ("docs/calls.md", "a\n```rust,ignore\n```\n", "docs/calls.md:2: "),
            (
                "docs/calls.md",
                "```rust, ignore-windows\n```\n",
                "docs/calls.md:1: ",
            ),
        ] {
            let mistakes = untested(name, page, tested);
            assert!(mistakes.len() == 1 && mistakes[0].contains(why), "{mistakes:?}");
        }
    }

    #[test]
    fn anchors_are_those_of_mdbook() {
        let text = "# `asterc id`, and more\n```\n# no\n```\n## Ü_b-c\n### Right\n### Right\n#no\n";
        let expected = ["asterc-id-and-more", "right", "right-1", "ü_b-c"];
        assert_eq!(anchors(text), expected.map(str::to_owned).into());
    }
}
