//! Who may connect to a node: peers are admitted, looked at and revoked.

use crate::admission::now;
use crate::node::{CredentialUnusable, Node, Ticket};
use crate::trust::{Admission, AdmitError, AdmittedPeer, Credential, PeerId};
use iroh::EndpointId;

impl Node {
    /// Admits a peer: it may connect, over every protocol of the node, and call with these attributes.
    ///
    /// A new admission replaces the last one, for the connections that the peer has too: the next call has the new
    /// attributes, and the new expiry counts, be it later or sooner. A peer that was revoked is welcome again. At its expiry
    /// the peer's connections are closed, within a minute also where the wall clock was set forward; one that is set back does
    /// not lengthen an admission.
    ///
    /// # Errors
    /// [`AdmitError`]; what was granted before stays then.
    pub fn admit(&self, peer: impl Into<PeerId>, admission: Admission) -> Result<(), AdmitError> {
        self.shared().gate.admit(peer.into(), admission)
    }

    /// Ends the admission of a peer, and closes its connections at once: calls that run are dropped, and what it
    /// opens later is refused. Says whether it was admitted.
    ///
    /// The node remembers it as long as it lives: under open gates, and whatever credential it shows, the peer stays out
    /// until [`Node::admit`] lets it in again, and docs and gossip do not dial it. Of 65,536 peers, that is; if more are
    /// revoked, only `admit` lets in somebody new. The node itself cannot be revoked.
    pub fn revoke(&self, peer: impl Into<PeerId>) -> bool {
        let peer = peer.into();
        peer != self.id().into() && self.shared().gate.revoke(peer)
    }

    /// Adds a credential that the node shows, as [`NodeBuilder::credential`](crate::NodeBuilder::credential) does: clients that
    /// are connected show it when they renew their admission.
    ///
    /// # Errors
    /// [`CredentialUnusable`].
    pub fn add_credential(&self, credential: Credential) -> Result<(), CredentialUnusable> {
        self.shared().mesh.credentials.add(credential, now())
    }

    /// The peers that are admitted now, by key.
    pub fn admitted(&self) -> Vec<AdmittedPeer> {
        self.shared().gate.peers()
    }
}

impl From<EndpointId> for PeerId {
    fn from(id: EndpointId) -> Self {
        Self(*id.as_bytes())
    }
}

impl From<&Ticket> for PeerId {
    fn from(ticket: &Ticket) -> Self {
        ticket.endpoint_addr().id.into()
    }
}
