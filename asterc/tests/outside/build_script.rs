//! `asterc-build` in the build script of a crate that is no member of this workspace.

use crate::cargo::{Outside, ROOT, Ran};
use std::fs;
use std::time::SystemTime;

/// A crate whose build script runs `steps` on a builder, and counts how often it came to its end.
fn project(name: &'static str, steps: &str) -> Outside {
    let project = Outside::new(name);
    project.write(
        "Cargo.toml",
        &format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [build-dependencies]\nasterc-build = {{ path = '{ROOT}/asterc-build' }}\n\n[workspace]\n"
        ),
    );
    project.write(
        "build.rs",
        &format!(
            r#"use std::io::Write;

fn main() {{
    asterc_build::Builder::new(){steps}.compile();
    let mut runs = std::fs::OpenOptions::new().create(true).append(true).open("runs").unwrap();
    writeln!(runs, "ran").unwrap();
}}
"#
        ),
    );
    project.write("src/lib.rs", "");
    project
}

fn runs(project: &Outside) -> usize {
    project.read("runs").lines().count()
}

fn written(project: &Outside, file: &str) -> SystemTime {
    fs::metadata(project.path().join(file))
        .unwrap()
        .modified()
        .unwrap()
}

fn build(project: &Outside) -> Ran {
    project.cargo(&["build"])
}

#[track_caller]
fn succeeds(project: &Outside) -> Ran {
    let ran = build(project);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran
}

#[track_caller]
fn fails(project: &Outside) -> String {
    let ran = build(project);
    assert_eq!(ran.code, Some(101), "{}", ran.stderr);
    ran.stderr
}

/// What cargo shows of a build script that failed: its report, indented.
fn indented(report: &str) -> String {
    let line = |line: &str| match line {
        "" => "\n".to_owned(),
        line => format!("  {line}\n"),
    };
    report.lines().map(line).collect()
}

#[test]
fn a_change_of_one_file_reruns_only_what_it_must() {
    let project = project(
        "aster-outside-reruns",
        ".root(\"schema/a.aster\").root(\"schema/b.aster\").import_root(\"schema\").import_root(\"shared\").out_dir(\"made\")",
    );
    const SHARED: &str = "package shared;\n\nmessage Shared {\n  id: string;\n}\n";
    project.write(
        "schema/a.aster",
        "package a.first;\n\nmessage A {\n  id: string;\n}\n",
    );
    project.write(
        "schema/b.aster",
        "package b;\n\nimport \"shared.aster\";\n\nmessage B {\n  it: Shared;\n}\n",
    );
    project.write("shared/shared.aster", SHARED);
    succeeds(&project);
    assert_eq!(runs(&project), 1);
    assert_eq!(fs::read_dir(project.path().join("made")).unwrap().count(), 2);
    let both = [project.read("made/a.first.rs"), project.read("made/b.rs")];
    assert!(both[0].contains("pub struct A ") && both[1].contains("pub struct Shared "));
    assert!(
        !both[0].contains("Shared"),
        "nothing of what another root imports"
    );
    let times = || ["made/a.first.rs", "made/b.rs"].map(|file| written(&project, file));
    let first = times();

    // nothing, other sources, and a schema that nobody imports
    succeeds(&project);
    project.write("src/lib.rs", "//! Changed.\n");
    project.write("schema/other.aster", "no schema at all");
    succeeds(&project);
    assert_eq!((runs(&project), times()), (1, first));

    // a comment in an import: looked at again, and nothing is written
    project.write("shared/shared.aster", &format!("// for all\n{SHARED}"));
    succeeds(&project);
    assert_eq!((runs(&project), times()), (2, first));

    // a field in it: only what has it is written
    project.write("shared/shared.aster", &SHARED.replace("id:", "key:"));
    succeeds(&project);
    assert_eq!((runs(&project), times()[0]), (3, first[0]));
    assert!(times()[1] > first[1] && project.read("made/b.rs").contains("pub key: String"));
    succeeds(&project);
    assert_eq!(runs(&project), 3);

    // an import, then a root that is missing, until it is there
    for (file, words) in [
        ("shared/shared.aster", "error[import-not-found]"),
        ("schema/a.aster", "error: there is no file `schema/a.aster`"),
    ] {
        let before = (runs(&project), times());
        let text = project.read(file);
        fs::remove_file(project.path().join(file)).unwrap();
        let said = fails(&project);
        assert!(said.contains(words), "{said}");
        assert_eq!((runs(&project), times()), before);
        project.write(file, &text);
        succeeds(&project);
        assert_eq!((runs(&project), times()), (before.0 + 1, before.1));
    }
}

