//! `aster keygen root`: makes the root key of a mesh.

use crate::failure::Failure;
use crate::operator::profiles::Home;
use crate::operator::root_keys::{KeyPlace, keep};
use crate::output::Output;
use aster_runtime::trust::RootKey;
use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the root key of a profile. It is kept in the system's keyring, or in a file under a passphrase
    Root {
        /// The profile [default: the active one]
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        #[command(flatten)]
        place: KeyPlace,
        /// Write the key file without a passphrase: whoever reads it is the operator
        #[arg(long, requires = "key_file", conflicts_with = "passphrase_file")]
        insecure_plain: bool,
    },
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Command::Root {
        profile,
        place,
        insecure_plain,
    } = &arguments.command;
    let mut profiles = Home::find()?.profiles_to_change()?;
    let profile = profiles.choose(profile.as_deref())?;
    if let Some(root) = profile.root {
        return Err(Failure::Local(format!(
            "the profile `{}` has a root key already, {root}: another one would be another mesh, make a profile for it",
            profile.name
        )));
    }
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *secret)
        .map_err(|error| Failure::Local(format!("the system gives no random bytes: {error}")))?;
    let key = RootKey::from_bytes(&secret);
    // the key first: a profile that names one that was not kept would be a mesh that nobody operates
    let kept = keep(&profile.name, &key, place, *insecure_plain, output)?;
    profiles.set_root(&profile.name, &key.public())?;
    profiles.save()?;
    let root = key.public().to_string();
    if output.json {
        return output.line(&json!({ "profile": profile.name, "root_pubkey": root }).to_string());
    }
    output.line(&root)?;
    output.note(&format!(
        "the root key of `{}` is in {kept}; nodes are told the line above",
        profile.name
    ));
    Ok(())
}
