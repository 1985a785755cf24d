//! Descriptions as honest peers send them, and as others do: each of these is refused, soon, with the name of what is wrong.

use std::thread;
use std::time::{Duration, Instant};

use aster_contract::canonical::Fault;
use aster_contract::described::{Described, DescribedError, MAX_BYTES, Verified};
use aster_contract::encode::Encode;
use aster_contract::graph::Body;
use aster_contract::model::{
    Container, ContractId, EnumValueDef, FieldDef, TypeDef, TypeDefKind, TypeHash, TypeKind, UnionVariantDef,
};
use proptest::prelude::*;

use crate::build::{Schema, service};

/// What `describe` returns.
#[derive(Clone, Debug)]
struct Description {
    id: ContractId,
    contract: Vec<u8>,
    types: Vec<Vec<u8>>,
    nested: Vec<Vec<u8>>,
}

impl Description {
    /// A service that takes and returns `message`.
    fn of(schema: &Schema, message: &str) -> Self {
        let contract = schema.contract(&service("S", vec![schema.method("call", message, message)]));
        let identities = schema.identify();
        let types = identities.types();
        Self {
            id: contract.id,
            contract: contract.canonical,
            types: types.iter().map(|ty| ty.canonical.clone()).collect(),
            nested: types
                .iter()
                .flat_map(|ty| &ty.nested)
                .map(Encode::encode)
                .collect(),
        }
    }

    /// These types, and a service that names none of them.
    fn alone(types: &[TypeDef], nested: &[FieldDef]) -> Self {
        let contract = Schema::new("p").contract(&service("S", vec![]));
        Self {
            id: contract.id,
            contract: contract.canonical,
            types: types.iter().map(Encode::encode).collect(),
            nested: nested.iter().map(Encode::encode).collect(),
        }
    }

    fn verify(&self) -> Result<Verified, DescribedError> {
        let described = Described {
            contract: &self.contract,
            types: self.types.iter().map(Vec::as_slice).collect(),
            nested: self.nested.iter().map(Vec::as_slice).collect(),
        };
        described.verify(self.id)
    }

    #[track_caller]
    fn refusal(&self) -> DescribedError {
        self.verify().expect_err("the description is wrong")
    }
}

/// Every way in which one type can name another: nested, as key, over back edges, into a component of several types.
fn everything() -> Schema {
    Schema::new("p")
        .enumeration("Mood", &[("CALM", 0), ("LOUD", 7)])
        .message("Leaf", &[("a", "int32"), ("b", "bytes?")])
        .message("Tree", &[("children", "list<Tree>"), ("parent", "Tree?")])
        .message(
            "Left",
            &[
                ("right", "Right?"),
                ("self", "list<list<Left>>"),
                ("either", "Either?"),
            ],
        )
        .message("Right", &[("lefts", "map<string, list<Left>>"), ("mood", "Mood")])
        .union(
            "Either",
            &[
                ("left", 1, "Left"),
                ("number", 2, "int32"),
                ("mood", 3, "Mood"),
                ("leaf", 9, "Leaf"),
            ],
        )
        .message(
            "Root",
            &[
                ("left", "Left"),
                ("rights", "list<Right?>"),
                ("either", "Either"),
                ("moods", "set<Mood>"),
                ("by_mood", "map<Mood, list<map<int64, Leaf?>?>>"),
                ("tree", "Tree?"),
            ],
        )
}

fn description() -> Description {
    Description::of(&everything(), "Root")
}

#[test]
fn an_honest_description_is_the_graph_that_it_was_made_of() {
    let (schema, description) = (everything(), description());
    let verified = description.verify().unwrap();
    let (graph, verified_types) = (schema.graph(), verified.identities.types());
    for (ty, identity) in verified.graph.types.iter().zip(verified_types) {
        let place = graph.types.iter().position(|node| node.name == ty.name).unwrap();
        let original = &schema.identify().types()[place].clone();
        assert_eq!(
            (identity.hash, identity.reference),
            (original.hash, original.reference)
        );
    }
    assert_eq!(verified.contract.methods.len(), 1);
    assert_eq!(description.verify().unwrap().graph.types.len(), 7);
}

#[test]
fn the_order_of_the_definitions_does_not_matter() {
    let mut description = description();
    description.types.reverse();
    description.nested.reverse();
    description.verify().unwrap();
}

#[test]
fn another_contract_than_the_one_asked_for_is_refused() {
    let mut description = description();
    description.id = ContractId::of(b"another");
    assert_eq!(
        description.refusal(),
        DescribedError::OtherContract { id: description.id }
    );
}

