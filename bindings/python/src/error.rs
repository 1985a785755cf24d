//! Errors of the runtime as exceptions of `aster_runtime.errors`.

use aster_runtime::codec::CodecError;
use aster_runtime::{Code, ConnectError, Metadata, Status, StubError};
use pyo3::call::PyCallArgs;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

static ERRORS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn errors(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    let module = ERRORS.get_or_try_init(py, || {
        py.import("aster_runtime.errors")
            .map(|module| module.into_any().unbind())
    })?;
    Ok(module.bind(py))
}

/// An exception of a class of the module.
pub(crate) fn make<'py>(py: Python<'py>, class: &str, arguments: impl PyCallArgs<'py>) -> PyErr {
    let made = || errors(py)?.getattr(class)?.call1(arguments);
    made().map_or_else(|error| error, PyErr::from_value)
}

/// The exception of a status.
pub(crate) fn status(py: Python<'_>, status: &Status) -> PyErr {
    let details: Vec<_> = status
        .details()
        .map(|(key, value)| (key, PyBytes::new(py, value)))
        .collect();
    let metadata = pairs(status.metadata());
    make(
        py,
        "of_status",
        (status.code().0, status.message(), details, metadata),
    )
}

/// Metadata as Python has it: pairs in their order.
pub(crate) fn pairs(metadata: &Metadata) -> Vec<(&str, &str)> {
    metadata.iter().collect()
}

/// A status from what a handler's exception has.
///
/// # Errors
/// `ValueError` for metadata that is against the rules: it is not left out in silence.
pub(crate) fn to_status(
    number: u32,
    message: String,
    details: Vec<(String, Vec<u8>)>,
    metadata: Vec<(String, String)>,
) -> PyResult<Status> {
    let status = Status::new(Code(number), message);
    let status = details
        .into_iter()
        .fold(status, |status, (key, value)| status.with_detail(key, value));
    let mut trailer = Metadata::new();
    for (key, value) in metadata {
        let inserted = trailer.insert(key, value);
        inserted.map_err(|error| PyValueError::new_err(format!("the metadata of a status: {error}")))?;
    }
    Ok(status.with_metadata(trailer))
}

/// A message of this program's own that does not fit.
pub(crate) fn message(py: Python<'_>, error: &CodecError) -> PyErr {
    make(
        py,
        "MessageError",
        (format!("the message cannot be sent: {error}"),),
    )
}

/// Something could not be started.
pub(crate) fn start(text: String) -> PyErr {
    Python::attach(|py| make(py, "StartError", (text,)))
}

/// Why there is no connection.
pub(crate) fn connect(py: Python<'_>, error: &ConnectError) -> PyErr {
    let text = error.to_string();
    match error {
        ConnectError::Address(_) => PyValueError::new_err(text),
        ConnectError::NotAdmitted { .. } => make(py, "NotAdmitted", (text,)),
        ConnectError::ServerNotTrusted { .. } | ConnectError::WhichMesh { .. } => {
            make(py, "ServerNotTrusted", (text,))
        }
        ConnectError::Closed => make(py, "Cancelled", (text,)),
        _ => make(py, "ConnectError", (text,)),
    }
}

/// Why a service cannot be called.
pub(crate) fn stub(py: Python<'_>, error: &StubError) -> PyErr {
    let text = error.to_string();
    match error {
        StubError::ContractMismatch {
            service,
            ours,
            theirs,
        } => {
            let theirs: Vec<_> = theirs.iter().map(ToString::to_string).collect();
            make(
                py,
                "ContractMismatch",
                (text, service.as_str(), ours.to_string(), theirs),
            )
        }
        StubError::ServiceNotFound { service, services } => {
            make(py, "ServiceNotFound", (text, service.as_str(), services.clone()))
        }
        _ => PyRuntimeError::new_err(text),
    }
}
