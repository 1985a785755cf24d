//! Every row of the verdict table: two schemas with one edit between them, and what is said about it. `BLESS=1 cargo test`
//! accepts new reports.

use crate::memory::{Memory, compile_text};
use asterc::diff::{self, Kind, Report, Side, Verdict, diff};
use asterc::driver::disk::Disk;
use asterc::driver::{Compiled, Input, Options, compile};
use asterc::lock::{Lock, LockError};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

const ROOT: &str = "drift";

/// The folder below [`ROOT`], named by the edit; whether contract ids differ; the verdict.
const ROWS: &[(&str, bool, Verdict)] = &[
    // manual
    ("alias-changed", true, Verdict::Manual),
    ("case-added", true, Verdict::Manual),
    ("case-removed", true, Verdict::Manual),
    ("case-renumbered", true, Verdict::Manual),
    ("case-type-changed", true, Verdict::Manual),
    ("field-became-required", true, Verdict::Manual),
    ("field-container-changed", true, Verdict::Manual),
    ("field-removed", true, Verdict::Manual),
    ("field-removed_parameter", true, Verdict::Manual),
    ("field-type-changed", true, Verdict::Manual),
    ("field-type-changed_in_cycle", true, Verdict::Manual),
    ("method-removed", true, Verdict::Manual),
    ("method-shape-changed", true, Verdict::Manual),
    ("modes-changed", true, Verdict::Manual),
    ("required-field-added", true, Verdict::Manual),
    ("response-replaced", true, Verdict::Manual),
    ("scope-changed", true, Verdict::Manual),
    ("service-removed", true, Verdict::Manual),
    ("type-kind-changed", true, Verdict::Manual),
    ("value-added", true, Verdict::Manual),
    ("value-removed", true, Verdict::Manual),
    ("value-renumbered", true, Verdict::Manual),
    ("version-changed", true, Verdict::Manual),
    // adaptable
    ("case-renamed", true, Verdict::Adaptable),
    ("field-added_default", true, Verdict::Adaptable),
    ("field-added_optional", true, Verdict::Adaptable),
    ("field-became-optional", true, Verdict::Adaptable),
    ("field-renamed", true, Verdict::Adaptable),
    ("idempotent-changed_added", true, Verdict::Adaptable),
    ("idempotent-changed_dropped", true, Verdict::Adaptable),
    ("method-added", true, Verdict::Adaptable),
    ("method-renamed", true, Verdict::Adaptable),
    ("request-replaced", true, Verdict::Adaptable),
    ("requires-changed_loosened", true, Verdict::Adaptable),
    ("requires-changed_method", true, Verdict::Adaptable),
    ("requires-changed_tightened", true, Verdict::Adaptable),
    ("timeout-changed", true, Verdict::Adaptable),
    ("value-renamed", true, Verdict::Adaptable),
    // source
    ("constant-removed", false, Verdict::Source),
    ("constant-type-changed", false, Verdict::Source),
    ("default-added", false, Verdict::Source),
    ("default-removed", false, Verdict::Source),
    ("parameters-changed", false, Verdict::Source),
    ("service-renamed", true, Verdict::Source),
    ("type-removed", false, Verdict::Source),
    ("type-renamed", true, Verdict::Source),
    ("type-renamed_unmarked", true, Verdict::Source),
    // nothing
    ("constant-added", false, Verdict::Nothing),
    ("constant-value-changed", false, Verdict::Nothing),
    ("default-changed", false, Verdict::Nothing),
    ("deprecation-changed", false, Verdict::Nothing),
    ("nothing_docs", false, Verdict::Nothing),
    ("nothing_order", false, Verdict::Nothing),
    ("reserved-changed", false, Verdict::Nothing),
    ("service-added", false, Verdict::Nothing),
    ("type-added", false, Verdict::Nothing),
];

fn side(row: &str, side: &str) -> (Compiled, Lock) {
    let path = PathBuf::from(format!("{ROOT}/{row}/{side}.aster"));
    let compiled = compile(&[Input::Path(path)], &Options::default(), &Disk).unwrap();
    assert!(compiled.diagnostics.is_empty(), "{}", compiled.human(false));
    let lock = lock(&compiled);
    (compiled, lock)
}

fn lock(compiled: &Compiled) -> Lock {
    let contracts = compiled.contracts().unwrap().unwrap();
    Lock::new(compiled.schema.as_ref().unwrap(), &contracts)
}

