//! The committed cases of contract identity and of diagnostics, through the library.

use crate::memory::Memory;
use asterc::diagnostic::Level;
use asterc::driver::listing::{self, Detail};
use serde_json::Value;
use std::fs;

fn cases(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(format!("vectors/{file}")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    all["cases"].as_array().unwrap().clone()
}

fn files(case: &Value) -> Memory {
    case["files"]
        .as_object()
        .unwrap()
        .iter()
        .fold(Memory::default(), |files, (path, text)| {
            files.with(path, text.as_str().unwrap())
        })
}

#[test]
fn contract_ids_agree() {
    let cases = cases("contract.json");
    assert!(cases.len() >= 44);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let compiled = files(&case).compile(&[case["root"].as_str().unwrap()]);
        assert!(
            compiled.diagnostics.is_empty(),
            "{name}: {}",
            compiled.human(false)
        );
        let contracts = compiled.contracts().unwrap().unwrap();
        let listing = listing::json(
            &compiled.schema.unwrap(),
            &contracts,
            Detail {
                bytes: true,
                tree: false,
            },
        );
        let listing: Value = serde_json::from_str(&listing).unwrap();
        for (list, members) in [
            ("services", ["version", "contract_id"]),
            ("types", ["hash", "canonical_hex"]),
        ] {
            let found = listing[list].as_array().unwrap();
            let names: Vec<&str> = found
                .iter()
                .map(|entry| entry["name"].as_str().unwrap())
                .collect();
            assert!(names.is_sorted(), "{name}: {names:?}");
            for wanted in case[list].as_array().unwrap() {
                let entry = found.iter().find(|entry| entry["name"] == wanted["name"]);
                let entry = entry.unwrap_or_else(|| panic!("{name}: no {}", wanted["name"]));
                for member in members {
                    if !wanted[member].is_null() {
                        assert_eq!(
                            entry[member], wanted[member],
                            "{name}: {member} of {}",
                            wanted["name"]
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn diagnostics_agree() {
    for case in cases("diagnostics.json") {
        let name = case["name"].as_str().unwrap();
        let compiled = files(&case).compile(&[case["root"].as_str().unwrap()]);
        let errors: Vec<_> = compiled
            .diagnostics
            .iter()
            .filter(|one| one.level == Level::Error)
            .collect();
        assert!(
            !errors.is_empty() && errors.len() as u64 <= case["max_errors"].as_u64().unwrap(),
            "{name}"
        );
        let span = errors[0].primary.span;
        let (line, column) = compiled.sources.file(span.file).line_column(span.start);
        let place = serde_json::json!([line, column]);
        let also = case["also"].as_array().cloned().unwrap_or_default();
        let wanted = serde_json::json!([case["line"], case["column"]]);
        assert!(
            place == wanted || also.contains(&place),
            "{name}: {place}, not {wanted}"
        );
        let text = compiled.json();
        for mention in case["mentions"].as_array().unwrap() {
            let one_of = mention
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![mention.clone()]);
            assert!(
                one_of.iter().any(|word| text.contains(word.as_str().unwrap())),
                "{name}: {mention} in {text}"
            );
        }
    }
}
