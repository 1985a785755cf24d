//! Runs one benchmark of `benches/` in a release build; what it prints is what it measured.

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::path::Path;
use std::process::Command;

#[derive(Args)]
pub(crate) struct Bench {
    /// Which benchmark
    name: Name,
    /// One JSON object instead of a table: `{"bench", "unit", "rows": [{"name", "ours", "peers"}]}`
    #[arg(long)]
    json: bool,
    /// Further arguments of the benchmark itself
    #[arg(last = true)]
    rest: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// The static codec beside the Fory derive and prost
    Codec,
    /// Calls of every pattern, and both placements, beside bare iroh
    Calls,
    /// `asterc` beside protoc, buf, capnp and flatc, those of them that are installed
    Compile,
}

impl Bench {
    pub(crate) fn run(&self, root: &Path) -> anyhow::Result<()> {
        let name = match self.name {
            Name::Codec => "codec",
            Name::Calls => "calls",
            Name::Compile => "compile",
        };
        if name == "compile" {
            let arguments = ["build", "--quiet", "--release", "--locked", "--package", "asterc"];
            let status = Command::new(env!("CARGO"))
                .current_dir(root)
                .args(arguments)
                .status();
            if !status.context("cannot start cargo")?.success() {
                bail!("asterc could not be built");
            }
        }
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(root)
            .args(["run", "--quiet", "--release", "--locked"]);
        cargo.args(["--package", "aster-benches", "--bin", name, "--"]);
        if self.json {
            cargo.arg("--json");
        }
        let status = cargo.args(&self.rest).status().context("cannot start cargo")?;
        if !status.success() {
            bail!("the benchmark `{name}` failed ({status})");
        }
        Ok(())
    }
}
