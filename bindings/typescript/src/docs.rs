//! Docs: key-value documents that several nodes write.

use crate::address;
use crate::blobs::{self, Outcome, count, digits, hash, shortened, size_shown};
use crate::environment::bytes;
use crate::error;
use crate::executor;
use crate::failure::Failure;
use crate::feed::{self, Ahead};
use crate::node::OpenNode;
use crate::value::Value;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use iroh_docs::ContentStatus;
use iroh_docs::api::protocol::{AddrInfoOptions, ShareMode};
use iroh_docs::engine::{LiveEvent, Origin};
use iroh_docs::store::{Query, SortBy, SortDirection};
use iroh_docs::{AuthorId, DocTicket, Entry, NamespaceId};
use napi::bindgen_prelude::Uint8Array;
use napi::{Env, Result, Unknown};
use napi_derive::napi;
use std::sync::atomic::{AtomicBool, Ordering};

/// The documents of a node, and the authors that it writes as.
#[napi]
pub struct Docs {
    of: OpenNode,
}

impl Docs {
    pub(crate) fn of(node: &OpenNode) -> Self {
        Self { of: node.clone() }
    }

    fn api(&self) -> iroh_docs::protocol::Docs {
        self.of.node().docs().clone()
    }

    /// Runs work that leads to a document.
    fn opening(
        &self,
        env: &Env,
        token: u32,
        work: impl Future<Output = Outcome<iroh_docs::api::Doc>> + Send + 'static,
    ) -> Result<()> {
        let of = self.of.clone();
        self.of.bridge().run(env, token, work, |doc| {
            let closed = AtomicBool::new(false);
            Value::object(Doc { doc, of, closed })
        })
    }
}

fn author(env: &Env, text: &str) -> Result<AuthorId> {
    digits(text).map(|bytes| AuthorId::from(&bytes)).ok_or_else(|| {
        let text = shortened(text);
        error::range(
            env,
            format!("`{text}` is no id of an author: they have 64 hexadecimal digits"),
        )
    })
}

fn document(env: &Env, text: &str) -> Result<NamespaceId> {
    digits(text)
        .map(|bytes| NamespaceId::from(&bytes))
        .ok_or_else(|| {
            let text = shortened(text);
            error::range(
                env,
                format!("`{text}` is no id of a document: they have 64 hexadecimal digits"),
            )
        })
}

/// What the store of documents says. A document that is only read has no key to write with.
fn failed(error: impl std::fmt::Display) -> Failure {
    let text = format!("{error:#}");
    if text.contains("read only") {
        let text = "the document can only be read here: to write, `join` it with a ticket of `share({ write: true })`";
        return Failure::Class("PermissionDenied", text.to_owned());
    }
    Failure::store(text)
}

#[napi]
impl Docs {
    /// Makes a document.
    #[napi]
    pub fn create(&self, env: Env, token: u32) -> Result<()> {
        let docs = self.api();
        self.opening(&env, token, async move { docs.create().await.map_err(failed) })
    }

    /// Opens a document that is here.
    #[napi]
    pub fn open(&self, env: Env, token: u32, id: String) -> Result<()> {
        let (docs, id) = (self.api(), document(&env, &id)?);
        self.opening(&env, token, async move {
            // the store makes no difference between what is not there and what cannot be opened
            let known = docs.list().await.map_err(failed)?;
            let known: Vec<_> = known.try_collect().await.map_err(failed)?;
            let missing =
                || Failure::not_found(format!("the document {id} is not here: `join` it with a ticket"));
            if !known.iter().any(|(known, _)| *known == id) {
                return Err(missing());
            }
            docs.open(id).await.map_err(failed)?.ok_or_else(missing)
        })
    }

    /// Opens the document of a ticket, and begins to sync with the peers that it names.
    #[napi]
    pub fn join(&self, env: Env, token: u32, ticket: String) -> Result<()> {
        let docs = self.api();
        let shown = shortened(&ticket);
        let ticket = ticket.trim().parse::<DocTicket>().map_err(|_| {
            let text = format!(
                "`{shown}` is no whole ticket of a document: copy it again from where `share` printed it"
            );
            error::range(&env, text)
        })?;
        self.opening(
            &env,
            token,
            async move { docs.import(ticket).await.map_err(failed) },
        )
    }