fn text_of(compiled: &Compiled) -> Option<Side<'_>> {
    compiled.schema.as_ref().map(|schema| Side {
        schema,
        sources: &compiled.sources,
    })
}

/// The edit that the row is named by.
fn kind(row: &str) -> &str {
    row.split('_').next().unwrap()
}

#[test]
fn every_row_has_its_two_verdicts() {
    for &(row, differs, verdict) in ROWS {
        let (_, old) = side(row, "old");
        let (_, new) = side(row, "new");
        let report = diff(&old, &new);
        assert_eq!(report.has_drift(), differs, "{row}");
        let named: Vec<_> = report
            .changes
            .iter()
            .filter(|change| change.kind.name() == kind(row))
            .collect();
        if kind(row) == "nothing" {
            assert!(report.changes.is_empty(), "{row}: {:?}", report.changes);
            continue;
        }
        let [change] = named.as_slice() else {
            panic!("{row}: {:?}", report.changes);
        };
        assert_eq!((change.identity, change.verdict), (differs, verdict), "{row}");
        let others = report
            .changes
            .iter()
            .filter(|change| change.kind.name() != kind(row));
        for other in others {
            assert_eq!(other.verdict, Verdict::Nothing, "{row}: {other:?}");
        }
        if differs {
            assert_eq!(change.services.len(), 1, "{row}: {change:?}");
        }
    }
}

#[test]
fn reports_are_as_written_beside_the_schemas() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for (row, ..) in ROWS {
        let (old_text, old) = side(row, "old");
        let (new_text, new) = side(row, "new");
        let report = diff(&old, &new);
        let text = diff::human(&report, text_of(&old_text), text_of(&new_text), false);
        let path = format!("{ROOT}/{row}/report.txt");
        if fs::read_to_string(&path).unwrap_or_default() != text {
            if bless {
                fs::write(&path, text).unwrap();
            } else {
                wrong.push(format!("{path}\n{text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\nBLESS=1 accepts this", wrong.join("\n"));
}

#[test]
fn every_row_and_every_edit_is_shown() {
    let folders: BTreeSet<String> = fs::read_dir(ROOT)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|(row, ..)| (*row).to_owned()).collect();
    assert_eq!(folders, rows);
    let kinds: BTreeSet<&str> = ROWS.iter().map(|(row, ..)| kind(row)).collect();
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Unexplained) {
        assert!(kinds.contains(kind.name()), "no row for {}", kind.name());
    }
}

/// A report says the same whether a side is a schema or the lock that was made of it.
#[test]
fn a_lock_tells_as_much_as_its_schema() {
    for (row, ..) in ROWS {
        let (_, old) = side(row, "old");
        let (_, new) = side(row, "new");
        for known in [&old, &new] {
            let read = Lock::parse_beside(&old.text(), known).unwrap();
            assert_eq!(read, old, "{row}");
        }
        let [was, is] = [&old, &new].map(|lock| Lock::parse(&lock.text()).unwrap());
        assert_eq!(diff(&was, &is).changes, diff(&old, &new).changes, "{row}");
        if !kind(row).starts_with("service-") {
            assert_eq!(
                diff(&new, &old).has_drift(),
                diff(&old, &new).has_drift(),
                "{row}"
            );
        }
        assert!(diff(&was, &old).changes.is_empty(), "{row}");
    }
}

fn facts(text: &str) -> Lock {
    let compiled = compile_text(text);
    assert!(compiled.diagnostics.is_empty(), "{}", compiled.human(false));
    lock(&compiled)
}

fn kinds(report: &Report) -> Vec<&'static str> {
    report.changes.iter().map(|change| change.kind.name()).collect()
}

#[test]
fn an_edit_far_below_reaches_every_service_above() {
    let text = |ty: &str| {
        format!(
            "package a;\nmessage Leaf {{ x: {ty}; }}\nmessage Mid {{ l: list<Leaf>; }}\nmessage Top {{ m: Mid?; }}\n\
             service One {{ rpc get(Top) -> (); }}\nservice Two {{ rpc get() -> Mid; }}\nservice None {{ rpc get() -> string; }}\n"
        )
    };
    // the three methods make one request and two responses of one name
    let text = |ty| {
        text(ty)
            .replace("rpc get() -> string", "rpc other() -> string")
            .replace("get() -> Mid", "mid() -> Mid")
    };
    let report = diff(&facts(&text("int32")), &facts(&text("int64")));
    assert_eq!(kinds(&report), ["field-type-changed"]);
    assert_eq!(report.changes[0].services, ["a.One", "a.Two"]);
    let differ: Vec<&str> = report
        .services
        .iter()
        .filter(|service| service.differs())
        .map(|service| service.name.as_str())
        .collect();
    assert_eq!(differ, ["a.One", "a.Two"]);
}

