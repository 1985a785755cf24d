//! The `asterc` binary as a shell sees it: exit statuses, streams, files.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const GOOD: &str =
    "package shop;\nmessage Order { id: string; }\nservice Shop { rpc find(id: string) -> Order; }\n";
const BAD: &str = "package shop;\nmessage Order { id: strinq; }\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn asterc(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = command(folder, arguments).output().unwrap();
    told(&output)
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asterc"));
    command.args(arguments).current_dir(folder);
    command
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn a_right_schema_is_status_0_and_silent() {
    let folder = folder(&[("a.aster", GOOD)]);
    assert_eq!(
        asterc(folder.path(), &["check", "a.aster"]),
        (0, String::new(), String::new())
    );
}

#[test]
fn a_wrong_schema_is_status_1_with_the_place() {
    let folder = folder(&[("a.aster", BAD)]);
    let (status, out, err) = asterc(folder.path(), &["check", "a.aster"]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(
        err.contains("error[unknown-type]") && err.contains("a.aster:2:21") && err.ends_with("1 error\n"),
        "{err}"
    );
    assert_eq!(asterc(folder.path(), &["id", "a.aster"]).0, 1);
    assert_eq!(asterc(folder.path(), &["build", "a.aster"]).0, 1);
    assert!(!folder.path().join("gen").exists());
}

#[test]
fn json_diagnostics_are_one_object_a_line_on_standard_output() {
    let folder = folder(&[("a.aster", BAD)]);
    let (status, out, err) = asterc(folder.path(), &["check", "a.aster", "--format", "json"]);
    assert_eq!((status, err.as_str(), out.lines().count()), (1, "", 1));
    let object: serde_json::Value = serde_json::from_str(&out).unwrap();
    let place =
        ["file", "line", "column", "column_utf16", "start", "end"].map(|member| object[member].clone());
    assert_eq!(
        serde_json::json!(place),
        serde_json::json!(["a.aster", 2, 21, 21, 34, 40])
    );
    assert_eq!(object["code"], "unknown-type");
    assert_eq!(object["edit"]["replacement"], "string");
}

#[test]
fn wrong_usage_is_status_2() {
    let folder = folder(&[("a.aster", GOOD)]);
    for arguments in [
        &["check"][..],
        &["check", "a.aster", "--colour"],
        &["chekc", "a.aster"],
        &[],
        &["build", "a.aster", "--lang", "cobol"],
    ] {
        let (status, _, err) = asterc(folder.path(), arguments);
        assert!(
            status == 2 && err.to_lowercase().contains("usage") || err.contains("possible values"),
            "{arguments:?}: {err}"
        );
        assert_eq!(status, 2, "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_read_or_written_is_status_4_in_one_sentence() {
    let folder = folder(&[("a.aster", GOOD), ("file", ""), ("lib/b.aster", GOOD)]);
    for (arguments, words) in [
        (&["check", "aa.aster"][..], "did you mean `a.aster`?"),
        (&["check", "lib"], "is a folder"),
        (&["check", "a.aster", "-I", "nowhere"], "check `-I`"),
        (&["build", "a.aster", "--out", "file"], "cannot be written"),
    ] {
        let (status, out, err) = asterc(folder.path(), arguments);
        assert_eq!(
            (status, out.as_str(), err.lines().count()),
            (4, "", 1),
            "{arguments:?}: {err}"
        );
        assert!(err.starts_with("error: ") && err.contains(words), "{err}");
    }
}

#[test]
fn a_dash_is_standard_input() {
    let folder = folder(&[("lib/b.aster", "package lib.b;\nmessage B {}\n")]);
    let mut child = command(folder.path(), &["id", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = "package a;\nimport \"lib/b.aster\";\nmessage A { b: B; }\n";
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let (status, out, err) = told(&child.wait_with_output().unwrap());
    assert_eq!((status, err.as_str()), (0, ""));
    let listing: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(listing["types"][0]["name"], "a.A");
    assert_eq!(listing["types"][1]["name"], "lib.b.B");
}

#[test]
fn warnings_leave_the_status_and_the_json_of_id_alone() {
    let unused = "package a;\nimport \"b.aster\";\nmessage A {}\n";
    let folder = folder(&[("a.aster", unused), ("b.aster", GOOD)]);
    let (status, out, err) = asterc(folder.path(), &["id", "a.aster", "--format", "json"]);
    assert_eq!((status, out.lines().count()), (0, 1));
    assert!(err.contains("unused-import"));
}

#[test]
fn colours_are_only_for_those_who_want_them() {
    let folder = folder(&[("a.aster", BAD)]);
    let colored = |arguments: &[&str]| asterc(folder.path(), arguments).2.contains('\u{1b}');
    assert!(colored(&["check", "a.aster", "--color", "always"]));
    assert!(!colored(&["check", "a.aster"]));
    assert!(!colored(&["check", "a.aster", "--color", "never"]));
}

#[test]
fn build_writes_what_differs_and_verify_only_looks() {
    let folder = folder(&[("a.aster", GOOD), ("b.aster", "package other;\nmessage B {}\n")]);
    let path = folder.path();
    let (status, _, err) = asterc(path, &["build", "a.aster", "--verify"]);
    assert!(
        status == 1 && err.contains("is not what the schema says"),
        "{err}"
    );
    assert!(!path.join("gen").exists());

    assert_eq!(asterc(path, &["build", "a.aster", "b.aster"]).0, 0);
    let written = |file: &str| fs::metadata(path.join(file)).unwrap().modified().unwrap();
    let (text, first) = (
        fs::read(path.join("gen/rust/shop.rs")).unwrap(),
        written("gen/rust/shop.rs"),
    );
    assert_eq!(asterc(path, &["build", "b.aster", "a.aster"]).0, 0);
    assert_eq!(
        (
            fs::read(path.join("gen/rust/shop.rs")).unwrap(),
            written("gen/rust/shop.rs")
        ),
        (text, first)
    );
    assert_eq!(asterc(path, &["build", "a.aster", "b.aster", "--verify"]).0, 0);

    fs::write(path.join("gen/rust/shop.rs"), "changed").unwrap();
    assert_eq!(asterc(path, &["build", "a.aster", "b.aster", "--verify"]).0, 1);
    assert_eq!(fs::read(path.join("gen/rust/shop.rs")).unwrap(), b"changed");
    let left = fs::read_dir(path.join("gen/rust")).unwrap().count();
    assert_eq!(left, 3, "no temporary file stays behind");
}

#[test]
fn names_that_are_one_in_the_generated_code_are_a_diagnostic_of_build() {
    let folder = folder(&[(
        "a.aster",
        "package a;\nmessage M { url_path: string; urlPath: string; }\n",
    )]);
    let (status, _, err) = asterc(folder.path(), &["build", "a.aster"]);
    assert!(
        status == 1 && err.contains("error[name-clash]") && err.contains("a.aster:2:"),
        "{err}"
    );
    assert!(!folder.path().join("gen").exists());
}
