//! The `asterc` binary as a shell sees it: exit statuses, streams, files.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod history;
mod locked;

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
        err.contains("error[unknown-type]")
            && err.contains("a.aster:2:21")
            && err.ends_with("1 error\nfor more on an error, run: asterc explain unknown-type\n"),
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

#[test]
fn explain_prints_the_page_of_a_code() {
    let folder = folder(&[]);
    let (status, out, err) = asterc(folder.path(), &["explain", "unknown-type"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(
        out.starts_with("# unknown-type\n") && out.contains("## Right"),
        "{out}"
    );
    assert_eq!(asterc(folder.path(), &["explain", "error[unknown-type]"]).1, out);

    let (status, two, _) = asterc(folder.path(), &["explain", "unknown-type", "adaptable"]);
    assert_eq!(status, 0);
    let second = two.strip_prefix(&format!("{out}\n")).unwrap();
    assert!(second.starts_with("# adaptable\n"), "{second}");
}

#[test]
fn explain_without_a_code_lists_all() {
    let folder = folder(&[]);
    let (status, out, err) = asterc(folder.path(), &["explain"]);
    assert_eq!((status, err.lines().count()), (0, 1));
    for name in ["file-too-large", "name-clash", "imports", "security-notice"] {
        assert!(out.lines().any(|line| line.trim().starts_with(name)), "{name}");
    }
    assert_eq!(asterc(folder.path(), &["explain", "-q"]), (0, out, String::new()));
}

#[test]
fn explain_in_json_is_one_object_a_page() {
    let folder = folder(&[]);
    let objects = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let (status, out, err) = asterc(folder.path(), arguments);
        assert_eq!((status, err.as_str()), (0, ""));
        out.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let page = &objects(&["explain", "unused-import", "--format", "json"])[0];
    assert_eq!(
        (&page["code"], &page["kind"], &page["level"]),
        (&"unused-import".into(), &"diagnostic".into(), &"warning".into())
    );
    assert!(page["summary"].as_str().unwrap().ends_with('.'));
    assert!(page["page"].as_str().unwrap().starts_with("# unused-import\n"));
    let rule = &objects(&["explain", "imports", "--format", "json"])[0];
    assert_eq!((&rule["kind"], rule.get("level")), (&"rule".into(), None));
    let all = objects(&["explain", "--format", "json"]);
    assert!(all.len() > 90 && all.contains(page) && all.contains(rule));
}

#[test]
fn explaining_what_has_no_page_is_status_2_with_the_nearest() {
    let folder = folder(&[]);
    for (asked, words) in [
        ("unknwon-type", "did you mean `unknown-type`?"),
        ("semicolon", "did you mean `missing-semicolon`?"),
        ("xyzzy", "run `asterc explain` for a list"),
    ] {
        let (status, out, err) = asterc(folder.path(), &["explain", "unknown-type", asked]);
        assert_eq!((status, out.as_str(), err.lines().count()), (2, "", 1), "{err}");
        assert!(
            err.starts_with("error: ") && err.contains(asked) && err.contains(words),
            "{err}"
        );
    }
}

#[test]
fn errors_end_with_the_command_that_tells_more() {
    let text = "package a;\nimport \"b.aster\";\nenum E {}\nenum F {}\nunion U {}\n\
                message M { x: list<Nowhere>; y: Nothing; n: int32 = \"\"; }\n";
    let folder = folder(&[("a.aster", text), ("b.aster", "package b;\nmessage B {}\n")]);
    let path = folder.path();
    let (_, _, err) = asterc(path, &["check", "a.aster"]);
    let last = "for more on an error, run: asterc explain empty-enum empty-union unknown-type";
    assert_eq!(err.lines().last(), Some(last), "{err}");
    let command: Vec<&str> = last.split_once("asterc ").unwrap().1.split(' ').collect();
    assert_eq!(asterc(path, &command).0, 0);

    let silent = |arguments: &[&str]| {
        let (_, out, err) = asterc(path, arguments);
        !out.contains("asterc explain") && !err.contains("asterc explain")
    };
    assert!(silent(&["check", "a.aster", "-q"]));
    assert!(silent(&["check", "a.aster", "--format", "json"]));
    assert!(silent(&["id", "a.aster", "--format", "json"]));
    fs::write(path.join("a.aster"), "package a;\nimport \"b.aster\";\n").unwrap();
    assert!(silent(&["check", "a.aster"]), "a warning is no error");
}
