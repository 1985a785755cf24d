//! Identity does not depend on declaration order, and does depend on everything below a method.

use std::borrow::Cow;

use aster_contract::graph::{
    Body, Case, Field, Leaf, Method, Service, Shape, TypeGraph, TypeId, TypeNode, Value,
};
use aster_contract::identity::{contract, identify};
use aster_contract::model::{ContractId, Pattern, Primitive, Scope, SerializationMode};
use proptest::prelude::*;
use proptest::sample::select;

/// A value whose types are numbers that any number of types can be counted around by.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => select(&Primitive::ALL[..]).prop_map(Leaf::Primitive),
        // mostly types, so that cycles run through several
        4 => any::<u32>().prop_map(|id| Leaf::Type(TypeId(id))),
    ];
    let key = select(&Primitive::ALL[..]).prop_filter("a key", |primitive| primitive.is_key());
    let key = key.prop_map(Leaf::Primitive).boxed();
    let plain = prop_oneof![5 => leaf.prop_map(Shape::Leaf), 1 => key.clone().prop_map(Shape::Set)];
    let optional = |shape| (shape, any::<bool>()).prop_map(|(shape, optional)| Value { shape, optional });
    optional(plain.boxed()).prop_recursive(3, 6, 1, move |inner| {
        let list = inner.clone().prop_map(|element| Shape::List(Box::new(element)));
        let map = (key.clone(), inner).prop_map(|(key, element)| Shape::Map(key, Box::new(element)));
        optional(prop_oneof![list, map].boxed())
    })
}

fn body() -> impl Strategy<Value = Body<'static>> {
    let leaf = |value: &Value| match value.shape {
        Shape::Leaf(leaf) => leaf,
        _ => Leaf::Primitive(Primitive::Bool),
    };
    prop_oneof![
        6 => prop::collection::vec(value(), 0..5).prop_map(|values| Body::Message(
            values.into_iter().zip('a'..).map(|(ty, name)| Field { name: name.to_string().into(), ty: Cow::Owned(ty) }).collect()
        )),
        1 => prop::collection::vec(value(), 1..4).prop_map(move |values| Body::Union(
            values.iter().zip('a'..).zip(1..)
                .map(|((value, name), id)| Case { name: name.to_string().into(), id, ty: leaf(value) })
                .collect()
        )),
        1 => (1..4).prop_map(|count| Body::Enum((0..count).map(|number| (format!("V{number}").into(), number)).collect())),
    ]
}

/// A graph of up to seven types in three packages, one of whose names is not ASCII.
pub(crate) fn types() -> impl Strategy<Value = TypeGraph<'static>> {
    prop::collection::vec(body(), 1..8).prop_map(|bodies| {
        let count = u32::try_from(bodies.len()).expect("few types");
        let node = |(place, body): (usize, Body<'static>)| TypeNode {
            package: ["p", "p.q", "a"][place % 3].into(),
            name: format!("{}{place}", ["Tree", "Ω", "Cafe\u{301}", "B"][place % 4]).into(),
            body: renamed(body, &|TypeId(id)| TypeId(id % count)),
        };
        TypeGraph {
            types: bodies.into_iter().enumerate().map(node).collect(),
        }
    })
}

fn renamed<'a>(body: Body<'a>, to: &impl Fn(TypeId) -> TypeId) -> Body<'a> {
    let leaf = |leaf| match leaf {
        Leaf::Type(id) => Leaf::Type(to(id)),
        scalar @ Leaf::Primitive(_) => scalar,
    };
    fn value(ty: Value, leaf: &impl Fn(Leaf) -> Leaf) -> Value {
        let shape = match ty.shape {
            Shape::Leaf(ty) => Shape::Leaf(leaf(ty)),
            Shape::Set(element) => Shape::Set(leaf(element)),
            Shape::List(element) => Shape::List(Box::new(value(*element, leaf))),
            Shape::Map(key, element) => Shape::Map(leaf(key), Box::new(value(*element, leaf))),
        };
        Value { shape, ..ty }
    }
    match body {
        Body::Message(fields) => {
            let field = |field: Field<'a>| Field {
                ty: Cow::Owned(value(field.ty.into_owned(), &leaf)),
                ..field
            };
            Body::Message(fields.into_iter().map(field).collect())
        }
        Body::Union(cases) => Body::Union(
            cases
                .into_iter()
                .map(|case| Case {
                    ty: leaf(case.ty),
                    ..case
                })
                .collect(),
        ),
        values @ Body::Enum(_) => values,
    }
}

