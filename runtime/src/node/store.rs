//! Where blobs and docs are kept: in memory, or in a folder that one node has for itself.

use crate::node::builder::SpawnError;
use crate::node::placement::Host;
use iroh::Endpoint;
use iroh_blobs::store::fs::FsStore;
use iroh_blobs::store::mem::MemStore;
use iroh_docs::engine::{DefaultAuthorStorage, Engine};
use iroh_docs::protocol::Docs;
use iroh_gossip::net::Gossip;
use std::fs::{File, TryLockError};
use std::path::Path;

const LOCK: &str = "aster.lock";

/// The opened stores, and the lock of their folder.
pub(crate) struct Stores {
    pub(crate) blobs: iroh_blobs::api::Store,
    pub(crate) docs: Docs,
    pub(crate) lock: Option<File>,
}

/// Opens the stores in memory.
pub(crate) async fn memory(
    endpoint: &Endpoint,
    gossip: &Gossip,
    downloads: &Host,
) -> Result<Stores, SpawnError> {
    let blobs: iroh_blobs::api::Store = (*MemStore::new()).clone();
    let store = iroh_docs::store::Store::memory();
    let docs = docs(
        store,
        DefaultAuthorStorage::Mem,
        &blobs,
        endpoint,
        gossip,
        downloads,
    );
    Ok(Stores {
        docs: docs.await?,
        blobs,
        lock: None,
    })
}

/// Opens the stores in a folder whose lock is held.
pub(crate) async fn folder(
    path: &Path,
    lock: File,
    endpoint: &Endpoint,
    gossip: &Gossip,
    downloads: &Host,
) -> Result<Stores, SpawnError> {
    let blobs = FsStore::load(path.join("blobs")).await;
    let blobs: iroh_blobs::api::Store = blobs
        .map_err(|error| SpawnError::Blobs {
            path: path.to_owned(),
            reason: error.to_string(),
        })?
        .into();
    let path = path.join("docs");
    let store = iroh_docs::store::Store::persistent(path.join("docs.redb"))
        .map_err(|error| SpawnError::Docs(error.to_string()))?;
    let author = DefaultAuthorStorage::Persistent(path.join("default-author"));
    let docs = docs(store, author, &blobs, endpoint, gossip, downloads);
    Ok(Stores {
        docs: docs.await?,
        blobs,
        lock: Some(lock),
    })
}

/// Starts docs as their own builder does, but for the downloader: the pool of its connections holds itself, and with it the
/// endpoint and its socket, until the runtime that it was made on is gone (iroh-util 0.6.0, `connection_pool`).
async fn docs(
    store: iroh_docs::store::Store,
    author: DefaultAuthorStorage,
    blobs: &iroh_blobs::api::Store,
    endpoint: &Endpoint,
    gossip: &Gossip,
    downloads: &Host,
) -> Result<Docs, SpawnError> {
    let downloader = {
        let _made_there = downloads.handle().enter();
        blobs.downloader(endpoint)
    };
    let engine = Engine::spawn(
        endpoint.clone(),
        gossip.clone(),
        store,
        blobs.clone(),
        downloader,
        author,
        None,
    );
    let engine = engine
        .await
        .map_err(|error| SpawnError::Docs(error.to_string()))?;
    Ok(Docs::new(engine))
}

/// Makes the folder where needed and takes it for this node alone: the stores themselves would wait without end
/// for another process to leave.
pub(crate) fn lock(path: &Path) -> Result<File, SpawnError> {
    let failed = |error| SpawnError::Folder {
        path: path.to_owned(),
        error,
    };
    for folder in [path.to_owned(), path.join("blobs"), path.join("docs")] {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = File::create(path.join(LOCK)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpawnError::FolderInUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
