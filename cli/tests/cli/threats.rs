//! The page on threats: each claim names a test, and each test that it names is there.

use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../../../docs/threat-model.md");
/// What stands behind such a mark is no claim of ours.
const NO_CLAIMS: [&str; 2] = ["*Advice:*", "*Limit:*"];
/// Nor is what stands below such a head of a table.
const COLUMNS: [&str; 4] = ["stolen", "recover (advice)", "who", "tries"];
/// What a cell says whose test another one of its row names.
const AGAIN: [&str; 2] = ["(the same)", "the first)"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The tests that a text names: their names are sentences.
fn names(text: &str) -> Vec<&str> {
    let words = text.split('`').skip(1).step_by(2);
    words.filter(|word| word.matches('_').count() > 2).collect()
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for folder in ["runtime/src", "runtime/tests", "cli/src", "cli/tests"] {
        sources(&root.join(folder), &mut files);
    }
    let text: String = files
        .iter()
        .map(|path| fs::read_to_string(path).expect("text"))
        .collect();
    let names = names(PAGE);
    assert!(names.len() >= 40, "{names:?}");
    for name in names {
        let place = text.find(&format!("fn {name}("));
        let place = place.unwrap_or_else(|| panic!("there is no test `{name}`"));
        let before = text[..place].trim_end().trim_end_matches("async").trim_end();
        assert!(
            before.ends_with("#[test]") || before.ends_with("#[tokio::test]"),
            "`{name}` is no test, or not run"
        );
    }
}

/// The claims of a page that name no test. What stands above its first section says what the page is.
fn unproven(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let Some((_, sections)) = page.split_once("\n## ") else {
        return found;
    };
    let sections = sections.split_once('\n').map_or("", |(_, rest)| rest);
    for block in sections.split("\n\n").map(str::trim) {
        if block.starts_with('|') {
            rows(block, &mut found);
            continue;
        }
        // a heading, or what leads to a list
        if block.starts_with('#') || block.ends_with(':') {
            continue;
        }
        for item in block.trim_start_matches("- ").split("\n- ") {
            let text = item.split_whitespace().collect::<Vec<_>>().join(" ");
            let end = NO_CLAIMS.iter().filter_map(|mark| text.find(mark)).min();
            let claims = &text[..end.unwrap_or(text.len())];
            let open = claims
                .split_inclusive(". ")
                .filter(|sentence| !sentence.trim().is_empty() && names(sentence).is_empty());
            found.extend(open.map(str::to_owned));
        }
    }
    found
}

fn rows(table: &str, found: &mut Vec<String>) {
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_matches('|').replace("\\|", "/");
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = table.lines();
    let heads = cells(lines.next().unwrap_or_default());
    // under the heads is a rule
    for line in lines.skip(1) {
        let row = cells(line);
        assert_eq!(row.len(), heads.len(), "{line}");
        let claims = heads
            .iter()
            .zip(&row)
            .filter(|(head, cell)| !COLUMNS.contains(&head.as_str()) && !cell.is_empty());
        for (_, cell) in claims {
            let again = AGAIN.iter().any(|word| cell.contains(word)) && !names(line).is_empty();
            if names(cell).is_empty() && !again {
                found.push(cell.clone());
            }
        }
    }
}

#[test]
fn every_claim_of_the_page_names_a_test() {
    assert_eq!(unproven(PAGE), [""; 0]);
    // it would be seen
    let page = "# T\n\nWhat it is.\n\n## A\n\nOne holds (`a_b_c_d`). Two does\nnot.\n\n- Three. *Advice:* four.\n- *Limit:* five. Six.\n\n\
                | who | tries | meets |\n|---|---|---|\n| a | b | seven |\n| a | b | (`a_b_c_d`) |\n| a | b | (the same) |\n";
    assert_eq!(
        unproven(page),
        ["Two does not.", "Three. ", "seven", "(the same)"]
    );
}
