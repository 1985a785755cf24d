//! 100,000 types in one chain or one ring, on a thread whose stack is far too small for recursion.

use std::borrow::Cow;
use std::thread;

use aster_contract::graph::{Body, Case, Field, Leaf, Shape, TypeGraph, TypeId, TypeNode, Value};
use aster_contract::identity::{Identities, component_hash, identify, reference_from_outside};
use aster_contract::model::{TypeHash, TypeKind};

const COUNT: u32 = 100_000;

/// Types `T000000`, `T000001` and so on; `next` tells which one each names.
fn types(next: impl Fn(u32) -> Option<u32>, union: bool) -> TypeGraph<'static> {
    let node = |place| TypeNode {
        package: "scale".into(),
        name: format!("T{place:06}").into(),
        body: match next(place) {
            Some(next) if union => Body::Union(vec![Case {
                name: "next".into(),
                id: 1,
                ty: Leaf::Type(TypeId(next)),
            }]),
            next => Body::Message(
                next.into_iter()
                    .map(|next| Field {
                        name: "next".into(),
                        ty: Cow::Owned(Value {
                            shape: Shape::Leaf(Leaf::Type(TypeId(next))),
                            optional: true,
                        }),
                    })
                    .collect(),
            ),
        },
    };
    TypeGraph {
        types: (0..COUNT).map(node).collect(),
    }
}

fn identify_on_a_small_stack(types: TypeGraph<'static>) -> Identities {
    let small = thread::Builder::new().stack_size(256 << 10);
    let thread = small.spawn(move || identify(&types)).expect("a thread");
    thread.join().expect("no panic").expect("a valid graph")
}

#[test]
fn a_chain_is_hashed_without_recursion() {
    let identities =
        identify_on_a_small_stack(types(|place| (place + 1 < COUNT).then_some(place + 1), false));
    assert_eq!(identities.components().len(), COUNT as usize);
    for pair in identities.types().windows(2) {
        let field = &pair[0].def().fields[0];
        assert_eq!(
            (field.type_kind, field.type_ref),
            (TypeKind::Ref, Some(pair[1].hash))
        );
        assert_eq!(pair[0].reference, pair[0].hash);
    }
    assert_eq!(identities.links().reachable([TypeId(0)]).len(), COUNT as usize);
}

#[test]
fn a_chain_against_the_order_of_names_is_hashed_without_recursion() {
    let identities = identify_on_a_small_stack(types(|place| place.checked_sub(1), false));
    for pair in identities.types().windows(2) {
        assert_eq!(pair[1].def().fields[0].type_ref, Some(pair[0].hash));
    }
}

#[test]
fn a_ring_of_messages_has_one_back_edge() {
    let identities = identify_on_a_small_stack(types(|place| Some((place + 1) % COUNT), false));
    let (last, others) = identities.types().split_last().expect("types");
    assert_eq!(last.def().fields[0].type_kind, TypeKind::SelfRef);
    assert_eq!(last.def().fields[0].self_ref_name, "scale.T000000");
    for (member, next) in others.iter().zip(&identities.types()[1..]) {
        assert_eq!(member.def().fields[0].type_ref, Some(next.hash));
    }
    assert_one_component(&identities);
}

#[test]
fn a_ring_of_unions_has_one_back_edge() {
    let identities = identify_on_a_small_stack(types(|place| Some((place + 1) % COUNT), true));
    let (last, others) = identities.types().split_last().expect("types");
    assert_eq!(
        last.def().union_variants[0].type_ref,
        TypeHash::of(b"scale.T000000")
    );
    for (member, next) in others.iter().zip(&identities.types()[1..]) {
        assert_eq!(member.def().union_variants[0].type_ref, next.hash);
    }
    assert_one_component(&identities);
}

fn assert_one_component(identities: &Identities) {
    let [members] = identities.components() else {
        panic!("more than one component")
    };
    assert!(members.iter().copied().eq((0..COUNT).map(TypeId)));
    let component = component_hash(identities.types().iter().map(|ty| &ty.hash));
    for ty in identities.types() {
        assert_eq!(ty.reference, reference_from_outside(component, ty.hash));
    }
}
