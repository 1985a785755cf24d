//! The Python package: its environment, its wheel, its tests.

use crate::succeed;
use crate::typescript::Package;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is committed of the tools that tests run: exact versions.
const REQUIREMENTS: &str = "bindings/python/requirements-dev.txt";

#[derive(Args)]
pub(crate) struct Python {
    #[command(subcommand)]
    task: PythonTask,
}

#[derive(Subcommand)]
enum PythonTask {
    /// Builds the wheel, for every `CPython` from 3.10 on
    Wheel {
        /// Quick to build, slow to run
        #[arg(long)]
        debug: bool,
    },
    /// Builds a wheel, installs it into an environment of its own, and runs everything that is to hold there
    Test {
        /// Further arguments of pytest
        #[arg(last = true)]
        rest: Vec<String>,
    },
}

impl Python {
    pub(crate) fn run(self, root: &Path) -> anyhow::Result<()> {
        match self.task {
            PythonTask::Wheel { debug } => {
                let environment = Environment::new(root)?;
                let wheel = environment.wheel(root, debug)?;
                eprintln!("xtask: {}", wheel.display());
                Ok(())
            }
            PythonTask::Test { rest } => test(root, &rest),
        }
    }
}

/// Everything that is to hold in Python.
pub(crate) fn test(root: &Path, rest: &[String]) -> anyhow::Result<()> {
    let environment = Environment::new(root)?;
    let wheel = environment.wheel(root, true)?;
    environment.install(&wheel)?;
    environment.node_tools(root)?;
    build_programs(root)?;
    // the other side of calls between languages
    let package = Package::new(root)?;
    package.build(true)?;
    let mut pytest = environment.command("python");
    pytest
        .current_dir(root)
        .args(["-m", "pytest", "-q", "-c", "bindings/python/pyproject.toml"])
        .args(["--rootdir", "."]);
    let names_tests = |argument: &String| {
        let path = argument.split("::").next().unwrap_or_default();
        !argument.starts_with('-') && root.join(path).exists()
    };
    if !rest.iter().any(names_tests) {
        pytest.args(["bindings/python/tests", "tests/python", "tests/e2e"]);
    }
    pytest
        .env("ASTERC", target(root).join("debug/asterc"))
        .env("ASTER", target(root).join("debug/aster"))
        .env("ASTER_INTEROP", target(root).join("debug/aster-interop"))
        .env("ASTER_WHEEL", &wheel)
        .env("ASTER_TYPESCRIPT", package.folder())
        // for the tests that build the package from its sources
        .env("CARGO_TARGET_DIR", target(root))
        .args(rest);
    succeed(&mut pytest)
}

/// A virtual environment below the target folder, with the tools of the requirements.
pub(crate) struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// Makes it where it is not there, or is not what the requirements say.
    pub(crate) fn new(root: &Path) -> anyhow::Result<Self> {
        let folder = target(root).join("python");
        let requirements = fs::read_to_string(root.join(REQUIREMENTS)).context(REQUIREMENTS)?;
        let stamp = folder.join("requirements.txt");
        let environment = Self { folder };
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements) {
            return Ok(environment);
        }
        let venv = environment.folder.join("venv");
        fs::create_dir_all(&environment.folder)?;
        let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let made = Command::new(python)
            .args(["-m", "venv", "--clear"])
            .arg(&venv)
            .status();
        if !made
            .context("cannot start python3: the tests of the Python package need CPython 3.10 or newer")?
            .success()
        {
            bail!(
                "the environment {} could not be made: is the package python3-venv installed?",
                venv.display()
            );
        }
        let mut pip = environment.command("python");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ]);
        succeed(pip.arg(root.join(REQUIREMENTS)))?;
        fs::write(&stamp, requirements)?;
        Ok(environment)
    }

    /// A program of the environment.
    pub(crate) fn command(&self, program: &str) -> Command {
        let programs = self.folder.join("venv/bin");
        let mut path = programs.clone().into_os_string();
        path.push(":");
        path.push(self.folder.join("node_modules/.bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(programs.join(program));
        command
            .env("PATH", path)
            .env("VIRTUAL_ENV", self.folder.join("venv"));
        command
    }

    /// Builds the wheel with maturin.
    pub(crate) fn wheel(&self, root: &Path, debug: bool) -> anyhow::Result<PathBuf> {
        let wheels = self.folder.join(if debug { "debug" } else { "release" });
        if wheels.exists() {
            fs::remove_dir_all(&wheels)?;
        }
        let mut maturin = self.command("maturin");
        maturin
            .current_dir(root.join("bindings/python"))
            .env("CARGO_TARGET_DIR", target(root))
            .args([
                "build",
                "--locked",
                "--quiet",
                "--interpreter",
                "python3",
                "--out",
            ])
            .arg(&wheels)
            .args(["--profile", if debug { "dev" } else { "release" }]);
        succeed(&mut maturin)?;
        let mut built = fs::read_dir(&wheels)?;
        let wheel = built.next().context("maturin built no wheel")??;
        Ok(wheel.path())
    }

    /// Installs a wheel in place of the one that is there.
    pub(crate) fn install(&self, wheel: &Path) -> anyhow::Result<()> {
        let mut pip = self.command("python");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        succeed(pip.args(["--no-deps", "--force-reinstall"]).arg(wheel))
    }

    /// The tools that npm has, as their lock file says.
    fn node_tools(&self, root: &Path) -> anyhow::Result<()> {
        let from = root.join("tests/python");
        let lock =
            fs::read_to_string(from.join("package-lock.json")).context("tests/python/package-lock.json")?;
        let stamp = self.folder.join("package-lock.json");
        let installed = fs::read_to_string(self.folder.join("node_modules/installed"));
        if installed.is_ok_and(|installed| installed == lock) {
            return Ok(());
        }
        fs::copy(from.join("package.json"), self.folder.join("package.json"))?;
        fs::write(&stamp, &lock)?;
        let mut npm = Command::new("npm");
        succeed(
            npm.current_dir(&self.folder)
                .args(["ci", "--silent", "--no-audit", "--no-fund"]),
        )?;
        fs::write(self.folder.join("node_modules/installed"), lock)?;
        Ok(())
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The compiler, the operator's command, and the program in Rust that Python's tests call and are called by.
pub(crate) fn build_programs(root: &Path) -> anyhow::Result<()> {
    let mut cargo = Command::new(env!("CARGO"));
    succeed(
        cargo
            .current_dir(root)
            // the runtime with the features that the wheel has: it is not compiled again
            .args([
                "build",
                "--quiet",
                "--locked",
                "--package",
                "asterc",
                "--package",
                "aster-interop",
                "--package",
                "aster-cli",
            ]),
    )
}

/// Where cargo builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}
