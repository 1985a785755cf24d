//! Gossip: broadcast to everybody in a topic.

use crate::address;
use crate::environment::bytes;
use crate::error;
use crate::failure::Failure;
use crate::feed::{self, Ahead, Feed};
use crate::node::OpenNode;
use crate::value::Value;
use bytes::Bytes;
use futures_util::StreamExt as _;
use iroh::EndpointId;
use iroh_gossip::api::{Event, GossipReceiver, GossipSender};
use iroh_gossip::proto::TopicId;
use napi::bindgen_prelude::Uint8Array;
use napi::{Env, Result, Unknown};
use napi_derive::napi;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What gossip puts around a message: the id and the way that it has come, with room to spare.
const AROUND: usize = 64;

/// Gossip of a node.
#[napi]
pub struct Gossip {
    of: OpenNode,
}

impl Gossip {
    pub(crate) fn of(node: &OpenNode) -> Self {
        Self { of: node.clone() }
    }
}

/// The largest message.
fn room(of: &OpenNode) -> usize {
    of.node().gossip().max_message_size().saturating_sub(AROUND)
}

#[napi]
impl Gossip {
    /// The largest message that can be broadcast, in bytes.
    #[napi(getter)]
    pub fn max_message_size(&self) -> u32 {
        u32::try_from(room(&self.of)).unwrap_or(u32::MAX)
    }

    /// Joins a topic, which 32 bytes name, through peers that are in it.
    #[napi]
    pub fn subscribe(
        &self,
        env: Env,
        token: u32,
        #[napi(ts_arg_type = "Uint8Array")] topic: Unknown<'_>,
        peers: Vec<String>,
    ) -> Result<()> {
        let name = bytes(&env, topic, "topic")?;
        let name: [u8; 32] = name.as_ref().try_into().map_err(|_| {
            let text =
                "a topic is 32 bytes: hash its name, as with `createHash(\"sha256\").update(name).digest()`";
            error::range(&env, text)
        })?;
        let topic = TopicId::from_bytes(name);
        let peers = address::peers(&env, Some(peers))?;
        let node = self.of.node().clone();
        let of = self.of.clone();
        let work = async move {
            let ids: Vec<EndpointId> = peers.iter().map(|peer| peer.id).collect();
            for peer in peers {
                node.remember(peer);
            }
            let topic = node.gossip().subscribe(topic, ids).await;
            topic
                .map(iroh_gossip::api::GossipTopic::split)
                .map_err(Failure::store)
        };
        self.of
            .bridge()
            .run(&env, token, work, move |(sender, receiver)| {
                Value::object(Topic::new(of, name, sender, receiver))
            })
    }
}

/// A topic that the node is in.
#[napi]
pub struct Topic {
    id: [u8; 32],
    /// `None` once it was left: gossip leaves a topic with the last end of it.
    sender: Mutex<Option<GossipSender>>,
    neighbors: watch::Receiver<BTreeSet<EndpointId>>,
    /// Until the events are followed.
    events: Mutex<Option<(GossipReceiver, watch::Sender<BTreeSet<EndpointId>>)>>,
    of: OpenNode,
}

