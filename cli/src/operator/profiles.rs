//! `~/.aster/config.toml`: the meshes that this operator works with, and which of them is meant where none is named.
//!
//! Comments and order stay as they are. A file that cannot be read whole is never written.

use super::atomic;
use crate::failure::Failure;
use aster_runtime::trust::RootPublicKey;
use jiff::Timestamp;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, value};

const ACTIVE: &str = "active_profile";
const PROFILES: &str = "profiles";
const ROOT: &str = "root_pubkey";
const CREATED: &str = "created_at";
const NOTE: &str = "note";
/// More than any operator has.
const MAX_SIZE: u64 = 1024 * 1024;

/// The folder of the operator's files: `$ASTER_HOME`, else `~/.aster`.
pub(crate) struct Home {
    folder: PathBuf,
}

/// One mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: String,
    /// Not there until `aster keygen root`.
    pub(crate) root: Option<RootPublicKey>,
    pub(crate) created_at: Option<String>,
    pub(crate) note: Option<String>,
}

/// The configuration as it was read.
pub(crate) struct Profiles {
    path: PathBuf,
    document: DocumentMut,
    /// Nobody else changes the file meanwhile.
    _lock: Option<File>,
}

impl Home {
    pub(crate) fn find() -> Result<Self, Failure> {
        let named = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let folder = named("ASTER_HOME").or_else(|| named("HOME").map(|home| home.join(".aster")));
        match folder {
            Some(folder) => Ok(Self { folder }),
            None => Err(Failure::Local(
                "there is no home: set `HOME`, or `ASTER_HOME` to the folder of this command's files"
                    .to_owned(),
            )),
        }
    }

    /// The profiles, to be looked at.
    pub(crate) fn profiles(&self) -> Result<Profiles, Failure> {
        Profiles::read(self.folder.join("config.toml"), None)
    }

    /// The profiles, to be changed.
    pub(crate) fn profiles_to_change(&self) -> Result<Profiles, Failure> {
        let failed = |error: std::io::Error| Failure::Local(format!("{}: {error}", self.folder.display()));
        atomic::folder_of_ones_own(&self.folder).map_err(failed)?;
        let lock = File::create(self.folder.join("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Profiles::read(self.folder.join("config.toml"), Some(lock))
    }
}

/// Whether a name may be that of a profile: it stands in commands, in a table's head and in a keyring.
pub(crate) fn check_name(name: &str) -> Result<(), Failure> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(Failure::Usage(format!(
            "`{}` is no name of a profile: 1 to 64 letters, digits, `-` and `_`",
            name.escape_debug()
        )));
    }
    Ok(())
}

