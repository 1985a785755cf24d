//! Input that nobody would write: it may be refused, but nothing panics, hangs or overflows the stack.

use crate::memory::{Memory, compile_text};
use crate::sound::compiled as sound;
use asterc::diagnostic::Code;
use asterc::driver::Compiled;
use proptest::prelude::*;
use std::fmt::Write;

fn codes(compiled: &Compiled) -> Vec<Code> {
    compiled.diagnostics.iter().map(|one| one.code).collect()
}

#[test]
fn brackets_of_every_kind_may_be_open_by_the_thousand() {
    for bracket in [
        "(",
        "[",
        "{",
        "<",
        "list<",
        "@a(",
        "/*",
        "a: map<string, ",
        "message A {",
        "\"",
        "-> (",
        "@x([[",
    ] {
        for head in [
            "",
            "package a;\n",
            "package a;\nmessage M { a: ",
            "package a;\nservice S { @x(",
            "package a;\nconst A: int32 = ",
        ] {
            let text = format!("{head}{}", bracket.repeat(20_000));
            let compiled = compile_text(text);
            assert!(asterc::diagnostic::has_errors(&compiled.diagnostics));
            sound(&compiled);
        }
    }
}

#[test]
fn megabytes_of_anything_end() {
    for (part, line) in [
        ("a", false),
        ("a: b\n", false),
        ("{}", false),
        ("}", false),
        (";", false),
        ("@a ", false),
        ("/// x\n", true),
        ("\"x", false),
        ("a;", false),
        ("\u{FEFF}é", true),
    ] {
        let mut text = "package a;\n".to_owned();
        text.push_str(&part.repeat(2_000_000 / part.len()));
        let compiled = compile_text(text);
        assert!(!compiled.diagnostics.is_empty(), "{part}");
        if line {
            sound(&compiled);
        }
    }
}

#[test]
fn a_line_with_a_mistake_in_every_word_is_reported_in_time() {
    for part in [
        "import\"\";",
        "import\"a\";",
        "import\"a.aster\";",
        "type A=B;",
        "message A{a:B;a:B;}",
    ] {
        let text = format!("package a;{}", part.repeat(200_000 / part.len()));
        let compiled = compile_text(text);
        assert!(compiled.diagnostics.len() >= 10_000, "{part}");
        assert_eq!(compiled.json().lines().count(), compiled.diagnostics.len());
    }
}

#[test]
fn the_largest_file_is_read() {
    let mut text = "package a;\nmessage M { a: bool; }\n".to_owned();
    text.push_str(&" ".repeat(asterc::source::MAX_FILE - text.len()));
    assert_eq!(codes(&compile_text(text.clone())), []);
    text.push(' ');
    assert_eq!(codes(&compile_text(text)), [Code::FileTooLarge]);
}

#[test]
fn a_byte_order_mark_is_dropped_and_counts_in_no_column() {
    let compiled = compile_text("\u{FEFF}package a;\nmessage M { a: bool; }\n");
    assert_eq!(codes(&compiled), []);
    let compiled = compile_text("\u{FEFF}pakage a;\n");
    let span = compiled.diagnostics[0].primary.span;
    assert_eq!(compiled.sources.file(span.file).line_column(span.start), (1, 1));
}

#[test]
fn only_blanks_tabs_and_line_breaks_are_white_space() {
    for text in [
        "package a;\nmessage M {\n  a: bool;\u{c}\n}\n",
        "package a;\nmessage M {\n  a: bool;\u{c}  /// Nothing follows.\n}\n",
        "package a;\nmessage M {\u{c} a: bool; }\n",
        "package a;\nmessage M { a:\u{c}bool; }\n",
        "package a;\u{c}\nmessage M {}\n",
        "package a;\n@deprecated\u{c}\nmessage M {}\n",
        "package a;\nmessage M { a: bool;\u{a0}// a space that does not break\n }\n",
        "package a;\nmessage M { a: /* why */\u{2028}bool; }\n",
    ] {
        let compiled = compile_text(text);
        assert!(codes(&compiled).contains(&Code::UnexpectedToken), "{text:?}");
        assert!(compiled.schema.is_none());
        sound(&compiled);
    }
}

#[test]
fn a_file_of_syntax_errors_is_given_up_loudly() {
    let mut text = "package a;\nmessage M {\n".to_owned();
    (0..5_000).for_each(|n| writeln!(text, "  a{n} int32;").unwrap());
    text.push_str("}\n");
    let compiled = compile_text(text);
    assert_eq!(compiled.diagnostics.len(), 1_001);
    assert_eq!(compiled.diagnostics[1_000].code, Code::TooManyErrors);
    sound(&compiled);
}

/// Deep enough to overflow any stack that is used for it.
const MANY: usize = 50_000;

#[test]
fn a_chain_of_50_000_types_needs_no_stack() {
    let mut text = "package a;\n".to_owned();
    (0..MANY).for_each(|n| writeln!(text, "message T{n} {{ next: T{}; }}", n + 1).unwrap());
    writeln!(text, "message T{MANY} {{}}").unwrap();
    let compiled = compile_text(text);
    sound(&compiled);
    assert_eq!(compiled.schema.unwrap().types.len(), MANY + 1);
}

#[test]
fn a_ring_of_50_000_types_needs_no_stack() {
    let ring = |mark: &str| {
        let mut text = "package a;\n".to_owned();
        (0..MANY)
            .for_each(|n| writeln!(text, "message T{n} {{ next: T{}{mark}; }}", (n + 1) % MANY).unwrap());
        compile_text(text)
    };
    let compiled = ring("?");
    sound(&compiled);
    assert_eq!(compiled.schema.unwrap().types.len(), MANY);
    let compiled = ring("");
    assert_eq!(codes(&compiled), [Code::InfiniteType]);
    sound(&compiled);
}

