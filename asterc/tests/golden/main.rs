//! `golden/` is what `asterc` makes of `idl-examples/`. `BLESS=1` accepts what it makes now.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod clashes;
mod deep;
mod schemas;

use asterc::codegen::{Files, Layout, Options, Sides, generate, generate_python, generate_typescript};
use asterc::contracts::Contracts;
use asterc::diagnostic::Diagnostic;
use asterc::model::Schema;
use schemas::{repository, schema};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A folder of `golden/` with the schemas it is made of.
struct Golden {
    folder: &'static str,
    code: Code,
    schemas: Vec<PathBuf>,
}

/// What is generated.
enum Code {
    Rust(Options),
    Python(Sides),
    TypeScript,
}

fn goldens() -> Vec<Golden> {
    let examples = repository().join("idl-examples");
    let tree = || Code::Rust(Options::new(Layout::Tree));
    let part = |client, server| {
        Code::Rust(Options {
            client,
            server,
            ..Options::new(Layout::Tree)
        })
    };
    let single = Code::Rust(Options::new(Layout::Single("fleet.control".to_owned())));
    let one = |name: &str| vec![examples.join(name)];
    let sides = |client, server| Code::Python(Sides { client, server });
    let python = || Code::Python(Sides::BOTH);
    let golden = |folder, code, schemas| Golden {
        folder,
        code,
        schemas,
    };
    let (hello, altered, fleet) = ("hello.aster", "altered/hello.aster", "fleet/control.aster");
    let corners = || below(&examples.join("corners"));
    vec![
        golden("hello/rust", tree(), one(hello)),
        golden("hello/client", part(true, false), one(hello)),
        golden("hello/server", part(false, true), one(hello)),
        golden("hello/types", part(false, false), one(hello)),
        golden("hello/python", python(), one(hello)),
        golden("hello/python_client", sides(true, false), one(hello)),
        golden("hello/python_server", sides(false, true), one(hello)),
        golden("hello/python_types", sides(false, false), one(hello)),
        golden("altered/rust", tree(), one(altered)),
        golden("hello/typescript", Code::TypeScript, one(hello)),
        golden("altered/python", python(), one(altered)),
        golden("altered/typescript", Code::TypeScript, one(altered)),
        golden("fleet/rust", tree(), one(fleet)),
        golden("fleet/single", single, one(fleet)),
        golden("fleet/python", python(), one(fleet)),
        golden("fleet/typescript", Code::TypeScript, one(fleet)),
        golden("forms/python", python(), one("forms.aster")),
        golden("forms/typescript", Code::TypeScript, one("forms.aster")),
        golden("corners/rust", tree(), corners()),
        golden("corners/python", python(), corners()),
        golden("corners/typescript", Code::TypeScript, corners()),
    ]
}

/// Every file below a folder, in order.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    found.into_iter().collect()
}

fn generated(golden: &Golden, schemas: &[PathBuf]) -> Files {
    let (schema, contracts) = schema(&repository().join("idl-examples"), schemas);
    match &golden.code {
        Code::Rust(options) => generate(&schema, &contracts, options).unwrap(),
        Code::Python(sides) => generate_python(&schema, &contracts, *sides).unwrap(),
        Code::TypeScript => generate_typescript(&schema, &contracts).unwrap(),
    }
}

