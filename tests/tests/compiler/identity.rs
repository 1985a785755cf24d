//! What is not identity: one schema written in many ways has the same contract ids and type hashes.

use crate::memory::compile_text;
use asterc::driver::listing::{self, Detail};

const SCHEMA: &str = r#"package fleet;
enum Level { LOW = 0; HIGH = 5; }
union Answer { text: string = 1; entry: Entry = 2; }
message Entry { at: timestamp; level: Level; labels: map<string, list<string>>; next: Entry?; }
message Query { entry: Entry; answer: Answer?; limit: int32; }
@requires(any_of: ["reader", "auditor"])
service Log { rpc find(Query) -> stream Entry; rpc count(of: Level, limit: int32) -> int64; }
"#;

fn ids_of(text: &str) -> String {
    let compiled = compile_text(text.to_owned());
    let Some(schema) = &compiled.schema else {
        panic!("{text}\n{}", compiled.human(false));
    };
    let contracts = compiled.contracts().unwrap().unwrap();
    // the tree lists methods as they were declared, for people
    let detail = Detail {
        bytes: true,
        tree: false,
    };
    listing::json(schema, &contracts, detail)
}

fn edited(from: &str, to: &str) -> String {
    assert_eq!(SCHEMA.matches(from).count(), 1, "{from}");
    ids_of(&SCHEMA.replace(from, to))
}

#[test]
fn what_the_specification_calls_no_identity_changes_no_id() {
    let known = ids_of(SCHEMA);
    for (what, from, to) in [
        ("docs", "message Query", "/// Asks.\nmessage Query"),
        (
            "comments",
            "at: timestamp;",
            "/* when */ at: timestamp; // seen\n",
        ),
        ("a default", "limit: int32; }", "limit: int32 = 10; }"),
        (
            "a default of a parameter",
            "limit: int32) ->",
            "limit: int32 = 10) ->",
        ),
        (
            "deprecation",
            "answer: Answer?",
            "@deprecated(note: \"no\", since: 2) answer: Answer?",
        ),
        (
            "an earlier name",
            "level: Level;",
            "@was(\"severity\") level: Level;",
        ),
        (
            "a foreign attribute",
            "message Entry",
            "@acme.table(\"entries\") message Entry",
        ),
        ("a constant", "enum Level", "const LIMIT: int32 = 3;\nenum Level"),
        (
            "a reserved name",
            "at: timestamp;",
            "reserved \"when\"; at: timestamp;",
        ),
        ("a reserved number", "HIGH = 5;", "HIGH = 5; reserved 9;"),
        (
            "the order of fields",
            "at: timestamp; level: Level;",
            "level: Level; at: timestamp;",
        ),
        ("the order of values", "LOW = 0; HIGH = 5;", "HIGH = 5; LOW = 0;"),
        (
            "the order of cases",
            "text: string = 1; entry: Entry = 2;",
            "entry: Entry = 2; text: string = 1;",
        ),
        (
            "the order of parameters",
            "of: Level, limit: int32",
            "limit: int32, of: Level",
        ),
        (
            "the order of roles",
            "\"reader\", \"auditor\"",
            "\"auditor\", \"reader\"",
        ),
    ] {
        assert_eq!(edited(from, to), known, "{what}");
    }
}

#[test]
fn aliases_and_their_names_change_no_id() {
    let known = ids_of(SCHEMA);
    for name in ["Moment", "Instant"] {
        let text = SCHEMA.replace("timestamp", name);
        assert_eq!(
            ids_of(&format!("{text}type {name} = timestamp;\n")),
            known,
            "{name}"
        );
    }
}

#[test]
fn the_order_of_declarations_and_methods_changes_no_id() {
    let known = ids_of(SCHEMA);
    let mut lines: Vec<&str> = SCHEMA.lines().skip(1).collect();
    let service = lines.split_off(4).join("\n");
    for turn in 0..lines.len() {
        lines.rotate_left(1);
        let text = format!("package fleet;\n{service}\n{}\n", lines.join("\n"));
        assert_eq!(ids_of(&text), known, "{turn}");
    }
    let methods = "rpc find(Query) -> stream Entry; rpc count(of: Level, limit: int32) -> int64;";
    let turned = "rpc count(of: Level, limit: int32) -> int64; rpc find(Query) -> stream Entry;";
    assert_eq!(edited(methods, turned), known);
}

/// Without this, the tests above could compare nothing.
#[test]
fn everything_else_is_identity() {
    let known = ids_of(SCHEMA);
    for (from, to) in [
        ("HIGH = 5", "HIGH = 6"),
        ("HIGH = 5", "TOP = 5"),
        ("text: string = 1", "text: string = 3"),
        ("at: timestamp", "at: date"),
        ("next: Entry?", "next: list<Entry>"),
        ("list<string>>", "list<string?>>"),
        ("\"auditor\"", "\"operator\""),
        ("any_of", "all_of"),
        ("service Log", "@version(2) service Log"),
        ("service Log", "@scope(session) service Log"),
        ("service Log", "@serialization(json) service Log"),
        ("rpc find", "@idempotent rpc find"),
        ("rpc find", "@timeout(5s) rpc find"),
        ("stream Entry;", "Entry;"),
    ] {
        assert_ne!(edited(from, to), known, "{from} → {to}");
    }
}
