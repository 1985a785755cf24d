//! The connections of a node, for those who bring their own accept loop.

use crate::error;
use crate::failure::Failure;
use crate::feed::{self, Ahead};
use crate::node::OpenNode;
use crate::value::Value;
use aster_runtime as runtime;
use futures_util::stream;
use iroh::endpoint::VarInt;
use napi::{Env, Result};
use napi_derive::napi;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A connection that gate 0 has let in, of a peer that speaks one of Aster's protocols.
#[napi]
pub struct Connection {
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
    pub(crate) fn take(&self) -> Result<runtime::queue::AsterConnection> {
        let connection = self.lock().take();
        connection.ok_or_else(|| error::plain("this connection is served already, or was closed"))
    }
}

#[napi]
impl Connection {
    /// The protocol: `aster/1`, or one of the two of admission.
    #[napi(getter)]
    pub fn alpn(&self) -> String {
        self.alpn.clone()
    }

    /// The key of the peer, in hexadecimal digits.
    #[napi(getter)]
    pub fn peer(&self) -> String {
        self.peer.clone()
    }

    /// Closes the connection instead of serving it. Without effect on one that is served.
    #[napi]
    pub fn close(&self, code: Option<u32>, reason: Option<String>) {
        if let Some(connection) = self.lock().take() {
            let code = VarInt::from_u32(code.unwrap_or(0));
            connection
                .connection
                .close(code, reason.unwrap_or_default().as_bytes());
        }
    }
}

/// The connections of a node, each when somebody waits for it: the others stay for whoever comes next.
pub(crate) fn connections(env: &Env, of: &OpenNode, token: u32) -> Result<()> {
    let connections = of.node().accept_aster();
    let connections = connections
        .map_err(|already| error::failure(env, Failure::Class("AlreadyServing", already.to_string())))?;
    let connections = stream::unfold(connections, |mut connections| async move {
        let connection = connections.next().await?;
        let item = Value::object(Connection::new(connection));
        Some((Ok::<_, Failure>((0, item)), connections))
    });
    feed::follow(env, of, token, Ahead::NONE, async move { Ok(connections) })
}
