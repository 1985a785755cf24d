//! "Cycles" once more, in the plainest way there is: by what reaches what and by recursion.

use std::collections::{BTreeMap, BTreeSet};

use aster_contract::graph::{Body, Leaf, Shape, TypeGraph, TypeNode, Value};
use aster_contract::identity::{TypeIdentity, component_hash, identify, reference_from_outside};
use aster_contract::model::{FieldDef, TypeHash, TypeKind};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use crate::order::types;

/// The types that each type names, by full name.
type Edges = BTreeMap<String, BTreeSet<String>>;

fn full_name(node: &TypeNode<'_>) -> String {
    format!("{}.{}", node.package, node.name).nfc().collect()
}

/// The type that stands at the innermost place of a value.
fn innermost(value: &Value) -> Leaf {
    match &value.shape {
        Shape::Leaf(leaf) | Shape::Set(leaf) => *leaf,
        Shape::List(element) | Shape::Map(_, element) => innermost(element),
    }
}

/// The types that a type's members name, with each member's name.
fn named(types: &TypeGraph<'_>, node: &TypeNode<'_>) -> Vec<(String, String)> {
    let members: Vec<(&str, Leaf)> = match &node.body {
        Body::Message(fields) => fields
            .iter()
            .map(|field| (&*field.name, innermost(&field.ty)))
            .collect(),
        Body::Union(cases) => cases.iter().map(|case| (&*case.name, case.ty)).collect(),
        Body::Enum(_) => Vec::new(),
    };
    let types = |(member, leaf): (&str, Leaf)| match leaf {
        Leaf::Primitive(_) => None,
        Leaf::Type(id) => Some((member.to_owned(), full_name(&types.types[id.0 as usize]))),
    };
    members.into_iter().filter_map(types).collect()
}

fn reaches(edges: &Edges, from: &str, to: &str, seen: &mut BTreeSet<String>) -> bool {
    edges[from]
        .iter()
        .any(|next| next == to || (seen.insert(next.clone()) && reaches(edges, next, to, seen)))
}

/// Rule 3: adds the tree edges below `node` to `tree`.
fn walk(
    edges: &Edges,
    component: &BTreeSet<String>,
    node: &str,
    visited: &mut BTreeSet<String>,
    tree: &mut BTreeSet<(String, String)>,
) {
    visited.insert(node.to_owned());
    for next in edges[node].intersection(component) {
        if !visited.contains(next) {
            tree.insert((node.to_owned(), next.clone()));
            walk(edges, component, next, visited, tree);
        }
    }
}

/// The definition that a member's innermost type stands in: its own, or the first of a chain of
/// nested ones.
fn innermost_def<'a>(identity: &'a TypeIdentity, field: &'a FieldDef) -> &'a FieldDef {
    let nested = |hash| identity.nested.iter().find(|nested| Some(nested.hash()) == hash);
    match field.type_kind {
        TypeKind::Nested => innermost_def(identity, nested(field.type_ref).expect("a nested definition")),
        _ => field,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_edge_is_the_reference_that_the_rules_say(types in types()) {
        let edges: Edges = types
            .types
            .iter()
            .map(|node| (full_name(node), named(&types, node).into_iter().map(|(_, to)| to).collect()))
            .collect();
        let together = |left: &str, right: &str| {
            left == right
                || reaches(&edges, left, right, &mut BTreeSet::new())
                    && reaches(&edges, right, left, &mut BTreeSet::new())
        };
        let found = identify(&types).expect("valid types");
        let identity = |name: &str| found.types().iter().find(|found| found.name == name).expect("a type");

        for node in &types.types {
            let from = full_name(node);
            let component: BTreeSet<String> =
                edges.keys().filter(|other| together(&from, other)).cloned().collect();
            let mut tree = BTreeSet::new();
            let first = component.first().expect("itself");
            walk(&edges, &component, first, &mut BTreeSet::new(), &mut tree);

            // rule 6
            let own = identity(&from);
            let whole = component_hash(component.iter().map(|member| &identity(member).hash));
            let outside = if component.len() > 1 { reference_from_outside(whole, own.hash) } else { own.hash };
            prop_assert_eq!(own.reference, outside);

            for (member, to) in named(&types, node) {
                // rules 4, 5 and 6
                let target = identity(&to);
                let hash = if !component.contains(&to) {
                    Some(target.reference)
                } else if tree.contains(&(from.clone(), to.clone())) {
                    Some(target.hash)
                } else {
                    None
                };
                let def = own.def();
                if let Some(field) = def.fields.iter().find(|field| field.name == member) {
                    let field = innermost_def(own, field);
                    let expected = match hash {
                        Some(hash) => (TypeKind::Ref, Some(hash), ""),
                        None => (TypeKind::SelfRef, None, to.as_str()),
                    };
                    prop_assert_eq!((field.type_kind, field.type_ref, field.self_ref_name.as_str()), expected);
                } else {
                    let case = def.union_variants.iter().find(|case| case.name == member).expect("a case");
                    prop_assert_eq!(case.type_ref, hash.unwrap_or_else(|| TypeHash::of(to.as_bytes())));
                }
            }
        }
    }
}
