//! Names that are different in a schema and one in a language.

use asterc::codegen::{self, Files, Layout, Sides, generate, generate_python, generate_typescript};
use asterc::contracts::{Contracts, contracts};
use asterc::diagnostic::Diagnostic;
use asterc::driver::{Input, Options, compile, disk::Disk};
use asterc::model::Schema;

type Generate = fn(&Schema, &Contracts) -> Result<Files, Vec<Diagnostic>>;

fn rust(schema: &Schema, contracts: &Contracts) -> Result<Files, Vec<Diagnostic>> {
    generate(schema, contracts, &codegen::Options::new(Layout::Tree))
}

fn python(schema: &Schema, contracts: &Contracts) -> Result<Files, Vec<Diagnostic>> {
    generate_python(schema, contracts, Sides::BOTH)
}

fn typescript(schema: &Schema, contracts: &Contracts) -> Result<Files, Vec<Diagnostic>> {
    generate_typescript(schema, contracts)
}

/// What is reported for files, code and message.
fn reported(generate: Generate, texts: &[&str]) -> Vec<String> {
    let inputs = texts.iter().enumerate().map(|(index, text)| Input::Text {
        name: format!("clash{index}.aster"),
        bytes: text.as_bytes().to_vec(),
    });
    let compiled = compile(&inputs.collect::<Vec<_>>(), &Options::default(), &Disk).unwrap();
    let report = compiled.human(false);
    let schema = compiled.schema.unwrap_or_else(|| panic!("{report}"));
    let found = generate(&schema, &contracts(&schema).unwrap());
    let found = found.err().unwrap_or_default();
    let line = |found: Diagnostic| format!("{}: {}", found.code, found.message);
    found.into_iter().map(line).collect()
}

fn check(generate: Generate, cases: &[(&str, &str)]) {
    for (schema, message) in cases {
        let found = reported(generate, &[&format!("package clash;\n{schema}\n")]);
        let expected = if message.is_empty() {
            Vec::new()
        } else {
            vec![format!("name-clash: {message}")]
        };
        assert_eq!(found, expected, "{schema}");
    }
}

#[test]
fn names_that_are_one_in_rust_are_reported_at_the_schema() {
    let cases = [
        (
            "message M { aB: int32; a_b: int32; }",
            "field `aB` and field `a_b` are both `a_b` in Rust",
        ),
        (
            "enum E { A_B = 1; AB = 2; Ab = 3; }",
            "value `AB` and value `Ab` are both `Ab` in Rust",
        ),
        (
            "union U { a_b: int32 = 1; aB: int32 = 2; }",
            "case `a_b` and case `aB` are both `AB` in Rust",
        ),
        (
            "message a_b {} message AB {}",
            "type `AB` and type `a_b` are both `AB` in Rust",
        ),
        ("message AB {} message Abc {}", ""),
        (
            "service Foo {} message FooClient {}",
            "type `FooClient` and the client of service `Foo` are both `FooClient` in Rust",
        ),
        (
            "service HTTPFoo {} service HttpFoo {}",
            "the contract id of service `HTTPFoo` and the contract id of service `HttpFoo` are both \
             `HTTP_FOO_CONTRACT_ID` in Rust",
        ),
        (
            "service Foo {} const FOO_CONTRACT_ID: int32 = 1;",
            "constant `FOO_CONTRACT_ID` and the contract id of service `Foo` are both `FOO_CONTRACT_ID` in Rust",
        ),
        (
            "message M { a: bool; b: bool; c: bool; d: bool; e: bool; f: bool; g: bool; h: bool; } message MInit {}",
            "what makes an `M` and type `MInit` are both `MInit` in Rust",
        ),
        (
            "message M { a: bool; b: bool; c: bool; d: bool; e: bool; f: bool; g: bool; h: bool?; } message MInit {}",
            "",
        ),
        (
            "const aB: int32 = 1; const A_B: int32 = 2;",
            "constant `A_B` and constant `aB` are both `A_B` in Rust",
        ),
        (
            "service S { rpc doIt() -> (); rpc do_it() -> (); }",
            "method `doIt` and method `do_it` are both `do_it` in Rust",
        ),
    ];
    check(rust, &cases);
}