#[test]
fn an_edit_that_no_service_reaches_changes_no_id() {
    let text = |ty: &str| format!("package a;\nmessage M {{ x: {ty}; }}\nservice S {{}}\n");
    let report = diff(&facts(&text("int32")), &facts(&text("int64")));
    assert_eq!(kinds(&report), ["field-type-changed"]);
    assert!(!report.has_drift() && report.changes[0].services.is_empty());
}

#[test]
fn what_follows_from_an_edit_is_no_edit() {
    let renamed = (
        "package a;\nenum E { A = 0; B = 1; }\nconst D: E = A;\nmessage M { e: E = A; }\nservice S { rpc f(M) -> (); }\n",
        "package a;\nenum E { Z = 0; B = 1; }\nconst D: E = Z;\nmessage M { e: E = Z; }\nservice S { rpc f(M) -> (); }\n",
    );
    assert_eq!(
        kinds(&diff(&facts(renamed.0), &facts(renamed.1))),
        ["value-renamed"]
    );
    let moved = (
        "package a;\nmessage In { x: int32; }\ntype T = list<In>;\nmessage M { i: T; m: map<string, In?>; }\nunion U { a: In = 1; }\nservice S { rpc f(M) -> In; }\n",
        "package a;\nmessage Inner { x: int32; }\ntype T = list<Inner>;\nmessage M { i: T; m: map<string, Inner?>; }\nunion U { a: Inner = 1; }\nservice S { rpc f(M) -> Inner; }\n",
    );
    assert_eq!(kinds(&diff(&facts(moved.0), &facts(moved.1))), ["type-renamed"]);
    let method = (
        "package a;\nservice S { rpc f(x: int32) -> string; }\n",
        "package a;\nservice S { @was(\"f\") rpc g(x: int32) -> string; }\n",
    );
    assert_eq!(
        kinds(&diff(&facts(method.0), &facts(method.1))),
        ["method-renamed"]
    );
    let retyped = (
        "package a;\nmessage M { x: int32 = 1; }\nservice S { rpc f(M) -> (); }\n",
        "package a;\nmessage M { x: string = \"1\"; }\nservice S { rpc f(M) -> (); }\n",
    );
    assert_eq!(
        kinds(&diff(&facts(retyped.0), &facts(retyped.1))),
        ["field-type-changed"]
    );
}

#[test]
fn types_that_name_each_other_are_renamed_together() {
    let text = |one: &str, two: &str| {
        format!(
            "package a;\nmessage {one} {{ t: {two}?; x: int32; }}\nmessage {two} {{ o: {one}?; y: int32; }}\nservice S {{ rpc f({one}) -> (); }}\n"
        )
    };
    let marked = text("New", "Two").replace("message New", "@was(\"Old\") message New");
    let report = diff(&facts(&text("Old", "Two")), &facts(&marked));
    assert_eq!(kinds(&report), ["type-renamed"]);
    assert!(
        report.changes[0].notes[0].contains("cycle of 2 types"),
        "{:?}",
        report.changes
    );
}

#[test]
fn a_mistake_in_a_lock_file_is_told_with_its_line() {
    let text = facts("package a;\nmessage M { x: int32; }\nservice S { rpc f(M) -> (); }\n").text();
    let malformed = |text: &str| match Lock::parse(text) {
        Err(LockError::Malformed { line, why }) => (line, why),
        other => panic!("{other:?}"),
    };
    let line = |needle: &str| text.lines().position(|line| line.contains(needle)).unwrap() + 1;
    let conflict = text.replace("x = \"int32\"", "<<<<<<< ours\nx = \"int32\"");
    let at = line("x = \"int32\"");
    assert_eq!(Lock::parse(&conflict), Err(LockError::Conflict { line: at }));
    let (at, why) = malformed(&text.replace("shape = ", "shapes = "));
    assert_eq!(at, line("shape = "));
    assert!(why.contains("shapes"), "{why}");
    assert_eq!(malformed("").0, 1);
    assert_eq!(malformed(&text.replace("lock = 1\n", "")).0, 1);
    assert_eq!(
        Lock::parse(&text.replace("lock = 1", "lock = 2")),
        Err(LockError::Version { version: 2 })
    );
    let twice = format!("{text}\n[type.\"a.M\"]\nkind = \"message\"\nhash = \"\"\n");
    assert!(Lock::parse(&twice).is_err());
    assert!(Lock::parse_beside(&twice, &Lock::parse(&text).unwrap()).is_err());
}