#[test]
fn whatever_is_left_out_is_missed() {
    let whole = description();
    for place in 0..whole.types.len() {
        let mut description = whole.clone();
        description.types.remove(place);
        let error = description.refusal();
        let missing = matches!(
            error,
            DescribedError::Missing { .. } | DescribedError::MissingName { .. }
        );
        assert!(missing, "{error}");
        assert!(error.to_string().contains("refers to"), "{error}");
    }
    for place in 0..whole.nested.len() {
        let mut description = whole.clone();
        let gone = description.nested.remove(place);
        if !description.nested.contains(&gone) {
            let error = description.refusal();
            assert!(
                matches!(&error, DescribedError::Missing { within, .. } if within.contains("p.")),
                "{error}"
            );
        }
    }
}

#[test]
fn a_member_of_a_cycle_cannot_be_exchanged() {
    // nobody inside the component refers to `Right` by a hash that covers its fields, and `Root` does
    let mut other = everything();
    other = other.message("More", &[]);
    let exchanged = Schema::new("p")
        .enumeration("Mood", &[("CALM", 0), ("LOUD", 7)])
        .message("Leaf", &[("a", "int32"), ("b", "bytes?")])
        .message(
            "Left",
            &[
                ("right", "Right?"),
                ("self", "list<list<Left>>"),
                ("either", "Either?"),
            ],
        )
        .message(
            "Right",
            &[
                ("lefts", "map<string, list<Left>>"),
                ("mood", "Mood"),
                ("extra", "int32"),
            ],
        )
        .union(
            "Either",
            &[
                ("left", 1, "Left"),
                ("number", 2, "int32"),
                ("mood", 3, "Mood"),
                ("leaf", 9, "Leaf"),
            ],
        );
    let mut description = Description::of(&other, "Root");
    for name in ["Left", "Right", "Either"] {
        let place = other.id(name).0 as usize;
        description.types[place] = exchanged.identity(name).canonical;
    }
    let error = description.refusal();
    assert!(
        matches!(&error, DescribedError::Missing { within, .. } if within.starts_with("`p.Root.")),
        "{error}"
    );
}

#[test]
fn a_type_that_is_there_twice_is_refused() {
    let mut description = description();
    description.types.push(description.types[1].clone());
    assert_eq!(
        description.refusal(),
        DescribedError::DuplicateType {
            name: "p.Leaf".into()
        }
    );
    let other = Schema::new("p").message("Leaf", &[("c", "int32")]);
    *description.types.last_mut().unwrap() = other.identity("Leaf").canonical;
    assert_eq!(
        description.refusal(),
        DescribedError::DuplicateType {
            name: "p.Leaf".into()
        }
    );
}

#[test]
fn a_method_takes_and_returns_messages() {
    let schema = everything();
    let error = Description::of(&schema, "Mood").refusal();
    assert_eq!(
        error,
        DescribedError::NotAMessage {
            method: "call".into()
        }
    );
}

fn field(name: &str, id: i32, primitive: &str) -> FieldDef {
    FieldDef {
        id,
        name: name.into(),
        type_primitive: primitive.into(),
        ..FieldDef::default()
    }
}

fn message(name: &str, fields: Vec<FieldDef>) -> TypeDef {
    TypeDef {
        kind: TypeDefKind::Message,
        package: "p".into(),
        name: name.into(),
        fields,
        enum_values: vec![],
        union_variants: vec![],
    }
}

#[track_caller]
fn foreign(types: &[TypeDef], nested: &[FieldDef], part: &str) {
    let error = Description::alone(types, nested).refusal();
    assert!(matches!(error, DescribedError::Foreign { .. }), "{error}");
    assert!(error.to_string().contains(part), "{error}");
}

#[test]
fn what_the_language_cannot_say_is_refused_with_the_name_of_the_field() {
    let base = field("f", 1, "string");
    let with = |change: fn(&mut FieldDef)| {
        let mut field = base.clone();
        change(&mut field);
        message("M", vec![field])
    };
    Description::alone(&[with(|_| {})], &[]).verify().unwrap();
    for (ty, part) in [
        (with(|f| f.type_kind = TypeKind::Any), "ANY"),
        (with(|f| f.ref_tracked = true), "tracked"),
        (with(|f| f.required = false), "not required"),
        (with(|f| f.default_value = vec![1]), "default"),
        (with(|f| f.type_primitive = "int128".into()), "unknown"),
        (with(|f| f.type_primitive.clear()), "unknown"),
        (with(|f| f.type_kind = TypeKind::Ref), "without a hash"),
        (
            with(|f| {
                f.container = Container::Map;
                f.container_key_kind = TypeKind::Any;
            }),
            "key",
        ),
        (
            with(|f| {
                f.type_kind = TypeKind::Nested;
                f.type_ref = Some(TypeHash([1; 32]));
            }),
            "outside a container",
        ),
    ] {
        foreign(std::slice::from_ref(&ty), &[], part);
        foreign(&[ty], &[], "`p.M.f`");
    }
}

