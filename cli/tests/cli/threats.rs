//! The page on threats: each test that it names is there.

use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../../../docs/threat-model.md");

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
    let words = PAGE.split('`').skip(1).step_by(2);
    // names of tests are sentences
    let names: Vec<&str> = words.filter(|word| word.matches('_').count() > 2).collect();
    assert!(names.len() >= 20, "{names:?}");
    for name in names {
        assert!(text.contains(&format!("fn {name}(")), "there is no test `{name}`");
    }
}
