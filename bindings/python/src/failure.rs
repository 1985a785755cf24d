//! What went wrong on the runtime's thread, until it is raised on that of the loop.

use crate::error;
use aster_runtime::Status;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::fmt;

/// An exception to be: the runtime's thread makes no objects of Python's.
pub(crate) enum Failure {
    /// A class of `aster_runtime.errors`, and its message.
    Class(&'static str, String),
    /// A `ValueError`.
    Value(String),
    /// The exception of a status.
    Status(Box<Status>),
}

impl Failure {
    /// The store of blobs or docs, or the network beneath it, failed.
    pub(crate) fn store(error: impl fmt::Display) -> Self {
        Self::Class("StoreError", error.to_string())
    }

    /// Something that was asked for is not there.
    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::Class("NotFound", text.into())
    }

    pub(crate) fn raise(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Class(class, text) => error::make(py, class, (text,)),
            Self::Value(text) => PyValueError::new_err(text),
            Self::Status(status) => error::status(py, &status),
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}
