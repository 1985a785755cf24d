//! The `asterc` binary as a shell sees it: exit statuses, streams, files.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod history;
mod locked;
mod project;
mod table;
mod vectors;

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
    let folder = folder(&[("a.aster", GOOD), ("file", ""), ("empty/b.txt", GOOD)]);
    for (arguments, words) in [
        (&["check", "aa.aster"][..], "did you mean `a.aster`?"),
        (&["check", "empty"], "there is no .aster file below `empty`"),
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

fn piped(folder: &Path, arguments: &[&str], text: &str) -> (i32, String, String) {
    let mut child = command(folder, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    told(&child.wait_with_output().unwrap())
}

#[test]
fn a_dash_is_standard_input() {
    let folder = folder(&[("lib/b.aster", "package lib.b;\nmessage B {}\n")]);
    let text = "package a;\nimport \"lib/b.aster\";\nmessage A { b: B; }\n";
    let (status, out, err) = piped(folder.path(), &["id", "-", "--format", "json"], text);
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

/// [`GOOD`], formatted.
const TIDY: &str = "package shop;

message Order {
  id: string;
}

service Shop {
  rpc find(id: string) -> Order;
}
";
const BROKEN: &str = "package shop;\nmessage Order { id string; }\n";

#[test]
fn fmt_writes_what_differs_below_a_folder_and_leaves_the_rest_alone() {
    let folder = folder(&[
        ("schema/a.aster", GOOD),
        ("schema/deep/er/b.aster", TIDY),
        (
            "schema/deep/c.aster",
            &format!("\u{FEFF}{}", TIDY.replace('\n', "\r\n")),
        ),
        ("schema/.hidden/d.aster", GOOD),
        ("schema/target/e.aster", GOOD),
        ("schema/node_modules/f.aster", GOOD),
        ("schema/g.txt", GOOD),
    ]);
    let path = folder.path().join("schema");
    let written = |file: &str| fs::metadata(path.join(file)).unwrap().modified().unwrap();
    let before = written("deep/er/b.aster");
    let (status, out, err) = asterc(folder.path(), &["fmt", "schema", "schema/a.aster"]);
    assert_eq!(
        (status, out.as_str(), err.as_str()),
        (0, "", "2 files formatted, 1 unchanged\n")
    );
    for file in ["a.aster", "deep/er/b.aster", "deep/c.aster"] {
        assert_eq!(fs::read_to_string(path.join(file)).unwrap(), TIDY, "{file}");
    }
    for file in [
        ".hidden/d.aster",
        "target/e.aster",
        "node_modules/f.aster",
        "g.txt",
    ] {
        assert_eq!(fs::read_to_string(path.join(file)).unwrap(), GOOD, "{file}");
    }
    assert_eq!(written("deep/er/b.aster"), before);
    assert_eq!(fs::read_dir(path.join("deep")).unwrap().count(), 2);
    let (status, _, err) = asterc(folder.path(), &["fmt", "schema"]);
    assert_eq!((status, err.as_str()), (0, "0 files formatted, 3 unchanged\n"));
    let quiet = asterc(folder.path(), &["fmt", "-q", "schema"]);
    assert_eq!(quiet, (0, String::new(), String::new()));
}

#[test]
fn fmt_check_names_the_first_line_that_differs_and_writes_nothing() {
    let folder = folder(&[
        ("a.aster", TIDY),
        ("b.aster", GOOD),
        ("c.aster", &format!("{TIDY}\n")),
    ]);
    let arguments = ["fmt", "--check", "a.aster", "b.aster", "c.aster"];
    let (status, out, err) = asterc(folder.path(), &arguments);
    assert_eq!((status, out.as_str()), (1, ""));
    assert_eq!(
        err,
        "error: `b.aster` is not formatted: line 2 is `message Order { id: string; }`, and should be empty\n\
         error: `c.aster` is not formatted: line 10 should not be there\n\
         run `asterc fmt` without `--check` to format\n"
    );
    assert_eq!(fs::read_to_string(folder.path().join("b.aster")).unwrap(), GOOD);
    let (status, out, err) = asterc(folder.path(), &["fmt", "--check", ".", "--format", "json"]);
    assert_eq!((status, err.as_str()), (1, ""));
    let lines: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        serde_json::json!(lines),
        serde_json::json!([
            {"file": "b.aster", "line": 2, "found": "message Order { id: string; }", "expected": ""},
            {"file": "c.aster", "line": 10, "found": "", "expected": null},
        ])
    );
    let tidy = asterc(folder.path(), &["fmt", "--check", "a.aster"]);
    assert_eq!(tidy, (0, String::new(), String::new()));
}

#[test]
fn fmt_writes_nothing_when_one_file_has_a_syntax_error() {
    let folder = folder(&[("a.aster", GOOD), ("b.aster", BROKEN), ("c.aster", BAD)]);
    let (status, out, err) = asterc(folder.path(), &["fmt", "."]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(
        err.contains("error[unexpected-token]")
            && err.contains("b.aster:2:20")
            && err.contains("\n1 error\n"),
        "{err}"
    );
    for (file, text) in [("a.aster", GOOD), ("b.aster", BROKEN), ("c.aster", BAD)] {
        assert_eq!(fs::read_to_string(folder.path().join(file)).unwrap(), text);
    }
    // What a name means does not matter.
    assert_eq!(asterc(folder.path(), &["fmt", "c.aster"]).0, 0);
    let (status, out, err) = asterc(folder.path(), &["fmt", "b.aster", "--format", "json"]);
    let object: serde_json::Value = serde_json::from_str(&err).unwrap();
    assert_eq!(
        (status, out.as_str(), &object["line"]),
        (1, "", &serde_json::json!(2))
    );
}

#[test]
fn fmt_formats_standard_input_to_standard_output() {
    let folder = folder(&[]);
    let formatted = piped(folder.path(), &["fmt", "-"], GOOD);
    assert_eq!(formatted, (0, TIDY.to_owned(), String::new()));
    let again = piped(folder.path(), &["fmt", "-", "--format", "json"], TIDY);
    assert_eq!(again, (0, TIDY.to_owned(), String::new()));
    let (status, out, err) = piped(folder.path(), &["fmt", "-"], BROKEN);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(err.contains("<stdin>:2:20"), "{err}");
    let (status, out, err) = piped(folder.path(), &["fmt", "--check", "-"], GOOD);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(
        err.starts_with("error: `<stdin>` is not formatted: line 2 "),
        "{err}"
    );
}

#[test]
fn fmt_says_what_it_cannot_read() {
    let folder = folder(&[("a.aster", GOOD), ("empty/a.txt", GOOD)]);
    for (arguments, words) in [
        (&["fmt", "aa.aster"][..], "did you mean `a.aster`?"),
        (&["fmt", "empty"], "there is no .aster file below `empty`"),
        (&["fmt", "a.aster", "nowhere"], "there is no file `nowhere`"),
    ] {
        let (status, out, err) = asterc(folder.path(), arguments);
        assert_eq!((status, out.as_str(), err.lines().count()), (4, "", 1), "{err}");
        assert!(err.starts_with("error: ") && err.contains(words), "{err}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("a.aster")).unwrap(), GOOD);
}

#[cfg(unix)]
#[test]
fn fmt_follows_links_and_keeps_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder(&[("elsewhere/a.aster", GOOD), ("b.aster", GOOD)]);
    let path = folder.path();
    symlink("elsewhere/a.aster", path.join("link.aster")).unwrap();
    // The process's mask takes these bits from a new file.
    fs::set_permissions(path.join("b.aster"), fs::Permissions::from_mode(0o666)).unwrap();
    let (status, _, err) = asterc(path, &["fmt", "link.aster", "b.aster", "elsewhere"]);
    assert_eq!((status, err.as_str()), (0, "2 files formatted\n"));
    assert!(
        fs::symlink_metadata(path.join("link.aster"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(fs::read_to_string(path.join("elsewhere/a.aster")).unwrap(), TIDY);
    let mode = fs::metadata(path.join("b.aster")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o666);
}

#[test]
fn an_import_below_a_folder_further_up_names_that_folder() {
    let common = "package shop.common;\nmessage Page {}\n";
    let orders =
        "package shop.orders;\nimport \"shop/common.aster\";\nmessage Order { page: common.Page; }\n";
    let folder = folder(&[
        ("schema/shop/common.aster", common),
        ("schema/shop/orders.aster", orders),
    ]);
    let path = folder.path();
    for (at, file, root) in [
        (".", "schema/shop/orders.aster", "schema"),
        ("schema", "shop/orders.aster", "."),
        ("schema/shop", "orders.aster", ".."),
    ] {
        let at = path.join(at);
        let (status, _, err) = asterc(&at, &["check", file]);
        let wanted = format!("the file is below `{root}`:");
        assert!(status == 1 && err.contains(&wanted), "{file}\n{err}");
        assert_eq!(
            asterc(&at, &["check", "-I", root, file]),
            (0, String::new(), String::new())
        );
    }
}
