//! Metadata and times as TypeScript gives them.

use crate::error;
use crate::value::Value;
use aster_runtime::Metadata;
use napi::{Env, Result};
use std::time::Duration;

/// Names and values, one after the other, as entries. `lib/metadata.ts` has checked that they are texts.
pub(crate) fn entries(flat: Option<Vec<String>>) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut texts = flat.unwrap_or_default().into_iter();
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        entries.push((name, value));
    }
    entries
}

/// The reverse.
pub(crate) fn flat(metadata: &Metadata) -> Value {
    Value::texts(metadata.iter().flat_map(|(name, value)| [name, value]))
}

/// Entries as metadata; those that are against the rules are left out, with a word in the log.
pub(crate) fn kept(entries: Vec<(String, String)>) -> Metadata {
    let mut metadata = Metadata::new();
    for (name, value) in entries {
        if let Err(error) = metadata.insert(name, value) {
            tracing::warn!(%error, "an entry of a status's metadata is against the rules, it is left out");
        }
    }
    metadata
}

/// A time in milliseconds.
///
/// # Errors
/// `RangeError` for one that is negative or no number.
pub(crate) fn duration(env: &Env, milliseconds: Option<f64>) -> Result<Option<Duration>> {
    let Some(milliseconds) = milliseconds else {
        return Ok(None);
    };
    match Duration::try_from_secs_f64(milliseconds / 1000.0) {
        Ok(time) => Ok(Some(time)),
        // longer than anybody waits
        Err(_) if milliseconds > 0.0 => Ok(Some(Duration::MAX)),
        Err(_) => Err(error::range(
            env,
            format!("a time is a number of milliseconds and not negative: {milliseconds}"),
        )),
    }
}

/// A time as TypeScript has it.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
