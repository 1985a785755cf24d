//! A file and an environment to options: known ones, as text, with their places.

use super::{ConfigError, FILE, KEYS, OTHERS, Origin, PREFIX};
use crate::node::nearest;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// More than any configuration has.
const MAX_SIZE: u64 = 64 * 1024;

/// The place of the option in `KEYS`, its value, and where that stands.
type Found = (usize, String, Origin);

fn place(key: &str) -> Option<usize> {
    KEYS.iter().position(|(known, _)| *known == key)
}

fn unknown(place: String, key: &str, meant: Option<String>) -> ConfigError {
    let help = meant.map_or_else(
        || {
            let names: Vec<_> = KEYS.iter().map(|(key, _)| format!("`{key}`")).collect();
            format!("there are {}", names.join(", "))
        },
        |meant| format!("did you mean `{meant}`?"),
    );
    ConfigError::Unknown {
        place,
        key: key.to_owned(),
        help,
    }
}

fn known() -> Vec<&'static str> {
    KEYS.iter().map(|(key, _)| *key).collect()
}

/// What a file says. A file that is not there says nothing.
pub(super) fn file(path: &Path) -> Result<Vec<Found>, ConfigError> {
    let failed = |error| ConfigError::Read {
        path: path.to_owned(),
        error,
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
        Ok(metadata) if metadata.len() > MAX_SIZE => {
            return Err(failed(std::io::Error::from(ErrorKind::FileTooLarge)));
        }
        Ok(_) => {}
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let line = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let table = DeTable::parse(&text).map_err(|error| ConfigError::Toml {
        path: path.to_owned(),
        line: line(error.span().map_or(text.len(), |span| span.start)),
        reason: error.message().to_owned(),
    })?;
    let mut found = Vec::new();
    for (key, value) in table.get_ref() {
        let (name, at) = (key.get_ref().as_ref(), line(key.span().start));
        let Some(place) = place(name) else {
            let meant = nearest(name, &known()).map(str::to_owned);
            return Err(unknown(format!("{}:{at}", path.display()), name, meant));
        };
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Array(list) if name == "relay" => {
                let urls: Option<Vec<_>> = list.iter().map(|url| url.get_ref().as_str()).collect();
                urls.unwrap_or_default().join(",")
            }
            _ => {
                return Err(ConfigError::Value {
                    place: format!("{}:{at}", path.display()),
                    key: name.to_owned(),
                    found: "of another type".to_owned(),
                    expected: "text in quotes, `true` or `false`".to_owned(),
                });
            }
        };
        found.push((place, text, Origin::File(path.to_owned(), at)));
    }
    Ok(found)
}

/// What the environment says. A variable of ours that is not known is a misspelt one.
pub(super) fn environment(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Vec<Found>, ConfigError> {
    let mut found = Vec::new();
    for (name, value) in variables {
        let Some(key) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if OTHERS.contains(&&*name) {
            continue;
        }
        let Some(place) = place(&key.to_ascii_lowercase()).filter(|_| !key.contains(char::is_lowercase))
        else {
            let meant = nearest(&key.to_ascii_lowercase(), &known());
            let meant = meant.map(|meant| format!("{PREFIX}{}", meant.to_ascii_uppercase()));
            let place = format!("the environment, which is read beside {FILE}");
            return Err(unknown(place, &name, meant));
        };
        found.push((place, value, Origin::Environment(name)));
    }
    Ok(found)
}
