//! `aster describe`: prints the schema of a service, as its server describes it.

use crate::Common;
use crate::dial;
use crate::failure::Failure;
use crate::output::Output;
use crate::schema::{self, File};
use aster_contract::described::Described;
use aster_runtime::DynamicService;
use aster_runtime::contract::model::ContractId;
use clap::Args;
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Describe {
    #[command(flatten)]
    peer: dial::Peer,
    /// The service; the last part of its name is enough where no other has it
    service: String,
    /// Which contract, where the service is served under several
    #[arg(long, value_name = "ID")]
    contract: Option<ContractId>,
    /// Write the schema below this folder, one file for each package, instead of printing it. Files that are there are left
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &Describe, common: &Common, output: &Output) -> Result<(), Failure> {
    let service = dial::with(&arguments.peer, common, output, async |client| {
        super::service(client, &arguments.service, arguments.contract, output).await
    })
    .await?;
    let files = files(&service)?;
    if let Some(folder) = &arguments.out {
        let paths = write(folder, &files)?;
        if output.json {
            return output.line(&json!({ "written": paths }).to_string());
        }
        return paths.iter().try_for_each(|path| output.line(path));
    }
    if output.json {
        return output.line(&json(&service, &files).to_string());
    }
    let [only] = &files[..] else {
        for file in &files {
            output.line(&format!("// {}", file.path))?;
            output.text(&file.text)?;
        }
        return Ok(());
    };
    output.text(&only.text)
}

fn files(service: &DynamicService) -> Result<Vec<File>, Failure> {
    let told = service.definitions();
    let described = Described {
        contract: &told.contract,
        types: told.types.iter().map(Vec::as_slice).collect(),
        nested: told.nested.iter().map(Vec::as_slice).collect(),
    };
    let verified = described
        .verify(service.contract_id())
        .map_err(|error| Failure::Service(error.to_string()))?;
    schema::files(service.name(), &verified).map_err(Failure::Service)
}

fn json(service: &DynamicService, files: &[File]) -> Value {
    let methods: Vec<_> = service
        .methods()
        .map(|method| {
            json!({
                "name": method.name(),
                "pattern": method.pattern().name(),
                "request": method.request(),
                "response": method.response(),
                "idempotent": method.is_idempotent(),
                "timeout_ms": method.timeout().map(|time| time.as_millis()),
            })
        })
        .collect();
    let files: serde_json::Map<String, Value> = files
        .iter()
        .map(|file| (file.path.clone(), Value::String(file.text.clone())))
        .collect();
    json!({
        "service": service.name(),
        "version": service.contract().version,
        "contract_id": service.contract_id().to_string(),
        "scope": service.contract().scope.name(),
        "methods": methods,
        "files": files,
    })
}

/// Writes all files, or none: what is there with other text is in the way.
fn write(folder: &Path, files: &[File]) -> Result<Vec<String>, Failure> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::Local(format!("cannot write {}: {error}", path.display()))
    };
    let mut new = Vec::new();
    for file in files {
        let path = folder.join(&file.path);
        match fs::read(&path) {
            Ok(there) if there == file.text.as_bytes() => {}
            Ok(_) => {
                let text = format!(
                    "{} is there and is another: choose an empty folder with `--out DIR`",
                    path.display()
                );
                return Err(Failure::Local(text));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => new.push((path, file)),
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    for (path, file) in &new {
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        let opened = OpenOptions::new().write(true).create_new(true).open(path);
        let written = opened.and_then(|mut out| out.write_all(file.text.as_bytes()));
        written.map_err(|error| failed(path, &error))?;
    }
    Ok(files
        .iter()
        .map(|file| folder.join(&file.path).display().to_string())
        .collect())
}