#[test]
fn chains_and_rings_of_aliases_and_constants_need_no_stack() {
    const MANY: usize = 20_000;
    let text = |declaration: &dyn Fn(usize, usize) -> String, ring: bool, end: &str| {
        let mut text = "package a;\n".to_owned();
        (0..MANY).for_each(|n| text.push_str(&declaration(n, if ring { (n + 1) % MANY } else { n + 1 })));
        if !ring {
            text.push_str(end);
        }
        compile_text(text)
    };
    let alias = |n: usize, next: usize| format!("type T{n} = T{next};\n");
    let constant = |n: usize, next: usize| format!("const C{n}: int32 = C{next};\n");
    assert_eq!(
        codes(&text(&alias, false, &format!("type T{MANY} = string;\n"))),
        []
    );
    assert_eq!(codes(&text(&alias, true, "")), [Code::RecursiveAlias]);
    assert_eq!(
        codes(&text(&constant, false, &format!("const C{MANY}: int32 = 7;\n"))),
        []
    );
    assert_eq!(codes(&text(&constant, true, "")), [Code::RecursiveConstant]);
}

#[test]
fn imports_may_be_a_hundred_deep_and_go_in_circles() {
    let mut files = Memory::default();
    for n in 0..100 {
        let next = (n + 1) % 100;
        let text = format!("package p{n};\nimport \"f{next}.aster\";\nmessage M {{ next: p{next}.M?; }}\n");
        files = files.with(&format!("f{n}.aster"), text);
    }
    let compiled = files.compile(&["f0.aster"]);
    assert_eq!(codes(&compiled), []);
    assert_eq!(compiled.read.len(), 100);
    assert_eq!(compiled.schema.unwrap().files.len(), 100);
}

/// A little of everything.
pub(crate) const SCHEMA: &str = r#"//! A file.
package demo.all;
import "lib/other.aster" as other;
type Id = string;
type Tags = set<Id>;
const LIMIT: int32 = 0x1F;
const WAIT: duration = 1m30s;
/// An order.
@deprecated(note: "use \u{1F600}", since: 3) @acme.table("orders", keys: ["a", 1.5, 2s])
message Order {
  id: Id; at: timestamp = "2026-01-31T12:00:00.5Z"; /* nested /* comment */ */
  lines: list<map<string, list<Line?>>>;
  limit: int32 = LIMIT; tags: Tags = []; level: Level? ; @was("old") note: string = "a\n\"b\"";
  reserved "gone", "lost",;
}
message Line { price: decimal = 1.50; größe: float32 = 1e-3; next: Line?; }
enum Level { LOW = 0; HIGH = 3; reserved 2, "MID"; }
union Choice { order: Order = 1; text: string = 2; }
@version(2) @scope(session) @requires(any_of: ["a", "b"]) @serialization(xlang, json)
service Orders {
  @idempotent @timeout(WAIT) rpc find(id: Id, limit: int32 = LIMIT, deep: bool = false) -> Order?;
  rpc submit(Order) -> ();
  @names(request: "Items") rpc feed(stream int32) -> stream Choice;
}
"#;

pub(crate) fn compile_schema(text: &str) -> Compiled {
    let other = "package demo.other;\nmessage Thing { a: bool; }\n";
    Memory::default()
        .with("a.aster", text)
        .with("lib/other.aster", other)
        .compile(&["a.aster"])
}

#[test]
fn the_schema_that_is_mutated_is_right() {
    let compiled = compile_schema(SCHEMA);
    assert_eq!(codes(&compiled), [Code::UnusedImport]);
}

/// Pieces that mean something, so that random texts get past the first token.
fn token() -> impl Strategy<Value = String> {
    let words: Vec<&str> = SCHEMA
        .split_inclusive([' ', '\n', '(', ')', ';', '<', '>'])
        .collect();
    prop_oneof![
        8 => proptest::sample::select(words).prop_map(str::to_owned),
        2 => proptest::sample::select(vec!["{", "}", "(", ")", "<", ">", "[", "]", ";", ",", "\"", "/*", "*/", "//", "@", "?", "=", "->", "\\", "\n", "é"])
            .prop_map(str::to_owned),
        1 => any::<char>().prop_map(|c| c.to_string()),
        1 => "[-]?[0-9a-fxms_.e]{1,12}",
    ]
}

/// [`SCHEMA`] with something cut out or put in.
pub(crate) fn mutated_schema() -> impl Strategy<Value = String> {
    let tokens = proptest::collection::vec(token(), 0..4);
    (0..SCHEMA.len(), 0..60_usize, tokens).prop_map(|(start, length, tokens)| {
        let floor = |mut at: usize| {
            while !SCHEMA.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(start), floor((start + length).min(SCHEMA.len())));
        format!(
            "{}{}{}",
            &SCHEMA[..start],
            tokens.concat(),
            &SCHEMA[end.max(start)..]
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        sound(&compile_text(bytes));
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        sound(&compile_text(text));
    }

    #[test]
    fn any_tokens_are_answered(tokens in proptest::collection::vec(token(), 0..120)) {
        sound(&compile_schema(&tokens.concat()));
    }

    #[test]
    fn a_schema_with_something_cut_out_or_put_in_is_answered(text in mutated_schema()) {
        sound(&compile_schema(&text));
    }
}
