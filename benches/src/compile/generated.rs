//! What rustc needs for the generated Rust, beside the derives people would otherwise put on the same structs.
//!
//! Each contender is one library crate of the same messages, compiled by one rustc as cargo's dev profile has it, without
//! its incremental cache. The dependencies are compiled before, and not counted.

use super::measure::run;
use super::{Case, Cost};
use anyhow::{Context, bail};
use asterc::codegen::{Layout, Options, generate};
use asterc::driver::disk::Disk;
use asterc::driver::{self, Input};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// How many messages there are, each with the eight fields of [`FIELDS`].
const MESSAGES: usize = 200;

/// A field: its name, its type in a schema and in Rust, and its attribute for prost.
const FIELDS: [(&str, &str, &str, &str); 8] = [
    ("id", "int64", "i64", "sint64"),
    ("name", "string", "String", "string"),
    ("active", "bool", "bool", "bool"),
    ("score", "float64", "f64", "double"),
    ("count", "int32", "i32", "sint32"),
    ("tags", "list<string>", "Vec<String>", "string, repeated"),
    ("note", "string?", "Option<String>", "string, optional"),
    (
        "sizes",
        "map<string, int64>",
        "BTreeMap<String, i64>",
        "btree_map = \"string, sint64\"",
    ),
];

/// A contender that takes longer is measured once.
const SLOW: f64 = 10.0;

/// The row: ours first, then std's derives, serde's, prost's and Fory's.
///
/// # Errors
/// Cargo or rustc fails.
pub fn generated(rounds: usize) -> anyhow::Result<(Case, Vec<Cost>)> {
    let folder = TempDir::new()?;
    let libraries = libraries()?;
    let contenders = [
        ("asterc", ours(folder.path())?),
        (
            "std derives",
            structs("Clone, Debug, PartialEq", |_, _| String::new()),
        ),
        (
            "serde",
            structs(
                "Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize",
                |_, _| String::new(),
            ),
        ),
        (
            "prost",
            structs("Clone, PartialEq, prost::Message", |tag, kind| {
                format!("#[prost({kind}, tag = \"{tag}\")] ")
            }),
        ),
        (
            "Fory derive",
            structs("Clone, Debug, PartialEq, fory::ForyStruct", |tag, _| {
                format!("#[fory(id = {tag})] ")
            }),
        ),
    ];
    let mut costs = Vec::new();
    for (name, text) in &contenders {
        let command = rustc(folder.path(), name, text, &libraries)?;
        let mut all = vec![run(&command, &[0]).with_context(|| (*name).to_owned())?];
        while all.len() < rounds && all[0].seconds < SLOW {
            all.push(run(&command, &[0])?);
        }
        all.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        costs.push(all[all.len() / 2]);
    }
    let name = format!(
        "debug build of the generated Rust, {MESSAGES} messages of {} fields",
        FIELDS.len()
    );
    let peers = contenders.iter().skip(1).map(|(name, _)| *name).collect();
    Ok((Case::of(name, peers), costs))
}

/// The crate that `asterc` generates.
fn ours(folder: &Path) -> anyhow::Result<String> {
    let mut schema = "package bench;\n".to_owned();
    for message in 0..MESSAGES {
        let _ = write!(schema, "message Message{message} {{");
        for (name, ty, _, _) in FIELDS {
            let _ = write!(schema, " {name}: {ty};");
        }
        schema.push_str(" }\n");
    }
    let path = folder.join("bench.aster");
    fs::write(&path, schema)?;
    let compiled = driver::compile(&[Input::Path(path)], &driver::Options::default(), &Disk)?;
    let contracts = compiled.contracts()?;
    let (Some(schema), Some(contracts)) = (&compiled.schema, contracts) else {
        bail!("{}", compiled.human(false));
    };
    let options = Options::new(Layout::Single("bench".to_owned()));
    match generate(schema, &contracts, &options) {
        Ok(files) => Ok(files.get("bench.rs").unwrap_or_default().to_owned()),
        Err(clashes) => bail!("{} names clash", clashes.len()),
    }
}

/// The structs with derives; `attribute` has the number of the field, and prost's words for its type.
fn structs(derives: &str, attribute: impl Fn(usize, &str) -> String) -> String {
    let mut text = "use std::collections::BTreeMap;\n".to_owned();
    for message in 0..MESSAGES {
        let _ = writeln!(text, "#[derive({derives})]\npub struct Message{message} {{");
        for (tag, (name, _, ty, prost)) in FIELDS.iter().enumerate() {
            let _ = writeln!(text, "    {}pub {name}: {ty},", attribute(tag + 1, prost));
        }
        text.push_str("}\n");
    }
    text
}

/// The libraries that the crates name, compiled as cargo's dev profile has them.
fn libraries() -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let output = Command::new("cargo")
        .args(["build", "--locked", "--package", "aster-benches", "--lib"])
        .args(["--message-format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    let mut found = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        let name = message["target"]["name"].as_str().unwrap_or_default();
        let file = message["filenames"][0].as_str().unwrap_or_default();
        // serde is built twice: once for build scripts, without its derive
        let features = message["features"].as_array();
        let derives = features.is_some_and(|features| features.iter().any(|feature| feature == "derive"));
        if ["aster_runtime", "fory", "prost", "serde"].contains(&name)
            && file.ends_with(".rlib")
            && (name != "serde" || derives)
        {
            found.insert(name.to_owned(), PathBuf::from(file));
        }
    }
    if found.len() < 4 {
        bail!(
            "the libraries of the peers could not be built: there are {:?}",
            found.keys()
        );
    }
    Ok(found)
}

fn rustc(
    folder: &Path,
    name: &str,
    text: &str,
    libraries: &BTreeMap<String, PathBuf>,
) -> anyhow::Result<Command> {
    let source = folder.join(format!("{}.rs", name.replace(' ', "_").to_lowercase()));
    fs::write(&source, text)?;
    let mut command = Command::new("rustc");
    command
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "lib",
            "--emit",
            "metadata,link",
        ])
        .args([
            "-C",
            "debuginfo=2",
            "-C",
            "embed-bitcode=no",
            "-A",
            "warnings",
            "--out-dir",
        ])
        .arg(folder)
        .arg(&source)
        // the Fory derive looks there for what it may name
        .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    for (name, file) in libraries {
        command.arg("--extern").arg(format!("{name}={}", file.display()));
    }
    // some stand in `deps`, and some above it
    let folders = libraries.values().filter_map(|file| file.parent());
    if let Some(deps) = folders.max_by_key(|folder| folder.ends_with("deps")) {
        command.arg("-L").arg(format!("dependency={}", deps.display()));
    }
    Ok(command)
}

/// The table for people.
pub fn table((case, costs): &(Case, Vec<Cost>)) -> String {
    let names = ["asterc"].into_iter().chain(case.peers());
    let mut head = format!("| CPU s (peak MB): {} |", case.name);
    let mut rule = "|---|".to_owned();
    let mut row = "| rustc |".to_owned();
    for (name, cost) in names.zip(costs) {
        let _ = write!(head, " {name} |");
        rule.push_str("---:|");
        let _ = write!(row, " {} |", super::shown(cost));
    }
    format!("{head}\n{rule}\n{row}\n")
}
