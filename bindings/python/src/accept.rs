//! The connections of a node, for those who bring their own accept loop.

use crate::error;
use crate::failure::Failure;
use crate::feed::{Ahead, Events, Item};
use crate::node::Node;
use aster_runtime as runtime;
use futures_util::stream;
use iroh::endpoint::VarInt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A connection that gate 0 has let in, of a peer that speaks one of Aster's protocols: `Server.handle` serves it.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Connection {
    alpn: String,
    peer: String,
    connection: Mutex<Option<runtime::queue::AsterConnection>>,
}

impl Connection {
    fn new(connection: runtime::queue::AsterConnection) -> Self {
        Self {
            alpn: connection.alpn.to_string(),
            peer: connection.peer().to_string(),
            connection: Mutex::new(Some(connection)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<runtime::queue::AsterConnection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, once.
    ///
    /// # Errors
    /// It was taken or closed.
    pub(crate) fn take(&self) -> PyResult<runtime::queue::AsterConnection> {
        let connection = self.lock().take();
        connection.ok_or_else(|| PyRuntimeError::new_err("this connection is served already, or was closed"))
    }
}

#[pymethods]
impl Connection {
    /// The protocol: `aster/1`, or one of the two of admission.
    #[getter]
    fn alpn(&self) -> &str {
        &self.alpn
    }

    /// The key of the peer, in hexadecimal digits.
    #[getter]
    fn peer(&self) -> &str {
        &self.peer
    }

    /// Closes the connection instead of serving it. Without effect on one that is served.
    #[pyo3(signature = (code = 0, reason = b"".as_slice()))]
    fn close(&self, code: u32, reason: &[u8]) {
        if let Some(connection) = self.lock().take() {
            connection.connection.close(VarInt::from_u32(code), reason);
        }
    }

    fn __repr__(&self) -> String {
        format!("<connection of {} for {}>", self.peer, self.alpn)
    }
}

/// The connections of a node, each when somebody waits for it: the others stay for whoever comes next.
///
/// # Errors
/// `AlreadyServing`.
pub(crate) fn connections<'py>(node: &Bound<'py, Node>) -> PyResult<Bound<'py, Events>> {
    let py = node.py();
    let connections = node.get().get()?.accept_aster();
    let connections =
        connections.map_err(|already| error::make(py, "AlreadyServing", (already.to_string(),)))?;
    let connections = stream::unfold(connections, |mut connections| async move {
        let connection = connections.next().await?;
        let item: Item =
            Box::new(move |py| Ok(Bound::new(py, Connection::new(connection))?.into_any().unbind()));
        Some((Ok::<_, Failure>((0, item)), connections))
    });
    let keep = node.clone().unbind().into_any();
    Events::follow(py, Ahead::NONE, keep, node.get().closing(), async move {
        Ok(connections)
    })
}
