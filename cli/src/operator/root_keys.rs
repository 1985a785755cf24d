//! Where the private root key of a mesh is: in the keyring of the system, or in a file under a passphrase.
//!
//! It never stands in an argument, in the environment or on the terminal.

use super::atomic;
use crate::failure::Failure;
use crate::output::Output;
use age::scrypt;
use age::secrecy::{ExposeSecret as _, SecretString};
use aster_runtime::trust::{RootKey, RootPublicKey};
use clap::Args;
use data_encoding::HEXLOWER;
use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const SERVICE: &str = "aster";
/// What the text of a key file begins with, in the clear or under its passphrase.
const MAGIC: &str = "aster-root-key-1 ";
const AGE: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
/// A key file is smaller.
const MAX_SIZE: u64 = 64 * 1024;
/// 2 to this power rounds of scrypt: about a second, and 256 MiB. What `age` itself takes.
const WORK: u8 = 18;
/// What is said while the system asks its user, who has to find the window.
const KEYRING: &str = "waiting for the keyring of this system";
const PASSPHRASE: &str = "working on the passphrase";
/// More work than this is not done for a file.
const MAX_WORK: u8 = 22;

/// Where the root key is, if it is not in the keyring.
#[derive(Args, Clone, Debug)]
pub(crate) struct KeyPlace {
    /// The file of the root key, instead of the system's keyring
    #[arg(long, value_name = "PATH")]
    pub(crate) key_file: Option<PathBuf>,
    /// The file whose first line is the passphrase of the key file; it is asked for at the terminal otherwise
    #[arg(long, value_name = "PATH", requires = "key_file")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

fn user(profile: &str) -> String {
    format!("root_privkey:{profile}")
}

/// What else can be done where the keyring does not help.
const KEEP: &str = "keep the root key in a file under a passphrase, with `--key-file PATH`";
const LOAD: &str = "name the file of the root key with `--key-file PATH`, if it is in one";
const FORGET: &str = "leave `--root-key` out: the profile is forgotten, and the key stays";

fn keyring(profile: &str, instead: &str) -> Result<keyring::Entry, Failure> {
    // why there is none is said here alone
    if let Err(error) = keyring::Entry::store_status() {
        return Err(no_keyring(error, instead));
    }
    keyring::Entry::new(SERVICE, &user(profile)).map_err(|error| no_keyring(&error, instead))
}

fn no_keyring(error: &keyring::Error, instead: &str) -> Failure {
    Failure::Local(match error {
        keyring::Error::NoStorageAccess(error) => {
            format!(
                "the keyring of this system is locked, or was never set up ({error}): unlock it, or {instead}"
            )
        }
        error => format!("the keyring of this system cannot be used ({error}): {instead}"),
    })
}

/// Keeps a new key. What is there already is not touched.
pub(crate) fn keep(
    profile: &str,
    key: &RootKey,
    place: &KeyPlace,
    plain: bool,
    output: &Output,
) -> Result<String, Failure> {
    let text = Zeroizing::new(format!("{MAGIC}{}\n", *hex(key)));
    let Some(path) = &place.key_file else {
        let _waiting = output.waiting(KEYRING);
        let entry = keyring(profile, KEEP)?;
        match entry.get_secret() {
            Err(keyring::Error::NoEntry) => {}
            Ok(secret) => {
                drop(Zeroizing::new(secret));
                return Err(Failure::Local(format!(
                    "the keyring has a root key for `{profile}` already (service `{SERVICE}`, user `{}`): it is not \
                     overwritten",
                    user(profile)
                )));
            }
            Err(error) => return Err(no_keyring(&error, KEEP)),
        }
        entry
            .set_secret(text.as_bytes())
            .map_err(|error| no_keyring(&error, KEEP))?;
        return Ok(format!(
            "the keyring of this system (service `{SERVICE}`, user `{}`)",
            user(profile)
        ));
    };
    if path.exists() {
        return Err(Failure::Local(format!(
            "{} is there already: it is not overwritten",
            path.display()
        )));
    }
    let bytes = match plain {
        true => Zeroizing::new(text.as_bytes().to_vec()),
        false => {
            let passphrase = passphrase(place, true)?;
            let _waiting = output.waiting(PASSPHRASE);
            let mut recipient = scrypt::Recipient::new(passphrase);
            recipient.set_work_factor(WORK);
            let sealed = age::encrypt_and_armor(&recipient, text.as_bytes());
            let sealed =
                sealed.map_err(|error| Failure::Local(format!("the key cannot be encrypted: {error}")))?;
            Zeroizing::new(sealed.into_bytes())
        }
    };
    let failed = |error| Failure::Local(format!("cannot write {}: {error}", path.display()));
    atomic::create(path, &bytes).map_err(failed)?;
    Ok(path.display().to_string())
}

/// The root key of a profile. It is the one that the profile says.
pub(crate) fn load(
    profile: &str,
    public: &RootPublicKey,
    place: &KeyPlace,
    output: &Output,
) -> Result<RootKey, Failure> {
    let (text, from) =
        match &place.key_file {
            Some(path) => (read(path, place, output)?, path.display().to_string()),
            None => {
                let _waiting = output.waiting(KEYRING);
                let secret = keyring(profile, LOAD)?.get_secret().map_err(|error| match error {
                keyring::Error::NoEntry => Failure::Local(format!(
                    "the keyring has no root key for `{profile}`: name its file with `--key-file PATH`"
                )),
                error => no_keyring(&error, LOAD),
            })?;
                (Zeroizing::new(secret), "the keyring".to_owned())
            }
        };
    let damaged = || Failure::Local(format!("{from} holds no root key of this program"));
    let text = std::str::from_utf8(&text).map_err(|_| damaged())?;
    let digits = text.strip_prefix(MAGIC).ok_or_else(damaged)?.trim_end();
    let mut secret = Zeroizing::new([0; 32]);
    let written = HEXLOWER.decode_len(digits.len()) == Ok(32)
        && HEXLOWER.decode_mut(digits.as_bytes(), &mut *secret).is_ok();
    if !written {
        return Err(damaged());
    }
    let key = RootKey::from_bytes(&secret);
    if key.public() != *public {
        return Err(Failure::Local(format!(
            "the root key in {from} is that of {}, the profile `{profile}` is of {public}",
            key.public()
        )));
    }
    Ok(key)
}

/// Deletes the root key of a profile from the keyring. Says whether it was there.
pub(crate) fn forget(profile: &str, output: &Output) -> Result<bool, Failure> {
    let _waiting = output.waiting(KEYRING);
    match keyring(profile, FORGET)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(keyring::Error::NoEntry) => Ok(false),
        Err(error) => Err(no_keyring(&error, FORGET)),
    }
}

