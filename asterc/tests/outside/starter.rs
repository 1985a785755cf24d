//! The project that `asterc init` writes.

use crate::cargo::{Outside, ROOT};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

#[test]
fn the_starter_runs_a_call_with_two_commands() {
    let project = Outside::new("aster-outside-starter");
    let done = project.asterc(&["init", "--checkout", ROOT]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""), "{done:?}");
    assert!(done.stderr.ends_with("\n  cargo run\n"), "{done:?}");

    project.share_derives();
    let done = project.cargo(&["run"]);
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (Some(0), "Hello, Ada!\n"),
        "{done:?}"
    );
    assert!(!done.stderr.contains("warning"), "{done:?}");

    // the two halves
    let mut server = Server::start(&project);
    let called = project
        .program(&["call", &server.ticket(), "Grace"])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&called.stdout),
        "Hello, Grace!\n",
        "{called:?}"
    );
    drop(server);
    let done = project.cargo(&["run", "--", "call", "asterisk"]);
    assert!(done.code == Some(1) && done.stderr.contains("ticket"), "{done:?}");
    // a mistake in the schema
    let schema = project.read("schema/hello.aster");
    project.write(
        "schema/hello.aster",
        &schema.replace("name: string", "name: strinq"),
    );
    let done = project.cargo(&["run"]);
    assert!(
        done.code == Some(101) && done.stderr.contains("schema/hello.aster:8:9"),
        "{done:?}"
    );
}

/// The starter's server, in a process that ends when this does.
struct Server(Child);

impl Server {
    fn start(project: &Outside) -> Self {
        let mut command = project.program(&["serve"]);
        Self(command.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Its first line; there is one when it serves.
    fn ticket(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.0.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_starter_is_as_tidy_as_its_user_will_be() {
    let project = Outside::new("aster-outside-tidy");
    project.asterc(&["init", "--checkout", ROOT]);
    let done = project.cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    assert!(done.code == Some(0) && done.stderr.is_empty(), "{done:?}");
    let check = project.asterc(&["check", "schema/hello.aster"]);
    assert_eq!((check.code, check.stderr.as_str()), (Some(0), ""));
    let layout = project.asterc(&["fmt", "--check", "schema"]);
    assert_eq!((layout.code, layout.stderr.as_str()), (Some(0), ""));
    let mut rustfmt = std::process::Command::new("rustfmt");
    let rust = [
        "build.rs",
        "src/main.rs",
        "src/lib.rs",
        "src/client.rs",
        "src/server.rs",
    ];
    rustfmt
        .args(["--check", "--edition", "2024"])
        .args(rust)
        .current_dir(project.path());
    let done = rustfmt.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert_eq!(
        fs::read_dir(project.path()).unwrap().count(),
        6,
        "with Cargo.lock"
    );
}