    /// The ids of the documents that are here, and whether each can be written: a feed.
    #[napi]
    pub fn list(&self, env: Env, token: u32) -> Result<()> {
        let docs = self.api();
        let source = async move {
            let known = docs.list().await.map_err(failed)?;
            Ok(known.map(|known| {
                let (id, kind) = known.map_err(failed)?;
                let kind = match kind {
                    iroh_docs::CapabilityKind::Write => "write",
                    iroh_docs::CapabilityKind::Read => "read",
                };
                Ok((0, Value::List(vec![Value::text(id), Value::text(kind)])))
            }))
        };
        feed::follow(&env, &self.of, token, Ahead::EVENTS, source)
    }

    /// Removes a document, with all its entries, from this node.
    #[napi]
    pub fn drop(&self, env: Env, token: u32, id: String) -> Result<()> {
        let (docs, id) = (self.api(), document(&env, &id)?);
        let work = async move { docs.drop_doc(id).await.map_err(failed) };
        self.of.bridge().run(&env, token, work, |()| Value::Undefined)
    }

    /// Makes an author, and gives its id.
    #[napi]
    pub fn create_author(&self, env: Env, token: u32) -> Result<()> {
        let docs = self.api();
        let work = async move { docs.author_create().await.map_err(failed) };
        self.of.bridge().run(&env, token, work, Value::text)
    }

    /// The id of the author that this node has without being asked.
    #[napi]
    pub fn default_author(&self, env: Env, token: u32) -> Result<()> {
        let docs = self.api();
        let work = async move { docs.author_default().await.map_err(failed) };
        self.of.bridge().run(&env, token, work, Value::text)
    }

    /// The ids of the authors whose keys are here.
    #[napi]
    pub fn authors(&self, env: Env, token: u32) -> Result<()> {
        let docs = self.api();
        let work = async move {
            let authors = docs.author_list().await.map_err(failed)?;
            authors.try_collect::<Vec<_>>().await.map_err(failed)
        };
        self.of.bridge().run(&env, token, work, |authors| {
            Value::texts(authors.iter().map(ToString::to_string))
        })
    }
}

/// A document that is open here.
#[napi]
pub struct Doc {
    doc: iroh_docs::api::Doc,
    of: OpenNode,
    closed: AtomicBool,
}

impl Doc {
    fn opened(&self) -> Result<iroh_docs::api::Doc> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(error::plain("the document was closed: `open` it again"));
        }
        Ok(self.doc.clone())
    }
}