#[test]
fn names_that_are_one_in_python_are_reported_at_the_schema() {
    let cases = [
        (
            "message M { aB: int32; a_b: int32; }",
            "field `aB` and field `a_b` are both `a_b` in Python",
        ),
        (
            "message M { from: int32; from_: int32; }",
            "field `from` and field `from_` are both `from_` in Python",
        ),
        (
            "message M { _a: int32; a: int32; }",
            "field `_a` and field `a` are both `a` in Python",
        ),
        (
            "message M { ﬁle: int32; file: int32; }",
            "field `ﬁle` and field `file` are both `file` in Python",
        ),
        (
            "enum E { none = 1; NONE = 2; }",
            "value `none` and value `NONE` are both `NONE` in Python",
        ),
        (
            "enum E { A_B = 1; AB = 2; Ab = 3; }",
            "value `AB` and value `Ab` are both `AB` in Python",
        ),
        (
            "union U { a_b: int32 = 1; aB: int32 = 2; }",
            "case `a_b` and case `aB` are both `UAB` in Python",
        ),
        (
            "union Outcome { done: int32 = 1; } message OutcomeDone {}",
            "case `done` and type `OutcomeDone` are both `OutcomeDone` in Python",
        ),
        (
            "message X {} const x: int32 = 1;",
            "type `X` and constant `x` are both `X` in Python",
        ),
        (
            "service Foo {} message FooClient {}",
            "type `FooClient` and the client of service `Foo` are both `FooClient` in Python",
        ),
        ("service Foo {} message FooServer {}", ""),
        (
            "service HTTPFoo {} service HttpFoo {}",
            "the contract id of service `HTTPFoo` and the contract id of service `HttpFoo` are both \
             `HTTP_FOO_CONTRACT_ID` in Python",
        ),
        (
            "service S { rpc doIt() -> (); rpc do_it() -> (); }",
            "method `doIt` and method `do_it` are both `do_it` in Python",
        ),
        (
            "service S { rpc a(timeout: int32, timeout_: int32) -> (); }",
            "parameter `timeout` and parameter `timeout_` are both `timeout_` in Python",
        ),
        ("message M { timeout: int32; timeout_: int32; }", ""),
        (
            "service S { rpc a(aB: int32, a_b: int32) -> (); }",
            "field `aB` and field `a_b` are both `a_b` in Python",
        ),
        (
            "message 名 { 名: 名?; 名_: int32; }",
            "field `名` and field `名_` are both `名_` in Python",
        ),
    ];
    check(python, &cases);
}

#[test]
fn names_that_are_one_in_typescript_are_reported_at_the_schema() {
    let cases = [
        (
            "message M { aB: int32; a_b: int32; }",
            "field `aB` and field `a_b` are both `aB` in TypeScript",
        ),
        ("message M { from: int32; from_: int32; }", ""),
        (
            "message M { to_string: int32; toString_: int32; }",
            "field `to_string` and field `toString_` are both `toString_` in TypeScript",
        ),
        ("message M { ﬁle: int32; file: int32; }", ""),
        (
            "enum E { none = 1; NONE = 2; }",
            "value `none` and value `NONE` are both `NONE` in TypeScript",
        ),
        (
            "union U { a_b: int32 = 1; aB: int32 = 2; }",
            "case `a_b` and case `aB` are both `aB` in TypeScript",
        ),
        (
            "message pair_ { a: list<int32> = []; } message Pair { a: list<int32> = []; }",
            "type `Pair` and type `pair_` are both `Pair` in TypeScript",
        ),
        (
            "message M {} message MInit {}",
            "what makes an `M` and type `MInit` are both `MInit` in TypeScript",
        ),
        ("enum E { A = 1; } message EInit {}", ""),
        (
            "message X {} const x: int32 = 1;",
            "type `X` and constant `x` are both `X` in TypeScript",
        ),
        (
            "service Foo {} message FooClient {}",
            "type `FooClient` and the client of service `Foo` are both `FooClient` in TypeScript",
        ),
        (
            "service HTTPFoo {} service HttpFoo {}",
            "the contract id of service `HTTPFoo` and the contract id of service `HttpFoo` are both \
             `HTTP_FOO_CONTRACT_ID` in TypeScript",
        ),
        (
            "service S { rpc doIt() -> (); rpc do_it() -> (); }",
            "method `doIt` and method `do_it` are both `doIt` in TypeScript",
        ),
        (
            "service S { rpc then() -> (); rpc then_() -> (); }",
            "method `then` and method `then_` are both `then_` in TypeScript",
        ),
    ];
    check(typescript, &cases);
}

#[test]
fn packages_that_are_one_module_are_reported() {
    let files = ["package a.class;", "package a.class_;"];
    assert_eq!(
        reported(python, &files),
        ["name-clash: package `a.class` and package `a.class_` are both `a.class_` in Python"]
    );
    assert_eq!(reported(rust, &files), Vec::<String>::new());
    assert_eq!(reported(typescript, &files), Vec::<String>::new());
    let files = ["package _schema;", "package _schema_;"];
    assert_eq!(
        reported(typescript, &files),
        ["name-clash: package `_schema` and package `_schema_` are both `_schema_` in TypeScript"]
    );
    let files = ["package a; message 名 {}", "package a.名;"];
    for (generate, language) in [(rust as Generate, "Rust"), (python, "Python")] {
        assert_eq!(
            reported(generate, &files),
            [format!(
                "name-clash: package `a.名` and type `名` are both `名` in {language}"
            )]
        );
    }
}
