//! `aster trust`: what a file with credentials says, and whether it counts.

use crate::failure::Failure;
use crate::operator::profiles::Home;
use crate::output::Output;
use aster_runtime::PeerId;
use aster_runtime::node::IdentityFile;
use aster_runtime::trust::{Credential, CredentialKind, Purpose, Revocations, RootPublicKey, Verifier};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the credentials of a file: an identity file, or one that `aster enroll` wrote. Never a secret
    Show {
        /// The file
        file: PathBuf,
    },
    /// Check them as a node does: root key, signature, revocation, time
    Verify {
        /// The file
        file: PathBuf,
        /// The root key [default: that of the active profile]
        #[arg(long, value_name = "KEY")]
        root_pubkey: Option<RootPublicKey>,
        /// The node that they are shown to, where they name one
        #[arg(long, value_name = "ID", value_parser = super::enroll::peer)]
        audience: Option<PeerId>,
        /// A file of revocations
        #[arg(long, value_name = "FILE")]
        revocations: Option<PathBuf>,
    },
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    match &arguments.command {
        Command::Show { file } => {
            let credentials = read(file)?;
            if output.json {
                let all: Vec<_> = credentials.iter().map(as_json).collect();
                return output.line(&json!({ "credentials": all }).to_string());
            }
            credentials
                .iter()
                .try_for_each(|credential| show(credential, output))
        }
        Command::Verify {
            file,
            root_pubkey,
            audience,
            revocations,
        } => {
            let root = match root_pubkey {
                Some(root) => *root,
                None => active_root()?,
            };
            let revocations = read_revocations(revocations.as_deref(), &root)?;
            verify(&read(file)?, &root, *audience, &revocations, output)
        }
    }
}

fn active_root() -> Result<RootPublicKey, Failure> {
    let profile = Home::find()?.profiles()?.choose(None)?;
    profile
        .root
        .ok_or_else(|| Failure::Local(format!("the profile `{}` has no root key yet", profile.name)))
}

fn read_revocations(file: Option<&Path>, root: &RootPublicKey) -> Result<Revocations, Failure> {
    let Some(path) = file else {
        return Ok(Revocations::default());
    };
    let failed = |error: &dyn std::fmt::Display| Failure::Local(format!("{}: {error}", path.display()));
    let bytes = fs::read(path).map_err(|error| failed(&error))?;
    Revocations::parse(&bytes, root).map_err(|error| failed(&error))
}

/// The credentials of an identity file, or the one that a file holds.
fn read(file: &Path) -> Result<Vec<Credential>, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::Local(format!("cannot read {}: {error}", file.display())))?;
    if text.trim_start().starts_with('{') {
        return Ok(vec![super::node::credential(file)?]);
    }
    let identity = IdentityFile::read(file).map_err(|error| Failure::Local(error.to_string()))?;
    Ok(identity
        .peers()
        .iter()
        .map(|peer| peer.credential.clone())
        .collect())
}

fn as_json(credential: &Credential) -> Value {
    json!({
        "type": credential.kind().name(),
        "root_pubkey": credential.root().to_string(),
        "endpoint_id": credential.subject().map(|id| id.to_string()),
        "audience": credential.audience().map(|id| id.to_string()),
        "not_before": credential.validity().not_before,
        "expires_at": credential.validity().expires_at,
        "attributes": credential.attributes(),
        "credential_hash": credential.hash().to_string(),
    })
}

fn show(credential: &Credential, output: &Output) -> Result<(), Failure> {
    output.line(credential.kind().name())?;
    let validity = credential.validity();
    let id = |id: Option<PeerId>, none: &str| id.map_or_else(|| none.to_owned(), |id| id.to_string());
    let facts = [
        ("root key", credential.root().to_string()),
        ("node", id(credential.subject(), "whoever shows it")),
        ("shown to", id(credential.audience(), "every node of the mesh")),
        ("from", super::enroll::date(validity.not_before)),
        ("until", super::enroll::date(validity.expires_at)),
        ("hash", credential.hash().to_string()),
    ];
    for (name, fact) in facts {
        output.line(&format!("  {name:9} {fact}"))?;
    }
    for (key, value) in credential.attributes() {
        output.line(&format!("  {key}: {value}"))?;
    }
    Ok(())
}

fn verify(
    credentials: &[Credential],
    root: &RootPublicKey,
    audience: Option<PeerId>,
    revocations: &Revocations,
    output: &Output,
) -> Result<(), Failure> {
    let mut refused = 0;
    for credential in credentials {
        let purpose = match credential.kind() {
            CredentialKind::Producer => Purpose::Producer,
            CredentialKind::ConsumerPolicy | CredentialKind::ConsumerOneTime => Purpose::Consumer,
        };
        // shown by its own peer, at the node that it names or that is asked about
        let peer = credential.subject().unwrap_or(PeerId([0; 32]));
        let node = audience.or(credential.audience()).unwrap_or(PeerId([0; 32]));
        let verifier = Verifier {
            root,
            node,
            revocations,
        };
        let verdict = verifier.verify(credential, purpose, peer, SystemTime::now());
        refused += usize::from(verdict.is_err());
        let hash = credential.hash();
        let reason = verdict.err().map(|refusal| refusal.to_string());
        if output.json {
            let said =
                json!({ "credential_hash": hash.to_string(), "valid": reason.is_none(), "reason": reason });
            output.line(&said.to_string())?;
        } else {
            let said = reason.unwrap_or_else(|| "it counts".to_owned());
            output.line(&format!("{} {hash}: {said}", credential.kind().name()))?;
        }
    }
    match refused {
        0 => Ok(()),
        1 => Err(Failure::Service("a credential does not count".to_owned())),
        many => Err(Failure::Service(format!("{many} credentials do not count"))),
    }
}
