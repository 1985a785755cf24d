//! The printed codec of every golden message against payloads written from its steps, and against damaged ones.

use crate::allocation::peak;
use crate::compiled::MESSAGES;
use crate::payloads::{Random, payload};
use crate::schemas::{repository, schema};
use aster_contract::graph::TypeId;
use asterc::codegen::steps::{Steps, steps};
use asterc::model::{Schema, TypeKind};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The schemas that `golden/` is made of.
fn golden_schema() -> (Schema, Steps) {
    let root = repository().join("idl-examples");
    let corners = [
        "scalars",
        "defaults",
        "containers",
        "recursion",
        "names/below",
        "names/version",
        "shared",
    ];
    let corners = corners.into_iter().chain(["docs", "deprecated", "services"]);
    let mut files: Vec<PathBuf> = corners
        .map(|name| root.join(format!("corners/{name}.aster")))
        .collect();
    files.extend([root.join("hello.aster"), root.join("fleet/control.aster")]);
    let (schema, _) = schema(&root, &files);
    let steps = steps(&schema);
    (schema, steps)
}

fn find(schema: &Schema, name: &str) -> TypeId {
    let index = schema.types.iter().position(|ty| ty.full_name() == name).unwrap();
    TypeId(u32::try_from(index).unwrap())
}

#[test]
fn every_message_of_the_golden_files_is_here() {
    let (schema, _) = golden_schema();
    let messages = schema
        .types
        .iter()
        .filter(|ty| matches!(ty.kind, TypeKind::Message(_)));
    let expected: BTreeSet<String> = messages.map(asterc::model::TypeDecl::full_name).collect();
    let found: BTreeSet<String> = MESSAGES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_the_steps_write_is_read_and_written_again() {
    let (schema, steps) = golden_schema();
    for (seed, (name, round_trip)) in (1..).zip(MESSAGES) {
        let id = find(&schema, name);
        let mut random = Random(seed);
        for _ in 0..100 {
            let bytes = payload(&steps, id, &mut random);
            match round_trip(&bytes) {
                Ok(again) => assert_eq!(again, bytes, "{name}"),
                Err(error) => panic!("{name}: {error}\n{bytes:02x?}"),
            }
        }
    }
}

#[test]
fn damaged_payloads_are_values_or_errors() {
    let (schema, steps) = golden_schema();
    for (seed, (name, round_trip)) in (1..).zip(MESSAGES) {
        let id = find(&schema, name);
        let mut random = Random(seed << 32);
        for _ in 0..100 {
            let whole = payload(&steps, id, &mut random);
            for _ in 0..100 {
                let mut bytes = whole.clone();
                damage(&mut bytes, &mut random);
                let (result, held) = peak(|| round_trip(&bytes));
                assert!(
                    held <= allowance(bytes.len()),
                    "{name}: {held} bytes for {}",
                    bytes.len()
                );
                // a value may have another encoding than the one that was read, but it has one
                if let Ok(again) = result {
                    assert_eq!(
                        round_trip(&again).as_ref().ok(),
                        Some(&again),
                        "{name}: {bytes:02x?}"
                    );
                }
            }
        }
    }
}

/// What one payload and its copy may cost: one byte of a list of optional messages can stand for a whole message,
/// and the first reserve of a list comes on every level.
fn allowance(length: usize) -> usize {
    (512 << 10) + length * 2_048
}

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        match random.below(4) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes.insert(at, random.next() as u8),
            2 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xfd, 0xff][random.below(6) as usize],
            _ if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => bytes.push(random.next() as u8),
        }
    }
}
