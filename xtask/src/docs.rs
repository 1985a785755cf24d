//! Keeps the book whole: a page nobody lists is never read, a link that leads nowhere is worse.

use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Checks `docs` and the Markdown files at the root.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let book = root.join("docs");
    let mut mistakes = Vec::new();

    let summary = fs::read_to_string(book.join("SUMMARY.md")).context("docs/SUMMARY.md")?;
    let listed: BTreeSet<PathBuf> = links(&summary).into_iter().map(|link| book.join(link)).collect();
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
    for page in &pages {
        let text = fs::read_to_string(page).with_context(|| shown(root, page))?;
        let folder = page.parent().unwrap_or(root);
        for link in links(&text) {
            if !normal(&folder.join(&link)).exists() {
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

/// The targets of relative links, `[text](target)`, without their anchors; code blocks are skipped.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for part in line.split("](").skip(1) {
            let Some((target, _)) = part.split_once(')') else {
                continue;
            };
            let target = target.split('#').next().unwrap_or_default();
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
        assert_eq!(links(text), ["a.md", "d/e.md"]);
    }
}
