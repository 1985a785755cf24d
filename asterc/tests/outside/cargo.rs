//! Cargo in a crate that is no member of this workspace. It shares the workspace's lock file and target folder, so that
//! the libraries are compiled once, and needs no network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A crate in a folder of its own, which goes when this does.
pub(crate) struct Outside {
    /// The package, which is unlike any other in the target folder.
    name: &'static str,
    folder: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outside {
    /// A folder for the package `name`, in which there is nothing yet.
    pub(crate) fn new(name: &'static str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join(name)).unwrap();
        Self { name, folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }

    /// Asks for one more feature of `syn`, as `fory-derive` does in this workspace's tests. Without it, every crate behind a
    /// derive macro, the network among them, would be compiled once more.
    pub(crate) fn share_derives(&self) {
        let manifest = self.read("Cargo.toml");
        let syn = "\n[build-dependencies.syn]\nversion = \"2\"\nfeatures = [\"fold\"]\n";
        self.write("Cargo.toml", &format!("{manifest}{syn}"));
    }

    /// The program that cargo has built.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let file = format!("{}{}", self.name, std::env::consts::EXE_SUFFIX);
        let mut command = Command::new(target().join("debug").join(file));
        command.args(arguments);
        command
    }

    pub(crate) fn asterc(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asterc"));
        ran(command.current_dir(self.path()).args(arguments))
    }

    pub(crate) fn cargo(&self, arguments: &[&str]) -> Ran {
        let lock = self.path().join("Cargo.lock");
        if !lock.exists() {
            fs::copy(Path::new(ROOT).join("Cargo.lock"), lock).unwrap();
        }
        let (subcommand, rest) = arguments.split_first().unwrap();
        let mut command = Command::new(env!("CARGO"));
        command
            .current_dir(self.path())
            .arg(subcommand)
            .args(["--offline", "--color", "never"])
            // as in the workspace, or every library is compiled once more
            .args(["--config", "profile.dev.debug=\"line-tables-only\""])
            .args(["--config", "profile.dev.package.\"*\".debug=false"])
            .args(rest)
            .env("CARGO_TARGET_DIR", target());
        // what the cargo around this test has set is about its package
        for (name, _) in std::env::vars() {
            let is_of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            if is_of_package || name == "CARGO_TERM_COLOR" {
                command.env_remove(name);
            }
        }
        ran(&mut command)
    }
}

impl Drop for Outside {
    /// A program with all its libraries is large; it would stay in the target folder.
    fn drop(&mut self) {
        if self.path().join("Cargo.toml").exists() {
            self.cargo(&["clean", "--quiet", "--package", self.name]);
        }
    }
}

/// The folder that has this test in it: `target/debug/deps/outside-…`.
fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    target.to_path_buf()
}

fn ran(command: &mut Command) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Ran {
        code: status.code(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}
