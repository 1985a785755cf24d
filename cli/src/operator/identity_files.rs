//! `.aster-identity`: a node's own key, and the credentials that it may show. Comments stay as they are.

use super::atomic;
use crate::failure::Failure;
use aster_runtime::PeerId;
use aster_runtime::node::IdentityFile;
use aster_runtime::trust::{Credential, CredentialKind, NAME};
use data_encoding::HEXLOWER;
use std::fs;
use std::path::Path;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};
use zeroize::Zeroizing;

const PEERS: &str = "peers";

/// The text of a file with a new key, and the id that belongs to it.
pub(crate) fn new() -> Result<(Zeroizing<String>, PeerId), Failure> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *secret)
        .map_err(|error| Failure::Local(format!("the system gives no random bytes: {error}")))?;
    let id = IdentityFile::id_of(&secret);
    let text = Zeroizing::new(format!(
        "# The key of this node. Whoever has it is this node: never copy it to another one.\n[node]\nsecret_key = \
         \"{}\"\nendpoint_id = \"{id}\"\n",
        *Zeroizing::new(HEXLOWER.encode(&*secret))
    ));
    Ok((text, id))
}

/// Writes a file that is not there.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::Local(format!(
            "{} is there already, and its key is a node's: it is not overwritten",
            path.display()
        )));
    }
    atomic::create(path, text.as_bytes())
        .map_err(|error| Failure::Local(format!("cannot write {}: {error}", path.display())))
}

/// Lets git pass the file by, where git is.
pub(crate) fn ignore(path: &Path) -> Result<bool, Failure> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Ok(false);
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let absolute = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    if !absolute.ancestors().any(|folder| folder.join(".git").exists()) {
        return Ok(false);
    }
    let list = folder.join(".gitignore");
    let failed = |error| Failure::Local(format!("cannot write {}: {error}", list.display()));
    let mut text = match fs::read_to_string(&list) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    if text
        .lines()
        .any(|line| line.trim() == name || line.trim() == format!("/{name}"))
    {
        return Ok(false);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(name);
    text.push('\n');
    fs::write(&list, text).map_err(failed)?;
    Ok(true)
}

/// What a credential lets its peer be, as files say it.
pub(crate) fn role(credential: &Credential) -> &'static str {
    match credential.kind() {
        CredentialKind::Producer => "producer",
        CredentialKind::ConsumerPolicy | CredentialKind::ConsumerOneTime => "consumer",
    }
}

pub(crate) fn name(credential: &Credential) -> &str {
    credential.attributes().get(NAME).map_or("", String::as_str)
}

/// The text of a file with a credential more. One with the same name and role takes the place of the old one of its mesh.
pub(crate) fn with(text: &str, credential: &Credential) -> Result<Zeroizing<String>, Failure> {
    let damaged =
        |reason: &dyn std::fmt::Display| Failure::Local(format!("the identity file is damaged: {reason}"));
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| damaged(&error.message()))?;
    let peers = document
        .entry(PEERS)
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(peers) = peers.as_array_of_tables_mut() else {
        return Err(damaged(&"`peers` is no list of tables, `[[peers]]`"));
    };
    let entry = entry(credential);
    let same = |table: &Table, key: &str| {
        table.get(key).and_then(Item::as_str) == entry.get(key).and_then(Item::as_str)
    };
    peers.retain(|table| !["name", "role", "root_pubkey"].iter().all(|key| same(table, key)));
    peers.push(entry);
    Ok(Zeroizing::new(document.to_string()))
}

fn entry(credential: &Credential) -> Table {
    let hex = |bytes: &[u8]| value(HEXLOWER.encode(bytes));
    let number = |seconds: u64| value(i64::try_from(seconds).unwrap_or(i64::MAX));
    let mut table = Table::new();
    table["name"] = value(name(credential));
    table["role"] = value(role(credential));
    table["type"] = value(credential.kind().name());
    table["root_pubkey"] = hex(credential.root().as_bytes());
    if let Some(subject) = credential.subject() {
        table["endpoint_id"] = hex(&subject.0);
    }
    if let Some(audience) = credential.audience() {
        table["audience"] = hex(&audience.0);
    }
    table["not_before"] = number(credential.validity().not_before);
    table["expires_at"] = number(credential.validity().expires_at);
    let attributes: InlineTable = credential
        .attributes()
        .iter()
        .map(|(key, text)| (key.as_str(), text.as_str()))
        .collect();
    table["attributes"] = value(attributes);
    if let Some(nonce) = credential.nonce() {
        table["nonce"] = hex(&nonce.0);
    }
    table["signature"] = hex(credential.signature());
    table
}
