//! Blobs: content by its hash.

use crate::address;
use crate::bridge::EventLoop;
use crate::failure::Failure;
use crate::feed::{Ahead, Events, Item};
use crate::node::Node;
use aster_runtime::alpn::close;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use iroh::endpoint::{Connection, ConnectionError};
use iroh::{Endpoint, EndpointAddr};
use iroh_blobs::api::Store;
use iroh_blobs::api::blobs::BlobStatus;
use iroh_blobs::api::proto::ExportRangesItem;
use iroh_blobs::api::{TempTag, blobs::AddProgress};
use iroh_blobs::ticket::BlobTicket;
use iroh_blobs::{BlobFormat, Hash, HashAndFormat};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `get_bytes` reads without being told otherwise.
const LIMIT: u64 = 64 * 1024 * 1024;
/// How far chunks are read ahead.
const AHEAD: Ahead = Ahead {
    items: 64,
    bytes: 1024 * 1024,
};
/// How long a peer may take to answer when it is dialled.
const CONNECT: Duration = Duration::from_secs(10);

/// The blobs of a node: content by its hash.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Blobs {
    node: Py<Node>,
}

impl Blobs {
    pub(crate) fn of(node: &Bound<'_, Node>) -> PyResult<Self> {
        node.get().get()?;
        Ok(Self {
            node: node.clone().unbind(),
        })
    }

    fn store(&self) -> PyResult<Store> {
        Ok(self.node.get().get()?.blobs().clone())
    }

    /// Adds content on the runtime, and gives its hash.
    fn add<'py>(
        &self,
        py: Python<'py>,
        tag: Option<String>,
        begin: impl for<'a> FnOnce(&'a Store) -> AddProgress<'a> + Send + 'static,
    ) -> PyResult<Bound<'py, PyAny>> {
        let store = self.store()?;
        EventLoop::run(
            py,
            async move {
                // what has no name of its own gets none: the store collects nothing
                let added: TempTag = begin(&store).temp_tag().await.map_err(Failure::store)?;
                if let Some(tag) = tag {
                    let content = HashAndFormat::raw(added.hash());
                    store.tags().set(tag, content).await.map_err(Failure::store)?;
                }
                Ok(added.hash())
            },
            |py, added: Result<Hash, Failure>| shown(py, added),
        )
    }
}

/// A hash as Python has it.
fn shown(py: Python<'_>, hash: Result<Hash, Failure>) -> PyResult<Py<PyAny>> {
    match hash {
        Ok(hash) => Ok(PyString::new(py, &hash.to_string()).into_any().unbind()),
        Err(failure) => Err(failure.raise(py)),
    }
}

/// Nothing, or what went wrong.
pub(crate) fn done(py: Python<'_>, done: Result<(), Failure>) -> PyResult<Py<PyAny>> {
    done.map(|()| py.None()).map_err(|failure| failure.raise(py))
}

/// A hash from its text.
///
/// # Errors
/// `ValueError`.
pub(crate) fn hash(text: &str) -> PyResult<Hash> {
    digits(text).map(Hash::from).ok_or_else(|| {
        PyValueError::new_err(format!(
            "`{}` is no hash of a blob: they have 64 hexadecimal digits",
            shortened(text)
        ))
    })
}

/// 32 bytes from 64 hexadecimal digits. The libraries' own parsers panic at other lengths.
pub(crate) fn digits(text: &str) -> Option<[u8; 32]> {
    let text = text.trim().as_bytes();
    let text: &[u8; 64] = text.try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    Some(bytes)
}

/// As much of a text as fits into a sentence.
pub(crate) fn shortened(text: &str) -> String {
    let end = text.floor_char_boundary(24);
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", text[..end].escape_debug())
}

/// Bytes that Python has: those of `bytes` are shared, others are copied.
///
/// # Errors
/// Something that has no bytes.
pub(crate) fn content(data: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(bytes) = data.extract::<PyBackedBytes>() {
        return Ok(Bytes::from_owner(bytes));
    }
    let view = data
        .py()
        .import("builtins")?
        .getattr("memoryview")?
        .call1((data,))?;
    let bytes = view.call_method0("tobytes")?;
    Ok(Bytes::from_owner(bytes.extract::<PyBackedBytes>()?))
}

/// The size of a blob that is here as a whole.
pub(crate) async fn size(store: &Store, hash: Hash) -> Result<u64, Failure> {
    match store.blobs().status(hash).await.map_err(Failure::store)? {
        BlobStatus::Complete { size } => Ok(size),
        BlobStatus::Partial { .. } => Err(Failure::not_found(format!(
            "a part of the blob {hash} is here: `download` it again for the rest"
        ))),
        BlobStatus::NotFound => Err(Failure::not_found(format!(
            "the blob {hash} is not here: `download` it from a peer that has it"
        ))),
    }
}

