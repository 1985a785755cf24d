//! How single rules of the specification lower to definitions, and what is refused.

use std::borrow::Cow;

use aster_contract::encode::Encode;
use aster_contract::graph::{
    Body, Field, GraphError, Leaf, MAX_CONTAINERS, Shape, TypeGraph, TypeId, TypeNode, Value,
};
use aster_contract::identity::{ContractError, component_hash, contract, identify, reference_from_outside};
use aster_contract::model::{
    CapabilityKind, CapabilityRequirement, Container, FieldDef, Primitive, TypeHash, TypeKind,
};

use crate::build::{Schema, service};

fn field(schema: &Schema, ty: &str, name: &str) -> FieldDef {
    let def = schema.identity(ty).def();
    def.fields
        .into_iter()
        .find(|field| field.name == name)
        .expect("a field of the type")
}

#[test]
fn an_enum_may_be_a_key_or_a_set_element() {
    let schema = Schema::new("p").enumeration("Tone", &[("A", 1)]).message(
        "M",
        &[
            ("by_tone", "map<Tone, string>"),
            ("tones", "set<Tone>"),
            ("deep", "list<map<Tone, M>>"),
        ],
    );
    let tone = schema.identity("Tone").hash;

    let by_tone = field(&schema, "M", "by_tone");
    assert_eq!(
        (by_tone.container, by_tone.container_key_kind),
        (Container::Map, TypeKind::Ref)
    );
    assert_eq!(
        (
            by_tone.container_key_ref,
            by_tone.container_key_primitive.as_str()
        ),
        (Some(tone), "")
    );
    assert_eq!(
        (by_tone.type_kind, by_tone.type_primitive.as_str()),
        (TypeKind::Primitive, "string")
    );

    let tones = field(&schema, "M", "tones");
    assert_eq!(
        (tones.container, tones.type_kind, tones.type_ref),
        (Container::Set, TypeKind::Ref, Some(tone))
    );
    assert_eq!(
        (tones.container_key_kind, tones.container_key_ref),
        (TypeKind::Primitive, None)
    );

    let identity = schema.identity("M");
    let [inner] = &identity.nested[..] else {
        panic!("one nested definition")
    };
    assert_eq!(
        (inner.id, inner.name.as_str(), inner.container),
        (0, "", Container::Map)
    );
    assert_eq!(
        (inner.type_kind, inner.self_ref_name.as_str()),
        (TypeKind::SelfRef, "p.M")
    );
    assert_eq!(inner.container_key_ref, Some(tone));
    assert_eq!(field(&schema, "M", "deep").type_ref, Some(inner.hash()));
}

#[test]
fn nested_definitions_come_innermost_first_and_each_names_the_next() {
    let schema = Schema::new("p").message("M", &[("deep", "map<string, list<list<int64?>?>>?")]);
    let identity = schema.identity("M");
    let [innermost, middle, outer] = &identity.nested[..] else {
        panic!("{:?}", identity.nested)
    };
    assert_eq!((innermost.container, innermost.optional), (Container::None, true));
    assert_eq!(innermost.type_primitive, "varint64");
    assert_eq!((middle.container, middle.optional), (Container::List, true));
    assert_eq!(
        (middle.type_kind, middle.type_ref),
        (TypeKind::Nested, Some(innermost.hash()))
    );
    assert_eq!((outer.container, outer.optional), (Container::List, false));
    assert_eq!(
        (outer.type_kind, outer.type_ref),
        (TypeKind::Nested, Some(middle.hash()))
    );
    let deep = &identity.def().fields[0];
    assert_eq!(
        (deep.id, deep.optional, deep.container),
        (1, true, Container::Map)
    );
    assert_eq!(
        (deep.type_ref, deep.type_primitive.as_str()),
        (Some(outer.hash()), "")
    );
    assert_eq!(TypeHash::of(&outer.encode()), outer.hash());
}