#[test]
fn golden_files_are_what_the_compiler_makes() {
    for golden in goldens() {
        let folder = repository().join("golden").join(golden.folder);
        let files = generated(&golden, &golden.schemas);
        let made: BTreeMap<PathBuf, &str> = files
            .iter()
            .map(|(path, text)| (folder.join(path), text))
            .collect();
        if env::var_os("BLESS").is_some() {
            _ = fs::remove_dir_all(&folder);
            for (path, text) in &made {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        }
        let committed: Vec<PathBuf> = below(&folder);
        assert_eq!(
            committed,
            made.keys().cloned().collect::<Vec<_>>(),
            "BLESS=1 accepts"
        );
        for (path, text) in made {
            assert!(
                fs::read_to_string(&path).unwrap() == text,
                "{} differs: BLESS=1 accepts",
                path.display()
            );
            assert!(
                text.ends_with('\n') && !text.ends_with("\n\n"),
                "{}",
                path.display()
            );
        }
    }
}

/// Files elsewhere that are generated too: the schema, its package's file, and where that is committed. The crates they
/// belong to need no build script for them.
const ELSEWHERE: [(&str, &str, &str); 5] = [
    (
        "runtime/schema/node.aster",
        "aster.rs",
        "runtime/src/aster_node/schema.rs",
    ),
    (
        "runtime/tests/main/wire/json/shop.aster",
        "shop.rs",
        "runtime/tests/main/wire/json/shop.rs",
    ),
    (
        "benches/schema/bench.aster",
        "aster/bench.rs",
        "benches/src/codec/aster.rs",
    ),
    (
        "tests/tests/codec/kitchen.aster",
        "corners/kitchen.rs",
        "tests/tests/codec/kitchen.rs",
    ),
    (
        "tests/tests/codec/oracle/oracle.aster",
        "corners/oracle.rs",
        "tests/tests/codec/oracle/messages.rs",
    ),
];

/// The same in TypeScript, for the tests of the package.
const ELSEWHERE_IN_TYPESCRIPT: [(&str, &str, &str); 3] = [
    (
        "tests/tests/codec/kitchen.aster",
        "corners/kitchen.ts",
        "bindings/typescript/test/kitchen/kitchen.ts",
    ),
    (
        "bindings/typescript/test/probe.aster",
        "_schema.ts",
        "bindings/typescript/test/gen/_schema.ts",
    ),
    (
        "bindings/typescript/test/probe.aster",
        "probe.ts",
        "bindings/typescript/test/gen/probe.ts",
    ),
];

#[test]
fn what_is_generated_elsewhere_is_what_the_compiler_makes() {
    let tree = Options::new(Layout::Tree);
    for (path, file, committed) in ELSEWHERE {
        check_elsewhere(path, file, committed, |schema, contracts| {
            generate(schema, contracts, &tree)
        });
    }
    for (path, file, committed) in ELSEWHERE_IN_TYPESCRIPT {
        check_elsewhere(path, file, committed, generate_typescript);
    }
}

fn check_elsewhere(
    path: &str,
    file: &str,
    committed: &str,
    generate: impl Fn(&Schema, &Contracts) -> Result<Files, Vec<Diagnostic>>,
) {
    let path = repository().join(path);
    let (schema, contracts) = schema(path.parent().unwrap(), std::slice::from_ref(&path));
    let files = generate(&schema, &contracts).unwrap();
    let made = files.get(file).unwrap();
    let committed = repository().join(committed);
    if env::var_os("BLESS").is_some() {
        fs::write(&committed, made).unwrap();
    }
    assert!(
        fs::read_to_string(&committed).unwrap() == made,
        "{} differs: BLESS=1 accepts",
        committed.display()
    );
}

#[test]
fn the_order_of_the_schemas_does_not_matter() {
    for golden in goldens() {
        let reversed: Vec<PathBuf> = golden.schemas.iter().rev().cloned().collect();
        assert_eq!(generated(&golden, &golden.schemas), generated(&golden, &reversed));
    }
}

#[test]
fn every_example_has_its_golden_files() {
    let covered: BTreeSet<PathBuf> = goldens().into_iter().flat_map(|golden| golden.schemas).collect();
    for path in below(&repository().join("idl-examples")) {
        // imported by `fleet/control.aster`
        let other = path.ends_with("fleet/common.aster");
        assert!(
            other || covered.contains(&path),
            "{} has no golden files",
            path.display()
        );
    }
}

/// `rustfmt` leaves the golden files as they are. Where names of the prelude are hidden, types are longer than any
/// line, and it is not asked.
#[test]
fn generated_rust_is_formatted() {
    let unasked = "golden/corners/rust/corners/names/type.rs";
    let config = tempfile::tempdir().unwrap();
    fs::write(config.path().join("rustfmt.toml"), "edition = \"2024\"\n").unwrap();
    let rust = goldens()
        .into_iter()
        .filter(|golden| matches!(golden.code, Code::Rust(_)));
    for golden in rust {
        for path in below(&repository().join("golden").join(golden.folder)) {
            if path.ends_with(unasked) {
                continue;
            }
            // from standard input, `rustfmt` does not follow modules
            let output = Command::new("rustfmt")
                .args(["--check", "--config-path"])
                .arg(config.path())
                .stdin(fs::File::open(&path).unwrap())
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{}: {}",
                path.display(),
                String::from_utf8_lossy(&output.stdout)
            );
        }
    }
}

/// The pages on generated code show what is generated for their own schemas.
#[test]
fn the_pages_on_generated_code_show_what_is_generated() {
    let python = |schema: &_, contracts: &_| generate_python(schema, contracts, Sides::BOTH);
    check_page("python-generated.md", "python", &["@", "c"], python);
    let starts = ["export", "/**"];
    check_page(
        "typescript-generated.md",
        "typescript",
        &starts,
        generate_typescript,
    );
}

/// `starts` are the beginnings of code that is generated; the rest uses it.
fn check_page(
    page: &str,
    language: &str,
    starts: &[&str],
    generate: impl Fn(&Schema, &Contracts) -> Result<Files, Vec<Diagnostic>>,
) {
    let page = fs::read_to_string(repository().join("docs/guide").join(page)).unwrap();
    let mut blocks = page
        .split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.split_once('\n'));
    let folder = tempfile::tempdir().unwrap();
    let mut schemas = Vec::new();
    let mut shown = Vec::new();
    for (info, text) in &mut blocks {
        if let Some(path) = info.strip_prefix("aster,file=") {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, format!("{text}\n")).unwrap();
            schemas.push(path);
        } else if info == language && starts.iter().any(|start| text.starts_with(start)) {
            shown.push(text);
        }
    }
    let (schema, contracts) = schema(folder.path(), &schemas);
    let files = generate(&schema, &contracts).unwrap();
    assert!(shown.len() >= 5, "{shown:?}");
    for text in shown {
        let is_there = files.iter().any(|(_, file)| file.contains(text));
        assert!(is_there, "no file has\n{text}");
    }
}
