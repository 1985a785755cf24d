//! What types and services hash to.

use aster_contract::graph::Service;
use aster_contract::model::{CapabilityKind, CapabilityRequirement, Pattern, Scope, SerializationMode};
use serde::Deserialize;

use crate::build::{Schema, service};

#[derive(Deserialize)]
struct Expected {
    name: String,
    contract_id: String,
    types: Vec<ExpectedType>,
}

#[derive(Deserialize)]
struct ExpectedType {
    name: String,
    hash: String,
    canonical_hex: String,
}

/// The schema and service of a vector.
fn vector(name: &str) -> (Schema, Service) {
    let calls = |schema: &Schema, name, request, response| {
        let methods = vec![schema.method("call", request, response)];
        service(name, methods)
    };
    let base = || {
        Schema::new("t")
            .message("Req", &[("a", "string")])
            .message("Res", &[("b", "int64")])
    };
    let mutual = || {
        base()
            .message("Alpha", &[("b", "Beta?"), ("x", "int64")])
            .message("Beta", &[("a", "Alpha?"), ("y", "string")])
    };
    match name {
        "reference/empty_service" => (Schema::new("t"), service("EmptyService", vec![])),
        "reference/self_recursive_tree" => {
            let schema = base().message(
                "Node",
                &[
                    ("value", "int64"),
                    ("parent", "Node?"),
                    ("children", "list<Node>"),
                    ("named", "map<string, Node>"),
                ],
            );
            let service = calls(&schema, "Svc", "Node", "Res");
            (schema, service)
        }
        "reference/optional_primitives" => {
            let schema = base().message(
                "Opt",
                &[
                    ("s", "string?"),
                    ("i", "int64?"),
                    ("f", "float64?"),
                    ("b", "bool?"),
                    ("y", "bytes?"),
                ],
            );
            let service = calls(&schema, "Svc", "Opt", "Res");
            (schema, service)
        }
        "reference/containers_of_primitives" => {
            let schema = base().message(
                "Cont",
                &[
                    ("l", "list<string>"),
                    ("st", "set<int64>"),
                    ("fs", "set<string>"),
                    ("m", "map<string, int64>"),
                    ("mi", "map<int64, bytes>"),
                ],
            );
            let service = calls(&schema, "Svc", "Cont", "Res");
            (schema, service)
        }
        "own/mutual_2" => {
            let service = calls(&mutual(), "Svc", "Alpha", "Res");
            (mutual(), service)
        }
        "own/mutual_2_reversed" => {
            let schema = Schema::new("t")
                .message("Beta", &[("y", "string"), ("a", "Alpha?")])
                .message("Alpha", &[("x", "int64"), ("b", "Beta?")])
                .message("Req", &[("a", "string")])
                .message("Res", &[("b", "int64")]);
            let service = calls(&schema, "Svc", "Alpha", "Res");
            (schema, service)
        }
        "own/mutual_2_entered_from_beta" => {
            let service = calls(&mutual(), "Svc", "Beta", "Res");
            (mutual(), service)
        }
        "reference/streaming_all_four" => {
            let names = ["unary", "watch", "upload", "chat"];
            let methods = Pattern::ALL.into_iter().zip(names).map(|(pattern, name)| {
                let mut method = base().method(name, "Req", "Res");
                method.pattern = pattern;
                method
            });
            (base(), service("Svc", methods.collect()))
        }
        "reference/session_scoped" => (
            base(),
            Service {
                scope: Scope::Session,
                ..calls(&base(), "Svc", "Req", "Res")
            },
        ),
        "reference/version_2" => (
            base(),
            Service {
                version: 2,
                ..calls(&base(), "Svc", "Req", "Res")
            },
        ),
        "reference/unicode_service_name_nfd" => (base(), calls(&base(), "Cafe\u{301}", "Req", "Res")),
        "reference/idempotent" => {
            let mut service = calls(&base(), "Svc", "Req", "Res");
            service.methods[0].idempotent = true;
            (base(), service)
        }
        "reference/timeout_30" => {
            let mut service = calls(&base(), "Svc", "Req", "Res");
            service.methods[0].timeout_ms = Some(30_000);
            (base(), service)
        }
        "own/enum" => {
            let schema = Schema::new("demo.paint")
                .enumeration("Tone", &[("STRONG", 4), ("PALE", 0)])
                .message("Coat", &[("tone", "Tone"), ("others", "list<Tone>")]);
            let service = service("Paint", vec![schema.method("mix", "Coat", "Coat")]);
            (schema, service)
        }
        "own/union" => {
            let schema = Schema::new("demo.shape")
                .message("Circle", &[("r", "float64")])
                .message("Square", &[("side", "float64")])
                .union(
                    "Shape",
                    &[
                        ("square", 2, "Square"),
                        ("circle", 1, "Circle"),
                        ("label", 3, "string"),
                    ],
                )
                .message("Drawing", &[("shapes", "list<Shape>")])
                .message("DrawResponse", &[]);
            let service = service("Draw", vec![schema.method("draw", "Drawing", "DrawResponse")]);
            (schema, service)
        }
        "own/union_in_cycle" => {
            let schema = Schema::new("demo.expr")
                .message("Add", &[("left", "Expr"), ("right", "Expr")])
                .union("Expr", &[("number", 1, "int64"), ("add", 2, "Add")])
                .message("EvalReply", &[("value", "int64")])
                .message("EvalRequest", &[("e", "Expr")]);
            let service = service("Calc", vec![schema.method("eval", "EvalRequest", "EvalReply")]);
            (schema, service)
        }
        "own/cross_edge_in_a_cycle" => {
            let schema = Schema::new("demo.wood")
                .message("Ash", &[("elm", "Elm?"), ("fir", "Fir?")])
                .message("Elm", &[("fir", "Fir?")])
                .message("Fir", &[("ash", "Ash?")])
                .message("CutResponse", &[]);
            let service = service("Wood", vec![schema.method("cut", "Elm", "CutResponse")]);
            (schema, service)
        }
        "own/nested_list" => {
            let schema = Schema::new("demo.grid")
                .message("Grid", &[("rows", "list<list<float32>>")])
                .message("StoreResponse", &[]);
            let service = service(
                "GridService",
                vec![schema.method("store", "Grid", "StoreResponse")],
            );
            (schema, service)
        }
        "own/nested_map_of_lists" => {
            let schema = Schema::new("demo.index")
                .message("Hit", &[("score", "float32")])
                .message("Index", &[("by_word", "map<string, list<Hit>>")])
                .message("LoadResponse", &[]);
            let service = service("Search", vec![schema.method("load", "Index", "LoadResponse")]);
            (schema, service)
        }
        "own/optional_element" => {
            let schema = Schema::new("demo.form")
                .message(
                    "Form",
                    &[("answers", "list<string?>"), ("scores", "map<int32, float32?>")],
                )
                .message("SendResponse", &[]);
            let service = service("Forms", vec![schema.method("send", "Form", "SendResponse")]);
            (schema, service)
        }
        "own/nested_self_reference" => {
            let schema = Schema::new("demo.menu")
                .message("Entry", &[("title", "string"), ("columns", "list<list<Entry>>")])
                .message("ShowResponse", &[]);
            let service = service("Menus", vec![schema.method("show", "Entry", "ShowResponse")]);
            (schema, service)
        }
        "own/requires_on_method" => {
            let schema = Schema::new("demo.guard")
                .message("Ask", &[])
                .message("OpenResponse", &[])
                .message("LockResponse", &[]);
            let mut open = schema.method("open", "Ask", "OpenResponse");
            open.requires = Some(CapabilityRequirement::new(CapabilityKind::Role, ["door.open"]));
            let mut lock = schema.method("lock", "Ask", "LockResponse");
            // as declared: `contract` sorts
            let roles = ["door.lock".to_owned(), "door.admin".to_owned()].to_vec();
            lock.requires = Some(CapabilityRequirement {
                kind: CapabilityKind::AnyOf,
                roles,
            });
            (schema, service("Guard", vec![open, lock]))
        }
        "own/requires_on_service" => {
            let schema = Schema::new("demo.vault")
                .message("Key", &[("k", "bytes")])
                .message("ReadResponse", &[]);
            let mut service = service("Vault", vec![schema.method("read", "Key", "ReadResponse")]);
            service.requires = Some(CapabilityRequirement::new(
                CapabilityKind::AllOf,
                ["vault.read", "vault.audit"],
            ));
            (schema, service)
        }
        "own/durations" => {
            let schema = Schema::new("demo.time")
                .message("Tick", &[])
                .message("AResponse", &[])
                .message("BResponse", &[])
                .message("CResponse", &[]);
            let times = [
                ("a", "AResponse", 90_000),
                ("b", "BResponse", 7_200_000),
                ("c", "CResponse", 9),
            ];
            let methods = times.map(|(name, response, milliseconds)| {
                let mut method = schema.method(name, "Tick", response);
                method.timeout_ms = Some(milliseconds);
                method.idempotent = name == "c";
                method
            });
            (schema, service("Clock", methods.to_vec()))
        }
        "own/serialization_modes" => {
            let schema = Schema::new("demo.modes")
                .message("Any1", &[("a", "bool")])
                .message("PutResponse", &[]);
            let mut service = service("Modes", vec![schema.method("put", "Any1", "PutResponse")]);
            service.modes = vec![SerializationMode::Xlang, SerializationMode::Json];
            (schema, service)
        }
        "own/cycle_seen_from_one_side" | "own/cycle_seen_from_one_side_other_member_changed" => {
            let height = if name.ends_with("side") { "int32" } else { "int64" };
            let schema = Schema::new("demo.grove")
                .message("Alder", &[("birch", "Birch?"), ("height", height)])
                .message("Birch", &[("alder", "Alder?"), ("rings", "uint16")])
                .message("FellResponse", &[]);
            let service = service("Grove", vec![schema.method("fell", "Birch", "FellResponse")]);
            (schema, service)
        }
        other => panic!("{other} is not written down here"),
    }
}

#[test]
fn hashes_are_those_of_the_vectors() {
    let vectors: Vec<Expected> =
        serde_json::from_str(include_str!("../vectors/identities.json")).expect("the vectors");
    assert_eq!(vectors.len(), 27);
    for expected in vectors {
        let (schema, service) = vector(&expected.name);
        for ty in expected.types {
            let simple = ty.name.rsplit('.').next().unwrap();
            let identity = schema.identity(simple);
            assert_eq!(identity.name, ty.name, "{}", expected.name);
            let hex = data_encoding::HEXLOWER.encode(&identity.canonical);
            assert_eq!(hex, ty.canonical_hex, "{} {}", expected.name, ty.name);
            assert_eq!(
                identity.hash.to_string(),
                ty.hash,
                "{} {}",
                expected.name,
                ty.name
            );
        }
        assert_eq!(
            schema.contract(&service).id.to_string(),
            expected.contract_id,
            "{}",
            expected.name
        );
    }
}
