//! Payloads of every message of the examples, drawn from its steps, and written by the printed codec of Rust, for the codecs of
//! other languages: they must read each, and write it again. `BLESS=1` accepts what is written now.

use crate::compiled::MESSAGES;
use crate::payloads::{Random, payload};
use crate::schemas::{repository, schema};
use aster_contract::graph::TypeId;
use asterc::codegen::steps::steps;
use asterc::model::TypeKind;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// How many payloads there are of each message.
const EACH: usize = 4;
/// Longer payloads are left out.
const LONGEST: usize = 2_000;

/// Every schema of the examples but `altered`, which declares again what `hello` does.
fn examples(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with("altered") => {}
                true => open.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn payloads_of_the_examples_are_those_that_other_languages_read() {
    let root = repository().join("idl-examples");
    let (schema, _) = schema(&root, &examples(&root));
    let steps = steps(&schema);
    let mut lines = String::new();
    for (ty, index) in schema.types.iter().zip(0..) {
        if !matches!(ty.kind, TypeKind::Message(_)) {
            continue;
        }
        let name = ty.full_name();
        let compiled = MESSAGES.iter().find(|(message, _)| **message == *name);
        let mut random = Random(u64::from(index));
        let payloads = std::iter::repeat_with(|| payload(&steps, TypeId(index), &mut random));
        for bytes in payloads
            .take(50)
            .filter(|bytes| bytes.len() <= LONGEST)
            .take(EACH)
        {
            // the code of some packages is not compiled here
            let written =
                compiled.map_or_else(|| bytes.clone(), |(_, round_trip)| round_trip(&bytes).unwrap());
            let hex: String = written.iter().fold(String::new(), |mut hex, byte| {
                _ = write!(hex, "{byte:02x}");
                hex
            });
            lines.push_str(&format!("{name} {hex}\n"));
        }
    }
    let path = repository().join("tests/fixtures/payloads.txt");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &lines).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    assert!(
        committed == lines,
        "tests/fixtures/payloads.txt differs: BLESS=1 accepts"
    );
}
