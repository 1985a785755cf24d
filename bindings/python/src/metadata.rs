//! Metadata, deadlines and keys as Python gives them.

use aster_runtime::Metadata;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::time::Duration;

/// Entries from a mapping, or from pairs.
///
/// # Errors
/// Neither of them, or something in it that is no text.
pub(crate) fn entries(metadata: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<(String, String)>> {
    let Some(metadata) = metadata else {
        return Ok(Vec::new());
    };
    if let Ok(metadata) = metadata.cast::<PyDict>() {
        return metadata.iter().map(|(key, value)| pair(&key, &value)).collect();
    }
    let pairs = if metadata.hasattr("items")? {
        metadata.call_method0("items")?
    } else {
        metadata.clone()
    };
    let wrong = || PyTypeError::new_err("metadata is a mapping of texts, or pairs of texts");
    let mut entries = Vec::new();
    for entry in pairs.try_iter().map_err(|_| wrong())? {
        let entry = entry?;
        let entry = entry.cast::<PyTuple>().map_err(|_| wrong())?;
        let [key, value] = entry.iter().collect::<Vec<_>>().try_into().map_err(|_| wrong())?;
        entries.push(pair(&key, &value)?);
    }
    Ok(entries)
}

fn pair(key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<(String, String)> {
    let text = |value: &Bound<'_, PyAny>| {
        value
            .extract::<String>()
            .map_err(|_| PyTypeError::new_err("metadata has texts as names and as values"))
    };
    Ok((text(key)?, text(value)?))
}

/// Metadata as Python gets it: pairs in their order.
pub(crate) fn shown<'py>(py: Python<'py>, metadata: &Metadata) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, crate::error::pairs(metadata))
}

/// A time: seconds, or a `timedelta`.
///
/// # Errors
/// Something else, or a time that is negative or not finite.
pub(crate) fn duration(time: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Duration>> {
    let Some(time) = time else { return Ok(None) };
    let seconds = match time.extract::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => time
            .call_method0("total_seconds")
            .and_then(|seconds| seconds.extract::<f64>())
            .map_err(|_| PyTypeError::new_err("a time is a number of seconds, or a timedelta"))?,
    };
    if seconds.is_infinite() && seconds > 0.0 {
        return Ok(Some(Duration::MAX));
    }
    let time = Duration::try_from_secs_f64(seconds)
        .map_err(|_| PyValueError::new_err(format!("a time is not negative: {seconds}")))?;
    Ok(Some(time))
}
