//! What went wrong on the runtime's thread, until it is thrown on that of the loop.

use crate::metadata;
use crate::value::Value;
use aster_runtime::{ConnectError, Status, StubError};
use bytes::Bytes;
use std::fmt;

/// An error to be: `lib/failure.ts` makes an object of it.
pub(crate) enum Failure {
    /// A class of the package's errors, or one of JavaScript's, and its message.
    Class(&'static str, String),
    /// The error of a status.
    Status(Box<Status>),
    /// The server has a service under another contract.
    Mismatch {
        text: String,
        service: String,
        ours: String,
        theirs: Vec<String>,
    },
    /// The server does not have a service.
    NoService {
        text: String,
        service: String,
        services: Vec<String>,
    },
}

impl Failure {
    /// Something that was given is out of range.
    pub(crate) fn range(text: impl fmt::Display) -> Self {
        Self::Class("RangeError", text.to_string())
    }

    /// The store of blobs or docs, or the network beneath it, failed.
    pub(crate) fn store(error: impl fmt::Display) -> Self {
        Self::Class("StoreError", error.to_string())
    }

    /// Something that was asked for is not there.
    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::Class("NotFound", text.into())
    }

    /// Something could not be started.
    pub(crate) fn start(error: impl fmt::Display) -> Self {
        Self::Class("StartError", error.to_string())
    }

    /// As a list that begins with the name of the class; that of a status is empty.
    pub(crate) fn into_value(self) -> Value {
        Value::List(match self {
            Self::Class(class, text) => vec![Value::text(class), Value::Text(text)],
            Self::Status(status) => {
                let mut details = Vec::new();
                for (key, value) in status.details() {
                    details.extend([Value::text(key), Value::Bytes(Bytes::copy_from_slice(value))]);
                }
                vec![
                    Value::text(""),
                    Value::text(status.message()),
                    Value::Number(f64::from(status.code().0)),
                    Value::List(details),
                    metadata::flat(status.metadata()),
                ]
            }
            Self::Mismatch {
                text,
                service,
                ours,
                theirs,
            } => vec![
                Value::text("ContractMismatch"),
                Value::Text(text),
                Value::Text(service),
                Value::Text(ours),
                Value::texts(theirs),
            ],
            Self::NoService {
                text,
                service,
                services,
            } => vec![
                Value::text("ServiceNotFound"),
                Value::Text(text),
                Value::Text(service),
                Value::texts(services),
            ],
        })
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let text = error.to_string().replace("`trust_address`", "`trustAddress`");
        let class = match error {
            ConnectError::Address(_) => "RangeError",
            ConnectError::NotAdmitted { .. } => "NotAdmitted",
            ConnectError::ServerNotTrusted { .. } | ConnectError::WhichMesh { .. } => "ServerNotTrusted",
            ConnectError::Closed => "Cancelled",
            _ => "ConnectError",
        };
        Self::Class(class, text)
    }
}

impl From<StubError> for Failure {
    fn from(error: StubError) -> Self {
        let text = error.to_string();
        match error {
            StubError::ContractMismatch {
                service,
                ours,
                theirs,
            } => Self::Mismatch {
                text,
                service,
                ours: ours.to_string(),
                theirs: theirs.iter().map(ToString::to_string).collect(),
            },
            StubError::ServiceNotFound { service, services } => Self::NoService {
                text,
                service,
                services,
            },
            _ => Self::Class("Error", text),
        }
    }
}
