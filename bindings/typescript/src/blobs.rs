//! Blobs: content by its hash.

use crate::address;
use crate::environment::bytes;
use crate::error;
use crate::failure::Failure;
use crate::feed::{self, Ahead};
use crate::node::OpenNode;
use crate::value::Value;
use aster_runtime::alpn::close;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use iroh::endpoint::{Connection, ConnectionError};
use iroh::{Endpoint, EndpointAddr};
use iroh_blobs::api::Store;
use iroh_blobs::api::blobs::BlobStatus;
use iroh_blobs::api::proto::ExportRangesItem;
use iroh_blobs::api::{TempTag, blobs::AddProgress};
use iroh_blobs::ticket::BlobTicket;
use iroh_blobs::{BlobFormat, Hash, HashAndFormat};
use napi::{Env, Result, Unknown};
use napi_derive::napi;
use std::path::Path;
use std::time::Duration;

/// How far chunks are read ahead.
const AHEAD: Ahead = Ahead {
    items: 64,
    bytes: 1024 * 1024,
    calls: false,
};
/// How long a peer may take to answer when it is dialled.
const CONNECT: Duration = Duration::from_secs(10);

/// The blobs of a node.
#[napi]
pub struct Blobs {
    of: OpenNode,
}

/// What went wrong is told later.
pub(crate) type Outcome<T> = std::result::Result<T, Failure>;

impl Blobs {
    pub(crate) fn of(node: &OpenNode) -> Self {
        Self { of: node.clone() }
    }

    fn store(&self) -> Store {
        self.of.node().blobs().clone()
    }

    /// Adds content on the runtime, and gives its hash.
    fn add(
        &self,
        env: &Env,
        token: u32,
        tag: Option<String>,
        begin: impl for<'a> FnOnce(&'a Store) -> AddProgress<'a> + Send + 'static,
    ) -> Result<()> {
        let store = self.store();
        self.of.bridge().run(
            env,
            token,
            async move {
                // what has no name of its own gets none: the store collects nothing
                let added: TempTag = begin(&store).temp_tag().await.map_err(Failure::store)?;
                if let Some(tag) = tag {
                    let content = HashAndFormat::raw(added.hash());
                    store.tags().set(tag, content).await.map_err(Failure::store)?;
                }
                Ok(added.hash())
            },
            Value::text,
        )
    }
}

/// A hash from its text.
///
/// # Errors
/// `RangeError`.
pub(crate) fn hash(env: &Env, text: &str) -> Result<Hash> {
    digits(text).map(Hash::from).ok_or_else(|| {
        let text = shortened(text);
        error::range(
            env,
            format!("`{text}` is no hash of a blob: they have 64 hexadecimal digits"),
        )
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

/// An offset, a length or a limit.
///
/// # Errors
/// `RangeError` for what is no whole number from zero on.
pub(crate) fn count(env: &Env, name: &str, value: f64) -> Result<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it was looked at"
    )]
    if value.is_finite() && value.fract() == 0.0 && value >= 0.0 {
        return Ok(value as u64);
    }
    Err(error::range(
        env,
        format!("{name}: expected a whole number from 0 on, found {value}"),
    ))
}

#[expect(clippy::cast_precision_loss, reason = "sizes are exact up to 2^53")]
pub(crate) fn size_shown(size: u64) -> Value {
    Value::Number(size as f64)
}

