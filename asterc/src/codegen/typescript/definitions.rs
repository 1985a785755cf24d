//! The definitions of every type, as they are hashed: what `describe` answers with.

use super::layout::{Doc, group, indent, print, separated, text};
use super::{Generator, literals, tsdoc};
use aster_contract::encode::Encode;
use aster_contract::graph::TypeId;
use asterc_templates::typescript::Definitions;

pub(super) fn file(generator: &Generator<'_>) -> Definitions {
    let types = &generator.contracts.types;
    let all = (0..generator.schema.types.len()).filter_map(|index| {
        let id = u32::try_from(index).ok()?;
        types.get(TypeId(id))
    });
    let mut nested: Vec<Vec<u8>> = all
        .clone()
        .flat_map(|identity| &identity.nested)
        .map(Encode::encode)
        .collect();
    nested.sort_unstable();
    nested.dedup();
    let docs = ["The types of every module here, as they are hashed.".to_owned()];
    Definitions {
        docs: tsdoc::print(&docs, 0),
        generation: super::GENERATION,
        types: array(
            "types",
            all.map(|identity| literals::base64(&identity.canonical))
                .collect(),
        ),
        nested: array(
            "nested",
            nested.iter().map(|bytes| literals::base64(bytes)).collect(),
        ),
    }
}

/// `name: ["…"],`
fn array(name: &str, literals: Vec<String>) -> String {
    let items = separated(literals.into_iter().map(text));
    let doc = group([
        text(format!("{name}: [")),
        indent([Doc::Soft].into_iter().chain(items)),
        Doc::IfBroken(","),
        Doc::Soft,
        text("],"),
    ]);
    print(&doc, 2)
}
