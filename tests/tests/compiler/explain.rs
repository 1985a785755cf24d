//! The pages of `asterc explain` say what is so: every example is compiled.

use crate::memory::{Memory, compile_text};
use asterc::codegen::{Layout, Options, generate};
use asterc::contracts::Contracts;
use asterc::diagnostic::{Code, Diagnostic};
use asterc::diff::diff;
use asterc::driver::Compiled;
use asterc::explain::{Kind, Page, groups};
use asterc::lock::Lock;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const FOLDER: &str = "../asterc/explain";

fn pages() -> Vec<Page> {
    groups().into_iter().flat_map(|group| group.pages).collect()
}

/// A fenced block, with the heading it stands under; empty above the first one.
struct Block {
    heading: String,
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut heading = String::new();
    let mut open = false;
    for line in page.lines() {
        match (line.strip_prefix("```"), line.strip_prefix("## ")) {
            (Some(_), _) if open => open = false,
            (Some(language), _) => {
                open = true;
                blocks.push(Block {
                    heading: heading.clone(),
                    language: language.to_owned(),
                    text: String::new(),
                });
            }
            (None, _) if open => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, Some(title)) => title.clone_into(&mut heading),
            (None, None) => {}
        }
    }
    assert!(!open, "a block has no end:\n{page}");
    blocks
}

fn schemas(page: &Page) -> Vec<Block> {
    let mut blocks = blocks(page.text);
    blocks.retain(|block| block.language == "aster");
    blocks
}

/// Compiles the first file of a block. `// file: lib/common.aster` begins the next one, or names the first.
fn compile_block(block: &str) -> Compiled {
    let mut files: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        if let Some(path) = line.strip_prefix("// file: ") {
            files.push((path, String::new()));
            continue;
        }
        if files.is_empty() {
            files.push(("main.aster", String::new()));
        }
        let (_, text) = files.last_mut().unwrap();
        text.push_str(line);
        text.push('\n');
    }
    let root = files[0].0;
    files
        .iter()
        .fold(Memory::default(), |memory, (path, text)| {
            memory.with(path, text.as_str())
        })
        .compile(&[root])
}

/// What `check` reports, and if that is nothing, what `build` does.
fn reported(compiled: &Compiled) -> Vec<Diagnostic> {
    match (&compiled.schema, compiled.contracts().unwrap()) {
        (Some(schema), Some(contracts)) if compiled.diagnostics.is_empty() => {
            generate(schema, &contracts, &Options::new(Layout::Tree))
                .err()
                .unwrap_or_default()
        }
        _ => compiled.diagnostics.clone(),
    }
}

/// Fails unless it is without a warning, up to the generated code.
fn right(name: &str, block: &str) -> Contracts {
    let compiled = compile_block(block);
    let found: Vec<String> = reported(&compiled).into_iter().map(|one| one.message).collect();
    assert!(found.is_empty(), "{name}: {found:?}\n{}", compiled.human(false));
    compiled.contracts().unwrap().unwrap()
}

/// The wrong examples that no page can hold, of which it shows an excerpt.
fn made(code: Code) -> Option<Vec<u8>> {
    let lists =
        |depth: usize, inside: &str| format!("{}{inside}{}", "list<".repeat(depth), ">".repeat(depth));
    let text = match code {
        Code::FileTooLarge => return Some(vec![b' '; asterc::source::MAX_FILE + 1]),
        Code::InvalidUtf8 => {
            return Some(b"package shop;\n\nmessage Gr\xFC\xDFe { text: string; }\n".to_vec());
        }
        Code::NestingTooDeep => format!(
            "package shop;\nmessage A {{ names: {}; }}\n",
            lists(128, "string")
        ),
        Code::TooManyErrors => format!(
            "package shop;\nmessage A {{\n{}}}\n",
            "string id = 1;\n".repeat(1001)
        ),
        Code::TypeTooDeep => format!(
            "package shop;\ntype A = {};\ntype B = {};\n",
            lists(100, "string"),
            lists(29, "A")
        ),
        Code::DeclarationTooLarge => {
            let values: String = (0..65_536).map(|n| format!("A{n:06} = {n};")).collect();
            format!("package shop;\nenum Country {{ {values} }}\n")
        }
        Code::TooManyFields => {
            let fields: String = (1..=513).map(|n| format!("  value_{n}: float64;\n")).collect();
            format!("package shop;\nmessage Measurement {{\n{fields}}}\n")
        }
        _ => return None,
    };
    Some(text.into_bytes())
}

