//! What a change must pass, in the order in which a mistake is cheapest to hear of.

use crate::{docs, fuzz, python, succeed, system, typescript, walls};
use anyhow::{Context, bail};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    step("system", system::prepare)?;
    step("format", || {
        cargo(root, &["fmt", "--all", "--check"])?;
        cargo(&root.join("fuzz"), &["fmt", "--check"])
    })?;
    step("walls", || walls::check(root))?;
    step("book", || docs::check(root))?;
    step("clippy", || {
        // `--workspace` takes in `benches`, which default-members leave out: it is checked, not run.
        cargo(
            root,
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ],
        )
    })?;
    // the workspace has every feature on
    step("without features", || {
        cargo(root, &["check", "--locked", "--package", "aster-runtime"])
    })?;
    step("rustdoc", || {
        succeed(
            Command::new(env!("CARGO"))
                .current_dir(root)
                .env("RUSTDOCFLAGS", "-D warnings")
                .args(["doc", "--no-deps", "--locked"]),
        )
    })?;
    step("example", || example(root))?;
    step("tests", || tests(root))?;
    step("python", || python::test(root, &[]))?;
    step("typescript", || typescript::test(root, &[]))?;
    step("fuzz", || fuzz::short(root))?;
    let minutes = started.elapsed().as_secs() / 60;
    let but = match std::env::var_os(system::WITHOUT_KEYRING) {
        Some(_) => ", but for the tests with a keyring, which were left out,",
        None => "",
    };
    eprintln!("ci: everything{but} passed in {minutes} min");
    Ok(())
}

/// The main job, as the README gives it, then the refusal of an altered schema.
fn example(root: &Path) -> anyhow::Result<()> {
    cargo(root, &["run", "--quiet", "--locked", "--example", "hello"])?;
    let altered = Command::new(env!("CARGO"))
        .current_dir(root)
        .args([
            "run",
            "--quiet",
            "--locked",
            "--example",
            "hello",
            "--",
            "--altered",
        ])
        .status()
        .context("cannot start cargo")?;
    if altered.code() != Some(1) {
        bail!("a client of an altered schema must be refused with exit status 1, not {altered}");
    }
    Ok(())
}

/// With cargo-nextest where it is installed; it leaves the documentation tests to cargo.
fn tests(root: &Path) -> anyhow::Result<()> {
    let nextest = Command::new(env!("CARGO"))
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !nextest {
        return cargo(root, &["test", "--locked"]);
    }
    cargo(root, &["test", "--doc", "--locked"])?;
    cargo(root, &["nextest", "run", "--locked", "--no-fail-fast"])
}

fn step(name: &str, run: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    eprintln!("ci: {name}");
    let started = Instant::now();
    run().with_context(|| format!("ci step `{name}`"))?;
    eprintln!("ci: {name} passed in {} s", started.elapsed().as_secs());
    Ok(())
}

fn cargo(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    succeed(Command::new(env!("CARGO")).current_dir(root).args(arguments))
}