/// The bytes of a blob from `offset` on, `length` at most, in pieces.
pub(crate) async fn pieces(
    store: Store,
    hash: Hash,
    offset: u64,
    length: Option<u64>,
    limit: Option<u64>,
) -> Result<impl Stream<Item = Result<Bytes, Failure>> + Send, Failure> {
    let size = size(&store, hash).await?;
    let begin = offset.min(size);
    let end = length.map_or(size, |length| begin.saturating_add(length).min(size));
    if let Some(limit) = limit
        && end - begin > limit
    {
        return Err(Failure::Value(format!(
            "the blob {hash} has {} bytes to read, the limit is {limit}: read it in parts with `chunks`, give it a file with \
             `export_file`, or say a higher `limit`",
            end - begin
        )));
    }
    let items = if begin == end {
        stream::empty().boxed()
    } else {
        store.blobs().export_ranges(hash, begin..end).stream().boxed()
    };
    // ranges are rounded up to whole chunks
    Ok(items.filter_map(move |item| {
        let piece = match item {
            ExportRangesItem::Size(_) => None,
            ExportRangesItem::Error(error) => Some(Err(Failure::store(error))),
            ExportRangesItem::Data(leaf) => {
                let from = begin.saturating_sub(leaf.offset).min(leaf.data.len() as u64);
                let to = end.saturating_sub(leaf.offset).min(leaf.data.len() as u64);
                let (from, to) = (from as usize, to as usize);
                (from < to).then(|| Ok(leaf.data.slice(from..to)))
            }
        };
        std::future::ready(piece)
    }))
}

/// The bytes of a blob at once, as [`pieces`] has them.
pub(crate) async fn whole(
    store: Store,
    hash: Hash,
    offset: u64,
    length: Option<u64>,
    limit: u64,
) -> Result<Vec<Bytes>, Failure> {
    let pieces = pieces(store, hash, offset, length, Some(limit)).await?;
    let mut pieces = std::pin::pin!(pieces);
    let mut all = Vec::new();
    while let Some(piece) = pieces.next().await {
        all.push(piece?);
    }
    Ok(all)
}

/// One object of pieces, copied once.
pub(crate) fn joined(py: Python<'_>, pieces: &[Bytes]) -> PyResult<Py<PyAny>> {
    let length = pieces.iter().map(Bytes::len).sum();
    let bytes = PyBytes::new_with(py, length, |mut room| {
        for piece in pieces {
            let (begin, rest) = room.split_at_mut(piece.len());
            begin.copy_from_slice(piece);
            room = rest;
        }
        Ok(())
    })?;
    Ok(bytes.into_any().unbind())
}

