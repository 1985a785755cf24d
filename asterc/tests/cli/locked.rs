//! `asterc lock`, `check --locked` and `diff`.

use crate::{BAD, GOOD, asterc, folder};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn lines(out: &str) -> Vec<Value> {
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// [`GOOD`] with another type in its message.
fn edited() -> String {
    GOOD.replace("id: string; }", "id: bytes; }")
}

#[test]
fn lock_writes_the_file_beside_the_schema_once() {
    let folder = folder(&[("schema/a.aster", GOOD)]);
    let path = folder.path().join("schema/aster.lock");
    let (status, out, err) = asterc(folder.path(), &["lock", "schema/a.aster"]);
    assert_eq!(
        (status, out.as_str(), err.as_str()),
        (0, "", "wrote schema/aster.lock\n")
    );
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("[service.\"shop.Shop\"]") && text.contains("\nlock = 1\n"),
        "{text}"
    );
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    let (status, _, err) = asterc(folder.path(), &["lock", "schema/a.aster"]);
    assert_eq!(
        (status, err.as_str()),
        (0, "nothing to do for schema/aster.lock\n")
    );
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
    assert_eq!(asterc(folder.path(), &["lock", "schema/a.aster", "-q"]).2, "");
    let left = fs::read_dir(folder.path().join("schema")).unwrap().count();
    assert_eq!(left, 2, "no temporary file stays behind");
}

#[test]
fn drift_is_status_3_with_the_edit_and_both_ids() {
    let folder = folder(&[("a.aster", GOOD)]);
    let path = folder.path();
    asterc(path, &["lock", "a.aster"]);
    let lock = fs::read(path.join("aster.lock")).unwrap();
    assert_eq!(
        asterc(path, &["check", "--locked", "a.aster"]),
        (0, String::new(), String::new())
    );
    assert_eq!(asterc(path, &["lock", "--check", "a.aster"]).0, 0);

    fs::write(path.join("a.aster"), edited()).unwrap();
    let (status, out, err) = asterc(path, &["check", "--locked", "a.aster"]);
    assert_eq!((status, out.as_str()), (3, ""));
    for part in [
        "drift[field-type-changed]: the type of field `id` of `shop.Order` changed: `string` → `bytes`",
        "a.aster:2:17",
        "the id of `shop.Shop` changes",
        "manual: somebody must say how values convert",
        "contract of `shop.Shop`\n  was ",
        "run `asterc lock a.aster`",
    ] {
        assert!(err.contains(part), "{part}\n{err}");
    }
    assert_eq!(asterc(path, &["lock", "--check", "a.aster"]).0, 3);
    assert_eq!(
        fs::read(path.join("aster.lock")).unwrap(),
        lock,
        "looking changes nothing"
    );

    let (status, _, err) = asterc(path, &["lock", "a.aster"]);
    assert!(
        status == 0 && err.contains("field-type-changed") && err.contains("wrote aster.lock"),
        "{err}"
    );
    assert_eq!(asterc(path, &["check", "--locked", "a.aster"]).0, 0);
}

#[test]
fn drift_in_json_is_one_object_a_line() {
    let folder = folder(&[("a.aster", GOOD)]);
    let path = folder.path();
    asterc(path, &["lock", "a.aster"]);
    fs::write(path.join("a.aster"), edited()).unwrap();
    let (status, out, err) = asterc(path, &["check", "--locked", "a.aster", "--format", "json"]);
    assert_eq!((status, err.as_str()), (3, ""));
    let [change, contract] = lines(&out).try_into().unwrap();
    assert_eq!(change["change"], "field-type-changed");
    assert_eq!(change["element"], "shop.Order.id");
    assert_eq!(
        (&change["old"], &change["new"]),
        (&"string".into(), &"bytes".into())
    );
    assert_eq!((&change["file"], &change["line"]), (&"a.aster".into(), &2.into()));
    assert_eq!(change["contract_id_changes"], true);
    assert_eq!(change["services"], serde_json::json!(["shop.Shop"]));
    assert_eq!(change["verdict"], "manual");
    assert_eq!(
        (&contract["service"], &contract["differs"]),
        (&"shop.Shop".into(), &true.into())
    );
    assert_ne!(contract["old_contract_id"], contract["new_contract_id"]);
}

