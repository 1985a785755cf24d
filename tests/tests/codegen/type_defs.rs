//! TypeDefs against pyfory's, over a corpus of 1,000 types. `fixtures/pyfory/corpus.py` makes both files.

use crate::schemas::{repository, schema};
use asterc::codegen::steps::{TypeSteps, steps};
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[test]
fn a_thousand_type_defs_are_those_of_pyfory() {
    let folder = repository().join("tests/fixtures/pyfory");
    let (schema, _) = schema(&folder, &[folder.join("corpus.aster")]);
    let ours = schema.types.iter().zip(steps(&schema).types);
    let mut ours: BTreeMap<String, String> = ours
        .filter_map(|(ty, steps)| match steps {
            TypeSteps::Message(steps) => Some((ty.full_name(), hex(&steps.type_def))),
            TypeSteps::Enum(steps) => Some((ty.full_name(), hex(&steps.type_def))),
            TypeSteps::Union(_) => None,
        })
        .collect();
    assert_eq!(schema.types.len(), 1_000);
    let theirs = include_str!("../../fixtures/pyfory/corpus.txt");
    for line in theirs.lines() {
        let (name, type_def) = line.split_once(' ').unwrap();
        assert_eq!(ours.remove(name).as_deref(), Some(type_def), "{name}");
    }
    assert!(ours.is_empty(), "not in the corpus: {:?}", ours.keys());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        _ = write!(out, "{byte:02x}");
        out
    })
}
