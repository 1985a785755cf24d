//! Fuzzing: builds the targets in `fuzz/` with coverage, makes their seeds and runs them.
//!
//! No tool is installed for it, and no nightly: what libFuzzer needs of the compiler are flags of the stable one.

use crate::succeed;
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What libFuzzer reads: which edges ran, and what was compared with what.
const COVERAGE: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

#[derive(clap::Args)]
pub(crate) struct Fuzz {
    /// Which target; every one in turn when left out
    target: Option<Target>,
    /// Inputs to run instead of looking for new ones: what a finding was written to
    inputs: Vec<PathBuf>,
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 600)]
    seconds: u32,
    /// Run the fixed number of inputs that CI runs
    #[arg(long, conflicts_with_all = ["target", "inputs", "seconds"])]
    short: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// A file is parsed
    Parse,
    /// A file is formatted, twice
    Fmt,
    /// Several files are compiled, and everything is made of them
    Resolve,
    /// A contract's canonical bytes are decoded and encoded
    Canonical,
    /// A payload is decoded and encoded
    Codec,
    /// A description is verified, and a payload of it decoded and encoded
    Described,
    /// A text in JSON becomes a payload, and JSON again
    Json,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Fmt => "fmt",
            Self::Resolve => "resolve",
            Self::Canonical => "canonical",
            Self::Codec => "codec",
            Self::Described => "described",
            Self::Json => "json",
        }
    }

    /// Inputs of a short run: a number, so that the same code gives the same answer on any machine.
    fn short_runs(self) -> u32 {
        match self {
            Self::Parse => 2_000,
            Self::Fmt => 3_000,
            Self::Resolve => 2_000,
            Self::Canonical => 200_000,
            Self::Codec => 100_000,
            Self::Described => 50_000,
            Self::Json => 100_000,
        }
    }

    fn is_text(self) -> bool {
        matches!(self, Self::Parse | Self::Fmt | Self::Resolve)
    }
}

impl Fuzz {
    /// Runs for as long as was asked, or the inputs that were given.
    pub(crate) fn run(&self, root: &Path) -> anyhow::Result<()> {
        if self.short {
            return short(root);
        }
        let built = build(root)?;
        let all = Target::value_variants();
        let targets = self.target.as_ref().map_or(all, std::slice::from_ref);
        for &target in targets {
            if !self.inputs.is_empty() {
                succeed(Command::new(built.join(target.name())).args(&self.inputs))?;
                continue;
            }
            // Kept from run to run, so that each begins where the last one ended.
            let corpus = root.join("fuzz/corpus").join(target.name());
            fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
            let limit = format!("-max_total_time={}", self.seconds);
            search(root, &built, target, &corpus, &limit, false)?;
        }
        Ok(())
    }
}

/// The same number of inputs for each target in every run, from the seeds alone.
pub(crate) fn short(root: &Path) -> anyhow::Result<()> {
    let built = build(root)?;
    for &target in Target::value_variants() {
        let corpus = empty(&root.join("target/fuzz/short").join(target.name()))?;
        let runs = target.short_runs();
        search(root, &built, target, &corpus, &format!("-runs={runs}"), true)?;
        eprintln!("fuzz: {} passed with {runs} inputs", target.name());
    }
    Ok(())
}

/// Builds every target; tells the folder with the programs.
fn build(root: &Path) -> anyhow::Result<PathBuf> {
    // Without `--target` build scripts and macros would be built with the flags too, and not run.
    let host = host()?;
    let folder = root.join("target/fuzz");
    succeed(
        Command::new(env!("CARGO"))
            .current_dir(root.join("fuzz"))
            .env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\u{1f}"))
            .args([
                "build",
                "--release",
                "--bins",
                "--locked",
                "--target",
                &host,
                "--target-dir",
            ])
            .arg(&folder),
    )?;
    Ok(folder.join(host).join("release"))
}

fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("cannot start rustc")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not say which host it is for")
}

/// Looks for an input that breaks what the target says; writes what is new to `corpus`, and a finding to `fuzz/artifacts`.
fn search(
    root: &Path,
    built: &Path,
    target: Target,
    corpus: &Path,
    limit: &str,
    quiet: bool,
) -> anyhow::Result<()> {
    let name = target.name();
    let seeds = empty(&root.join("target/fuzz/seeds").join(name))?;
    let artifacts = root.join("fuzz/artifacts").join(name);
    fs::create_dir_all(&artifacts).with_context(|| artifacts.display().to_string())?;
    let mut command = Command::new(built.join(name));
    command
        .current_dir(root)
        .env("ASTER_FUZZ_SEEDS", &seeds)
        .args([corpus, &seeds])
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        // The same inputs in every run of the same length; an input may take seconds and memory, but not many.
        .args(["-seed=1", "-timeout=10", "-rss_limit_mb=1024"])
        .args(["-print_final_stats=1", limit]);
    if target.is_text() {
        command.arg("-dict=fuzz/aster.dict");
    }
    if quiet {
        command.stderr(Stdio::piped());
    }
    let output = command.spawn().and_then(Child::wait_with_output);
    let output = output.with_context(|| format!("cannot start {command:?}"))?;
    let status = output.status;
    if !status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        bail!(
            "the target `{name}` found something ({status}); run it again with `cargo xtask fuzz {name} {}/FILE`",
            artifacts.strip_prefix(root).unwrap_or(&artifacts).display()
        );
    }
    Ok(())
}

/// The folder, without anything in it.
fn empty(folder: &Path) -> anyhow::Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    Ok(folder.to_path_buf())
}
