//! `aster profile`: the meshes that this operator works with.

use crate::failure::Failure;
use crate::operator::confirm::confirm;
use crate::operator::profiles::{Home, Profile, Profiles, now};
use crate::operator::root_keys;
use crate::output::Output;
use aster_runtime::trust::RootPublicKey;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add a mesh; the first is the active one
    Create {
        /// 1 to 64 letters, digits, `-` and `_`
        name: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// The root key of a mesh that somebody else operates
        #[arg(long, value_name = "KEY")]
        root_pubkey: Option<RootPublicKey>,
    },
    /// List them; the active one has a `*`
    List,
    /// Make one the active one: it is meant where none is named
    Use {
        /// Its name
        name: String,
    },
    /// Show one, the active one where none is named
    Show {
        /// Its name
        name: Option<String>,
    },
    /// Forget one. Its root key stays where it is
    Delete {
        /// Its name
        name: String,
        /// Delete its root key from the keyring, too: nobody can sign for that mesh any more
        #[arg(long)]
        root_key: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let home = Home::find()?;
    match &arguments.command {
        Command::Create {
            name,
            note,
            root_pubkey,
        } => {
            let mut profiles = home.profiles_to_change()?;
            let profile = Profile {
                name: name.clone(),
                root: *root_pubkey,
                created_at: Some(now()),
                note: note.clone(),
            };
            profiles.create(&profile)?;
            profiles.save()?;
            show(&profiles, &profile, output)
        }
        Command::List => {
            let profiles = home.profiles()?;
            if output.json {
                let all: Vec<_> = profiles
                    .all()
                    .iter()
                    .map(|profile| as_json(&profiles, profile))
                    .collect();
                return output.line(&json!({ "profiles": all }).to_string());
            }
            profiles.all().iter().try_for_each(|profile| {
                let mark = if profiles.active() == Some(&profile.name) {
                    '*'
                } else {
                    ' '
                };
                output.line(&format!("{mark} {:20} {}", profile.name, root(profile)))
            })
        }
        Command::Use { name } => {
            let mut profiles = home.profiles_to_change()?;
            profiles.activate(name)?;
            profiles.save()?;
            show(&profiles, &profiles.choose(Some(name))?, output)
        }
        Command::Show { name } => {
            let profiles = home.profiles()?;
            show(&profiles, &profiles.choose(name.as_deref())?, output)
        }
        Command::Delete { name, root_key, yes } => {
            let mut profiles = home.profiles_to_change()?;
            let profile = profiles.choose(Some(name))?;
            let and = match root_key {
                true => {
                    ", and delete the root key that the keyring has of it: nobody can sign for that mesh any more"
                }
                false => "",
            };
            confirm(
                &format!("Forget the profile `{name}`, {}{and}?", root(&profile)),
                *yes,
            )?;
            // the key first: without its profile nobody would find it
            let gone = *root_key && root_keys::forget(name, output)?;
            profiles.delete(name)?;
            profiles.save()?;
            if output.json {
                return output.line(&json!({ "deleted": name, "root_key_deleted": gone }).to_string());
            }
            output.line(&match (root_key, gone) {
                (false, _) => format!("`{name}` is forgotten; its root key stays where it is"),
                (true, true) => format!("`{name}` is forgotten, and its root key is deleted from the keyring"),
                (true, false) => {
                    format!("`{name}` is forgotten; the keyring had no root key of it, and a key file stays where it is")
                }
            })
        }
    }
}

fn root(profile: &Profile) -> String {
    match &profile.root {
        Some(root) => format!("root key {root}"),
        None => "no root key yet".to_owned(),
    }
}

fn as_json(profiles: &Profiles, profile: &Profile) -> Value {
    json!({
        "name": profile.name,
        "active": profiles.active() == Some(&profile.name),
        "root_pubkey": profile.root.map(|root| root.to_string()),
        "created_at": profile.created_at,
        "note": profile.note,
    })
}

fn show(profiles: &Profiles, profile: &Profile, output: &Output) -> Result<(), Failure> {
    if output.json {
        return output.line(&as_json(profiles, profile).to_string());
    }
    let active = if profiles.active() == Some(&profile.name) {
        ", active"
    } else {
        ""
    };
    output.line(&format!("{}{active}", profile.name))?;
    output.line(&format!("  {}", root(profile)))?;
    if let Some(created) = &profile.created_at {
        output.line(&format!("  created {created}"))?;
    }
    if let Some(note) = &profile.note {
        output.line(&format!("  {note}"))?;
    }
    if profile.root.is_none() {
        output.line("  next: `aster keygen root`")?;
    }
    Ok(())
}
