//! Runs one benchmark of `benches/` in a release build; what it prints is what it measured.

use crate::python::{Environment, target};
use crate::succeed;
use crate::typescript::{self, Package};
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
    /// Calls of Python beside grpcio, and its codec beside pyfory
    Python,
    /// Calls of TypeScript beside grpc-js, and its codec beside the static code of protobufjs
    #[value(name = "typescript")]
    TypeScript,
    /// `asterc` beside protoc, buf, capnp and flatc, those of them that are installed
    Compile,
}

impl Bench {
    pub(crate) fn run(&self, root: &Path) -> anyhow::Result<()> {
        let name = match self.name {
            Name::Codec => "codec",
            Name::Calls => "calls",
            Name::Python => return self.python(root),
            Name::TypeScript => return self.typescript(root),
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

    /// Builds the package and the code of the schema, and runs what is in `benches/python`.
    fn python(&self, root: &Path) -> anyhow::Result<()> {
        let environment = Environment::new(root)?;
        let wheel = environment.wheel(root, false)?;
        environment.install(&wheel)?;
        let folder = environment.folder().join("bench");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let schema = root.join("benches/schema");
        for (name, file) in [("calls_aster", "calls.aster"), ("codec_aster", "bench.aster")] {
            generate(root, "python", file, &folder.join(name))?;
        }
        let mut protoc = environment.command("python");
        protoc.args(["-m", "grpc_tools.protoc"]).arg("-I").arg(&schema);
        for kind in ["--python_out", "--grpc_python_out"] {
            protoc.arg(format!("{kind}={}", folder.display()));
        }
        succeed(protoc.arg(schema.join("calls.proto")))?;
        certificate(&folder)?;
        for program in ["codec.py", "bench.py"] {
            let mut python = environment.command("python");
            python.arg(root.join("benches/python").join(program)).arg(&folder);
            if self.json {
                python.arg("--json");
            }
            succeed(python.args(&self.rest))?;
        }
        Ok(())
    }
}

impl Bench {
    /// Builds the package and the code of the schema, and runs what is in `benches/typescript`.
    fn typescript(&self, root: &Path) -> anyhow::Result<()> {
        let package = Package::new(root)?;
        package.build(false)?;
        let programs = root.join("benches/typescript");
        typescript::tools(&programs)?;
        let folder = target(root).join("typescript/bench");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let modules = folder.join("node_modules");
        std::fs::create_dir_all(&modules)?;
        for (name, from) in [
            ("aster-runtime", package.folder().to_owned()),
            ("@types", package.folder().join("node_modules/@types")),
            ("protobufjs", programs.join("node_modules/protobufjs")),
        ] {
            link(&from, &modules.join(name))?;
        }
        std::fs::write(folder.join("package.json"), r#"{ "type": "module" }"#)?;
        generate(root, "typescript", "calls.aster", &folder.join("calls"))?;
        generate(root, "typescript", "bench.aster", &folder.join("codec"))?;
        let mut tsc = Command::new("node");
        tsc.current_dir(&folder)
            .arg(package.folder().join("node_modules/typescript/bin/tsc"))
            .args([
                "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node",
            ])
            .args(["calls/aster/calls.ts", "codec/aster/bench.ts"]);
        succeed(&mut tsc)?;
        let mut pbjs = Command::new("node");
        pbjs.arg(programs.join("node_modules/protobufjs-cli/bin/pbjs"))
            .args(["--target", "static-module", "--wrap", "es6", "--out"])
            .arg(folder.join("protobuf.js"))
            .arg(root.join("benches/schema/bench.proto"));
        succeed(&mut pbjs)?;
        certificate(&folder)?;
        let run = |program: &str, arguments: &[&Path]| {
            let mut node = Command::new("node");
            node.arg(programs.join(program)).args(arguments);
            if self.json {
                node.arg("--json");
            }
            succeed(node.args(&self.rest))
        };
        run(
            "codec.mjs",
            &[&folder.join("codec/aster/bench.js"), &folder.join("protobuf.js")],
        )?;
        run("bench.mjs", &[&folder])
    }
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> anyhow::Result<()> {
    Ok(std::os::unix::fs::symlink(from, to)?)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> anyhow::Result<()> {
    bail!("this benchmark runs where folders can be linked")
}

/// Generates the code of a schema of the benchmarks in a folder.
fn generate(root: &Path, language: &str, schema: &str, folder: &Path) -> anyhow::Result<()> {
    let made = folder.with_extension("made");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root).args([
        "run",
        "--quiet",
        "--release",
        "--locked",
        "--package",
        "asterc",
        "--",
    ]);
    cargo
        .args(["build", "--quiet", "--lang", language, "--out"])
        .arg(&made);
    succeed(cargo.arg(root.join("benches/schema").join(schema)))?;
    std::fs::rename(made.join(language), folder)?;
    Ok(())
}

/// A key and a certificate for `localhost`, made by the program of OpenSSL.
fn certificate(folder: &Path) -> anyhow::Result<()> {
    let mut openssl = Command::new("openssl");
    openssl
        .current_dir(folder)
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .stderr(std::process::Stdio::null());
    succeed(&mut openssl)
}
