//! One document that is open: entries, who else has it, what happens to it.

use crate::address;
use crate::awaitable::Ready;
use crate::blobs::{self, content, done, hash, joined};
use crate::bridge::EventLoop;
use crate::docs::{LIMIT, author, failed, object, text};
use crate::executor;
use crate::failure::Failure;
use crate::feed::{Ahead, Events, Item};
use crate::node::Node;
use futures_util::{Stream, StreamExt as _};
use iroh_docs::api::protocol::{AddrInfoOptions, ShareMode};
use iroh_docs::engine::{LiveEvent, Origin};
use iroh_docs::store::{Query, SortBy, SortDirection};
use iroh_docs::{AuthorId, ContentStatus, Entry};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::sync::atomic::{AtomicBool, Ordering};

/// A document that is open here.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Doc {
    doc: iroh_docs::api::Doc,
    node: Py<Node>,
    closed: AtomicBool,
}

impl Doc {
    pub(crate) fn new(doc: iroh_docs::api::Doc, node: Py<Node>) -> Self {
        Self {
            doc,
            node,
            closed: AtomicBool::new(false),
        }
    }

    fn opened(&self) -> PyResult<iroh_docs::api::Doc> {
        self.node.get().get()?;
        if self.closed.load(Ordering::Relaxed) {
            return Err(PyRuntimeError::new_err(
                "the document was closed: `open` it again",
            ));
        }
        Ok(self.doc.clone())
    }

    fn shut<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.closed.swap(true, Ordering::Relaxed) {
            return Ready::give(py, py.None().into_bound(py));
        }
        let doc = self.doc.clone();
        EventLoop::run(py, async move { doc.close().await.map_err(failed) }, done)
    }
}

impl Drop for Doc {
    fn drop(&mut self) {
        // the store counts who has it open
        if !self.closed.load(Ordering::Relaxed)
            && Python::attach(|_| self.node.get().get().is_ok())
            && let Ok(runtime) = executor::runtime()
        {
            let doc = self.doc.clone();
            runtime.spawn(async move {
                // a node that has closed has closed its documents
                let _ = doc.close().await;
            });
        }
    }
}

/// What a query asks for.
fn query(
    prefix: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
    writer: Option<AuthorId>,
    latest: bool,
    descending: bool,
    offset: u64,
    limit: Option<u64>,
) -> Query {
    let direction = if descending {
        SortDirection::Desc
    } else {
        SortDirection::Asc
    };
    macro_rules! filtered {
        ($query:expr) => {{
            let mut query = $query;
            if let Some(prefix) = prefix {
                query = query.key_prefix(prefix);
            }
            if let Some(key) = key {
                query = query.key_exact(key);
            }
            if let Some(writer) = writer {
                query = query.author(writer);
            }
            if let Some(limit) = limit {
                query = query.limit(limit);
            }
            query.offset(offset)
        }};
    }
    if latest {
        filtered!(Query::single_latest_per_key())
            .sort_direction(direction)
            .build()
    } else {
        filtered!(Query::all())
            .sort_by(SortBy::KeyAuthor, direction)
            .build()
    }
}

/// An entry as Python has it.
fn entry(py: Python<'_>, entry: &Entry) -> PyResult<Py<PyAny>> {
    object(
        py,
        "DocEntry",
        (
            PyBytes::new(py, entry.key()).unbind(),
            entry.author().to_string(),
            entry.content_hash().to_string(),
            entry.content_len(),
            entry.timestamp(),
        ),
    )
}

fn event(py: Python<'_>, event: &LiveEvent) -> PyResult<Py<PyAny>> {
    match event {
        LiveEvent::InsertLocal { entry: inserted } => object(py, "InsertLocal", (entry(py, inserted)?,)),
        LiveEvent::InsertRemote {
            from,
            entry: inserted,
            content_status,
        } => {
            let status = match content_status {
                ContentStatus::Complete => "complete",
                ContentStatus::Incomplete => "incomplete",
                ContentStatus::Missing => "missing",
            };
            object(
                py,
                "InsertRemote",
                (entry(py, inserted)?, from.to_string(), status),
            )
        }
        LiveEvent::ContentReady { hash } => object(py, "ContentReady", (hash.to_string(),)),
        LiveEvent::PendingContentReady => object(py, "PendingContentReady", ()),
        LiveEvent::NeighborUp(peer) => object(py, "NeighborUp", (peer.to_string(),)),
        LiveEvent::NeighborDown(peer) => object(py, "NeighborDown", (peer.to_string(),)),
        LiveEvent::SyncFinished(sync) => {
            let dialled = matches!(sync.origin, Origin::Connect(_));
            let (sent, received, error) = match &sync.result {
                Ok(details) => (details.entries_sent, details.entries_received, None),
                Err(error) => (0, 0, Some(error.clone())),
            };
            object(
                py,
                "SyncFinished",
                (sync.peer.to_string(), dialled, sent, received, error),
            )
        }
    }
}