#[test]
fn other_facts_are_stale_without_being_drift() {
    let folder = folder(&[("a.aster", GOOD)]);
    let path = folder.path();
    asterc(path, &["lock", "a.aster"]);
    fs::write(
        path.join("a.aster"),
        GOOD.replace("id: string)", "id: string = \"x\")"),
    )
    .unwrap();
    let (status, out, err) = asterc(path, &["check", "--locked", "a.aster"]);
    assert_eq!((status, out.as_str()), (0, ""));
    assert!(err.starts_with("note: `aster.lock` has older"), "{err}");
    assert_eq!(asterc(path, &["check", "--locked", "a.aster", "-q"]).2, "");
    let (status, _, err) = asterc(path, &["lock", "--check", "a.aster"]);
    assert!(
        status == 1 && err.contains("default-added") && err.contains("out of date"),
        "{err}"
    );
}

#[test]
fn a_service_that_no_lock_has_is_no_drift_but_said() {
    let folder = folder(&[("a.aster", GOOD)]);
    let path = folder.path();
    asterc(path, &["lock", "a.aster"]);
    fs::write(path.join("a.aster"), format!("{GOOD}service More {{}}\n")).unwrap();
    let (status, _, err) = asterc(path, &["check", "--locked", "a.aster"]);
    assert!(status == 0 && err.contains("does not have `shop.More`"), "{err}");
    assert_eq!(asterc(path, &["lock", "--check", "a.aster"]).0, 1);
}

#[test]
fn what_is_no_lock_file_is_status_4_in_one_sentence() {
    let folder = folder(&[("a.aster", GOOD), ("b/b.aster", "package b;\nmessage B {}\n")]);
    let path = folder.path();
    let one = |arguments: &[&str], status: i32, part: &str| {
        let (found, out, err) = asterc(path, arguments);
        assert_eq!(
            (found, out.as_str(), err.lines().count()),
            (status, "", 1),
            "{err}"
        );
        assert!(err.contains(part), "{err}");
    };
    one(
        &["check", "--locked", "a.aster"],
        4,
        "write it with `asterc lock`",
    );
    one(
        &["lock", "--check", "a.aster"],
        4,
        "there is no lock file `aster.lock`",
    );
    one(&["lock", "a.aster", "b/b.aster"], 2, "--lock-file");
    asterc(path, &["lock", "a.aster", "b/b.aster", "--lock-file", "all.lock"]);
    assert!(path.join("all.lock").is_file());
    fs::write(path.join("aster.lock"), "<<<<<<< ours\nlock = 1\n").unwrap();
    one(&["check", "--locked", "a.aster"], 4, "line 1: a merge left");
    one(&["lock", "a.aster"], 4, "line 1: a merge left");
    fs::write(path.join("aster.lock"), "lock = 1\nlock = 1\n").unwrap();
    one(&["check", "--locked", "a.aster"], 4, "line 2: ");
    fs::write(path.join("aster.lock"), "lock = 9\n").unwrap();
    one(&["check", "--locked", "a.aster"], 4, "version 9");
    fs::write(path.join("aster.lock"), b"lock = 1 # \xFF\n").unwrap();
    one(&["check", "--locked", "a.aster"], 4, "cannot be read");
    // a wrong schema is not compared at all
    fs::write(path.join("a.aster"), BAD).unwrap();
    assert_eq!(asterc(path, &["check", "--locked", "a.aster"]).0, 1);
    assert_eq!(asterc(path, &["lock", "a.aster"]).0, 1);
}

#[test]
fn diff_takes_schemas_folders_and_lock_files() {
    let edited = edited();
    let folder = folder(&[
        ("old/a.aster", GOOD),
        ("new/a.aster", &edited),
        ("empty/x.txt", ""),
        ("bad/a.aster", BAD),
    ]);
    let path = folder.path();
    asterc(path, &["lock", "old/a.aster"]);
    for old in ["old/a.aster", "old", "old/aster.lock"] {
        let (status, out, err) = asterc(path, &["diff", old, "new"]);
        assert_eq!((status, err.as_str()), (3, ""));
        assert!(
            out.contains("drift[field-type-changed]") && out.contains("new/a.aster:2:17"),
            "{out}"
        );
        assert_eq!(
            asterc(path, &["diff", old, "old"]),
            (0, "nothing differs\n".to_owned(), String::new())
        );
        // the other way round, also where there is no text of the new side
        assert_eq!(asterc(path, &["diff", "new", old]).0, 3);
    }
    let (status, _, err) = asterc(path, &["diff", "old", "bad"]);
    assert!(status == 1 && err.contains("error[unknown-type]"), "{err}");
    for (operand, part) in [
        ("nothing", "there is no file `nothing`"),
        ("empty", "there is no .aster file below `empty`"),
        ("HEAD:old", "there is no git repository here"),
    ] {
        let (status, _, err) = asterc(path, &["diff", operand, "new"]);
        assert!(
            status == 4 && err.lines().count() == 1 && err.contains(part),
            "{err}"
        );
    }
}