#[test]
fn a_field_that_went_and_one_that_came_may_be_the_same() {
    let with = |fields: &str| facts(&format!("package a;\nmessage M {{ {fields} }}\n"));
    let notes = |old: &str, new: &str| -> Vec<String> {
        let changes = diff(&with(old), &with(new)).changes;
        changes.into_iter().flat_map(|change| change.notes).collect()
    };
    let advice =
        "if `b` is `a` under another name, say so: `@was(\"a\")` makes it one change, which is adaptable";
    for (old, new) in [
        ("a: string;", "b: string;"),
        ("a: string;", "b: string; c: int32;"),
        ("a: string; c: bool;", "b: string;"),
    ] {
        assert_eq!(notes(old, new), [advice; 2], "{old} {new}");
    }
    for (old, new) in [
        ("a: string;", "b: bytes;"),
        ("a: string;", "b: string; c: string;"),
        ("a: string; c: string;", "b: string;"),
        ("a: string;", "@was(\"a\") b: string;"),
    ] {
        assert_eq!(notes(old, new), [""; 0], "{old} {new}");
    }
}

#[test]
fn an_id_that_nothing_explains_is_told() {
    let new = facts("package a;\nmessage M { x: int32; }\nservice S { rpc f(M) -> (); }\n");
    let id = &new.services["a.S"].contract_id;
    let old = Lock::parse(&new.text().replace(id.as_str(), &"0".repeat(64))).unwrap();
    let report = diff(&old, &new);
    assert_eq!(kinds(&report), ["unexplained"]);
    assert!(report.has_drift());
    assert_eq!(report.between(&"0".repeat(64), id).len(), 1);
    assert!(report.between(id, id).is_empty());
}

/// Names and texts that TOML has to quote come back.
#[test]
fn any_names_and_texts_come_back() {
    let lock = facts(
        "package ü.b;\nconst K: string = \"a\\\"b\\\\c\\n\\u{1}\\u{7f}é\";\ntype Ünder = list<Größe?>;\n\
         @deprecated(note: \"\\\"#]\\n[x]\", since: -3) @was(\"Alt\") message Größe { 名前: string = \"types = [\\n\"; @deprecated a: bool; reserved \"weg\"; }\n\
         enum E { A = 0; reserved 3, \"B\"; }\n@requires(all_of: [\"x\", \"a b\"]) service S { rpc f(Größe) -> Ünder; }\n"
            .replace("\"a b\"", "\"a.b\"")
            .as_str(),
    );
    assert_eq!(Lock::parse(&lock.text()).unwrap(), lock);
    assert_eq!(Lock::parse_beside(&lock.text(), &lock).unwrap(), lock);
    let other = facts("package c;\nmessage M {}\n");
    assert_eq!(Lock::parse_beside(&lock.text(), &other).unwrap(), lock);
}

/// What is written twice is written the same, and merges: each fact has its line.
#[test]
fn equal_schemas_have_equal_locks() {
    let one = Memory::default()
        .with("a.aster", "package a;\nimport \"b.aster\";\nmessage M { b: b.B; a: int32; }\nservice S { rpc g(M) -> (); rpc f(M) -> (); }\n")
        .with("b.aster", "package b;\nmessage B {}\n");
    let other = Memory::default()
        .with("a.aster", "package a;\nimport \"b.aster\";\nservice S { rpc f(M) -> (); rpc g(M) -> (); }\n/// Docs.\nmessage M { a: int32; b: B; }\n")
        .with("b.aster", "//! More.\npackage b;\nmessage B {}\n");
    let [one, other] = [one, other].map(|files| lock(&files.compile(&["a.aster"])).text());
    assert_eq!(one, other);
    assert!(Lock::is_one(&one) && !Lock::is_one("package lock;"));
}
