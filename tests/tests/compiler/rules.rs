//! Rules of the language that are no diagnostics: what is accepted, and what it means.

use crate::memory::{Memory, compile_text};
use asterc::diagnostic::Code;
use asterc::driver::Compiled;
use asterc::model::{Literal, Made, Schema, TypeDecl, TypeKind};

fn schema(text: &str) -> Schema {
    let compiled = compile_text(text);
    assert!(compiled.diagnostics.is_empty(), "{}", compiled.human(false));
    compiled.schema.unwrap()
}

fn codes(compiled: &Compiled) -> Vec<Code> {
    compiled.diagnostics.iter().map(|one| one.code).collect()
}

fn ty<'a>(schema: &'a Schema, name: &str) -> &'a TypeDecl {
    schema
        .types
        .iter()
        .find(|ty| ty.full_name() == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

fn defaults(schema: &Schema, name: &str) -> Vec<Option<Literal>> {
    match &ty(schema, name).kind {
        TypeKind::Message(message) => message.fields.iter().map(|field| field.default.clone()).collect(),
        _ => panic!("{name} is not a message"),
    }
}

#[test]
fn documentation_belongs_to_what_follows() {
    let schema = schema(
        "//! The file.\n//!\n//!  More.\npackage a;\n/// A message.\n///\n///     code\n@deprecated\n/// Still it.\nmessage M {\n  /// A field. \n  x: bool; // no\n  y: bool;\n}\n\
         service S {\n  /// A method.\n  rpc m(\n    /// A parameter.\n    p: bool) -> ();\n}\n",
    );
    assert_eq!(schema.files[0].docs, "The file.\n\n More.");
    let message = ty(&schema, "a.M");
    assert_eq!(message.notes.docs, "A message.\n\n    code\nStill it.");
    let TypeKind::Message(body) = &message.kind else {
        panic!("a message")
    };
    assert_eq!(
        (
            body.fields[0].notes.docs.as_str(),
            body.fields[1].notes.docs.as_str()
        ),
        ("A field.", "")
    );
    assert_eq!(schema.services[0].methods[0].notes.docs, "A method.");
    let TypeKind::Message(made) = &ty(&schema, "a.MRequest").kind else {
        panic!("a message")
    };
    assert_eq!(made.fields[0].notes.docs, "A parameter.");
}

#[test]
fn an_enum_default_is_a_value_before_it_is_a_constant() {
    let schema = schema(
        "package a;\nenum E { A = 0; B = 1; }\nconst A: E = B;\nconst C: E = B;\nmessage M { x: E = A; y: E = C; }\n",
    );
    let value = |name: &str, number| {
        Some(Literal::EnumValue {
            name: name.to_owned(),
            number,
        })
    };
    assert_eq!(defaults(&schema, "a.M"), [value("A", 0), value("B", 1)]);
}

#[test]
fn integer_literals_fit_integers_floats_and_decimals() {
    let schema = schema(
        "package a;\nconst N: int32 = 0x10;\nmessage M { a: uint8 = N; b: float64 = N; c: decimal = N; d: float32 = 1.5; e: decimal = 1.50; }\n",
    );
    let decimal = |unscaled: &str, scale| {
        Some(Literal::Decimal {
            unscaled: unscaled.to_owned(),
            scale,
        })
    };
    assert_eq!(
        defaults(&schema, "a.M"),
        [
            Some(Literal::Int(16)),
            Some(Literal::Float(16.0)),
            decimal("16", 0),
            Some(Literal::Float(1.5)),
            decimal("150", 2)
        ]
    );
}

#[test]
fn made_messages_of_one_name_and_the_same_fields_are_one_type() {
    let schema = schema(
        "package a;\ntype Id = string;\nservice S { rpc get(id: string, n: int32 = 1) -> (); }\nservice T { rpc get(n: int32 = 1, id: Id) -> (); }\n",
    );
    assert_eq!(schema.types.len(), 2);
    assert_eq!(
        schema.services[0].methods[0].request,
        schema.services[1].methods[0].request
    );
    assert_eq!(ty(&schema, "a.GetRequest").made, Some(Made::Request));
    assert_eq!(ty(&schema, "a.GetResponse").made, Some(Made::EmptyResponse));
}

#[test]
fn names_can_be_given_to_made_messages() {
    let schema = schema(
        "package a;\nservice S { @names(request: \"In\", response: \"Out\") rpc echo(stream int32) -> stream string; }\n",
    );
    let names: Vec<String> = schema.types.iter().map(TypeDecl::full_name).collect();
    assert_eq!(names, ["a.In", "a.Out"]);
}

#[test]
fn names_are_compared_after_normalisation() {
    let compiled = compile_text("package a;\nmessage Caf\u{e9} {}\nmessage M { x: Cafe\u{301}; }\n");
    assert_eq!(codes(&compiled), []);
}

const LIBRARY: &str =
    "package lib.geo;\nmessage Point {}\nmessage Shared {}\ntype Id = string;\nconst N: int32 = 3;\n";

fn with_library(text: &str) -> Compiled {
    Memory::default()
        .with("lib.aster", LIBRARY)
        .with("a.aster", text)
        .compile(&["a.aster"])
}

#[test]
fn imported_names_are_bare_by_segment_or_full() {
    let text = "package a.b;\nimport \"lib.aster\";\nmessage M { a: Point; b: geo.Point; c: lib.geo.Point; d: Id; n: int32 = N; m: int32 = geo.N; }\n";
    assert_eq!(codes(&with_library(text)), []);
    let text = "package a.b;\nimport \"lib.aster\" as y;\nmessage M { a: y.Point; b: lib.geo.Point; d: y.Id; n: int32 = y.N; }\n";
    assert_eq!(codes(&with_library(text)), []);
    let text = "package a.b;\nimport \"lib.aster\" as y;\nmessage M { a: Point; b: geo.Point; }\n";
    assert_eq!(codes(&with_library(text)), [Code::UnknownType, Code::UnknownType]);
}

#[test]
fn the_files_own_names_win() {
    let text = "package a.b;\nimport \"lib.aster\";\nmessage Point { x: bool; }\nmessage M { a: Point; b: a.b.Point; c: Shared; }\n";
    let compiled = with_library(text);
    assert_eq!(codes(&compiled), []);
    let schema = compiled.schema.unwrap();
    let TypeKind::Message(message) = &ty(&schema, "a.b.M").kind else {
        panic!("a message")
    };
    assert_eq!(message.fields[0].ty, message.fields[1].ty);
}

#[test]
fn two_files_of_one_package_see_each_other_only_through_imports() {
    let files = Memory::default()
        .with("one.aster", "package a;\nmessage One { two: Two?; }\n")
        .with(
            "two.aster",
            "package a;\nimport \"one.aster\";\nmessage Two { one: One; full: a.One; }\n",
        );
    let compiled = files.compile(&["one.aster", "two.aster"]);
    assert_eq!(codes(&compiled), [Code::UnknownType]);
    assert!(compiled.json().contains("two.aster"), "the import is suggested");
}

#[test]
fn a_file_reached_twice_is_read_once() {
    let files = Memory::default()
        .with("lib.aster", LIBRARY)
        .with(
            "b.aster",
            "package b;\nimport \"lib.aster\";\nmessage B { p: Point; }\n",
        )
        .with(
            "a.aster",
            "package a;\nimport \"lib.aster\";\nimport \"b.aster\";\nmessage A { p: Point; b: B; }\n",
        );
    let compiled = files.compile(&["a.aster", "b.aster", "lib.aster", "a.aster"]);
    assert_eq!(codes(&compiled), []);
    assert_eq!(compiled.read.len(), 3);
}

#[test]
fn every_mistake_of_a_file_is_told_in_one_run_and_none_of_its_consequences() {
    let compiled = compile_text(
        "package a;\n\
         mesage First { a: bool; }\n\
         message Second {\n  a: Frist;\n  b string;\n  c: int32 = \"x\"\n  d: list<bool;\n  a: First;\n}\n\
         enum Third { ONE 1; TWO = 2 }\n\
         const BAD = 5;\n\
         message Fourth { third: Third = ONE; n: int32 = BAD; unlike: Nothing; e: Fifth; }\n\
         message Fifth { note: string = \"never closed;\n}\n\
         service S { rcp go(First) -> Second; rpc stop(stream a: bool) -> (); rpc go2(Fifth, Fifth) -> (); }\n",
    );
    let found: Vec<(usize, Code)> = compiled
        .diagnostics
        .iter()
        .map(|one| {
            (
                compiled
                    .sources
                    .file(one.primary.span.file)
                    .line_column(one.primary.span.start)
                    .0,
                one.code,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (2, Code::UnknownKeyword),
            (4, Code::UnknownType),
            (5, Code::UnexpectedToken),
            (6, Code::WrongType),
            (6, Code::MissingSemicolon),
            (7, Code::UnexpectedToken),
            (8, Code::DuplicateField),
            (10, Code::UnexpectedToken),
            (10, Code::MissingSemicolon),
            (11, Code::UnexpectedToken),
            (12, Code::UnknownType),
            (13, Code::UnterminatedString),
            (15, Code::UnknownKeyword),
            (15, Code::InvalidStream),
            (15, Code::UnexpectedToken),
        ],
        "{}",
        compiled.human(false)
    );
}

#[test]
fn only_names_in_what_could_not_be_read_are_excused() {
    for (text, excused) in [
        ("type Lost = ;", "Lost"),
        ("foo Lost;", "Lost"),
        ("message Outer { message Lost { a: bool; } }", "Lost"),
        ("# Lost", "Lost"),
    ] {
        let before = codes(&compile_text(format!("package a;\n{text}\n")));
        assert_eq!(before.len(), 1, "{text}");
        let used = format!("package a;\n{text}\nmessage M {{ a: {excused}; b: Nowhere; }}\n");
        let found = codes(&compile_text(used));
        assert_eq!(found, [before[0], Code::UnknownType], "{text}");
    }
}

#[test]
fn what_a_broken_import_lost_is_excused_too() {
    let compiled = Memory::default()
        .with("lib.aster", "package lib;\ntype Lost = ;\n")
        .with(
            "a.aster",
            "package a;\nimport \"lib.aster\";\nmessage M { a: Lost; b: lib.Lost; c: Nowhere; }\n",
        )
        .compile(&["a.aster"]);
    assert_eq!(codes(&compiled), [Code::UnknownType, Code::UnexpectedToken]);
}

#[test]
fn each_wrong_escape_of_a_string_is_told() {
    let compiled = compile_text("package a;\nconst A: string = \"\\q \\u{zz} \\n \\u\";\n");
    assert_eq!(codes(&compiled), [Code::InvalidEscape; 3]);
}

#[test]
fn what_else_is_wrong_with_a_repeated_field_is_told() {
    let compiled = compile_text(
        "package a;\nmessage M { a: bool; a: Nowhere; }\nservice S { rpc m(a: bool, a: int8 = 300) -> (); }\n",
    );
    assert_eq!(
        codes(&compiled),
        [
            Code::DuplicateField,
            Code::UnknownType,
            Code::DuplicateParameter,
            Code::OutOfRange
        ]
    );
}

#[test]
fn a_missing_import_has_no_consequences_in_its_file() {
    let text = "package a;\nimport \"nowhere.aster\";\nmessage M { x: Elsewhere; n: int32 = LIMIT; }\n";
    assert_eq!(codes(&compile_text(text)), [Code::ImportNotFound]);
}

#[test]
fn five_hundred_and_twelve_fields_are_possible() {
    let fields: String = (0..512).map(|n| format!("f{n}: bool;")).collect();
    assert_eq!(
        codes(&compile_text(format!("package a;\nmessage M {{ {fields} }}\n"))),
        []
    );
}