#[test]
fn a_member_of_a_cycle_is_named_from_outside_by_the_cycle_too() {
    let schema = Schema::new("p")
        .message("Alder", &[("birch", "Birch?")])
        .message("Birch", &[("alders", "list<list<Alder>>")])
        .message(
            "Outside",
            &[("plain", "Birch"), ("nested", "list<Birch?>"), ("own", "Loop")],
        )
        .message("Loop", &[("next", "Loop?")])
        .union("Either", &[("birch", 1, "Birch")]);
    let (alder, birch) = (schema.identity("Alder"), schema.identity("Birch"));
    let component = component_hash([&alder.hash, &birch.hash]);
    let reference = reference_from_outside(component, birch.hash);
    assert_eq!(birch.reference, reference);

    assert_eq!(field(&schema, "Alder", "birch").type_ref, Some(birch.hash));
    assert_eq!(birch.nested[0].self_ref_name, "p.Alder");
    assert_eq!(field(&schema, "Outside", "plain").type_ref, Some(reference));
    assert_eq!(schema.identity("Outside").nested[0].type_ref, Some(reference));
    assert_eq!(
        schema.identity("Either").def().union_variants[0].type_ref,
        reference
    );
    let own = schema.identity("Loop");
    assert_eq!(own.reference, own.hash);
    assert_eq!(field(&schema, "Outside", "own").type_ref, Some(own.hash));

    let made = schema.contract(&service("S", vec![schema.method("m", "Birch", "Loop")]));
    assert_eq!(made.record.methods[0].request_type, reference);
    assert_eq!(made.record.methods[0].response_type, own.hash);
}

#[test]
fn a_union_case_that_names_its_own_union_is_the_hash_of_the_name() {
    let schema = Schema::new("p").union("Tree", &[("leaf", 1, "int64"), ("node", 2, "Tree")]);
    let cases = schema.identity("Tree").def().union_variants;
    assert_eq!(cases[0].type_ref, TypeHash::of(b"varint64"));
    assert_eq!(cases[1].type_ref, TypeHash::of(b"p.Tree"));
}

#[test]
fn an_edge_counts_once_however_often_and_deep_a_type_is_named() {
    let schema = Schema::new("p")
        .enumeration("E", &[("A", 1)])
        .message("Z", &[])
        .message(
            "M",
            &[
                ("a", "E"),
                ("b", "map<E, list<Z?>>"),
                ("c", "set<E>"),
                ("d", "list<list<M>>"),
                ("e", "Z"),
            ],
        );
    let identities = schema.identify();
    let names = identities
        .links()
        .successors(schema.id("M"))
        .map(|id| &identities.types()[id.0 as usize].name);
    assert!(names.eq(["p.E", "p.M", "p.Z"]));
}

#[test]
fn full_names_are_compared_whole_and_by_code_point() {
    let types = [
        ("ho", "Ω"),
        ("ho.b", "Ω"),
        ("ho.b.c", "X"),
        ("ho", "\u{10400}"),
        ("ho", "\u{ff21}"),
    ];
    let node = |(package, name): (&'static str, &'static str)| TypeNode {
        package: package.into(),
        name: name.into(),
        body: Body::Message(Vec::new()),
    };
    let identities = identify(&TypeGraph {
        types: types.map(node).to_vec(),
    })
    .expect("valid types");
    let links = identities.links();
    let names: Vec<&str> = links
        .graph()
        .node_indices()
        .map(|node| links.name(node))
        .collect();
    assert_eq!(
        names,
        ["ho.b.c.X", "ho.b.Ω", "ho.Ω", "ho.\u{ff21}", "ho.\u{10400}"]
    );
}

#[test]
fn names_and_roles_are_hashed_in_nfc() {
    let schema = |e: &str| {
        Schema::new("p").message(
            &format!("Caf{e}"),
            &[(&format!("caf{e}"), "string"), ("cafz", "string")],
        )
    };
    let contract = |e: &str| {
        let schema = schema(e);
        let mut method = schema.method(&format!("caf{e}"), &format!("Caf{e}"), &format!("Caf{e}"));
        method.requires = Some(CapabilityRequirement {
            kind: CapabilityKind::AllOf,
            roles: vec![e.to_owned()],
        });
        schema.contract(&service(&format!("Caf{e}"), vec![method]))
    };
    assert_eq!(contract("\u{e9}"), contract("e\u{301}"));
    // `é` goes after `z`, the letter `e` would go before
    let fields = schema("e\u{301}").identity("Cafe\u{301}").def().fields;
    assert_eq!(fields[0].name, "cafz");
}

#[test]
fn methods_are_sorted_and_a_time_out_is_divided_once() {
    let schema = Schema::new("p").message("M", &[]);
    let mut methods = ["b", "a", "\u{e9}", "z"].map(|name| schema.method(name, "M", "M"));
    methods[0].timeout_ms = Some(100);
    methods[1].timeout_ms = Some(0);
    let record = schema.contract(&service("S", methods.to_vec())).record;
    assert!(
        record
            .methods
            .iter()
            .map(|method| method.name.as_str())
            .eq(["a", "b", "z", "\u{e9}"])
    );
    assert_eq!(record.methods[1].default_timeout.to_bits(), 0.1_f64.to_bits());
    assert_eq!(record.methods[0].default_timeout.to_bits(), 0);
}

