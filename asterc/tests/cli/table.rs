//! What every command does with its streams and its exit status, as a table: `--format json`, `-q`, `-v`, standard input,
//! and readers that go away.

use crate::{BAD, GOOD, TIDY, asterc, command, folder, piped};
use serde_json::Value;
use std::io;
use std::process::Stdio;
use tempfile::TempDir;

/// What a stream has.
enum Has {
    Nothing,
    /// Lines, one of which has these words.
    Lines(&'static str),
    /// One JSON object or more, a line each, the first with this member.
    Json(&'static str),
}
use Has::{Json, Lines, Nothing};

const WARNS: &str = "package warns;\nimport \"good.aster\";\n";
const EDITED: &str =
    "package shop;\nmessage Order { id: bytes; }\nservice Shop { rpc find(id: string) -> Order; }\n";

#[rustfmt::skip]
const TABLE: &[(&str, i32, Has, Has)] = &[
    // 0: clean
    ("check good.aster", 0, Nothing, Nothing),
    ("check good.aster -q", 0, Nothing, Nothing),
    ("check good.aster -v", 0, Nothing, Lines("read good.aster")),
    ("check good.aster --format json", 0, Nothing, Nothing),
    ("check good.aster -v --format json", 0, Nothing, Nothing),
    ("check warns.aster", 0, Nothing, Lines("1 warning")),
    ("check warns.aster -q", 0, Nothing, Lines("warning[unused-import]")),
    ("check warns.aster --format json", 0, Json("code"), Nothing),
    ("check -", 0, Nothing, Nothing),
    ("build good.aster", 0, Nothing, Lines("written below gen")),
    ("build good.aster -q", 0, Nothing, Nothing),
    ("build good.aster -v", 0, Nothing, Lines("wrote gen/rust/shop.rs")),
    ("build good.aster --format json", 0, Nothing, Nothing),
    ("build -", 0, Nothing, Lines("written below gen")),
    ("id good.aster", 0, Lines("shop.Shop v1"), Nothing),
    ("id good.aster -q", 0, Lines("shop.Shop v1"), Nothing),
    ("id good.aster -v", 0, Lines("shop.Shop v1"), Lines("read good.aster")),
    ("id good.aster --format json", 0, Json("services"), Nothing),
    ("id - --format json", 0, Json("services"), Nothing),
    ("id warns.aster --format json", 0, Json("services"), Json("code")),
    ("lock good.aster", 0, Nothing, Lines("wrote aster.lock")),
    ("lock good.aster -q", 0, Nothing, Nothing),
    ("lock good.aster --format json", 0, Nothing, Nothing),
    ("fmt good.aster", 0, Nothing, Lines("1 file formatted")),
    ("fmt good.aster -q", 0, Nothing, Nothing),
    ("fmt good.aster -v", 0, Nothing, Lines("formatted good.aster")),
    ("fmt -", 0, Lines("  id: string;"), Nothing),
    ("fmt --check tidy.aster", 0, Nothing, Nothing),
    ("diff good.aster tidy.aster", 0, Lines("nothing"), Nothing),
    ("diff good.aster tidy.aster --format json", 0, Json("service"), Nothing),
    ("explain unknown-type", 0, Lines("# unknown-type"), Nothing),
    ("explain unknown-type --format json", 0, Json("code"), Nothing),
    ("explain", 0, Lines("unknown-type"), Lines("asterc explain CODE")),
    ("explain -q", 0, Lines("unknown-type"), Nothing),
    ("init hello", 0, Nothing, Lines("  cargo run")),
    ("init hello -q", 0, Nothing, Nothing),
    ("init hello --format json", 0, Nothing, Nothing),
    ("completion zsh", 0, Lines("#compdef asterc"), Nothing),
    ("--help", 0, Lines("Usage: asterc"), Nothing),
    ("--version", 0, Lines("asterc "), Nothing),
    // 1: the schema is wrong, or a check found something
    ("check bad.aster", 1, Nothing, Lines("1 error")),
    ("check bad.aster -q", 1, Nothing, Lines("error[unknown-type]")),
    ("check bad.aster --format json", 1, Json("code"), Nothing),
    ("check good.aster bad.aster", 1, Nothing, Lines("error[")),
    ("build bad.aster", 1, Nothing, Lines("error[unknown-type]")),
    ("build bad.aster --format json", 1, Nothing, Json("code")),
    ("build good.aster --verify", 1, Nothing, Lines("is not what the schema says")),
    ("id bad.aster --format json", 1, Nothing, Json("code")),
    ("lock bad.aster", 1, Nothing, Lines("error[unknown-type]")),
    ("fmt broken.aster", 1, Nothing, Lines("error[")),
    ("fmt --check good.aster -q", 1, Nothing, Lines("is not formatted")),
    ("fmt --check good.aster --format json", 1, Json("file"), Nothing),
    ("diff good.aster bad.aster", 1, Nothing, Lines("error[unknown-type]")),
    // 2: usage
    ("", 2, Nothing, Lines("Usage: asterc")),
    ("check", 2, Nothing, Lines("FILE")),
    ("chekc good.aster", 2, Nothing, Lines("'check'")),
    ("check good.aster -q -v", 2, Nothing, Lines("cannot be used with")),
    ("check good.aster --format yaml", 2, Nothing, Lines("possible values: human, json")),
    ("explain unknwon-type", 2, Nothing, Lines("did you mean `unknown-type`?")),
    ("init 2fast", 2, Nothing, Lines("`2fast`")),
    ("completion sh", 2, Nothing, Lines("possible values")),
    // 3: drift
    ("diff good.aster edited.aster", 3, Lines("bytes"), Nothing),
    ("diff good.aster edited.aster --format json", 3, Json("change"), Nothing),
    ("check --locked locked/a.aster", 3, Nothing, Lines("a contract id differs")),
    ("check --locked locked/a.aster -q", 3, Nothing, Lines("a contract id differs")),
    ("check --locked locked/a.aster --format json", 3, Json("change"), Nothing),
    ("lock --check locked/a.aster", 3, Nothing, Lines("bytes")),
    // 4: reading or writing failed
    ("check goood.aster", 4, Nothing, Lines("did you mean `good.aster`?")),
    ("check goood.aster --format json", 4, Nothing, Lines("did you mean `good.aster`?")),
    ("check good.aster -I nowhere", 4, Nothing, Lines("check `-I`")),
    ("check --locked good.aster", 4, Nothing, Lines("there is no lock file")),
    ("build good.aster --out bad.aster", 4, Nothing, Lines("cannot be written")),
    ("lock good.aster --lock-file bad.aster/x", 4, Nothing, Lines("error: ")),
    ("fmt nowhere", 4, Nothing, Lines("there is no file `nowhere`")),
    ("diff good.aster nowhere", 4, Nothing, Lines("nowhere")),
    ("init bad.aster --name hello", 4, Nothing, Lines("cannot be written")),
];

fn schemas() -> TempDir {
    let folder = folder(&[
        ("good.aster", GOOD),
        ("tidy.aster", TIDY),
        ("bad.aster", BAD),
        ("broken.aster", "package a;\nmessage {\n"),
        ("warns.aster", WARNS),
        ("edited.aster", EDITED),
        ("locked/a.aster", GOOD),
    ]);
    assert_eq!(asterc(folder.path(), &["lock", "-q", "locked/a.aster"]).0, 0);
    std::fs::write(folder.path().join("locked/a.aster"), EDITED).unwrap();
    folder
}

fn mistake(has: &Has, text: &str) -> Option<String> {
    let right = match has {
        Nothing => text.is_empty(),
        Lines(words) => text.ends_with('\n') && text.lines().any(|line| line.contains(words)),
        Json(member) => {
            let objects: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
            objects.is_ok_and(|objects| objects.first().is_some_and(|first| first.get(member).is_some()))
        }
    };
    (!right).then(|| format!("has\n{text}"))
}

#[test]
fn every_command_keeps_its_streams_and_its_status() {
    let mut wrong = Vec::new();
    for (line, status, out, err) in TABLE {
        // what one command writes is not there for the next
        let folder = schemas();
        let words: Vec<&str> = line.split_whitespace().collect();
        let ran = piped(
            folder.path(),
            &words,
            if words.contains(&"-") { GOOD } else { "" },
        );
        if ran.0 != *status {
            wrong.push(format!("`{line}` has status {}, not {status}\n{}", ran.0, ran.2));
        }
        for (stream, has, text) in [("output", out, &ran.1), ("error", err, &ran.2)] {
            wrong.extend(mistake(has, text).map(|why| format!("`{line}`: standard {stream} {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_reader_that_goes_away_changes_no_status() {
    for (line, status, _, _) in TABLE {
        let folder = schemas();
        let words: Vec<&str> = line.split_whitespace().collect();
        let closed = || {
            let (reader, writer) = io::pipe().unwrap();
            drop(reader);
            writer
        };
        let mut child = command(folder.path(), &words)
            .stdin(Stdio::null())
            .stdout(closed())
            .stderr(closed())
            .spawn()
            .unwrap();
        let ended = child.wait().unwrap().code();
        // standard input is empty here, which is no schema
        if words.contains(&"-") {
            assert!(ended <= Some(1), "`{line}`: {ended:?}");
        } else {
            assert_eq!(ended, Some(*status), "`{line}`");
        }
    }
}
