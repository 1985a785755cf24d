//! The examples as a person runs them.

mod dynamic;
mod fleet;
mod hello;

use std::path::PathBuf;
use std::process::{Command, Output};

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// An example, which cargo has built beside this test.
fn path(program: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("the path of this test");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.join("examples")
        .join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

fn run(program: &str, arguments: &[&str]) -> Ran {
    let path = path(program);
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(&path)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Ran {
        code: status.code(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}
