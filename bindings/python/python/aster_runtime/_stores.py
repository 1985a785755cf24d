"""What happens in documents and in topics of gossip, as the binding tells it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

__all__ = [
    "ContentReady",
    "DocEntry",
    "DocEvent",
    "GossipEvent",
    "Health",
    "InsertLocal",
    "InsertRemote",
    "Lagged",
    "NeighborDown",
    "NeighborUp",
    "PendingContentReady",
    "Received",
    "SyncFinished",
]


@dataclass(frozen=True)
class DocEntry:
    """What an author wrote under a key. The value is the blob of that hash."""

    key: bytes
    author: str
    """The id of the author, in hexadecimal digits."""
    hash: str
    """The hash of the value, with which `node.blobs` has it once it has arrived."""
    size: int
    """The bytes of the value."""
    timestamp: int
    """When it was written, by the clock of its author: microseconds of the Unix epoch."""


@dataclass(frozen=True)
class InsertLocal:
    """An entry was written at this node."""

    entry: DocEntry


@dataclass(frozen=True)
class InsertRemote:
    """An entry arrived from a peer."""

    entry: DocEntry
    peer: str
    """The peer that it came from, which need not be who wrote it."""
    content: Literal["complete", "incomplete", "missing"]
    """How much of the value is here: `ContentReady` tells of the rest."""


@dataclass(frozen=True)
class ContentReady:
    """The value of entries has arrived."""

    hash: str


@dataclass(frozen=True)
class PendingContentReady:
    """Of the values that the last sync lacked, each has arrived or failed to. It does not say that all are here."""


@dataclass(frozen=True)
class NeighborUp:
    """A peer is next to this node from here on."""

    peer: str


@dataclass(frozen=True)
class NeighborDown:
    """A peer is next to this node no more."""

    peer: str


@dataclass(frozen=True)
class SyncFinished:
    """A sync with a peer is over. A first one that failed is repeated; wait for the entries, not for this."""

    peer: str
    dialled: bool
    """Whether this node began it."""
    sent: int
    received: int
    error: str | None
    """Why it failed; `None` if it did not."""


@dataclass(frozen=True)
class Received:
    """A message of a topic."""

    message: bytes
    peer: str
    """The neighbour that it came from, which need not be who sent it first."""


@dataclass(frozen=True)
class Lagged:
    """Messages are missing here: they came faster than they were read."""


DocEvent: TypeAlias = (
    InsertLocal
    | InsertRemote
    | ContentReady
    | PendingContentReady
    | NeighborUp
    | NeighborDown
    | SyncFinished
)
"""What a subscription to a document tells."""

GossipEvent: TypeAlias = Received | NeighborUp | NeighborDown | Lagged
"""What a topic tells."""


class Health(str, Enum):
    """How a service does."""

    SERVING = "serving"
    NOT_SERVING = "not serving"
    UNKNOWN = "unknown"
    """It is not served there."""
