//! What a node goes by when somebody shows it a credential: the root key, the revocations and the nonces of its mesh.
//!
//! Source: trust, "Credentials" and "Admission exchange".

mod credentials;

pub(crate) use credentials::{Choice, Credentials, Shown};
pub use credentials::{CredentialUnusable, MAX_CREDENTIALS};

use crate::admission::now;
use crate::node::SpawnError;
use crate::node::gate::Gate;
use crate::node::nonce_file::{ConsumeError, NonceFile, NonceFileError};
use crate::node::revocation_file::{RevocationFile, RevocationFileError};
use crate::trust::{
    Credential, CredentialRefusal, GrantError, Granted, NonceRefusal, Now, PeerId, Purpose, Refusal,
    Revocation, RevocationError, Revocations, RootPublicKey, Verified, Verifier,
};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::MissedTickBehavior;

/// Credentials that are verified at once: the disk is waited for by so many threads at most.
const AT_ONCE: usize = 16;
/// How often it is looked whether the file of revocations has changed.
const LOOK: Duration = Duration::from_secs(1);

/// Why somebody is not admitted, or a server not trusted. For the log and the program, never for the other side.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Distrust {
    #[error("its credential cannot be verified: this node has no root key")]
    NoRoot,
    #[error("it shows no producer's credential")]
    Nothing,
    #[error(transparent)]
    Refused(#[from] CredentialRefusal),
    #[error("it is not known who is revoked: {0}")]
    Revocations(Arc<RevocationFileError>),
    #[error("the revocation is none of this mesh: {0}")]
    Statement(#[from] RevocationError),
    #[error("this node was given no file of revocations")]
    NoFile,
    #[error(transparent)]
    Nonces(#[from] NonceFileError),
    #[error(transparent)]
    Grant(#[from] GrantError),
    #[error(transparent)]
    Guest(#[from] Refusal),
    #[error("the node ends")]
    Ends,
}

/// The mesh of a node, if it has one, and what the node shows to others.
#[derive(Debug)]
pub(crate) struct Mesh {
    root: Option<RootPublicKey>,
    node: PeerId,
    pub(crate) credentials: Credentials,
    revocations: Option<RevocationFile>,
    nonces: Option<NonceFile>,
    at_once: Arc<Semaphore>,
    /// What was revoked when the file was last read.
    known: watch::Sender<Arc<Revocations>>,
}

/// What a builder was told of the mesh.
#[derive(Clone, Debug, Default)]
pub(crate) struct MeshOptions {
    pub(crate) root: Option<RootPublicKey>,
    pub(crate) credentials: Vec<Credential>,
    pub(crate) revocations: Option<PathBuf>,
}

impl MeshOptions {
    /// Opens the files, and checks what fits the node. The folder is locked. Blocks.
    pub(crate) fn open(self, node: PeerId, folder: Option<&Path>) -> Result<Mesh, SpawnError> {
        let Self {
            root,
            credentials,
            revocations,
        } = self;
        let credentials = Credentials::new(node, credentials)?;
        let revocations = match (revocations, root) {
            (None, _) => None,
            (Some(path), None) => return Err(SpawnError::RevocationsWithoutTrust(path)),
            (Some(path), Some(root)) => Some(RevocationFile::new(path, root)),
        };
        let known = match &revocations {
            None => Arc::default(),
            Some(file) => file
                .current()
                .map_err(|error| SpawnError::Revocations(error.to_string()))?,
        };
        let nonces = match (root, folder) {
            (Some(_), Some(folder)) => {
                Some(NonceFile::open(folder, now()).map_err(|error| SpawnError::Nonces(error.to_string()))?)
            }
            _ => None,
        };
        Ok(Mesh {
            root,
            node,
            credentials,
            revocations,
            nonces,
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            known: watch::Sender::new(known),
        })
    }
}

impl Mesh {
    pub(crate) fn root(&self) -> Option<RootPublicKey> {
        self.root
    }

    /// What is revoked by now, and what will be.
    pub(crate) fn known(&self) -> watch::Receiver<Arc<Revocations>> {
        self.known.subscribe()
    }

    /// Verifies what a peer shows to be admitted. A nonce is bound to the peer on the disk when this returns.
    pub(crate) async fn judge(
        self: &Arc<Self>,
        json: String,
        purpose: Purpose,
        peer: PeerId,
    ) -> Result<Granted, Distrust> {
        let root = self.root.ok_or(Distrust::NoRoot)?;
        self.blocking(move |mesh| mesh.verify(&root, &json, purpose, peer, now()))
            .await
    }

    /// Whether anybody may be admitted now: not while it is unknown who is revoked.
    pub(crate) async fn admits(self: &Arc<Self>) -> Result<(), Distrust> {
        if self.revocations.is_none() {
            return Ok(());
        }
        self.blocking(|mesh| mesh.revoked().map(drop)).await
    }

    /// Takes in what the operator has revoked, from whoever brings it: only the root key can have signed it. It is on the disk when
    /// this returns, and holds as what is written there by others does.
    pub(crate) async fn revoke(self: &Arc<Self>, json: String) -> Result<(), Distrust> {
        let root = self.root.ok_or(Distrust::NoRoot)?;
        self.blocking(move |mesh| {
            let statement = Revocation::from_json(&json, &root)?;
            let file = mesh.revocations.as_ref().ok_or(Distrust::NoFile)?;
            file.append(&statement).map_err(Distrust::Revocations)
        })
        .await
    }

    /// Verifies what a server shows, as a producer of that mesh.
    pub(crate) async fn trusts(
        self: &Arc<Self>,
        root: RootPublicKey,
        server: PeerId,
        json: String,
    ) -> Result<Granted, Distrust> {
        if json.is_empty() {
            return Err(Distrust::Nothing);
        }
        self.blocking(move |mesh| mesh.verify(&root, &json, Purpose::Producer, server, now()))
            .await
    }

    /// The producer's credential that convinces a peer, in JSON; empty without one.
    pub(crate) fn producer(&self, peer: PeerId) -> String {
        let root = self.root.as_ref();
        root.and_then(|root| self.credentials.producer(root, peer, now()))
            .map_or_else(String::new, |credential| credential.to_json())
    }

    async fn blocking<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<R, Distrust> + Send + 'static,
    ) -> Result<R, Distrust> {
        let permit = Arc::clone(&self.at_once).acquire_owned().await;
        let permit = permit.map_err(|_| Distrust::Ends)?;
        let mesh = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            // held until the work is done, also where nobody waits for it any more
            let _permit = permit;
            work(&mesh)
        });
        work.await.map_err(|_| Distrust::Ends)?
    }

    fn verify(
        &self,
        root: &RootPublicKey,
        json: &str,
        purpose: Purpose,
        peer: PeerId,
        now: Now,
    ) -> Result<Granted, Distrust> {
        // the file speaks for one mesh
        let revocations = match self.root.as_ref() == Some(root) {
            true => self.revoked()?,
            false => Arc::default(),
        };
        let credential = Credential::from_json(json).map_err(CredentialRefusal::from)?;
        let verifier = Verifier {
            root,
            node: self.node,
            revocations: &revocations,
        };
        match verifier.verify(&credential, purpose, peer, now.wall)? {
            Verified::Granted(granted) => Ok(granted),
            Verified::OneTime(shown) => match &self.nonces {
                Some(nonces) => nonces.consume(shown, now).map_err(|error| match error {
                    ConsumeError::Refused(refusal) => CredentialRefusal::from(refusal).into(),
                    ConsumeError::File(error) => error.into(),
                }),
                None => Err(CredentialRefusal::from(NonceRefusal::NoFolder).into()),
            },
        }
    }

    /// Looks whether the file has changed. `readable` says whether it could be read before: a change of that is logged once.
    async fn look(self: &Arc<Self>, gate: &Gate, readable: &mut bool) {
        match self.blocking(Self::revoked).await {
            Ok(revocations) => {
                if !std::mem::replace(readable, true) {
                    tracing::info!("the revocations can be read again: peers are admitted");
                }
                let changed = !Arc::ptr_eq(&revocations, &self.known.borrow());
                if changed {
                    gate.hold_against(&revocations);
                    self.known.send_replace(revocations);
                }
            }
            Err(error) => {
                if std::mem::replace(readable, false) {
                    tracing::error!(%error, "no peer is admitted until the revocations can be read");
                }
            }
        }
    }

    fn revoked(&self) -> Result<Arc<Revocations>, Distrust> {
        match &self.revocations {
            None => Ok(Arc::default()),
            Some(file) => file.current().map_err(Distrust::Revocations),
        }
    }
}

/// Holds the peers against the file of revocations whenever it has changed, until the node is closed or gone. While the file
/// cannot be read, those who are here stay.
pub(crate) async fn follow(mesh: Weak<Mesh>, gate: Weak<Gate>) {
    let Some(mut ended) = gate.upgrade().map(|gate| gate.ended()) else {
        return;
    };
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut readable = true;
    loop {
        tokio::select! {
            biased;
            over = ended.wait_for(|ended| *ended) => {
                drop(over);
                return;
            }
            _ = ticks.tick() => {}
        }
        let (Some(mesh), Some(gate)) = (mesh.upgrade(), gate.upgrade()) else {
            return;
        };
        if mesh.revocations.is_none() {
            return;
        }
        mesh.look(&gate, &mut readable).await;
    }
}

#[cfg(test)]
mod tests;