#[test]
fn refuses_two_types_or_members_of_one_name() {
    let twice = Schema::new("p")
        .message("Caf\u{e9}", &[])
        .message("Cafe\u{301}", &[]);
    assert_eq!(
        error(&twice),
        GraphError::DuplicateType {
            name: "p.Caf\u{e9}".to_owned()
        }
    );

    let member = || GraphError::DuplicateMember {
        ty: "p.T".to_owned(),
        name: "\u{e9}".to_owned(),
    };
    let schema = Schema::new("p").message("T", &[("\u{e9}", "bool"), ("e\u{301}", "date")]);
    assert_eq!(error(&schema), member());
    let schema = Schema::new("p").enumeration("T", &[("\u{e9}", 1), ("e\u{301}", 2)]);
    assert_eq!(error(&schema), member());
    let schema = Schema::new("p").union("T", &[("\u{e9}", 1, "bool"), ("e\u{301}", 2, "date")]);
    assert_eq!(error(&schema), member());

    let number = GraphError::DuplicateNumber {
        ty: "p.T".to_owned(),
        number: 7,
    };
    assert_eq!(
        error(&Schema::new("p").enumeration("T", &[("a", 7), ("b", 7)])),
        number
    );
    assert_eq!(
        error(&Schema::new("p").union("T", &[("a", 7, "bool"), ("b", 7, "date")])),
        number
    );

    let schema = Schema::new("p").message("M", &[]);
    let methods = ["\u{e9}", "e\u{301}"].map(|name| schema.method(name, "M", "M"));
    let refused = contract(&service("S", methods.to_vec()), &schema.identify());
    assert_eq!(
        refused,
        Err(ContractError::DuplicateMethod {
            name: "\u{e9}".to_owned()
        })
    );
}

#[test]
fn refuses_keys_that_cannot_be_compared() {
    for ty in [
        "set<float64>",
        "set<M>",
        "map<bytes, string>",
        "list<map<U, string>>",
    ] {
        let schema = Schema::new("p")
            .message("M", &[("f", ty)])
            .union("U", &[("a", 1, "bool")]);
        let member = "f".to_owned();
        assert_eq!(
            error(&schema),
            GraphError::NotAKey {
                ty: "p.M".to_owned(),
                member
            },
            "{ty}"
        );
    }
}

#[test]
fn refuses_types_that_are_not_there() {
    let missing = TypeId(9);
    let schema = Schema::new("p").message("M", &[]);
    let mut types = schema.graph();
    let keyed = Shape::Map(Leaf::Type(missing), Box::new(scalar(Primitive::Bool)));
    for shape in [
        Shape::Leaf(Leaf::Type(missing)),
        Shape::Set(Leaf::Type(missing)),
        keyed,
    ] {
        types.types[0].body = Body::Message(vec![Field {
            name: "f".into(),
            ty: Cow::Owned(value(shape)),
        }]);
        let refused = identify(&types).expect_err("a type that is missing");
        assert_eq!(
            refused,
            GraphError::UnknownType {
                ty: "p.M".to_owned(),
                id: missing
            }
        );
    }
    let mut method = schema.method("m", "M", "M");
    method.response = missing;
    let refused = contract(&service("S", vec![method]), &schema.identify());
    assert_eq!(
        refused,
        Err(ContractError::UnknownType {
            method: "m".to_owned(),
            id: missing
        })
    );
}

#[test]
fn containers_nest_128_deep_and_no_deeper() {
    let nested = |depth| {
        let list = |element, _| value(Shape::List(Box::new(element)));
        let ty = (0..depth).fold(scalar(Primitive::Bool), list);
        let body = Body::Message(vec![Field {
            name: "f".into(),
            ty: Cow::Owned(ty),
        }]);
        TypeGraph {
            types: vec![TypeNode {
                package: "p".into(),
                name: "M".into(),
                body,
            }],
        }
    };
    let identities = identify(&nested(MAX_CONTAINERS)).expect("the deepest that there may be");
    assert_eq!(identities.types()[0].nested.len(), MAX_CONTAINERS - 1);
    let refused = identify(&nested(MAX_CONTAINERS + 1)).expect_err("one more");
    assert_eq!(
        refused,
        GraphError::TooDeep {
            ty: "p.M".to_owned(),
            member: "f".to_owned()
        }
    );
}

fn value(shape: Shape) -> Value {
    Value {
        shape,
        optional: false,
    }
}

fn scalar(primitive: Primitive) -> Value {
    value(Shape::Leaf(Leaf::Primitive(primitive)))
}

fn error(schema: &Schema) -> GraphError {
    identify(&schema.graph()).expect_err("a graph that is refused")
}
