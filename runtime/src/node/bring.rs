//! Brings a revocation to a server.
//!
//! Source: trust, "Credentials" (revocation).

use crate::admission;
use crate::client::CONNECT_TIME;
use crate::node::{AddressError, Node, PeerAddress};
use crate::trust::Revocation;

/// Why a server did not take a revocation in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// The text is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The server cannot be reached, or is none.
    #[error("the server cannot be told: {0}")]
    Unreachable(String),
    /// The server did not answer.
    #[error("the server does not answer")]
    Timeout,
    /// The server is of another mesh, or has no file of revocations that could be added to. Its log says which.
    #[error(
        "the server did not take the revocation in: it is of another mesh, or has no whole file of revocations; its log says which"
    )]
    NotTaken,
}

impl Node {
    /// Brings a server what the operator of its mesh has revoked. The server adds it to its file of revocations, and cuts within a
    /// second whom it concerns. Anybody may bring it, as only the root key can have signed it. Waits 10 s at most.
    ///
    /// # Errors
    /// [`RevokeError`].
    pub async fn bring_revocation(
        &self,
        address: impl PeerAddress,
        revocation: &Revocation,
    ) -> Result<(), RevokeError> {
        let address = address.to_endpoint_addr()?;
        // boxed: it is large, and those who wait for it would have it on their stacks
        let work = Box::pin(admission::bring(self, address, revocation.to_json()));
        match tokio::time::timeout(CONNECT_TIME, work).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(RevokeError::NotTaken),
            Ok(Err(error)) => Err(RevokeError::Unreachable(error.to_string())),
            Err(_) => Err(RevokeError::Timeout),
        }
    }
}