#[test]
fn a_description_that_is_not_in_its_canonical_form_is_refused() {
    let list = |kind, hash| FieldDef {
        container: Container::List,
        type_kind: kind,
        type_primitive: String::new(),
        type_ref: hash,
        ..field("f", 1, "")
    };
    // a nested definition of what needs none
    let inner = field("", 0, "string");
    let outer = message("M", vec![list(TypeKind::Nested, Some(inner.hash()))]);
    let error = Description::alone(&[outer], &[inner]).refusal();
    assert_eq!(error, DescribedError::NotItsHash { name: "p.M".into() });

    // a name and a number that are not looked at
    let optional = |id, name| FieldDef {
        optional: true,
        ..field(name, id, "string")
    };
    for inner in [optional(1, ""), optional(0, "x")] {
        let outer = message("M", vec![list(TypeKind::Nested, Some(inner.hash()))]);
        foreign(&[outer], &[inner], "`p.M.f`");
    }

    // two back edges and no tree edge; a back edge that leads out of the component
    let back = |to: &str| FieldDef {
        type_kind: TypeKind::SelfRef,
        self_ref_name: to.into(),
        optional: true,
        ..field("f", 1, "")
    };
    for (a, b) in [("p.B", "p.A"), ("p.B", "p.B")] {
        let types = [message("A", vec![back(a)]), message("B", vec![back(b)])];
        let error = Description::alone(&types, &[]).refusal();
        assert!(matches!(error, DescribedError::NotItsHash { .. }), "{error}");
    }

    // a set of optional elements, which the encoding could say
    let inner = optional(0, "");
    let set = FieldDef {
        container: Container::Set,
        ..list(TypeKind::Nested, Some(inner.hash()))
    };
    foreign(&[message("M", vec![set])], &[inner], "set");

    // a float as key
    let map = FieldDef {
        container: Container::Map,
        container_key_primitive: "float64".into(),
        ..field("f", 1, "string")
    };
    let error = Description::alone(&[message("M", vec![map])], &[]).refusal();
    assert!(matches!(error, DescribedError::Graph(_)), "{error}");
}

#[test]
fn names_kinds_and_numbers_that_no_schema_has_are_refused() {
    let named = |package: &str, name: &str| TypeDef {
        package: package.into(),
        ..message(name, vec![])
    };
    for (package, name) in [
        ("", "M"),
        ("p", ""),
        ("p", "a.b"),
        ("p..q", "M"),
        ("p", "a b"),
        ("p", "\0"),
        ("p", "1"),
        ("p", "a-b"),
    ] {
        foreign(&[named(package, name)], &[], "identifier");
    }
    foreign(
        &[message("M", vec![field("a\nb", 1, "string")])],
        &[],
        "identifier",
    );
    foreign(&[message("M", vec![field("", 1, "string")])], &[], "identifier");

    let kind = |kind| TypeDef {
        kind,
        ..message("M", vec![])
    };
    foreign(&[kind(TypeDefKind::Enum)], &[], "`p.M`");
    foreign(&[kind(TypeDefKind::Union)], &[], "`p.M`");
    let value = |value| EnumValueDef {
        name: "V".into(),
        value,
    };
    let case = |id| UnionVariantDef {
        name: "c".into(),
        id,
        type_ref: TypeHash::of(b"string"),
    };
    foreign(
        &[TypeDef {
            enum_values: vec![value(1)],
            ..message("M", vec![])
        }],
        &[],
        "`p.M`",
    );
    foreign(
        &[TypeDef {
            enum_values: vec![value(-1)],
            ..kind(TypeDefKind::Enum)
        }],
        &[],
        "negative",
    );
    foreign(
        &[TypeDef {
            union_variants: vec![case(0)],
            ..kind(TypeDefKind::Union)
        }],
        &[],
        "positive",
    );
    let clash = TypeDef {
        enum_values: vec![value(1), value(2)],
        ..kind(TypeDefKind::Enum)
    };
    let error = Description::alone(&[clash], &[]).refusal();
    assert!(matches!(error, DescribedError::Graph(_)), "{error}");

    // a kind that is none
    let mut description = Description::alone(&[message("M", vec![])], &[]);
    description.types[0][0] = 3;
    let error = description.refusal();
    let DescribedError::Record { error, .. } = error else {
        panic!("{error}")
    };
    assert!(matches!(error.fault, Fault::Discriminant { .. }), "{error}");

    let fields: Vec<_> = (1..=513)
        .map(|id| field(&format!("f{id:03}"), id, "bool"))
        .collect();
    let error = Description::alone(&[message("M", fields)], &[]).refusal();
    assert_eq!(
        error,
        DescribedError::TooManyFields {
            name: "p.M".into(),
            found: 513
        }
    );
}

