//! The committed cases of contract identity and of diagnostics, as the binary answers them.

use super::{asterc, folder};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

fn cases(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(format!("../tests/vectors/{file}")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    all["cases"].as_array().unwrap().clone()
}

/// The files of a case in a folder, and the one that is compiled.
fn files(case: &Value) -> (TempDir, &str) {
    let files = case["files"].as_object().unwrap();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str().unwrap()))
        .collect();
    (folder(&files), case["root"].as_str().unwrap())
}

#[test]
fn contract_ids_agree() {
    let cases = cases("contract.json");
    assert!(cases.len() >= 44);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (folder, root) = files(&case);
        let arguments = ["id", "--bytes", "--format", "json", "-I", ".", root];
        let (status, out, err) = asterc(folder.path(), &arguments);
        assert_eq!((status, err.as_str()), (0, ""), "{name}");
        let listing: Value = serde_json::from_str(&out).unwrap();
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
                for member in members.into_iter().filter(|member| !wanted[member].is_null()) {
                    assert_eq!(entry[member], wanted[member], "{name}: {}", wanted["name"]);
                }
            }
        }
    }
}

#[test]
fn diagnostics_agree() {
    for case in cases("diagnostics.json") {
        let name = case["name"].as_str().unwrap();
        let (folder, root) = files(&case);
        let arguments = ["check", "--format", "json", "-I", ".", root];
        let (status, out, _) = asterc(folder.path(), &arguments);
        assert_eq!(status, 1, "{name}");
        let found: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let errors: Vec<&Value> = found.iter().filter(|one| one["level"] == "error").collect();
        assert!(
            !errors.is_empty() && errors.len() as u64 <= case["max_errors"].as_u64().unwrap(),
            "{name}: {out}"
        );
        let place = json!([errors[0]["line"], errors[0]["column"]]);
        let also = case["also"].as_array().cloned().unwrap_or_default();
        let wanted = json!([case["line"], case["column"]]);
        assert!(
            place == wanted || also.contains(&place),
            "{name}: {place}, not {wanted}"
        );
        for mention in case["mentions"].as_array().unwrap() {
            let one_of = mention
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![mention.clone()]);
            assert!(
                one_of.iter().any(|word| out.contains(word.as_str().unwrap())),
                "{name}: {mention} in {out}"
            );
        }
    }
}
