//! What is compared: the same work of each tool, on the same model in its language.

use super::measure::{self, Cost};
use anyhow::{Context, bail};
use aster_realistic::{Model, SourceFile};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The programs that take part.
pub struct Tools {
    asterc: PathBuf,
    installed: Vec<&'static str>,
}

const PEERS: [&str; 4] = ["protoc", "buf", "capnp", "flatc"];

impl Tools {
    /// `asterc` stands beside this program; the peers are looked for in `PATH`.
    ///
    /// # Errors
    /// `asterc` is not there.
    pub fn find() -> anyhow::Result<Self> {
        let this = std::env::current_exe()?;
        let asterc = this.with_file_name("asterc");
        if !asterc.is_file() {
            bail!(
                "there is no {}: run `cargo xtask bench compile`",
                asterc.display()
            );
        }
        let is_there = |name: &&'static str| {
            let mut command = Command::new(name);
            command
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let installed = PEERS.into_iter().filter(is_there).collect();
        Ok(Self { asterc, installed })
    }

    /// The peers that are not installed.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        PEERS.into_iter().filter(|peer| !self.installed.contains(peer))
    }

    /// The peers that take part.
    pub fn peers(&self) -> Vec<&'static str> {
        self.installed.clone()
    }
}

/// One row: the same work of several programs.
pub struct Case {
    /// What is done.
    pub name: String,
    peers: Vec<&'static str>,
    commands: Vec<(Command, Vec<i32>)>,
}

impl Case {
    /// A row that was measured in another way, without peers.
    pub(super) fn alone(name: String) -> Self {
        Self::of(name, Vec::new())
    }

    /// A row that was measured in another way.
    pub(super) fn of(name: String, peers: Vec<&'static str>) -> Self {
        Self {
            name,
            peers,
            commands: Vec::new(),
        }
    }

    /// The peers that do this, in the order in which [`measure`](Self::measure) answers.
    pub fn peers(&self) -> impl Iterator<Item = &'static str> {
        self.peers.iter().copied()
    }

    /// What each needs, ours first.
    ///
    /// # Errors
    /// One of them fails.
    pub fn measure(&self, rounds: usize) -> anyhow::Result<Vec<Cost>> {
        measure::compare(&self.commands, rounds)
    }
}

/// A folder with a model in every language.
pub struct Workplace {
    folder: TempDir,
    pub(super) types: usize,
    /// The file that imports all others, without its ending.
    root: String,
    proto: Vec<String>,
    capnp: Vec<String>,
}

impl Workplace {
    /// Writes the model, and what `asterc` needs beside it: a lock file, and an edited tree to compare with.
    ///
    /// # Errors
    /// A file cannot be written, or `asterc` does not take the model.
    pub fn new(types: usize, tools: &Tools) -> anyhow::Result<Self> {
        let model = Model::new(types);
        let folder = TempDir::new()?;
        let mut workplace = Self {
            types: model.types(),
            root: String::new(),
            proto: Vec::new(),
            capnp: Vec::new(),
            folder,
        };
        let aster = workplace.write("aster", model.aster())?;
        workplace.write("edited", model.edited().aster())?;
        workplace.proto = workplace.write("proto", model.proto())?;
        workplace.capnp = workplace.write("capnp", model.capnp())?;
        workplace.write("fbs", model.flatbuffers())?;
        let last = aster.last().context("a model has files")?;
        last.trim_end_matches(".aster").clone_into(&mut workplace.root);
        for folder in ["cpp", "capnp-cpp", "fbs-rust", "proto-formatted"] {
            fs::create_dir_all(workplace.path(folder))?;
        }
        let status = workplace
            .asterc(tools, "aster", &["lock", "--lock-file", "../aster.lock"])
            .0
            .status()?;
        if !status.success() {
            bail!("asterc does not take the model");
        }
        Ok(workplace)
    }

    /// Where the model is in a language, or what is made of it.
    pub(super) fn path(&self, folder: &str) -> PathBuf {
        self.folder.path().join(folder)
    }

    /// The root of our model.
    pub(super) fn root_file(&self) -> PathBuf {
        self.path("aster").join(format!("{}.aster", self.root))
    }

    fn write(&self, folder: &str, files: Vec<SourceFile>) -> anyhow::Result<Vec<String>> {
        let mut paths = Vec::new();
        for (path, text) in files {
            let full = self.path(folder).join(&path);
            fs::create_dir_all(full.parent().unwrap_or(Path::new(".")))?;
            fs::write(full, text)?;
            paths.push(path);
        }
        Ok(paths)
    }