#[test]
fn a_folder_stands_for_every_schema_below_it_and_for_those_to_come() {
    let project = project(
        "aster-outside-folder",
        ".root(\"schema\").out_dir(\"made\").locked(true)",
    );
    project.write(
        "schema/a.aster",
        "package a;\n\nimport \"deep/b.aster\";\n\nmessage A {\n  it: B;\n}\n",
    );
    project.write("schema/deep/b.aster", "package b;\n\nmessage B {}\n");
    assert_eq!(project.asterc(&["lock", "schema"]).code, Some(0));
    succeeds(&project);
    assert_eq!(fs::read_dir(project.path().join("made")).unwrap().count(), 2);
    succeeds(&project);
    assert_eq!(runs(&project), 1);

    project.write("schema/deep/c.aster", "package c;\n\nmessage C {}\n");
    succeeds(&project);
    assert_eq!(runs(&project), 2);
    assert!(project.read("made/c.rs").contains("pub struct C "));

    for file in ["a.aster", "deep/b.aster", "deep/c.aster"] {
        fs::remove_file(project.path().join("schema").join(file)).unwrap();
    }
    let said = fails(&project);
    assert!(said.contains("`schema`"), "{said}");
}

#[test]
fn errors_and_warnings_can_be_read_in_cargos_output() {
    let project = project("aster-outside-reports", ".root(\"schema/a.aster\")");
    project.write("schema/b.aster", "package b;\n\nmessage B {}\n");
    project.write(
        "schema/a.aster",
        "package a;\n\nimport \"b.aster\";\n\nmessage A {}\n",
    );
    let said = succeeds(&project).stderr;
    let warning = said.lines().find(|line| line.starts_with("warning: "));
    let warning = warning.unwrap_or_else(|| panic!("{said}"));
    assert!(
        warning.starts_with("warning: aster-outside-reports@0.1.0: schema/a.aster:3:")
            && warning.ends_with(" [unused-import]"),
        "{said}"
    );

    project.write(
        "schema/a.aster",
        "package a;\n\nmessage A {\n  id: strinq;\n  id: int32;\n}\n",
    );
    let report = project.asterc(&["check", "-q", "schema/a.aster"]).stderr;
    assert!(
        report.contains("error[unknown-type]") && report.contains("schema/a.aster:4:7"),
        "{report}"
    );
    let said = fails(&project);
    assert!(
        said.contains(&indented(&report)),
        "cargo says\n{said}\nand asterc\n{report}"
    );
    assert!(!said.contains("panicked"), "{said}");

    // what is wrong with the build script is said in its words
    let script = project.read("build.rs");
    project.write(
        "build.rs",
        &script.replace(".compile()", ".import_root(\"nowhere\").compile()"),
    );
    let said = fails(&project);
    assert!(
        said.contains("`nowhere` is not a folder: check `Builder::import_root`"),
        "{said}"
    );
}

#[test]
fn a_contract_that_drifted_from_its_lock_fails_the_build_with_the_report_of_check() {
    let project = project("aster-outside-locked", ".root(\"schema/a.aster\").locked(true)");
    const SCHEMA: &str =
        "package a;\n\nmessage A {\n  id: string;\n}\n\nservice S {\n  rpc get(A) -> A;\n}\n";
    project.write("schema/a.aster", SCHEMA);
    let said = fails(&project);
    assert!(
        said.contains("there is no lock file `schema/aster.lock`: write it with `asterc lock`"),
        "{said}"
    );
    project.asterc(&["lock", "schema/a.aster"]);
    succeeds(&project);
    let lock = project.read("schema/aster.lock");

    project.write("schema/a.aster", &SCHEMA.replace("id: string", "id: bytes"));
    let report = project.asterc(&["check", "--locked", "schema/a.aster"]);
    assert_eq!(report.code, Some(3), "{report:?}");
    let said = fails(&project);
    assert!(
        said.contains(&indented(&report.stderr)),
        "cargo says\n{said}\nand asterc\n{}",
        report.stderr
    );

    // the lock file is watched, too
    project.asterc(&["lock", "schema/a.aster"]);
    succeeds(&project);
    let before = runs(&project);
    succeeds(&project);
    assert_eq!(runs(&project), before);
    project.write("schema/aster.lock", &lock);
    assert!(fails(&project).contains("a contract id differs from `schema/aster.lock`"));
}
