//! Gossip: broadcast to everybody in a topic.

use crate::address;
use crate::awaitable::Ready;
use crate::blobs::{content, done};
use crate::bridge::EventLoop;
use crate::docs::object;
use crate::failure::Failure;
use crate::feed::{Ahead, Events, Feed, Item};
use crate::node::Node;
use futures_util::StreamExt as _;
use iroh::EndpointId;
use iroh_gossip::api::{Event, GossipReceiver, GossipSender};
use iroh_gossip::proto::TopicId;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What gossip puts around a message: the id and the way that it has come, with room to spare.
const AROUND: usize = 64;

/// Gossip of a node: broadcast to everybody in a topic.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Gossip {
    node: Py<Node>,
}

impl Gossip {
    pub(crate) fn of(node: &Bound<'_, Node>) -> PyResult<Self> {
        node.get().get()?;
        Ok(Self {
            node: node.clone().unbind(),
        })
    }
}

/// The largest message.
fn room(node: &Node) -> PyResult<usize> {
    Ok(node.get()?.gossip().max_message_size().saturating_sub(AROUND))
}

#[pymethods]
impl Gossip {
    /// The largest message that can be broadcast, in bytes.
    #[getter]
    fn max_message_size(&self) -> PyResult<usize> {
        room(self.node.get())
    }

    /// Joins a topic, which 32 bytes name, through peers that are in it. The first of a topic names none.
    #[pyo3(signature = (topic, peers = None))]
    fn subscribe<'py>(
        &self,
        py: Python<'py>,
        topic: &Bound<'py, PyAny>,
        peers: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let wrong = || {
            PyValueError::new_err(
                "a topic is 32 bytes: hash its name, as with `hashlib.sha256(name).digest()`",
            )
        };
        let topic = topic
            .extract::<Vec<u8>>()
            .map_err(|_| PyTypeError::new_err("a topic is 32 bytes"))?;
        let name: [u8; 32] = topic.try_into().map_err(|_| wrong())?;
        let topic = TopicId::from_bytes(name);
        let peers = peers.map(address::peers).transpose()?.unwrap_or_default();
        let node = self.node.get().get()?.clone();
        let keep = self.node.clone_ref(py);
        EventLoop::run(
            py,
            async move {
                let ids: Vec<EndpointId> = peers.iter().map(|peer| peer.id).collect();
                for peer in peers {
                    node.remember(peer);
                }
                let topic = node.gossip().subscribe(topic, ids).await;
                topic
                    .map(iroh_gossip::api::GossipTopic::split)
                    .map_err(Failure::store)
            },
            move |py, topic| match topic {
                Ok((sender, receiver)) => {
                    let topic = Topic::new(py, keep, name, sender, receiver)?;
                    Ok(Bound::new(py, topic)?.into_any().unbind())
                }
                Err(failure) => Err(failure.raise(py)),
            },
        )
    }

    fn __repr__(&self) -> String {
        format!("<gossip of {}>", self.node.get().shown())
    }
}

/// A topic that the node is in. What happens there is what it iterates over; `close()`, or dropping it, leaves it.
#[pyclass(frozen, module = "aster_runtime")]
pub(crate) struct Topic {
    id: [u8; 32],
    /// `None` once it was left: gossip leaves a topic with the last end of it.
    sender: Mutex<Option<GossipSender>>,
    neighbors: watch::Receiver<BTreeSet<EndpointId>>,
    events: Py<Events>,
    node: Py<Node>,
}

impl Topic {
    fn new(
        py: Python<'_>,
        node: Py<Node>,
        id: [u8; 32],
        sender: GossipSender,
        receiver: GossipReceiver,
    ) -> PyResult<Self> {
        let (told, neighbors) = watch::channel(BTreeSet::new());
        let closing = node.get().closing();
        let keep = node.clone_ref(py).into_any();
        let events = Events::feed(py, Ahead::EVENTS, keep, closing, |feed| {
            follow(feed, receiver, told)
        })?;
        Ok(Self {
            id,
            sender: Mutex::new(Some(sender)),
            neighbors,
            events: events.unbind(),
            node,
        })
    }
}