fn hex(key: &RootKey) -> Zeroizing<String> {
    Zeroizing::new(HEXLOWER.encode(&*key.to_bytes()))
}

fn read(path: &Path, place: &KeyPlace, output: &Output) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::Local(format!("cannot read {}: {error}", path.display()));
    let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
    if metadata.len() > MAX_SIZE {
        return Err(failed(&"it is too large for a key"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(Failure::Local(format!(
                "{0} is open to other users (mode {mode:04o}), and who has it is the operator: type `chmod 600 {0}`",
                path.display()
            )));
        }
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(|error| failed(&error))?);
    if !bytes.starts_with(AGE.as_bytes()) {
        return Ok(bytes);
    }
    let mut identity = scrypt::Identity::new(passphrase(place, false)?);
    identity.set_max_work_factor(MAX_WORK);
    let _waiting = output.waiting(PASSPHRASE);
    let reader = age::armor::ArmoredReader::new(&bytes[..]);
    let opened = age::Decryptor::new_buffered(reader).and_then(|decryptor| {
        let mut text = Zeroizing::new(Vec::new());
        let mut stream = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))?;
        std::io::Read::read_to_end(&mut stream, &mut text)?;
        Ok(text)
    });
    opened.map_err(|error| failed(&format!("{error}; is it the right passphrase?")))
}

fn passphrase(place: &KeyPlace, is_new: bool) -> Result<SecretString, Failure> {
    if let Some(path) = &place.passphrase_file {
        let failed = |error| Failure::Local(format!("cannot read {}: {error}", path.display()));
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        let first = text.lines().next().unwrap_or_default();
        return acceptable(SecretString::from(first.to_owned()));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "a passphrase is needed and there is no terminal to ask at: name a file with `--passphrase-file PATH`".to_owned(),
        ));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .map(SecretString::from)
            .map_err(Failure::Input)
    };
    let first = acceptable(ask("Passphrase of the root key: ")?)?;
    if is_new && ask("The same again: ")?.expose_secret() != first.expose_secret() {
        return Err(Failure::Usage(
            "the two are not the same: nothing was written".to_owned(),
        ));
    }
    Ok(first)
}

fn acceptable(passphrase: SecretString) -> Result<SecretString, Failure> {
    if passphrase.expose_secret().is_empty() {
        return Err(Failure::Usage("the passphrase is empty".to_owned()));
    }
    Ok(passphrase)
}