impl Drop for Doc {
    fn drop(&mut self) {
        // the store counts who has it open
        if !self.closed.load(Ordering::Relaxed)
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
#[napi(object)]
pub struct DocQuery {
    pub prefix: Option<Uint8Array>,
    pub key: Option<Uint8Array>,
    pub author: Option<String>,
    pub latest: Option<bool>,
    pub descending: Option<bool>,
    pub offset: Option<f64>,
    pub limit: Option<f64>,
}

fn query(env: &Env, asked: &DocQuery) -> Result<Query> {
    if asked.prefix.is_some() && asked.key.is_some() {
        return Err(error::range(env, "a query has a `prefix` or a `key`, not both"));
    }
    let writer = asked.author.as_ref().map(|text| author(env, text)).transpose()?;
    let offset = count(env, "offset", asked.offset.unwrap_or(0.0))?;
    let limit = asked.limit.map(|limit| count(env, "limit", limit)).transpose()?;
    let direction = if asked.descending == Some(true) {
        SortDirection::Desc
    } else {
        SortDirection::Asc
    };
    macro_rules! filtered {
        ($query:expr) => {{
            let mut query = $query;
            if let Some(prefix) = &asked.prefix {
                query = query.key_prefix(prefix.to_vec());
            }
            if let Some(key) = &asked.key {
                query = query.key_exact(key.to_vec());
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
    Ok(if asked.latest == Some(true) {
        filtered!(Query::single_latest_per_key())
            .sort_direction(direction)
            .build()
    } else {
        filtered!(Query::all())
            .sort_by(SortBy::KeyAuthor, direction)
            .build()
    })
}

/// An entry as TypeScript has it.
fn entry(entry: &Entry) -> Value {
    Value::Record(vec![
        ("key", Value::Bytes(Bytes::copy_from_slice(entry.key()))),
        ("author", Value::text(entry.author())),
        ("hash", Value::text(entry.content_hash())),
        ("size", size_shown(entry.content_len())),
        ("timestamp", Value::Big(entry.timestamp())),
    ])
}

fn event(event: &LiveEvent) -> Value {
    Value::Record(match event {
        LiveEvent::InsertLocal { entry: inserted } => {
            vec![("type", Value::text("insertLocal")), ("entry", entry(inserted))]
        }
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
            vec![
                ("type", Value::text("insertRemote")),
                ("entry", entry(inserted)),
                ("peer", Value::text(from)),
                ("content", Value::text(status)),
            ]
        }
        LiveEvent::ContentReady { hash } => {
            vec![("type", Value::text("contentReady")), ("hash", Value::text(hash))]
        }
        LiveEvent::PendingContentReady => vec![("type", Value::text("pendingContentReady"))],
        LiveEvent::NeighborUp(peer) => vec![("type", Value::text("neighborUp")), ("peer", Value::text(peer))],
        LiveEvent::NeighborDown(peer) => {
            vec![("type", Value::text("neighborDown")), ("peer", Value::text(peer))]
        }
        LiveEvent::SyncFinished(sync) => {
            let dialled = matches!(sync.origin, Origin::Connect(_));
            let (sent, received, error) = match &sync.result {
                Ok(details) => (details.entries_sent, details.entries_received, None),
                Err(error) => (0, 0, Some(error.clone())),
            };
            vec![
                ("type", Value::text("syncFinished")),
                ("peer", Value::text(sync.peer)),
                ("dialled", Value::Bool(dialled)),
                ("sent", size_shown(sent as u64)),
                ("received", size_shown(received as u64)),
                ("error", Value::or_undefined(error.map(Value::Text))),
            ]
        }
    })
}

/// Entries, one after the other.
async fn entries(
    doc: iroh_docs::api::Doc,
    query: Query,
) -> Outcome<impl Stream<Item = Outcome<(usize, Value)>> + Send> {
    let entries = doc.get_many(query).await.map_err(failed)?;
    Ok(entries.map(|found| {
        let found = found.map_err(failed)?;
        Ok((0, entry(&found)))
    }))
}

#[napi]
impl Doc {
    /// The id of the document, in hexadecimal digits.
    #[napi(getter)]
    pub fn id(&self) -> String {
        self.doc.id().to_string()
    }

    /// Sets the value of a key for an author whose key is here, and gives the hash of the value.
    #[napi]
    pub fn set(
        &self,
        env: Env,
        token: u32,
        author: String,
        #[napi(ts_arg_type = "Uint8Array")] key: Unknown<'_>,
        #[napi(ts_arg_type = "Uint8Array")] value: Unknown<'_>,
    ) -> Result<()> {
        let (doc, author) = (self.opened()?, self::author(&env, &author)?);
        let (key, value) = (bytes(&env, key, "key")?, bytes(&env, value, "value")?);
        if value.is_empty() {
            return Err(error::range(
                &env,
                "a value of a document is not empty: `delete` takes a key away",
            ));
        }
        let work = async move { doc.set_bytes(author, key, value).await.map_err(failed) };
        self.of.bridge().run(&env, token, work, Value::text)
    }

    /// Lets a key have a blob of this node as its value.
    #[napi]
    pub fn set_hash(
        &self,
        env: Env,
        token: u32,
        author: String,
        #[napi(ts_arg_type = "Uint8Array")] key: Unknown<'_>,
        hash: String,
    ) -> Result<()> {
        let (doc, author) = (self.opened()?, self::author(&env, &author)?);
        let (key, hash) = (bytes(&env, key, "key")?, self::hash(&env, &hash)?);
        let store = self.of.node().blobs().clone();
        let work = async move {
            let size = blobs::size(&store, hash).await?;
            doc.set_hash(author, key, hash, size).await.map_err(failed)
        };
        self.of.bridge().run(&env, token, work, |()| Value::Undefined)
    }

    /// The entry of a key: that of an author, or the latest of all.
    #[napi]
    pub fn entry(
        &self,
        env: Env,
        token: u32,
        #[napi(ts_arg_type = "Uint8Array")] key: Unknown<'_>,
        author: Option<String>,
    ) -> Result<()> {
        let (doc, key) = (self.opened()?, bytes(&env, key, "key")?);
        let author = author.map(|text| self::author(&env, &text)).transpose()?;
        let work = find(doc, key.to_vec(), author);
        self.of.bridge().run(&env, token, work, |found| {
            Value::or_undefined(found.as_ref().map(entry))
        })
    }

    /// The value of a key: that of an author, or the latest of all. More than `limit` bytes are refused.
    #[napi]
    pub fn get(
        &self,
        env: Env,
        token: u32,
        #[napi(ts_arg_type = "Uint8Array")] key: Unknown<'_>,
        author: Option<String>,
        limit: f64,
    ) -> Result<()> {
        let (doc, key) = (self.opened()?, bytes(&env, key, "key")?);
        let author = author.map(|text| self::author(&env, &text)).transpose()?;
        let limit = count(&env, "limit", limit)?;
        let store = self.of.node().blobs().clone();
        let work = async move {
            match find(doc, key.to_vec(), author).await? {
                Some(entry) => blobs::whole(store, entry.content_hash(), 0, None, limit)
                    .await
                    .map(Some),
                None => Ok(None),
            }
        };
        self.of.bridge().run(&env, token, work, |value| {
            Value::or_undefined(value.map(Value::Bytes))
        })
    }

    /// The entries that a query asks for: a feed.
    #[napi]
    pub fn query(&self, env: Env, token: u32, query: DocQuery) -> Result<()> {
        let doc = self.opened()?;
        let query = self::query(&env, &query)?;
        feed::follow(&env, &self.of, token, Ahead::EVENTS, entries(doc, query))
    }

    /// Deletes the entries of an author whose keys begin with `prefix`, and says how many they were.
    #[napi]
    pub fn delete(
        &self,
        env: Env,
        token: u32,
        author: String,
        #[napi(ts_arg_type = "Uint8Array")] prefix: Unknown<'_>,
    ) -> Result<()> {
        let (doc, author) = (self.opened()?, self::author(&env, &author)?);
        let prefix = bytes(&env, prefix, "prefix")?;
        let work = async move { doc.del(author, prefix).await.map_err(failed) };
        self.of
            .bridge()
            .run(&env, token, work, |count| size_shown(count as u64))
    }

    /// A ticket with which others `join` the document at this node, and may write it with `write`.
    #[napi]
    pub fn share(&self, env: Env, token: u32, write: bool) -> Result<()> {
        let doc = self.opened()?;
        let node = self.of.node().clone();
        let mode = if write { ShareMode::Write } else { ShareMode::Read };
        let work = async move {
            let ticket = doc.share(mode, AddrInfoOptions::RelayAndAddresses).await;
            let mut ticket = ticket.map_err(failed)?;
            // what the node says of itself is as good, and it knows the addresses that it is bound to
            let address = node.address().endpoint_addr().clone();
            ticket.nodes = vec![address];
            Ok(ticket)
        };
        self.of.bridge().run(&env, token, work, Value::text)
    }

    /// What happens to the document from here on: a feed.
    #[napi]
    pub fn subscribe(&self, env: Env, token: u32) -> Result<()> {
        let doc = self.opened()?;
        let source = async move {
            let events = doc.subscribe().await.map_err(failed)?;
            Ok(events.map(|happened| {
                let happened = happened.map_err(failed)?;
                Ok((0, event(&happened)))
            }))
        };
        feed::follow(&env, &self.of, token, Ahead::EVENTS, source)
    }

    /// Syncs the document with these peers, and with those that they know, until `leave`.
    #[napi]
    pub fn sync(&self, env: Env, token: u32, peers: Vec<String>) -> Result<()> {
        let doc = self.opened()?;
        let peers = address::peers(&env, Some(peers))?;
        let work = async move { doc.start_sync(peers).await.map_err(failed) };
        self.of.bridge().run(&env, token, work, |()| Value::Undefined)
    }

    /// Syncs the document no more. What is here stays.
    #[napi]
    pub fn leave(&self, env: Env, token: u32) -> Result<()> {
        let doc = self.opened()?;
        let work = async move { doc.leave().await.map_err(failed) };
        self.of.bridge().run(&env, token, work, |()| Value::Undefined)
    }

    /// Closes this handle of the document.
    #[napi]
    pub fn close(&self, env: Env, token: u32) -> Result<()> {
        let closed = self.closed.swap(true, Ordering::Relaxed);
        let doc = self.doc.clone();
        let work = async move {
            if closed {
                return Ok(());
            }
            doc.close().await.map_err(failed)
        };
        self.of.bridge().run(&env, token, work, |()| Value::Undefined)
    }
}

/// The entry of a key.
async fn find(doc: iroh_docs::api::Doc, key: Vec<u8>, author: Option<AuthorId>) -> Outcome<Option<Entry>> {
    match author {
        Some(author) => doc.get_exact(author, key, false).await.map_err(failed),
        None => doc
            .get_one(Query::single_latest_per_key().key_exact(key))
            .await
            .map_err(failed),
    }
}