#[test]
fn a_wrong_example_has_its_mistake_and_no_other() {
    for page in pages() {
        let Kind::Diagnostic(level) = page.kind else {
            continue;
        };
        let name = page.name;
        let code = Code::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == name)
            .unwrap();
        let blocks = blocks(page.text);
        let wrong = &blocks[0];
        assert_eq!(wrong.heading, "Wrong", "{name}");
        let (language, compiled) = match made(code) {
            Some(text) => ("text", compile_text(text)),
            None => ("aster", compile_block(&wrong.text)),
        };
        assert_eq!(wrong.language, language, "{name}");
        let mut found: Vec<_> = reported(&compiled)
            .iter()
            .map(|one| (one.code, one.level))
            .collect();
        if code == Code::TooManyErrors {
            let before: BTreeSet<_> = found.drain(..1000).collect();
            assert_eq!(before.len(), 1, "{before:?}");
        }
        assert_eq!(found, [(code, level)], "{name}\n{}", compiled.human(false));
    }
}

#[test]
fn a_right_example_is_right() {
    for page in pages() {
        if !matches!(page.kind, Kind::Diagnostic(_)) {
            continue;
        }
        let right_one: Vec<Block> = schemas(&page)
            .into_iter()
            .filter(|block| block.heading == "Right")
            .collect();
        assert_eq!(right_one.len(), 1, "{}", page.name);
        right(page.name, &right_one[0].text);
    }
}

#[test]
fn the_examples_of_rules_are_right() {
    for page in pages() {
        if page.kind != Kind::Rule {
            continue;
        }
        let schemas = schemas(&page);
        assert!(!schemas.is_empty(), "{}", page.name);
        for block in schemas {
            right(page.name, &block.text);
        }
    }
}

/// Its page shows an edit with both verdicts: whether the contract id changes, and what `diff` says of it.
#[test]
fn a_verdict_shows_an_edit_that_has_it() {
    for page in pages() {
        if page.kind != Kind::Verdict {
            continue;
        }
        let schemas = schemas(&page);
        let headings: Vec<&str> = schemas.iter().map(|block| block.heading.as_str()).collect();
        assert_eq!(headings, ["Before", "After"], "{}", page.name);
        let id = |block: &Block| right(page.name, &block.text).ids()[0];
        let same = id(&schemas[0]) == id(&schemas[1]);
        assert_eq!(same, page.name == "nothing", "{}", page.name);
        let lock = |block: &Block| {
            let compiled = compile_block(&block.text);
            let contracts = compiled.contracts().unwrap().unwrap();
            Lock::new(compiled.schema.as_ref().unwrap(), &contracts)
        };
        let report = diff(&lock(&schemas[0]), &lock(&schemas[1]));
        assert_eq!(report.has_drift(), !same, "{}", page.name);
        let said = |verdict: &str| {
            report
                .changes
                .iter()
                .any(|change| change.verdict.name() == verdict)
        };
        let shown = match page.name {
            "contract-id" => report.has_drift(),
            "security-notice" => report.changes.iter().any(|change| change.security.is_some()),
            // an edit without any consequence is not even listed
            "nothing" => report
                .changes
                .iter()
                .all(|change| change.verdict.name() == "nothing"),
            verdict => said(verdict),
        };
        assert!(shown, "{}: {:?}", page.name, report.changes);
    }
}

#[test]
fn pages_have_one_form_and_fit_a_terminal() {
    for Page { name, kind, text, .. } in pages() {
        assert!(text.starts_with(&format!("# {name}\n\n")), "{name}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}");
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{name}: {line}");
            assert_eq!(line.trim_end(), line, "{name}");
        }
        let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        let expected: &[&str] = match kind {
            Kind::Diagnostic(_) => &["## Wrong", "## Right"],
            Kind::Rule => &[],
            Kind::Verdict => &["## Before", "## After"],
        };
        assert_eq!(headings, expected, "{name}");
        for block in blocks(text) {
            assert!(["aster", "text"].contains(&block.language.as_str()), "{name}");
        }
    }
}

#[test]
fn every_file_is_a_page() {
    let mut files = BTreeSet::new();
    for folder in ["", "rules", "verdicts"] {
        for entry in fs::read_dir(Path::new(FOLDER).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                files.insert(path);
            }
        }
    }
    let pages: BTreeSet<_> = pages()
        .iter()
        .map(|page| {
            let folder = match page.kind {
                Kind::Diagnostic(_) => "",
                Kind::Rule => "rules",
                Kind::Verdict => "verdicts",
            };
            Path::new(FOLDER).join(folder).join(format!("{}.md", page.name))
        })
        .collect();
    assert_eq!(files, pages);
}
