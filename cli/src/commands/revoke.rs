//! `aster revoke`: signs that a node, or one of its credentials, counts no more.

use crate::Common;
use crate::dial;
use crate::failure::Failure;
use crate::operator::confirm::confirm;
use crate::operator::profiles::Home;
use crate::operator::root_keys::{self, KeyPlace};
use crate::output::Output;
use aster_runtime::PeerId;
use aster_runtime::node::RevokeError;
use aster_runtime::trust::{Revocation, Revocations};
use clap::Args;
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The node: every credential that it has so far
    #[arg(long, value_name = "ID", value_parser = super::enroll::peer, required_unless_present = "credential")]
    endpoint_id: Option<PeerId>,
    /// The file of one credential: that one alone, for good
    #[arg(long, value_name = "FILE", conflicts_with = "endpoint_id")]
    credential: Option<PathBuf>,
    /// The file of revocations that nodes are configured with; a line is appended
    #[arg(long, value_name = "FILE", required_unless_present = "to")]
    file: Option<PathBuf>,
    /// Tell this server, which keeps it in a file of its own; may be given several times
    #[arg(long, value_name = "TICKET")]
    to: Vec<String>,
    /// The profile [default: the active one]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: KeyPlace,
}

pub(crate) fn run(arguments: &Arguments, common: &Common, output: &Output) -> Result<(), Failure> {
    let profile = Home::find()?.profiles()?.choose(arguments.profile.as_deref())?;
    let Some(public) = profile.root else {
        return Err(Failure::Local(format!(
            "the profile `{}` has no root key yet",
            profile.name
        )));
    };
    let credential = arguments
        .credential
        .as_deref()
        .map(super::node::credential)
        .transpose()?;
    if let Some(credential) = &credential
        && *credential.root() != public
    {
        return Err(Failure::Local(format!(
            "the credential is of the mesh {}, the profile `{}` is of {public}",
            credential.root(),
            profile.name
        )));
    }
    let what = match (&credential, arguments.endpoint_id) {
        (Some(credential), _) => format!("the credential {}", credential.hash()),
        (None, Some(id)) => format!("the node {id}, with every credential it has so far"),
        (None, None) => return Err(Failure::Usage("name a node or a credential".to_owned())),
    };
    confirm(&format!("Revoke {what}?"), arguments.yes)?;
    let root = root_keys::load(&profile.name, &public, &arguments.place, output)?;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let statement = match (&credential, arguments.endpoint_id) {
        (Some(credential), _) => Revocation::of_credential(&root, credential.hash(), now),
        (None, Some(id)) => Revocation::of_peer(&root, id, now),
        (None, None) => return Err(Failure::Usage("name a node or a credential".to_owned())),
    };
    let statement = statement.map_err(|error| Failure::Local(error.to_string()))?;
    if let Some(path) = &arguments.file {
        append(path, &statement, &public)?;
        output.note(&format!("nodes read {} again when it changes", path.display()));
    }
    dial::run(common, async {
        for ticket in &arguments.to {
            bring(ticket, &statement, common, output).await?;
            output.note(&format!("told {ticket}"));
        }
        Ok(())
    })?;
    if output.json {
        let file = arguments.file.as_ref().map(|path| path.display().to_string());
        let said = json!({ "revoked": what, "file": file, "told": arguments.to });
        return output.line(&said.to_string());
    }
    output.line(&format!("revoked {what}"))
}

async fn bring(
    ticket: &str,
    statement: &Revocation,
    common: &Common,
    output: &Output,
) -> Result<(), Failure> {
    let node = dial::node(ticket, common)?.spawn().await;
    let node = node.map_err(|error| Failure::Local(error.to_string()))?;
    let waiting = output.waiting(&dial::connecting(ticket));
    let brought = node.bring_revocation(ticket, statement).await;
    drop(waiting);
    node.close().await;
    brought.map_err(|error| match error {
        RevokeError::NotTaken => Failure::Service(error.to_string()),
        RevokeError::Address(error) => Failure::Usage(error.to_string()),
        error => Failure::Local(error.to_string()),
    })
}

/// Adds a line to a file that is whole: nobody would be admitted where it is not.
fn append(
    path: &Path,
    statement: &Revocation,
    root: &aster_runtime::trust::RootPublicKey,
) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Local(format!("{}: {error}", path.display()));
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    let mut file: File = options.open(path).map_err(|error| failed(&error))?;
    file.lock().map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.read_to_end(&mut bytes))
        .map_err(|error| failed(&error))?;
    let mut revocations = Revocations::parse(&bytes, root).map_err(|error| {
        failed(&format!(
            "{error}; correct it first: with such a file no node admits anybody"
        ))
    })?;
    revocations.insert(statement).map_err(|error| failed(&error))?;
    let start = if bytes.is_empty() || bytes.ends_with(b"\n") {
        ""
    } else {
        "\n"
    };
    let line = format!("{start}{}\n", statement.to_json());
    // one write: who reads meanwhile has the line, or nothing of it
    file.write_all(line.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| failed(&error))
}