/// A repository with [`GOOD`] in its first commit, tagged `v1`.
fn repository(path: &Path) {
    let repository = git2::Repository::init(path).unwrap();
    let mut index = repository.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let who = git2::Signature::now("A", "a@example.org").unwrap();
    let commit = repository
        .commit(Some("HEAD"), &who, &who, "first", &tree, &[])
        .unwrap();
    let object = repository.find_object(commit, None).unwrap();
    repository.tag_lightweight("v1", &object, false).unwrap();
}

#[test]
fn diff_takes_git_revisions_without_git() {
    let text = GOOD.replace(
        "package shop;\n",
        "package shop;\nimport \"lib/b.aster\";\nmessage Uses { b: b.B; }\n",
    );
    let folder = folder(&[
        ("schema/a.aster", &text),
        ("schema/lib/b.aster", "package b;\nmessage B {}\n"),
        ("schema/aster.lock", "lock = 1\n"),
    ]);
    let path = folder.path();
    repository(path);
    fs::write(
        path.join("schema/a.aster"),
        text.replace("id: string; }", "id: bytes; }"),
    )
    .unwrap();
    let diff = |folder: &Path, old: &str, new: &str| {
        let mut command = crate::command(folder, &["diff", old, new]);
        // the program git is nowhere to be found
        let output = command.env("PATH", "").output().unwrap();
        crate::told(&output)
    };
    for old in ["v1:schema/a.aster", "HEAD:schema", "v1:./schema/a.aster"] {
        let (status, out, err) = diff(path, old, "schema");
        assert_eq!((status, err.as_str()), (3, ""), "{old}");
        assert!(
            out.contains("field-type-changed") && out.contains(":schema/a.aster:4:17"),
            "{out}"
        );
    }
    let below = path.join("schema");
    assert_eq!(diff(&below, "v1:./a.aster", "a.aster").0, 3);
    assert_eq!(diff(path, "v1:schema", "HEAD:schema").0, 0);
    assert_eq!(diff(path, "v1:schema/aster.lock", "v1:schema/aster.lock").0, 0);
    for (operand, part) in [
        ("v2:schema", "no revision `v2`"),
        ("v1:shema", "`shema` is not in `v1`"),
        (":schema", "there is no such file"),
    ] {
        let (status, _, err) = diff(path, operand, "schema");
        assert!(
            status == 4 && err.lines().count() == 1 && err.contains(part),
            "{err}"
        );
    }
}

#[test]
fn a_schema_that_was_not_named_is_told_from_one_that_is_gone() {
    let folder = folder(&[("a.aster", GOOD), ("b.aster", "package b;\nservice B {}\n")]);
    let path = folder.path();
    asterc(path, &["lock", "a.aster", "b.aster"]);
    let (status, _, err) = asterc(path, &["check", "--locked", "a.aster"]);
    assert!(
        status == 3
            && err.contains("contract: `b.B` has none any more")
            && err.contains("`b.B` of `aster.lock` is not in a.aster: name every schema"),
        "{err}"
    );
    assert_eq!(asterc(path, &["check", "--locked", "b.aster", "a.aster"]).0, 0);
}