/// The size of a blob that is here as a whole.
pub(crate) async fn size(store: &Store, hash: Hash) -> Outcome<u64> {
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
async fn pieces(
    store: Store,
    hash: Hash,
    offset: u64,
    length: Option<u64>,
    limit: Option<u64>,
) -> Outcome<impl Stream<Item = Outcome<Bytes>> + Send> {
    let size = size(&store, hash).await?;
    let begin = offset.min(size);
    let end = length.map_or(size, |length| begin.saturating_add(length).min(size));
    if let Some(limit) = limit
        && end - begin > limit
    {
        return Err(Failure::range(format!(
            "the blob {hash} has {} bytes to read, the limit is {limit}: read it in parts with `chunks`, give it a file with \
             `exportFile`, or say a higher `limit`",
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
) -> Outcome<Bytes> {
    let pieces = pieces(store, hash, offset, length, Some(limit)).await?;
    let mut pieces = std::pin::pin!(pieces);
    let mut all = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        all.extend_from_slice(&piece?);
    }
    Ok(all.freeze())
}

/// Fetches a blob from the first of the peers that has it.
async fn fetch(node: aster_runtime::Node, peers: Vec<EndpointAddr>, content: HashAndFormat) -> Outcome<()> {
    let (store, endpoint) = (node.blobs().clone(), node.endpoint().clone());
    let mut failure = Failure::not_found(format!(
        "the blob {} is not here, and no peer was named that could have it: give `peers`, or a ticket of a blob",
        content.hash
    ));
    let here = store.remote().local(content).await.map_err(Failure::store)?;
    if here.is_complete() {
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
) -> Outcome<()> {
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

#[napi]
impl Blobs {
    /// Adds bytes, which are copied, and gives their hash. `tag` names them.
    #[napi]
    pub fn add_bytes(
        &self,
        env: Env,
        token: u32,
        #[napi(ts_arg_type = "Uint8Array")] data: Unknown<'_>,
        tag: Option<String>,
    ) -> Result<()> {
        let data = bytes(&env, data, "data")?;
        self.add(&env, token, tag, move |store| store.blobs().add_bytes(data))
    }

    /// Adds the content of a file, and gives its hash.
    #[napi]
    pub fn add_file(&self, env: Env, token: u32, path: String, tag: Option<String>) -> Result<()> {
        // the store takes absolute ones
        let path = std::path::absolute(path).map_err(|error| error::range(&env, format!("path: {error}")))?;
        self.add(&env, token, tag, move |store| store.blobs().add_path(path))
    }

    /// The bytes of a blob, from `offset` on and `length` at most. More than `limit` is refused.
    #[napi]
    pub fn get_bytes(
        &self,
        env: Env,
        token: u32,
        hash: String,
        offset: f64,
        length: Option<f64>,
        limit: f64,
    ) -> Result<()> {
        let hash = self::hash(&env, &hash)?;
        let offset = count(&env, "offset", offset)?;
        let length = length.map(|length| count(&env, "length", length)).transpose()?;
        let limit = count(&env, "limit", limit)?;
        let work = whole(self.store(), hash, offset, length, limit);
        self.of.bridge().run(&env, token, work, Value::Bytes)
    }

    /// The bytes of a blob in pieces: a feed.
    #[napi]
    pub fn chunks(&self, env: Env, token: u32, hash: String, offset: f64, length: Option<f64>) -> Result<()> {
        let (store, hash) = (self.store(), self::hash(&env, &hash)?);
        let offset = count(&env, "offset", offset)?;
        let length = length.map(|length| count(&env, "length", length)).transpose()?;
        let source = async move {
            let pieces = pieces(store, hash, offset, length, None).await?;
            Ok(pieces.map(|piece| piece.map(|piece| (piece.len(), Value::Bytes(piece)))))
        };
        feed::follow(&env, &self.of, token, AHEAD, source)
    }

    /// Whether the whole blob is here.
    #[napi]
    pub fn has(&self, env: Env, token: u32, hash: String) -> Result<()> {
        let (store, hash) = (self.store(), self::hash(&env, &hash)?);
        let work = async move { store.blobs().has(hash).await.map_err(Failure::store) };
        self.of.bridge().run(&env, token, work, Value::Bool)
    }

    /// The size of a blob that is here, in bytes.
    #[napi]
    pub fn size(&self, env: Env, token: u32, hash: String) -> Result<()> {
        let (store, hash) = (self.store(), self::hash(&env, &hash)?);
        let work = async move { size(&store, hash).await };
        self.of.bridge().run(&env, token, work, size_shown)
    }

    /// Writes a blob to a file, and gives its size. A file that is there is replaced.
    #[napi]
    pub fn export_file(&self, env: Env, token: u32, hash: String, path: String) -> Result<()> {
        let (store, hash) = (self.store(), self::hash(&env, &hash)?);
        let path = std::path::absolute(path).map_err(|error| error::range(&env, format!("path: {error}")))?;
        let work = async move {
            size(&store, hash).await?;
            let written = store.blobs().export(hash, &path).finish().await;
            written.map_err(|error| cannot_write(&path, error))
        };
        self.of.bridge().run(&env, token, work, size_shown)
    }

    /// Fetches a blob, by its hash from the first of `peers` that has it, or by a ticket of it; and gives its hash.
    #[napi]
    pub fn download(
        &self,
        env: Env,
        token: u32,
        blob: String,
        peers: Vec<String>,
        tag: Option<String>,
    ) -> Result<()> {
        let node = self.of.node().clone();
        let mut peers = address::peers(&env, Some(peers))?;
        let blob = blob.trim();
        let content = if blob.starts_with("blob") {
            let ticket = blob.parse::<BlobTicket>().map_err(|_| {
                let text = format!(
                    "the ticket `{}` of a blob is damaged: copy it again, whole, from where it was printed",
                    shortened(blob)
                );
                error::range(&env, text)
            })?;
            let (peer, hash, format) = ticket.into_parts();
            peers.push(peer);
            HashAndFormat { hash, format }
        } else {
            HashAndFormat::raw(hash(&env, blob)?)
        };
        let work = async move {
            let store = node.blobs().clone();
            fetch(node, peers, content).await?;
            if let Some(tag) = tag {
                store.tags().set(tag, content).await.map_err(Failure::store)?;
            }
            Ok(content.hash)
        };
        self.of.bridge().run(&env, token, work, Value::text)
    }

    /// A ticket of a blob, with which others `download` it from this node.
    #[napi]
    pub fn ticket(&self, env: Env, hash: String) -> Result<String> {
        let hash = self::hash(&env, &hash)?;
        let address = self.of.node().address().endpoint_addr().clone();
        Ok(BlobTicket::new(address, hash, BlobFormat::Raw).to_string())
    }

    /// The tags, and the hashes that they name: a feed.
    #[napi]
    pub fn tags(&self, env: Env, token: u32) -> Result<()> {
        let store = self.store();
        let source = async move {
            let tags = store.tags().list().await.map_err(Failure::store)?;
            Ok(tags.map(|tag| {
                let tag = tag.map_err(Failure::store)?;
                let name = String::from_utf8_lossy(tag.name.0.as_ref()).into_owned();
                Ok((0, Value::List(vec![Value::Text(name), Value::text(tag.hash)])))
            }))
        };
        feed::follow(&env, &self.of, token, Ahead::EVENTS, source)
    }

    /// Lets a tag name a blob. What it named before it names no more.
    #[napi]
    pub fn set_tag(&self, env: Env, token: u32, tag: String, hash: String) -> Result<()> {
        let (store, hash) = (self.store(), self::hash(&env, &hash)?);
        let work = async move {
            let content = HashAndFormat::raw(hash);
            store.tags().set(tag, content).await.map_err(Failure::store)
        };
        self.of.bridge().run(&env, token, work, |()| Value::Undefined)
    }

    /// Deletes a tag, and says whether it was there. The blob stays.
    #[napi]
    pub fn delete_tag(&self, env: Env, token: u32, tag: String) -> Result<()> {
        let store = self.store();
        let work = async move { store.tags().delete(tag).await.map_err(Failure::store) };
        self.of
            .bridge()
            .run(&env, token, work, |count| Value::Bool(count > 0))
    }

    /// The hashes of all blobs that are here as a whole: a feed.
    #[napi]
    pub fn list(&self, env: Env, token: u32) -> Result<()> {
        let store = self.store();
        let source = async move {
            let hashes = store.blobs().list().stream().await.map_err(Failure::store)?;
            Ok(hashes.map(|hash| {
                let hash = hash.map_err(Failure::store)?;
                Ok((0, Value::text(hash)))
            }))
        };
        feed::follow(&env, &self.of, token, Ahead::EVENTS, source)
    }
}

fn cannot_write(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::store(format!("cannot write {}: {error}", path.display()))
}