impl Profiles {
    fn read(path: PathBuf, lock: Option<File>) -> Result<Self, Failure> {
        let text = match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(refused(&path, &error)),
            Ok(metadata) if metadata.len() > MAX_SIZE => {
                return Err(refused(&path, &format!("it is larger than {MAX_SIZE} bytes")));
            }
            Ok(metadata) => {
                owners_alone(&path, &metadata)?;
                fs::read_to_string(&path).map_err(|error| refused(&path, &error))?
            }
        };
        let document = text.parse::<DocumentMut>().map_err(|error| {
            let at = error.span().map_or(text.len(), |span| span.start);
            let line = text[..text.floor_char_boundary(at)].matches('\n').count() + 1;
            Failure::Local(format!(
                "{}:{line}: this is not TOML: {}; correct the line: the file was not touched",
                path.display(),
                error.message()
            ))
        })?;
        let profiles = Self {
            path,
            document,
            _lock: lock,
        };
        profiles.check()?;
        Ok(profiles)
    }

    /// Refuses what this command would not understand, and so could not keep right.
    fn check(&self) -> Result<(), Failure> {
        for (key, item) in self.document.iter() {
            match key {
                ACTIVE if item.is_str() => {}
                PROFILES if item.is_table() => {}
                ACTIVE | PROFILES => return Err(self.wrong(key, "has another type than it should")),
                other => return Err(self.unknown(other, &[ACTIVE, PROFILES])),
            }
        }
        for (name, item) in self.tables() {
            check_name(name).map_err(|error| refused(&self.path, &error.message()))?;
            let Some(table) = item.as_table() else {
                return Err(self.wrong(name, "is no table"));
            };
            for (key, item) in table {
                match key {
                    ROOT | CREATED | NOTE if item.is_str() => {}
                    ROOT | CREATED | NOTE => return Err(self.wrong(key, "is no text in quotes")),
                    other => return Err(self.unknown(other, &[ROOT, CREATED, NOTE])),
                }
            }
            if let Some(root) = table.get(ROOT).and_then(Item::as_str) {
                let parsed = root.parse::<RootPublicKey>();
                parsed
                    .map_err(|error| self.wrong(&format!("{PROFILES}.{name}.{ROOT}"), &error.to_string()))?;
            }
        }
        if let Some(active) = self.active()
            && self.table(active).is_none()
        {
            return Err(self.wrong(ACTIVE, &format!("names `{active}`, which is no profile")));
        }
        Ok(())
    }

    fn wrong(&self, key: &str, reason: &str) -> Failure {
        refused(&self.path, &format!("`{}` {reason}", key.escape_debug()))
    }

    fn unknown(&self, key: &str, known: &[&str]) -> Failure {
        let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
        let text = format!(
            "`{}` is not known: there are {}",
            key.escape_debug(),
            names.join(", ")
        );
        refused(&self.path, &text)
    }

    fn tables(&self) -> impl Iterator<Item = (&str, &Item)> {
        let profiles = self.document.get(PROFILES).and_then(Item::as_table);
        profiles.into_iter().flat_map(Table::iter)
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.document.get(PROFILES)?.as_table()?.get(name)?.as_table()
    }

    fn table_mut(&mut self, name: &str) -> Option<&mut Table> {
        self.document
            .get_mut(PROFILES)?
            .as_table_mut()?
            .get_mut(name)?
            .as_table_mut()
    }

    pub(crate) fn active(&self) -> Option<&str> {
        self.document.get(ACTIVE).and_then(Item::as_str)
    }

    pub(crate) fn all(&self) -> Vec<Profile> {
        self.tables().filter_map(|(name, _)| self.get(name)).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Profile> {
        let table = self.table(name)?;
        let text = |key| table.get(key).and_then(Item::as_str);
        Some(Profile {
            name: name.to_owned(),
            // checked when it was read
            root: text(ROOT).and_then(|root| root.parse().ok()),
            created_at: text(CREATED).map(str::to_owned),
            note: text(NOTE).map(str::to_owned),
        })
    }

    /// The profile of that name, or the active one.
    pub(crate) fn choose(&self, name: Option<&str>) -> Result<Profile, Failure> {
        let Some(name) = name.or(self.active()) else {
            return Err(Failure::Local(
                "there is no active profile: make one with `aster profile create NAME`".to_owned(),
            ));
        };
        self.get(name).ok_or_else(|| self.missing(name))
    }

    pub(crate) fn missing(&self, name: &str) -> Failure {
        let names: Vec<_> = self.tables().map(|(name, _)| format!("`{name}`")).collect();
        let there = match names.is_empty() {
            true => "there is none; make one with `aster profile create NAME`".to_owned(),
            false => format!("there are {}", names.join(", ")),
        };
        Failure::Local(format!("there is no profile `{}`: {there}", name.escape_debug()))
    }

    /// Adds a profile. The first is the active one.
    pub(crate) fn create(&mut self, profile: &Profile) -> Result<(), Failure> {
        check_name(&profile.name)?;
        if self.table(&profile.name).is_some() {
            return Err(Failure::Local(format!(
                "there is a profile `{}` already",
                profile.name
            )));
        }
        let mut table = Table::new();
        if let Some(root) = &profile.root {
            table[ROOT] = value(root.to_string());
        }
        table[CREATED] = value(profile.created_at.clone().unwrap_or_default());
        if let Some(note) = &profile.note {
            table[NOTE] = value(note.as_str());
        }
        let profiles = self.document.entry(PROFILES).or_insert_with(|| {
            let mut profiles = Table::new();
            profiles.set_implicit(true);
            profiles.into()
        });
        if let Some(profiles) = profiles.as_table_mut() {
            profiles.insert(&profile.name, table.into());
        }
        if self.active().is_none() {
            self.activate(&profile.name)?;
        }
        Ok(())
    }

    pub(crate) fn activate(&mut self, name: &str) -> Result<(), Failure> {
        if self.table(name).is_none() {
            return Err(self.missing(name));
        }
        match self.document.get_mut(ACTIVE).and_then(Item::as_value_mut) {
            // what stands beside it stays
            Some(active) => {
                let decor = active.decor().clone();
                *active = name.into();
                *active.decor_mut() = decor;
            }
            None => self.document[ACTIVE] = value(name),
        }
        Ok(())
    }

    /// Takes a profile out. If it was the active one, none is.
    pub(crate) fn delete(&mut self, name: &str) -> Result<(), Failure> {
        let removed = self
            .document
            .get_mut(PROFILES)
            .and_then(Item::as_table_mut)
            .and_then(|profiles| profiles.remove(name));
        if removed.is_none() {
            return Err(self.missing(name));
        }
        if self.active() == Some(name) {
            self.document.remove(ACTIVE);
        }
        Ok(())
    }

    /// Says which root key a profile has.
    pub(crate) fn set_root(&mut self, name: &str, root: &RootPublicKey) -> Result<(), Failure> {
        let Some(table) = self.table_mut(name) else {
            return Err(self.missing(name));
        };
        table[ROOT] = value(root.to_string());
        Ok(())
    }

    /// Writes the file, whole.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let text = self.document.to_string();
        atomic::replace(&self.path, text.as_bytes()).map_err(|error| refused(&self.path, &error))
    }
}

fn refused(path: &Path, reason: &dyn std::fmt::Display) -> Failure {
    Failure::Local(format!("{}: {reason}", path.display()))
}

/// What decides whom this operator trusts is the operator's alone to write.
#[cfg(unix)]
fn owners_alone(path: &Path, metadata: &fs::Metadata) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Failure::Local(format!(
        "{0} is open to other users (mode {mode:04o}): type `chmod 600 {0}`",
        path.display()
    )))
}

#[cfg(not(unix))]
fn owners_alone(_: &Path, _: &fs::Metadata) -> Result<(), Failure> {
    Ok(())
}

/// The moment, as files have it.
pub(crate) fn now() -> String {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}