/// The same types, the one at `i` moved to `order[i]`, their members turned around.
fn reordered<'a>(types: &TypeGraph<'a>, order: &[u32]) -> TypeGraph<'a> {
    let mut moved = types.types.clone();
    for (node, to) in types.types.iter().zip(order) {
        let mut body = renamed(node.body.clone(), &|TypeId(id)| TypeId(order[id as usize]));
        match &mut body {
            Body::Message(fields) => fields.reverse(),
            Body::Enum(values) => values.reverse(),
            Body::Union(cases) => cases.reverse(),
        }
        moved[*to as usize] = TypeNode { body, ..node.clone() };
    }
    TypeGraph { types: moved }
}

/// The contract of a service with one method for each of `roots`, in that order.
fn contract_of(types: &TypeGraph<'_>, roots: &[u32]) -> ContractId {
    let method = |root: &u32| Method {
        name: types.types[*root as usize].name.to_string(),
        pattern: Pattern::Unary,
        request: TypeId(*root),
        response: TypeId(*root),
        idempotent: false,
        timeout_ms: None,
        requires: None,
    };
    let service = Service {
        name: "S".to_owned(),
        version: 1,
        methods: roots.iter().map(method).collect(),
        modes: vec![SerializationMode::Xlang],
        scope: Scope::Shared,
        requires: None,
    };
    contract(&service, &identify(types).expect("valid types"))
        .expect("a valid service")
        .id
}

fn types_and_order() -> impl Strategy<Value = (TypeGraph<'static>, Vec<u32>)> {
    types().prop_flat_map(|types| {
        let order: Vec<u32> = (0..).take(types.types.len()).collect();
        (Just(types), Just(order).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn declaration_order_does_not_reach_a_hash((types, order) in types_and_order()) {
        let moved = reordered(&types, &order);
        let (before, after) = (identify(&types).expect("valid types"), identify(&moved).expect("valid types"));
        for (identity, to) in before.types().iter().zip(&order) {
            let other = after.get(TypeId(*to)).expect("a type");
            prop_assert_eq!(&identity.name, &other.name);
            prop_assert_eq!(&identity.canonical, &other.canonical);
            prop_assert_eq!(identity.hash, other.hash);
            prop_assert_eq!(identity.reference, other.reference);
        }
        let all: Vec<u32> = (0..).take(order.len()).collect();
        prop_assert_eq!(contract_of(&types, &all), contract_of(&moved, &order));
    }

    #[test]
    fn a_contract_changes_with_a_type_exactly_when_a_method_reaches_it((types, order) in types_and_order()) {
        let changed = order[0];
        let links = identify(&types).expect("valid types").links().clone();
        let mut other = types.clone();
        match &mut other.types[changed as usize].body {
            Body::Message(fields) => fields.push(Field {
                name: "added".into(),
                ty: Cow::Owned(Value { shape: Shape::Leaf(Leaf::Primitive(Primitive::Date)), optional: false }),
            }),
            Body::Enum(values) => values.push(("ADDED".into(), 99)),
            Body::Union(cases) => cases.push(Case {
                name: "added".into(),
                id: 99,
                ty: Leaf::Primitive(Primitive::Date),
            }),
        }
        for root in 0..u32::try_from(types.types.len()).expect("few types") {
            let reaches = links.reachable([TypeId(root)]).contains(&TypeId(changed));
            let differs = contract_of(&types, &[root]) != contract_of(&other, &[root]);
            prop_assert_eq!(differs, reaches, "from {}", root);
        }
    }
}
