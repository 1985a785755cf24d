//! The TypeScript package: its addon, its JavaScript, its archive, its tests.

use crate::python::{build_programs, target};
use crate::succeed;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the package lies.
const PACKAGE: &str = "bindings/typescript";
/// Where what `asterc` generates is checked.
const GENERATED: &str = "tests/typescript";

#[derive(Args)]
pub(crate) struct TypeScript {
    #[command(subcommand)]
    task: TypeScriptTask,
}

#[derive(Subcommand)]
enum TypeScriptTask {
    /// Builds the addon for this machine and the package around it, and prints where its archive is: `npm install` takes it
    Build {
        /// Quick to build, slow to run
        #[arg(long)]
        debug: bool,
    },
    /// Builds the package in place, and runs everything that is to hold there
    Test {
        /// Test files, `build/test/calls.test.js`, and further arguments of `node --test`; all without them
        #[arg(last = true)]
        rest: Vec<String>,
    },
}

impl TypeScript {
    pub(crate) fn run(self, root: &Path) -> anyhow::Result<()> {
        match self.task {
            TypeScriptTask::Build { debug } => {
                let package = Package::new(root)?;
                package.build(debug)?;
                eprintln!("xtask: {}", package.archive()?.display());
                Ok(())
            }
            TypeScriptTask::Test { rest } => test(root, &rest),
        }
    }
}

/// Everything that is to hold in TypeScript.
pub(crate) fn test(root: &Path, rest: &[String]) -> anyhow::Result<()> {
    let package = Package::new(root)?;
    package.build(true)?;
    // `aster` signs credentials, `asterc` generates code
    build_programs(root)?;
    let programs = target(root).join("debug");
    if rest.is_empty() {
        succeed(package.npm().args(["run", "--silent", "lint"]))?;
        let mut check = package.npm();
        check.env("ASTER", programs.join("aster"));
        succeed(check.args(["run", "--silent", "check"]))?;
        let generated = root.join(GENERATED);
        tools(&generated)?;
        let mut check = npm(&generated);
        check
            .env("ASTER_RUNTIME", &package.folder)
            .env("ASTERC", programs.join("asterc"))
            .args(["run", "--silent", "test"]);
        return succeed(&mut check);
    }
    succeed(package.npm().args(["run", "--silent", "compile-tests"]))?;
    let mut node = Command::new("node");
    node.current_dir(&package.folder)
        .env("ASTER", programs.join("aster"))
        .args(["--expose-gc", "--test"])
        .args(rest);
    succeed(&mut node)
}

/// The package, with the tools of its lock file.
pub(crate) struct Package {
    folder: PathBuf,
    root: PathBuf,
}

impl Package {
    pub(crate) fn new(root: &Path) -> anyhow::Result<Self> {
        let package = Self {
            folder: root.join(PACKAGE),
            root: root.to_owned(),
        };
        tools(&package.folder)?;
        Ok(package)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn npm(&self) -> Command {
        npm(&self.folder)
    }

    /// Builds the addon and compiles the TypeScript: both are in `dist` then.
    pub(crate) fn build(&self, debug: bool) -> anyhow::Result<()> {
        let dist = self.folder.join("dist");
        if dist.exists() {
            // what was there for sources that are gone
            fs::remove_dir_all(&dist)?;
        }
        let profile = if debug { "dev" } else { "release" };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(&self.root).args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "aster-typescript",
            "--profile",
            profile,
        ]);
        succeed(&mut cargo)?;
        succeed(self.npm().args(["run", "--silent", "build"]))?;
        let built = target(&self.root).join(if debug { "debug" } else { "release" });
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let built = built.join(format!("{prefix}aster_typescript{suffix}"));
        let addon = dist.join(format!("aster-runtime.{}.node", self.platform()?));
        fs::copy(&built, &addon).with_context(|| built.display().to_string())?;
        Ok(())
    }

    /// The name that Node.js has for this machine.
    fn platform(&self) -> anyhow::Result<String> {
        let mut node = Command::new("node");
        let output = node
            .current_dir(&self.folder)
            .args(["--print", "`${process.platform}-${process.arch}`"])
            .output()
            .context("cannot start node")?;
        if !output.status.success() {
            bail!("node failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The archive of what was built.
    pub(crate) fn archive(&self) -> anyhow::Result<PathBuf> {
        let folder = target(&self.root).join("typescript");
        fs::create_dir_all(&folder)?;
        let mut npm = self.npm();
        npm.args(["pack", "--silent", "--pack-destination"]).arg(&folder);
        let output = npm.output().context("cannot start npm")?;
        if !output.status.success() {
            bail!("npm pack failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let name = String::from_utf8(output.stdout)?;
        let name = name.lines().last().context("npm pack has made nothing")?;
        Ok(folder.join(name.trim()))
    }
}

fn npm(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder);
    npm
}

/// Installs what a lock file says, where it is not there or is something else.
pub(crate) fn tools(folder: &Path) -> anyhow::Result<()> {
    let lock = folder.join("package-lock.json");
    let lock = fs::read_to_string(&lock).with_context(|| lock.display().to_string())?;
    let stamp = folder.join("node_modules/installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut npm = npm(folder);
    npm.args(["ci", "--silent", "--no-audit", "--no-fund"]);
    succeed(&mut npm).context("the TypeScript package needs Node.js 20 or newer, and npm")?;
    fs::write(&stamp, lock)?;
    Ok(())
}