    fn asterc(&self, tools: &Tools, folder: &str, arguments: &[&str]) -> (Command, Vec<i32>) {
        let mut command = Command::new(&tools.asterc);
        command.current_dir(self.path(folder)).args(arguments);
        command
            .args(["-q", "-I", "."])
            .arg(format!("{}.aster", self.root));
        (command, vec![0, 3])
    }

    fn peer(&self, name: &str, folder: &str, arguments: &[&str], files: &[String]) -> (Command, Vec<i32>) {
        let mut command = Command::new(name);
        command.current_dir(self.path(folder)).args(arguments).args(files);
        (command, vec![0])
    }

    /// Everything that is compared.
    pub fn cases(&self, tools: &Tools) -> Vec<Case> {
        let fbs = [format!("{}.fbs", self.root)];
        let (proto, capnp) = (self.proto.as_slice(), self.capnp.as_slice());
        let case =
            |name: &str, ours: (Command, Vec<i32>), peers: Vec<(&'static str, (Command, Vec<i32>))>| {
                let peers: Vec<_> = peers
                    .into_iter()
                    .filter(|(peer, _)| tools.installed.contains(peer))
                    .collect();
                let names = peers.iter().map(|(peer, _)| *peer).collect();
                Case {
                    name: format!("{name}, {} types", self.types),
                    peers: names,
                    commands: std::iter::once(ours)
                        .chain(peers.into_iter().map(|(_, command)| command))
                        .collect(),
                }
            };
        let trees = {
            let mut command = Command::new(&tools.asterc);
            command
                .current_dir(self.folder.path())
                .args(["diff", "aster", "edited"]);
            (command, vec![3])
        };
        let lock_diff = {
            let mut command = Command::new(&tools.asterc);
            command
                .current_dir(self.folder.path())
                .args(["diff", "aster.lock"]);
            command
                .arg(format!("edited/{}.aster", self.root))
                .args(["-I", "edited"]);
            (command, vec![3])
        };
        let fmt = {
            let mut command = Command::new(&tools.asterc);
            command
                .current_dir(self.folder.path())
                .args(["fmt", "--check", "-q", "aster"]);
            (command, vec![0, 1])
        };
        vec![
            case(
                "check",
                self.asterc(tools, "aster", &["check"]),
                vec![
                    (
                        "protoc",
                        self.peer(
                            "protoc",
                            "proto",
                            &["-I.", "--include_imports", "-o/dev/null"],
                            proto,
                        ),
                    ),
                    (
                        "buf",
                        self.peer("buf", "proto", &["build", "-o", "/dev/null"], &[]),
                    ),
                    (
                        "capnp",
                        self.peer("capnp", "capnp", &["compile", "-I.", "-o-"], capnp),
                    ),
                    (
                        "flatc",
                        self.peer(
                            "flatc",
                            "fbs",
                            &["-I", ".", "-b", "--schema", "-o", "../fbs-schema"],
                            &fbs,
                        ),
                    ),
                ],
            ),
            case(
                "lock",
                self.asterc(tools, "aster", &["lock", "--lock-file", "../aster.lock"]),
                vec![],
            ),
            case(
                "check --locked",
                self.asterc(
                    tools,
                    "aster",
                    &["check", "--locked", "--lock-file", "../aster.lock"],
                ),
                vec![],
            ),
            case("diff against a lock", lock_diff, vec![]),
            case(
                "diff of two trees",
                trees,
                vec![(
                    "buf",
                    self.peer("buf", "proto", &["breaking", "--against", "."], &[]),
                )],
            ),
            case(
                "fmt",
                fmt,
                vec![(
                    "buf",
                    self.peer("buf", "proto", &["format", "-o", "../proto-formatted"], &[]),
                )],
            ),
            case(
                "build for Rust (peers: C++, C++, Rust)",
                self.asterc(tools, "aster", &["build", "--lang", "rust", "--out", "../rust"]),
                vec![
                    (
                        "protoc",
                        self.peer("protoc", "proto", &["-I.", "--cpp_out=../cpp"], proto),
                    ),
                    (
                        "capnp",
                        self.peer("capnp", "capnp", &["compile", "-I.", "-oc++:../capnp-cpp"], capnp),
                    ),
                    (
                        "flatc",
                        self.peer(
                            "flatc",
                            "fbs",
                            &["-I", ".", "--rust", "--gen-all", "-o", "../fbs-rust"],
                            &fbs,
                        ),
                    ),
                ],
            ),
        ]
    }
}