/// `count` lists inside each other, the innermost of strings; the outermost comes last.
fn nested_lists(count: usize) -> Vec<FieldDef> {
    let mut lists = vec![FieldDef {
        container: Container::List,
        ..field("", 0, "string")
    }];
    for _ in 1..count {
        let inner = lists[lists.len() - 1].hash();
        lists.push(FieldDef {
            container: Container::List,
            type_kind: TypeKind::Nested,
            type_ref: Some(inner),
            ..field("", 0, "")
        });
    }
    lists
}

fn named(def: &FieldDef, id: i32) -> FieldDef {
    FieldDef {
        id,
        name: format!("f{id:03}"),
        ..def.clone()
    }
}

#[test]
fn containers_nest_as_deep_as_a_schema_may_and_no_deeper() {
    for (count, fits) in [(128, true), (129, false), (10_000, false)] {
        let lists = nested_lists(count);
        let ty = message("M", vec![named(&lists[count - 1], 1)]);
        let found = Description::alone(&[ty], &lists[..count - 1]).verify();
        assert_eq!(found.is_ok(), fits, "{count}");
        if let Err(error) = found {
            assert!(error.to_string().contains("f001"), "{error}");
        }
    }
}

#[test]
fn definitions_that_are_shared_do_not_multiply() {
    let started = Instant::now();
    let lists = nested_lists(128);
    let types: Vec<_> = (0..40)
        .map(|place| {
            let fields = (1..=512).map(|id| named(&lists[127], id)).collect();
            message(&format!("M{place}"), fields)
        })
        .collect();
    let error = Description::alone(&types, &lists[..127]).refusal();
    assert!(matches!(error, DescribedError::TooDeep { .. }), "{error}");
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_definition_that_refers_to_one_that_refers_back_is_missed() {
    // whoever wants a circle has to know a hash before its bytes
    let list = |hash| FieldDef {
        container: Container::List,
        type_kind: TypeKind::Nested,
        type_ref: Some(hash),
        ..field("", 0, "")
    };
    let first = list(TypeHash([7; 32]));
    let second = list(first.hash());
    let ty = message("M", vec![named(&list(second.hash()), 1)]);
    let error = Description::alone(&[ty], &[first, second]).refusal();
    assert_eq!(
        error,
        DescribedError::Missing {
            within: "`p.M.f001`".into(),
            hash: TypeHash([7; 32])
        }
    );
}

#[test]
fn large_descriptions_take_linear_time_and_larger_ones_none() {
    let started = Instant::now();
    // a chain, a message of which all others are fields' types, and a union of everything, on a small stack
    let count = 8_000;
    let mut schema = Schema::new("p").message("M0000", &[]);
    for place in 1..count {
        schema = schema.message(&format!("M{place:04}"), &[("next", "M0000")]);
    }
    let names: Vec<_> = (0..count)
        .map(|place| (format!("c{place}"), format!("M{place:04}")))
        .collect();
    let cases: Vec<_> = names
        .iter()
        .zip(1..)
        .map(|((case, ty), id)| (case.as_str(), id, ty.as_str()))
        .collect();
    let description = Description::of(&schema.union("U", &cases), "M0000");
    let small = thread::Builder::new().stack_size(256 << 10);
    let verified = small
        .spawn(move || description.verify())
        .unwrap()
        .join()
        .unwrap()
        .unwrap();
    assert!(matches!(&verified.graph.types[count].body, Body::Union(cases) if cases.len() == count));
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );

    let mut huge = description_of_size(MAX_BYTES);
    let started = Instant::now();
    assert!(matches!(huge.refusal(), DescribedError::TooLarge { .. }));
    huge.types = vec![vec![]; MAX_BYTES / 32];
    assert!(matches!(huge.refusal(), DescribedError::TooLarge { .. }));
    assert!(started.elapsed() < Duration::from_secs(1));
}

fn description_of_size(size: usize) -> Description {
    let mut description = Description::alone(&[], &[]);
    description.types = vec![vec![0; size]];
    description
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_changed_byte_of_a_description_is_accepted(record in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let mut description = description();
        let nested = description.nested.len();
        let place = record.index(description.types.len() + nested);
        let bytes = match place.checked_sub(nested) {
            None => &mut description.nested[place],
            Some(place) => &mut description.types[place],
        };
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
        }
        // a nested definition can stand twice
        let whole = self::description();
        let still = whole.nested.iter().all(|def| description.nested.contains(def));
        match description.verify() {
            Err(error) => prop_assert!(error.to_string().len() < 4_096),
            Ok(_) => prop_assert!(still && description.types == whole.types),
        }
    }
}
