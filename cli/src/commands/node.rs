//! `aster node`: the identity of a node, made where the node is, and the credentials it is given.

use crate::dial::IDENTITY;
use crate::failure::Failure;
use crate::operator::{atomic, identity_files};
use crate::output::Output;
use aster_runtime::node::IdentityFile;
use aster_runtime::trust::Credential;
use clap::{Args, Subcommand};
use serde_json::json;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A credential is smaller.
const MAX_SIZE: u64 = 64 * 1024;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the key of a node, and print the id that the operator enrols. The key never leaves this machine
    Init,
    /// Take in a credential that the operator has signed for this node
    Add {
        /// Its file; `-` is standard input
        file: PathBuf,
    },
}

pub(crate) fn run(arguments: &Arguments, identity: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let path = identity.unwrap_or(Path::new(IDENTITY));
    match &arguments.command {
        Command::Init => init(path, output),
        Command::Add { file } => add(path, file, output),
    }
}

fn init(path: &Path, output: &Output) -> Result<(), Failure> {
    let (text, id) = identity_files::new()?;
    identity_files::create(path, &text)?;
    let ignored = identity_files::ignore(path)?;
    if output.json {
        let path = path.display().to_string();
        return output.line(&json!({ "endpoint_id": id.to_string(), "file": path }).to_string());
    }
    output.line(&id.to_string())?;
    if ignored {
        output.note("the file is in .gitignore now");
    }
    output.note(&format!(
        "the key is in {}; the operator enrols this node with: aster enroll node --endpoint-id {id} --role consumer --name NAME",
        path.display()
    ));
    Ok(())
}

fn add(path: &Path, file: &Path, output: &Output) -> Result<(), Failure> {
    let credential = credential(file)?;
    let identity = IdentityFile::read(path).map_err(|error| Failure::Local(error.to_string()))?;
    if let Some(subject) = credential.subject()
        && subject != identity.id()
    {
        return Err(Failure::Local(format!(
            "the credential is for {subject}, this node is {}: nothing was changed",
            identity.id()
        )));
    }
    if !credential.is_signed() {
        return Err(Failure::Local(
            "the signature of the credential is not that of its root key: nothing was changed".to_owned(),
        ));
    }
    let failed = |error| Failure::Local(format!("cannot change {}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(failed)?;
    let text = identity_files::with(&text, &credential)?;
    atomic::replace(path, text.as_bytes()).map_err(failed)?;
    let (name, role) = (
        identity_files::name(&credential),
        identity_files::role(&credential),
    );
    if output.json {
        let root = credential.root().to_string();
        return output.line(&json!({ "name": name, "role": role, "root_pubkey": root }).to_string());
    }
    output.line(&format!("{role} `{name}` of the mesh {}", credential.root()))
}

/// Reads a credential as `aster enroll` writes it.
pub(crate) fn credential(file: &Path) -> Result<Credential, Failure> {
    let shown = file.display();
    let failed = |error: &dyn std::fmt::Display| Failure::Local(format!("cannot read {shown}: {error}"));
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_SIZE).read_to_string(&mut text)
    } else {
        fs::File::open(file).and_then(|file| file.take(MAX_SIZE).read_to_string(&mut text))
    };
    read.map_err(|error| failed(&error))?;
    Credential::from_json(&text).map_err(|error| Failure::Local(format!("{shown} is no credential: {error}")))
}