impl Topic {
    fn lock(&self) -> MutexGuard<'_, Option<GossipSender>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sender(&self) -> PyResult<GossipSender> {
        let sender = self.lock().clone();
        sender.ok_or_else(|| PyRuntimeError::new_err("the topic was left: `subscribe` to it again"))
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
        let (bytes, item): (usize, Item) = match event {
            Event::NeighborUp(peer) => {
                neighbors.send_modify(|known| {
                    known.insert(peer);
                });
                (
                    0,
                    Box::new(move |py| object(py, "NeighborUp", (peer.to_string(),))),
                )
            }
            Event::NeighborDown(peer) => {
                neighbors.send_modify(|known| {
                    known.remove(&peer);
                });
                (
                    0,
                    Box::new(move |py| object(py, "NeighborDown", (peer.to_string(),))),
                )
            }
            Event::Received(message) => (
                message.content.len(),
                Box::new(move |py| {
                    let content = PyBytes::new(py, &message.content).unbind();
                    object(py, "Received", (content, message.delivered_from.to_string()))
                }),
            ),
            Event::Lagged => (0, lagged()),
        };
        feed.offer(bytes, item, lagged);
    }
    feed.end(Ok(()));
}

fn lagged() -> Item {
    Box::new(|py| object(py, "Lagged", ()))
}

#[pymethods]
impl Topic {
    /// The 32 bytes that name the topic.
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.id)
    }

    /// Sends a message to everybody in the topic, except this node. Nobody says that it has arrived.
    ///
    /// Raises `ValueError` for one that is too large.
    fn broadcast<'py>(&self, py: Python<'py>, message: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (message, room) = (content(message)?, room(self.node.get())?);
        if message.len() > room {
            return Err(PyValueError::new_err(format!(
                "a message of gossip has {room} bytes at most, this one has {}: add it to `node.blobs` and broadcast its ticket",
                message.len()
            )));
        }
        let sender = self.sender()?;
        EventLoop::run(
            py,
            async move { sender.broadcast(message).await.map_err(Failure::store) },
            done,
        )
    }

    /// The peers next to this node in the topic: those that it exchanges messages with.
    #[getter]
    fn neighbors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let neighbors: Vec<_> = self.neighbors.borrow().iter().map(ToString::to_string).collect();
        PyList::new(py, neighbors)
    }

    /// Waits until there is a neighbour.
    fn joined<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut neighbors = self.neighbors.clone();
        EventLoop::run(
            py,
            async move {
                let joined = neighbors.wait_for(|neighbors| !neighbors.is_empty()).await;
                joined.map(drop).map_err(|_| {
                    Failure::Class(
                        "Cancelled",
                        "the topic was left before it had a neighbour".to_owned(),
                    )
                })
            },
            done,
        )
    }

    /// Asks these peers to become neighbours too.
    fn join_peers<'py>(&self, py: Python<'py>, peers: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (peers, sender) = (address::peers(peers)?, self.sender()?);
        let node = self.node.get().get()?.clone();
        EventLoop::run(
            py,
            async move {
                let ids = peers.iter().map(|peer| peer.id).collect();
                for peer in peers {
                    node.remember(peer);
                }
                sender.join_peers(ids).await.map_err(Failure::store)
            },
            done,
        )
    }

    /// Leaves the topic.
    fn close(&self, py: Python<'_>) {
        self.lock().take();
        self.events.bind(py).get().stop();
    }

    /// The same, to be awaited.
    fn aclose<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.lock().take();
        self.events.bind(py).get().close(py)
    }

    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Events::next(self.events.bind(py))
    }

    fn __aenter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Ready::give(slf.py(), slf.clone().into_any())
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(&self, py: Python<'py>, _raised: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.aclose(py)
    }
}