/// Fetches a blob from the first of the peers that has it.
async fn fetch(
    node: aster_runtime::Node,
    peers: Vec<EndpointAddr>,
    content: HashAndFormat,
) -> Result<(), Failure> {
    let (store, endpoint) = (node.blobs().clone(), node.endpoint().clone());
    let mut failure = Failure::not_found(format!(
        "the blob {} is not here, and no peer was named that could have it: give `peers`, or a ticket of a blob",
        content.hash
    ));
    if store
        .remote()
        .local(content)
        .await
        .map_err(Failure::store)?
        .is_complete()
    {
        return Ok(());
    }
    for peer in peers {
        match from_peer(&store, &endpoint, peer, content).await {
            Ok(()) => return Ok(()),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn from_peer(
    store: &Store,
    endpoint: &Endpoint,
    peer: EndpointAddr,
    content: HashAndFormat,
) -> Result<(), Failure> {
    let id = peer.id;
    let connecting = tokio::time::timeout(CONNECT, endpoint.connect(peer, iroh_blobs::ALPN));
    let connection = match connecting.await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => {
            let text = format!("the peer {id} cannot be reached: {error}");
            return Err(Failure::Class("ConnectError", text));
        }
        Err(_) => {
            let text = format!("the peer {id} cannot be reached: it does not answer");
            return Err(Failure::Class("ConnectError", text));
        }
    };
    match store.remote().fetch(connection.clone(), content).complete().await {
        Ok(_) => Ok(()),
        Err(error) => Err(refusal(&connection, &content.hash, error)),
    }
}

/// Why a peer gave nothing: its connection says more than the stream.
fn refusal(connection: &Connection, hash: &Hash, error: impl std::fmt::Display) -> Failure {
    let id = connection.remote_id();
    if let Some(ConnectionError::ApplicationClosed(closed)) = connection.close_reason()
        && closed.error_code == close::NOT_ADMITTED.into()
    {
        let text = format!(
            "the peer {id} does not admit this node: connect a client to it first, with a credential of its mesh"
        );
        return Failure::Class("NotAdmitted", text);
    }
    if connection.close_reason().is_none() {
        return Failure::not_found(format!("the peer {id} does not give the blob {hash}: {error}"));
    }
    Failure::Class(
        "ConnectError",
        format!("the connection to the peer {id} was lost: {error}"),
    )
}

#[pymethods]
impl Blobs {
    /// Adds bytes, and gives their hash. `tag` names them.
    ///
    /// Those of `bytes` are not copied; what is changed later has to be given as something else.
    #[pyo3(signature = (data, *, tag = None))]
    fn add_bytes<'py>(
        &self,
        py: Python<'py>,
        data: &Bound<'py, PyAny>,
        tag: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let data = content(data)?;
        self.add(py, tag, move |store| store.blobs().add_bytes(data))
    }

    /// Adds the content of a file, and gives its hash. `tag` names it.
    #[pyo3(signature = (path, *, tag = None))]
    fn add_file<'py>(
        &self,
        py: Python<'py>,
        path: PathBuf,
        tag: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // the store takes absolute ones
        let path = std::path::absolute(path)?;
        self.add(py, tag, move |store| store.blobs().add_path(path))
    }

    /// The bytes of a blob, from `offset` on and `length` at most. More than `limit` is refused.
    #[pyo3(signature = (hash, *, offset = 0, length = None, limit = LIMIT))]
    fn get_bytes<'py>(
        &self,
        py: Python<'py>,
        hash: &str,
        offset: u64,
        length: Option<u64>,
        limit: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (store, hash) = (self.store()?, self::hash(hash)?);
        EventLoop::run(
            py,
            whole(store, hash, offset, length, limit),
            |py, pieces| match pieces {
                Ok(pieces) => joined(py, &pieces),
                Err(failure) => Err(failure.raise(py)),
            },
        )
    }

    /// The bytes of a blob in pieces, one after the other: a mebibyte at most is read ahead.
    #[pyo3(signature = (hash, *, offset = 0, length = None))]
    fn chunks<'py>(
        &self,
        py: Python<'py>,
        hash: &str,
        offset: u64,
        length: Option<u64>,
    ) -> PyResult<Bound<'py, Events>> {
        let (store, hash) = (self.store()?, self::hash(hash)?);
        let source = async move {
            let pieces = pieces(store, hash, offset, length, None).await?;
            Ok(pieces.map(|piece| {
                piece.map(|piece| {
                    let item: Item = Box::new({
                        let piece = piece.clone();
                        move |py| Ok(PyBytes::new(py, &piece).into_any().unbind())
                    });
                    (piece.len(), item)
                })
            }))
        };
        let keep = self.node.clone_ref(py).into_any();
        Events::follow(py, AHEAD, keep, self.node.get().closing(), source)
    }

    /// Whether the whole blob is here.
    fn has<'py>(&self, py: Python<'py>, hash: &str) -> PyResult<Bound<'py, PyAny>> {
        let (store, hash) = (self.store()?, self::hash(hash)?);
        EventLoop::run(
            py,
            async move { store.blobs().has(hash).await.map_err(Failure::store) },
            |py, has| match has {
                Ok(has) => Ok(has.into_pyobject(py)?.to_owned().into_any().unbind()),
                Err(failure) => Err(failure.raise(py)),
            },
        )
    }

    /// The size of a blob that is here, in bytes.
    fn size<'py>(&self, py: Python<'py>, hash: &str) -> PyResult<Bound<'py, PyAny>> {
        let (store, hash) = (self.store()?, self::hash(hash)?);
        EventLoop::run(
            py,
            async move { size(&store, hash).await },
            |py, size| match size {
                Ok(size) => Ok(size.into_pyobject(py)?.into_any().unbind()),
                Err(failure) => Err(failure.raise(py)),
            },
        )
    }

    /// Writes a blob to a file, and gives its size. A file that is there is replaced.
    fn export_file<'py>(&self, py: Python<'py>, hash: &str, path: PathBuf) -> PyResult<Bound<'py, PyAny>> {
        let (store, hash) = (self.store()?, self::hash(hash)?);
        let path = std::path::absolute(path)?;
        EventLoop::run(
            py,
            async move {
                size(&store, hash).await?;
                let written = store.blobs().export(hash, &path).finish().await;
                written.map_err(|error| cannot_write(&path, error))
            },
            |py, written| match written {
                Ok(size) => Ok(size.into_pyobject(py)?.into_any().unbind()),
                Err(failure) => Err(failure.raise(py)),
            },
        )
    }

    /// Fetches a blob, by its hash from the first of `peers` that has it, or by a ticket of it; and gives its hash.
    ///
    /// What is here already is not fetched again; of a part that is here the rest is.
    #[pyo3(signature = (blob, peers = None, *, tag = None))]
    fn download<'py>(
        &self,
        py: Python<'py>,
        blob: &str,
        peers: Option<&Bound<'py, PyAny>>,
        tag: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let node = self.node.get().get()?.clone();
        let mut peers = peers.map(address::peers).transpose()?.unwrap_or_default();
        let blob = blob.trim();
        let content = if blob.starts_with("blob") {
            let ticket = blob.parse::<BlobTicket>().map_err(|_| {
                PyValueError::new_err(format!(
                    "the ticket `{}` of a blob is damaged: copy it again, whole, from where it was printed",
                    shortened(blob)
                ))
            })?;
            let (peer, hash, format) = ticket.into_parts();
            peers.push(peer);
            HashAndFormat { hash, format }
        } else {
            HashAndFormat::raw(hash(blob)?)
        };
        EventLoop::run(
            py,
            async move {
                let store = node.blobs().clone();
                fetch(node, peers, content).await?;
                if let Some(tag) = tag {
                    store.tags().set(tag, content).await.map_err(Failure::store)?;
                }
                Ok(content.hash)
            },
            shown,
        )
    }

    /// A ticket of a blob, with which others `download` it from this node.
    fn ticket(&self, hash: &str) -> PyResult<String> {
        let node = self.node.get().get()?;
        let address = node.address().endpoint_addr().clone();
        Ok(BlobTicket::new(address, self::hash(hash)?, BlobFormat::Raw).to_string())
    }

    /// The tags, and the hashes that they name.
    fn tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Events>> {
        let store = self.store()?;
        let source = async move {
            let tags = store.tags().list().await.map_err(Failure::store)?;
            Ok(tags.map(|tag| {
                let tag = tag.map_err(Failure::store)?;
                let item: Item = Box::new(move |py| {
                    let name = String::from_utf8_lossy(tag.name.0.as_ref()).into_owned();
                    Ok((name, tag.hash.to_string())
                        .into_pyobject(py)?
                        .into_any()
                        .unbind())
                });
                Ok((0, item))
            }))
        };
        let keep = self.node.clone_ref(py).into_any();
        Events::follow(py, Ahead::EVENTS, keep, self.node.get().closing(), source)
    }

    /// Lets a tag name a blob. What it named before it names no more.
    fn set_tag<'py>(&self, py: Python<'py>, tag: String, hash: &str) -> PyResult<Bound<'py, PyAny>> {
        let (store, hash) = (self.store()?, self::hash(hash)?);
        EventLoop::run(
            py,
            async move {
                let content = HashAndFormat::raw(hash);
                store.tags().set(tag, content).await.map_err(Failure::store)
            },
            done,
        )
    }

    /// Deletes a tag, and says whether it was there. The blob stays.
    fn delete_tag<'py>(&self, py: Python<'py>, tag: String) -> PyResult<Bound<'py, PyAny>> {
        let store = self.store()?;
        EventLoop::run(
            py,
            async move { store.tags().delete(tag).await.map_err(Failure::store) },
            |py, deleted| match deleted {
                Ok(count) => Ok((count > 0).into_pyobject(py)?.to_owned().into_any().unbind()),
                Err(failure) => Err(failure.raise(py)),
            },
        )
    }

    /// The hashes of all blobs that are here as a whole.
    fn list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Events>> {
        let store = self.store()?;
        let source = async move {
            let hashes = store.blobs().list().stream().await.map_err(Failure::store)?;
            Ok(hashes.map(|hash| {
                let hash = hash.map_err(Failure::store)?;
                let item: Item =
                    Box::new(move |py| Ok(PyString::new(py, &hash.to_string()).into_any().unbind()));
                Ok((0, item))
            }))
        };
        let keep = self.node.clone_ref(py).into_any();
        Events::follow(py, Ahead::EVENTS, keep, self.node.get().closing(), source)
    }

    fn __repr__(&self) -> String {
        format!("<blobs of {}>", self.node.get().shown())
    }
}

fn cannot_write(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::store(format!("cannot write {}: {error}", path.display()))
}