/// Entries, one after the other.
async fn entries(
    doc: iroh_docs::api::Doc,
    query: Query,
) -> Result<impl Stream<Item = Result<(usize, Item), Failure>> + Send, Failure> {
    let entries = doc.get_many(query).await.map_err(failed)?;
    Ok(entries.map(|found| {
        let found = found.map_err(failed)?;
        let item: Item = Box::new(move |py| entry(py, &found));
        Ok((0, item))
    }))
}

#[pymethods]
impl Doc {
    /// The id of the document, in hexadecimal digits.
    #[getter]
    fn id(&self) -> String {
        self.doc.id().to_string()
    }

    /// Sets the value of a key for an author whose key is here, and gives the hash of the value, which is a blob of this node.
    ///
    /// Raises `ValueError` for an empty value, which only `delete` writes, and `PermissionDenied` where the document can only be read.
    fn set<'py>(
        &self,
        py: Python<'py>,
        author: &str,
        key: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (doc, author) = (self.opened()?, self::author(author)?);
        let (key, value) = (content(key)?, content(value)?);
        if value.is_empty() {
            return Err(PyValueError::new_err(
                "a value of a document is not empty: `delete` takes a key away",
            ));
        }
        EventLoop::run(
            py,
            async move { doc.set_bytes(author, key, value).await.map_err(failed) },
            text,
        )
    }

    /// Lets a key have a blob of this node as its value.
    fn set_hash<'py>(
        &self,
        py: Python<'py>,
        author: &str,
        key: &Bound<'py, PyAny>,
        hash: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (doc, author, key, hash) = (
            self.opened()?,
            self::author(author)?,
            content(key)?,
            self::hash(hash)?,
        );
        let store = self.node.get().get()?.blobs().clone();
        EventLoop::run(
            py,
            async move {
                let size = blobs::size(&store, hash).await?;
                doc.set_hash(author, key, hash, size).await.map_err(failed)
            },
            done,
        )
    }

    /// The entry of a key: that of an author, or the latest of all; `None` if there is none.
    #[pyo3(signature = (key, author = None))]
    fn entry<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        author: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (doc, key) = (self.opened()?, content(key)?);
        let author = author.map(self::author).transpose()?;
        EventLoop::run(py, find(doc, key.to_vec(), author), |py, found| match found {
            Ok(Some(found)) => entry(py, &found),
            Ok(None) => Ok(py.None()),
            Err(failure) => Err(failure.raise(py)),
        })
    }

    /// The value of a key: that of an author, or the latest of all; `None` if there is none. More than `limit` bytes are refused.
    ///
    /// Raises `NotFound` while the value of an entry that a peer wrote has not arrived: `ContentReady` tells of it.
    #[pyo3(signature = (key, author = None, *, limit = LIMIT))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        author: Option<&str>,
        limit: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (doc, key) = (self.opened()?, content(key)?);
        let author = author.map(self::author).transpose()?;
        let store = self.node.get().get()?.blobs().clone();
        EventLoop::run(
            py,
            async move {
                match find(doc, key.to_vec(), author).await? {
                    Some(entry) => blobs::whole(store, entry.content_hash(), 0, None, limit)
                        .await
                        .map(Some),
                    None => Ok(None),
                }
            },
            |py, value| match value {
                Ok(Some(pieces)) => joined(py, &pieces),
                Ok(None) => Ok(py.None()),
                Err(failure) => Err(failure.raise(py)),
            },
        )
    }

    /// The entries whose keys begin with `prefix`, or are `key`, by key: those of `author`, or of all; with `latest`, the latest of
    /// each key alone. What was deleted has none.
    #[pyo3(signature = (*, prefix = None, key = None, author = None, latest = false, descending = false, offset = 0, limit = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
    fn query<'py>(
        &self,
        py: Python<'py>,
        prefix: Option<Vec<u8>>,
        key: Option<Vec<u8>>,
        author: Option<&str>,
        latest: bool,
        descending: bool,
        offset: u64,
        limit: Option<u64>,
    ) -> PyResult<Bound<'py, Events>> {
        if prefix.is_some() && key.is_some() {
            return Err(PyValueError::new_err(
                "a query has a `prefix` or a `key`, not both",
            ));
        }
        let doc = self.opened()?;
        let author = author.map(self::author).transpose()?;
        let query = query(prefix, key, author, latest, descending, offset, limit);
        let keep = self.node.clone_ref(py).into_any();
        Events::follow(
            py,
            Ahead::EVENTS,
            keep,
            self.node.get().closing(),
            entries(doc, query),
        )
    }

    /// Deletes the entries of an author whose keys begin with `prefix`, and says how many they were.
    fn delete<'py>(
        &self,
        py: Python<'py>,
        author: &str,
        prefix: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (doc, author, prefix) = (self.opened()?, self::author(author)?, content(prefix)?);
        EventLoop::run(
            py,
            async move { doc.del(author, prefix).await.map_err(failed) },
            |py, count| match count {
                Ok(count) => Ok(count.into_pyobject(py)?.into_any().unbind()),
                Err(failure) => Err(failure.raise(py)),
            },
        )
    }

    /// A ticket with which others `join` the document at this node, and may write it with `write`. From here on the document is synced.
    #[pyo3(signature = (write = false))]
    fn share<'py>(&self, py: Python<'py>, write: bool) -> PyResult<Bound<'py, PyAny>> {
        let doc = self.opened()?;
        let node = self.node.get().get()?.clone();
        let mode = if write { ShareMode::Write } else { ShareMode::Read };
        EventLoop::run(
            py,
            async move {
                let ticket = doc.share(mode, AddrInfoOptions::RelayAndAddresses).await;
                let mut ticket = ticket.map_err(failed)?;
                // what the node says of itself is as good, and it knows the addresses that it is bound to
                let address = node.address().endpoint_addr().clone();
                ticket.nodes = vec![address];
                Ok(ticket)
            },
            text,
        )
    }

    /// What happens to the document from here on: an asynchronous iterator, which begins when it is awaited or entered, or with the
    /// first event that is asked for.
    ///
    /// Some 256 events are read ahead. If they are not taken, those who write the document wait: read it to its end, or leave it.
    fn subscribe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Events>> {
        let doc = self.opened()?;
        let source = async move {
            let events = doc.subscribe().await.map_err(failed)?;
            Ok(events.map(|happened| {
                let happened = happened.map_err(failed)?;
                let item: Item = Box::new(move |py| event(py, &happened));
                Ok((0, item))
            }))
        };
        let keep = self.node.clone_ref(py).into_any();
        Events::follow(py, Ahead::EVENTS, keep, self.node.get().closing(), source)
    }

    /// Syncs the document with these peers, and with those that they know, until `leave()`.
    #[pyo3(signature = (peers = None))]
    fn sync<'py>(&self, py: Python<'py>, peers: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let doc = self.opened()?;
        let peers = peers.map(address::peers).transpose()?.unwrap_or_default();
        EventLoop::run(
            py,
            async move { doc.start_sync(peers).await.map_err(failed) },
            done,
        )
    }

    /// Syncs the document no more. What is here stays.
    fn leave<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let doc = self.opened()?;
        EventLoop::run(py, async move { doc.leave().await.map_err(failed) }, done)
    }

    /// Closes this handle of the document.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.shut(py)
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Ready::give(slf.py(), slf.clone().into_any())
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(&self, py: Python<'py>, _raised: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.shut(py)
    }

    fn __repr__(&self) -> String {
        format!("<document {}>", self.doc.id())
    }
}

/// The entry of a key.
async fn find(
    doc: iroh_docs::api::Doc,
    key: Vec<u8>,
    author: Option<AuthorId>,
) -> Result<Option<Entry>, Failure> {
    match author {
        Some(author) => doc.get_exact(author, key, false).await.map_err(failed),
        None => doc
            .get_one(Query::single_latest_per_key().key_exact(key))
            .await
            .map_err(failed),
    }
}