impl Topic {
    fn new(of: OpenNode, id: [u8; 32], sender: GossipSender, receiver: GossipReceiver) -> Self {
        let (told, neighbors) = watch::channel(BTreeSet::new());
        Self {
            id,
            sender: Mutex::new(Some(sender)),
            neighbors,
            events: Mutex::new(Some((receiver, told))),
            of,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<GossipSender>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sender(&self) -> Result<GossipSender> {
        let sender = self.lock().clone();
        sender.ok_or_else(|| error::plain("the topic was left: `subscribe` to it again"))
    }
}

/// Takes what comes at once, whether it is read or not: others in the topic wait for nobody.
async fn follow(
    feed: Arc<Feed>,
    mut receiver: GossipReceiver,
    neighbors: watch::Sender<BTreeSet<EndpointId>>,
) {
    feed.begin();
    while let Some(event) = receiver.next().await {
        let event = match event {
            Ok(event) => event,
            Err(error) => return feed.end(Err(Failure::store(error))),
        };
        let (size, item) = match event {
            Event::NeighborUp(peer) => {
                neighbors.send_modify(|known| {
                    known.insert(peer);
                });
                let up = vec![("type", Value::text("neighborUp")), ("peer", Value::text(peer))];
                (0, Value::Record(up))
            }
            Event::NeighborDown(peer) => {
                neighbors.send_modify(|known| {
                    known.remove(&peer);
                });
                let down = vec![("type", Value::text("neighborDown")), ("peer", Value::text(peer))];
                (0, Value::Record(down))
            }
            Event::Received(message) => {
                let received = vec![
                    ("type", Value::text("received")),
                    ("message", Value::Bytes(Bytes::copy_from_slice(&message.content))),
                    ("peer", Value::text(message.delivered_from)),
                ];
                (message.content.len(), Value::Record(received))
            }
            Event::Lagged => (0, lagged()),
        };
        feed.offer(size, item, lagged);
    }
    feed.end(Ok(()));
}

fn lagged() -> Value {
    Value::Record(vec![("type", Value::text("lagged"))])
}

#[napi]
impl Topic {
    /// The 32 bytes that name the topic.
    #[napi(getter)]
    pub fn id(&self) -> Uint8Array {
        Uint8Array::new(self.id.to_vec())
    }

    /// What happens in the topic: a feed, once.
    #[napi]
    pub fn events(&self, env: Env, token: u32) -> Result<()> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (receiver, told) = events.ok_or_else(|| error::plain("a topic has its events once"))?;
        feed::feed(
            &env,
            self.of.bridge(),
            Some(self.of.closing()),
            token,
            Ahead::EVENTS,
            |feed| follow(feed, receiver, told),
        )
    }

    /// Sends a message to everybody in the topic, except this node.
    #[napi]
    pub fn broadcast(
        &self,
        env: Env,
        token: u32,
        #[napi(ts_arg_type = "Uint8Array")] message: Unknown<'_>,
    ) -> Result<()> {
        let (message, room) = (bytes(&env, message, "message")?, room(&self.of));
        if message.len() > room {
            let text = format!(
                "a message of gossip has {room} bytes at most, this one has {}: add it to `node.blobs` and broadcast its ticket",
                message.len()
            );
            return Err(error::range(&env, text));
        }
        let sender = self.sender()?;
        let work = async move { sender.broadcast(message).await.map_err(Failure::store) };
        self.of.bridge().run(&env, token, work, |()| Value::Undefined)
    }

    /// The peers next to this node in the topic.
    #[napi(getter)]
    pub fn neighbors(&self) -> Vec<String> {
        self.neighbors.borrow().iter().map(ToString::to_string).collect()
    }

    /// Waits until there is a neighbour.
    #[napi]
    pub fn joined(&self, env: Env, token: u32) -> Result<()> {
        let mut neighbors = self.neighbors.clone();
        let work = async move {
            let joined = neighbors.wait_for(|neighbors| !neighbors.is_empty()).await;
            joined.map(drop).map_err(|_| {
                let text = "the topic was left before it had a neighbour";
                Failure::Class("Cancelled", text.to_owned())
            })
        };
        self.of.bridge().run(&env, token, work, |()| Value::Undefined)
    }

    /// Asks these peers to become neighbours too.
    #[napi]
    pub fn join_peers(&self, env: Env, token: u32, peers: Vec<String>) -> Result<()> {
        let (peers, sender) = (address::peers(&env, Some(peers))?, self.sender()?);
        let node = self.of.node().clone();
        let work = async move {
            let ids = peers.iter().map(|peer| peer.id).collect();
            for peer in peers {
                node.remember(peer);
            }
            sender.join_peers(ids).await.map_err(Failure::store)
        };
        self.of.bridge().run(&env, token, work, |()| Value::Undefined)
    }

    /// Leaves the topic; who follows the events ends them too.
    #[napi]
    pub fn leave(&self) {
        self.lock().take();
    }
}
