//! Names that are different in a schema and one in Rust.

use asterc::codegen::{self, Layout, generate};
use asterc::contracts::contracts;
use asterc::driver::{Input, Options, compile, disk::Disk};

/// What is reported for a schema, code and message.
fn reported(text: &str) -> Vec<String> {
    let input = Input::Text {
        name: "clash.aster".to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let compiled = compile(&[input], &Options::default(), &Disk).unwrap();
    let schema = compiled.schema.unwrap();
    let found = generate(
        &schema,
        &contracts(&schema).unwrap(),
        &codegen::Options::new(Layout::Tree),
    );
    let found = found.err().unwrap_or_default();
    let line = |found: asterc::diagnostic::Diagnostic| format!("{}: {}", found.code, found.message);
    found.into_iter().map(line).collect()
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
            "what makes a `M` and type `MInit` are both `MInit` in Rust",
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
    for (schema, message) in cases {
        let found = reported(&format!("package clash;\n{schema}\n"));
        let expected = if message.is_empty() {
            Vec::new()
        } else {
            vec![format!("name-clash: {message}")]
        };
        assert_eq!(found, expected, "{schema}");
    }
}