/// Two edits that do not touch each other in the text of the lock file can be one in a contract.
#[test]
fn a_lock_file_that_was_merged_is_told_to_be_written_anew() {
    let ours = GOOD.replace("id: string; }", "id: string; note: string?; }");
    let theirs = format!("{GOOD}service More {{ rpc take(Order) -> (); }}\n");
    let folder = folder(&[("a.aster", &ours), ("b/a.aster", &theirs)]);
    let path = folder.path();
    asterc(path, &["lock", "a.aster"]);
    asterc(path, &["lock", "b/a.aster"]);
    // what a merge keeps of theirs: the service that is new
    let theirs = fs::read_to_string(path.join("b/aster.lock")).unwrap();
    let new = &theirs[theirs.find("\n[service.\"shop.More\"]").unwrap()..];
    let new = &new[..new.find("\n[service.\"shop.Shop\"]").unwrap()];
    let made = &theirs[theirs.find("\n[type.\"shop.TakeResponse\"]").unwrap()..];
    let lock = fs::read_to_string(path.join("aster.lock")).unwrap();
    let at = lock.find("\n[service.\"shop.Shop\"]").unwrap();
    fs::write(
        path.join("aster.lock"),
        format!("{}{new}{}{made}", &lock[..at], &lock[at..]),
    )
    .unwrap();
    fs::write(
        path.join("a.aster"),
        format!("{ours}service More {{ rpc take(Order) -> (); }}\n"),
    )
    .unwrap();

    let (status, _, err) = asterc(path, &["check", "--locked", "a.aster"]);
    assert!(
        status == 3
            && err.contains("drift[unexplained]")
            && err.contains("was merged or edited, and `asterc lock`"),
        "{err}"
    );
    asterc(path, &["lock", "a.aster"]);
    assert_eq!(asterc(path, &["check", "--locked", "a.aster"]).0, 0);
}

/// Several schemas below a folder, which import each other from there.
#[test]
fn a_folder_stands_for_every_schema_below_it() {
    let folder = folder(&[
        (
            "schema/a.aster",
            &GOOD
                .replace("id: string; }", "id: string; b: b.B?; }")
                .replace("package shop;", "package shop;\nimport \"deep/b.aster\";"),
        ),
        (
            "schema/deep/b.aster",
            "package b;\nmessage B { x: int32; }\nservice S { rpc f(B) -> (); }\n",
        ),
        ("schema/target/c.aster", BAD),
    ]);
    let path = folder.path();
    let (status, _, err) = asterc(path, &["lock", "schema"]);
    assert_eq!((status, err.as_str()), (0, "wrote schema/aster.lock\n"));
    let text = fs::read_to_string(path.join("schema/aster.lock")).unwrap();
    for service in ["shop.Shop", "b.S"] {
        assert!(text.contains(&format!("[service.\"{service}\"]")), "{text}");
    }
    for arguments in [
        &["check", "schema"][..],
        &["check", "--locked", "schema/"],
        &["lock", "--check", "schema"],
        &["id", "schema"],
        &["build", "--out", "gen", "schema"],
        &["build", "--out", "gen", "--verify", "schema"],
    ] {
        let (status, _, err) = asterc(path, arguments);
        assert_eq!(status, 0, "{arguments:?}\n{err}");
    }
    // a file and the folder it is in are the same schemas
    let both = asterc(path, &["check", "--locked", "schema", "schema/a.aster"]);
    assert_eq!(both, (0, String::new(), String::new()));
    assert_eq!(asterc(&path.join("schema"), &["check", "--locked", "."]).0, 0);
    assert_eq!(
        asterc(path, &["check", "--locked", "schema", "schema/deep"]).0,
        2,
        "two folders"
    );

    fs::write(
        path.join("schema/deep/b.aster"),
        "package b;\nmessage B { x: int64; }\nservice S { rpc f(B) -> (); }\n",
    )
    .unwrap();
    let (status, _, err) = asterc(path, &["check", "--locked", "schema"]);
    assert_eq!(status, 3);
    assert!(
        err.contains("schema/deep/b.aster:2:") && err.contains("the ids of `b.S`, `shop.Shop` change"),
        "{err}"
    );

    fs::create_dir(path.join("empty")).unwrap();
    let (status, _, err) = asterc(path, &["check", "empty"]);
    assert_eq!(
        (status, err.as_str()),
        (4, "error: there is no .aster file below `empty`\n")
    );
}

#[test]
fn a_damaged_lock_file_is_no_schema() {
    let folder = folder(&[("a.aster", GOOD), ("aster.lock", "<<<<<<< ours\nlock = 1\n")]);
    for sides in [["aster.lock", "a.aster"], ["a.aster", "aster.lock"]] {
        let (status, out, err) = asterc(folder.path(), &["diff", sides[0], sides[1]]);
        assert_eq!((status, out.as_str()), (4, ""), "{err}");
        assert!(err.starts_with("error: `aster.lock` "), "{err}");
    }
}
