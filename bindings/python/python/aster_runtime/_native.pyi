"""The binding itself. Its classes are in `aster_runtime`; what else is here is between that package and generated code."""

import os
from collections.abc import (
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Mapping,
    Sequence,
)
from datetime import timedelta
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar, final

from typing_extensions import Self

from ._metrics import MetricsSnapshot
from ._node import Limits, Opening
from ._service import PerSession
from ._stores import DocEntry, DocEvent, GossipEvent, Health
from .codegen.v1 import Method, Service

__version__: str
GENERATION: int

_Class = TypeVar("_Class", bound=type)
_Message = TypeVar("_Message")
_T_co = TypeVar("_T_co", covariant=True)

_Seconds: TypeAlias = float | timedelta
_Metadata: TypeAlias = tuple[tuple[str, str], ...]
_MetadataLike: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
_Path: TypeAlias = str | os.PathLike[str]
_Peer: TypeAlias = str | Ticket
_Peers: TypeAlias = _Peer | Iterable[_Peer]
_Bytes: TypeAlias = bytes | bytearray | memoryview

@final
class Node:
    """One endpoint with everything on it: calls, blobs, docs and gossip share its key and its address.

    `await Node.dev()` starts one, and `async with Node.dev() as node:` closes it at the end of the block.
    """

    @staticmethod
    def dev(
        *,
        lan: bool = False,
        bind: str | None = None,
        secret_key: bytes | None = None,
        folder: _Path | None = None,
        dev_roles: Sequence[str] | None = None,
        limits: Limits | None = None,
    ) -> Opening[Node]:
        """A node for development: a new key, loopback only, in memory, its gates open. `lan` opens it to the local network."""
    @staticmethod
    def spawn(
        *,
        secret_key: bytes | None = None,
        bind: str | None = None,
        lan: bool = False,
        relay: str | Sequence[str] | None = None,
        lookup: str | None = None,
        folder: _Path | None = None,
        dev_roles: Sequence[str] | None = None,
        trust: str | None = None,
        credentials: Iterable[str] | None = None,
        revocations: _Path | None = None,
        limits: Limits | None = None,
        uncompressed: bool = False,
    ) -> Opening[Node]:
        """A node with explicit options. Its gates are closed: `trust` names the root key whose credentials it admits.

        `relay` is `"disabled"`, `"n0"` or URLs; `lookup` is `"none"` or `"n0"`; `credentials` are JSON, as files have them.
        """
    @staticmethod
    def from_identity(
        path: _Path = ".aster-identity",
        /,
        *,
        bind: str | None = None,
        lan: bool = False,
        relay: str | Sequence[str] | None = None,
        lookup: str | None = None,
        folder: _Path | None = None,
        trust: str | None = None,
        revocations: _Path | None = None,
        limits: Limits | None = None,
        uncompressed: bool = False,
    ) -> Opening[Node]:
        """The node whose identity file this is, with its key and its credentials."""
    @staticmethod
    def from_config(folder: _Path = ".", /) -> Opening[Node]:
        """The node that `ASTER_…` variables, and `aster.toml` in this folder, describe."""
    @property
    def id(self) -> str:
        """The public key that the node is known by, in hexadecimal digits."""
    @property
    def address(self) -> str:
        """Where the node can be dialled now: a ticket."""
    @property
    def blobs(self) -> Blobs:
        """Content by its hash."""
    @property
    def docs(self) -> Docs:
        """Key-value documents that several nodes share."""
    @property
    def gossip(self) -> Gossip:
        """Broadcast to everybody in a topic."""
    def accept_aster(self) -> Events[Connection]:
        """The connections of Aster's three protocols, for those who bring their own accept loop.

        Another loop or server begins when this one was closed or dropped. Raises `AlreadyServing` while one takes them.
        """
    def add_credential(self, credential: str) -> None:
        """Adds a credential, JSON as files have it, that the node shows.

        Clients that are connected show it when they renew their admission. Raises `ValueError` for one that it cannot show.
        """
    def bring_revocation(
        self, address: _Peer, revocation: str, root: str
    ) -> Awaitable[None]:
        """Brings a server what the operator of its mesh, whose root key that is, has revoked.

        `revocation` is a line as `aster revoke` prints it. Raises `FailedPrecondition` if the server did not take it in.
        """
    def admit(
        self,
        peer: _Peer,
        *,
        roles: Sequence[str] = (),
        attributes: _MetadataLike | None = None,
        time: _Seconds | None = None,
    ) -> None:
        """Admits a peer, over every protocol of the node, for that time; without one until it is revoked."""
    def revoke(self, peer: _Peer) -> bool:
        """Ends the admission of a peer, and closes its connections at once. Says whether it was admitted."""
    def admitted(self) -> dict[str, dict[str, str]]:
        """The peers that are admitted now, with the attributes of each."""
    def stats(self) -> dict[str, Any]:
        """What the node has now, and what it has counted.

        `connections` has the `peer`, the `protocol`, whether this node `dialled`, and the `paths` of each: their `address`,
        whether they are `relayed` and `selected`, and their `round_trip` in seconds.
        """
    def close(self) -> Awaitable[None]:
        """Closes the node: no new calls, time for those that run, then the protocols and the endpoint."""
    def __aenter__(self) -> Awaitable[Self]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Awaitable[None]: ...

@final
class Ticket:
    """The address of a node: its id, the addresses that it is bound to, and its relay. `str()` of it is the ticket."""

    def __new__(
        cls, id: str, *, addresses: Sequence[str] = (), relay: str | None = None
    ) -> Self: ...
    @staticmethod
    def parse(text: str, /) -> Ticket:
        """Reads a ticket, or an endpoint id.

        Raises `ValueError`, which says whether the text is damaged or something else.
        """
    @property
    def id(self) -> str:
        """The public key of the node, in hexadecimal digits."""
    @property
    def addresses(self) -> list[str]:
        """Where it can be dialled directly."""
    @property
    def relay(self) -> str | None:
        """The URL of its relay; `None` if it has none."""
    def __hash__(self) -> int: ...

@final
class Events(Generic[_T_co]):
    """What comes one after the other: an asynchronous iterator.

    It begins at once; `await` it, or enter it with `async with`, to wait until it has. `aclose()`, the end of the block, or
    dropping it, ends it at its source; so does the end of the node.
    """

    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Awaitable[_T_co]: ...
    def __await__(self) -> Generator[Any, Any, Self]: ...
    def aclose(self) -> Awaitable[None]:
        """Ends it at its source; nothing comes any more."""
    def __aenter__(self) -> Awaitable[Self]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Awaitable[None]: ...

@final
class Connection:
    """A connection that gate 0 has let in, of a peer that speaks one of Aster's protocols: `Server.handle` serves it."""

    @property
    def alpn(self) -> str:
        """The protocol: `aster/1`, or one of the two of admission."""
    @property
    def peer(self) -> str:
        """The key of the peer, in hexadecimal digits."""
    def close(self, code: int = 0, reason: bytes = b"") -> None:
        """Closes the connection instead of serving it. Without effect on one that is served."""

@final
class Blobs:
    """The blobs of a node: content by its hash. What is added stays; hashes have 64 hexadecimal digits."""

    def add_bytes(self, data: _Bytes, *, tag: str | None = None) -> Awaitable[str]:
        """Adds bytes, and gives their hash. `tag` names them. `bytes` are not copied on their way."""
    def add_file(self, path: _Path, *, tag: str | None = None) -> Awaitable[str]:
        """Adds the content of a file, and gives its hash. `tag` names it."""
    def get_bytes(
        self,
        hash: str,
        *,
        offset: int = 0,
        length: int | None = None,
        limit: int = 67_108_864,
    ) -> Awaitable[bytes]:
        """The bytes of a blob, from `offset` on and `length` at most.

        Raises `NotFound` for one that is not here as a whole, and `ValueError` for more than `limit` bytes.
        """
    def chunks(
        self, hash: str, *, offset: int = 0, length: int | None = None
    ) -> Events[bytes]:
        """The bytes of a blob in pieces: some mebibyte is read ahead."""
    def has(self, hash: str) -> Awaitable[bool]:
        """Whether the whole blob is here."""
    def size(self, hash: str) -> Awaitable[int]:
        """The size of a blob that is here, in bytes. Raises `NotFound`."""
    def export_file(self, hash: str, path: _Path) -> Awaitable[int]:
        """Writes a blob to a file, and gives its size. A file that is there is replaced."""
    def download(
        self, blob: str, peers: _Peers | None = None, *, tag: str | None = None
    ) -> Awaitable[str]:
        """Fetches a blob, by its hash from the first of `peers` that has it, or by a ticket of it; and gives its hash.

        What is here already is not fetched again. Raises `NotAdmitted`, `ConnectError` or `NotFound`, of the last peer.
        """
    def ticket(self, hash: str) -> str:
        """A ticket of a blob, with which others `download` it from this node."""
    def tags(self) -> Events[tuple[str, str]]:
        """The tags, and the hashes that they name."""
    def set_tag(self, tag: str, hash: str) -> Awaitable[None]:
        """Lets a tag name a blob. What it named before it names no more."""
    def delete_tag(self, tag: str) -> Awaitable[bool]:
        """Deletes a tag, and says whether it was there. The blob stays."""
    def list(self) -> Events[str]:
        """The hashes of the blobs that are here."""

@final
class Docs:
    """The documents of a node, and the authors that it writes as."""

    def create(self) -> Awaitable[Doc]:
        """Makes a document."""
    def open(self, id: str) -> Awaitable[Doc]:
        """Opens a document that is here. Raises `NotFound` for another one."""
    def join(self, ticket: str) -> Awaitable[Doc]:
        """Opens the document of a ticket, and begins to sync with the peers that it names."""
    def list(self) -> Events[tuple[str, str]]:
        """The ids of the documents that are here, and whether each can be written: `"write"` or `"read"`."""
    def drop(self, id: str) -> Awaitable[None]:
        """Removes a document, with all its entries, from this node."""
    def create_author(self) -> Awaitable[str]:
        """Makes an author, and gives its id. Its key stays with this node."""
    def default_author(self) -> Awaitable[str]:
        """The id of the author that this node has without being asked."""
    def authors(self) -> Awaitable[Sequence[str]]:
        """The ids of the authors whose keys are here."""

@final
class Doc:
    """A document that is open here."""

    @property
    def id(self) -> str:
        """The id of the document, in hexadecimal digits."""
    def set(self, author: str, key: _Bytes, value: _Bytes) -> Awaitable[str]:
        """Sets the value of a key for an author whose key is here, and gives the hash of the value, a blob of this node.

        Raises `ValueError` for an empty value, and `PermissionDenied` where the document can only be read.
        """
    def set_hash(self, author: str, key: _Bytes, hash: str) -> Awaitable[None]:
        """Lets a key have a blob of this node as its value."""
    def entry(
        self, key: _Bytes, author: str | None = None
    ) -> Awaitable[DocEntry | None]:
        """The entry of a key: that of an author, or the latest of all; `None` if there is none."""
    def get(
        self, key: _Bytes, author: str | None = None, *, limit: int = 67_108_864
    ) -> Awaitable[bytes | None]:
        """The value of a key: that of an author, or the latest of all; `None` if there is none.

        Raises `NotFound` while a value that a peer wrote has not arrived, `ValueError` for more than `limit` bytes.
        """
    def query(
        self,
        *,
        prefix: bytes | None = None,
        key: bytes | None = None,
        author: str | None = None,
        latest: bool = False,
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> Events[DocEntry]:
        """The entries whose keys begin with `prefix`, or are `key`, by key.

        Those of `author`, or of all; with `latest`, the latest of each key alone. What was deleted has none.
        """
    def delete(self, author: str, prefix: _Bytes) -> Awaitable[int]:
        """Deletes the entries of an author whose keys begin with `prefix`, and says how many they were."""
    def share(self, write: bool = False) -> Awaitable[str]:
        """A ticket with which others `join` the document at this node, and may write it with `write`.

        From here on the document is synced. Whoever has the ticket can read, and write, the document.
        """
    def subscribe(self) -> Events[DocEvent]:
        """What happens to the document from here on.

        Some 256 events are read ahead. If they are not taken, those who write the document wait: read it, or leave it.
        """
    def sync(self, peers: _Peers | None = None) -> Awaitable[None]:
        """Syncs the document with these peers, and with those that they know, until `leave()`."""
    def leave(self) -> Awaitable[None]:
        """Syncs the document no more. What is here stays."""
    def close(self) -> Awaitable[None]:
        """Closes this handle of the document."""
    def __aenter__(self) -> Awaitable[Self]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Awaitable[None]: ...

@final
class Gossip:
    """Gossip of a node: broadcast to everybody in a topic."""

    @property
    def max_message_size(self) -> int:
        """The largest message that can be broadcast, in bytes."""
    def subscribe(self, topic: bytes, peers: _Peers | None = None) -> Awaitable[Topic]:
        """Joins a topic, which 32 bytes name, through peers that are in it. The first of a topic names none."""

@final
class Topic:
    """A topic that the node is in; what happens there is what it iterates over.

    Others in the topic wait for nobody: who reads too slowly finds `Lagged` where messages are missing. `close()`, the end of
    a block, or dropping it, leaves the topic.
    """

    @property
    def id(self) -> bytes:
        """The 32 bytes that name the topic."""
    def broadcast(self, message: _Bytes) -> Awaitable[None]:
        """Sends a message to everybody in the topic, except this node. Nobody says that it has arrived.

        Raises `ValueError` for one that is too large.
        """
    @property
    def neighbors(self) -> list[str]:
        """The peers next to this node in the topic: those that it exchanges messages with."""
    def joined(self) -> Awaitable[None]:
        """Waits until there is a neighbour."""
    def join_peers(self, peers: _Peers) -> Awaitable[None]:
        """Asks these peers to become neighbours too."""
    def close(self) -> None:
        """Leaves the topic."""
    def aclose(self) -> Awaitable[None]:
        """The same, to be awaited."""
    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Awaitable[GossipEvent]: ...
    def __aenter__(self) -> Awaitable[Self]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Awaitable[None]: ...

@final
class Client:
    """A connection to one server that has admitted this node. Clients of services are made of it.

    A connection that is lost is made again, with a new admission, by the next call.
    """

    @staticmethod
    def connect(
        node: Node,
        address: _Peer,
        *,
        timeout: _Seconds | None = None,
        retry: bool = True,
        interceptors: Sequence[object] = (),
        uncompressed: Sequence[str] = (),
        mesh: str | None = None,
        trust_address: bool = False,
    ) -> Opening[Client]:
        """Connects to the server at an address: a ticket or an endpoint id. Waits 10 s unless `timeout` says otherwise.

        Raises `NotAdmitted`, `ServerNotTrusted`, `ConnectError`, or `ValueError` for what is no address.
        """
    @property
    def peer(self) -> str:
        """The server's key, in hexadecimal digits."""
    @property
    def services(self) -> tuple[tuple[str, int, str], ...]:
        """What the server told of its services: names, versions and contract ids."""
    def service(
        self, name: str, contract_id: str | None = None
    ) -> Awaitable[DynamicService]:
        """The service of that name, as the server describes it: its messages are what `json` reads and writes.

        The full name, `package.Name`, or the last part of it where that is enough; and the id of its contract, 64
        hexadecimal digits, where it is served under several.
        """
    def health(self, service: str = "") -> Awaitable[Health]:
        """How a service of the server does; without a name, how the whole server does."""
    def session(self, *, overlapping: bool = False) -> Session:
        """A session: clients of services with the scope `session` are made of it."""
    def close(self) -> None:
        """Ends the connection, for good: calls that run or come later end as `Cancelled`."""
    def __aenter__(self) -> Awaitable[Self]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Awaitable[None]: ...

@final
class Session:
    """Calls that share state at the server, on one connection.

    It begins with its first call, and ends with `close()`, when nothing holds it any more, or with its connection.
    """

    @property
    def id(self) -> int | None:
        """The number of the session on its connection; `None` before the first call."""
    def service(
        self, name: str, contract_id: str | None = None
    ) -> Awaitable[DynamicService]:
        """The service of that name, as the server describes it, as for a client; its calls are made in the session."""
    def close(self) -> Awaitable[None]:
        """Ends the session, after its running calls."""
    def __aenter__(self) -> Awaitable[Self]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Awaitable[None]: ...

@final
class SessionContext:
    """The session that an instance is made for."""

    @property
    def peer(self) -> str:
        """The key of the peer whose session it is, in hexadecimal digits."""
    @property
    def attributes(self) -> dict[str, str]:
        """What the peer's credential said of it when the session began."""
    @property
    def id(self) -> int:
        """The number that the peer gave the session."""

@final
class Server:
    """The services of one node.

    `async with Server(node, [Greeter()]):` serves while the block runs; `await server.serve()` serves until `shutdown()`.
    """

    def __new__(
        cls,
        node: Node,
        services: Iterable[Service | PerSession],
        /,
        *,
        interceptors: Sequence[object] = (),
        describe: bool = True,
        uncompressed: Sequence[str] = (),
    ) -> Self:
        """Serves instances of classes that derive from generated ones, and what `per_session` of such makes.

        Without `describe`, tools cannot call the services without generated code. `uncompressed` names services,
        `package.Name`, or methods, `package.Name/method`, whose responses are sent without compression.
        """
    def serve(self) -> Awaitable[None]:
        """Serves until `shutdown()`, or until the node closes.

        Raises `StartError` if another server or accept loop has the node's connections.
        """
    @property
    def health(self) -> HealthReport:
        """Says to peers how the services do."""
    def handle(self, connection: Connection) -> Awaitable[None]:
        """Serves one connection to its end: for those who bring their own accept loop.

        Cancelled, it is not served any more.
        """
    def shutdown(self, grace: _Seconds | None = None) -> Awaitable[None]:
        """Takes no more calls, lets those that run end, and returns when all peers have gone.

        What is still open after `grace` seconds, 10 without it, is closed.
        """
    def __aenter__(self) -> Awaitable[Self]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Awaitable[None]: ...

@final
class HealthReport:
    """Says to peers how the services of a server do. All serve from the beginning."""

    def set_serving(self, service: str = "") -> None:
        """The service of that full name can be called; without a name, the whole server. Raises `NotFound`."""
    def set_not_serving(self, service: str = "") -> None:
        """It is not to be called now. Calls that come all the same are answered."""
    def get(self, service: str = "") -> Health:
        """How it does."""

@final
class RateLimit:
    """Lets calls through at a rate, at a server or a client, and refuses the others with `ResourceExhausted`.

    The detail `retry-after-ms` says when the next one has a chance.
    """

    def __new__(cls, rate: float, *, burst: int = 1, per: str = "peer") -> Self:
        """`rate` calls a second, up to `burst` at once; per `peer`, `service`, `method` or `peer-and-method`."""

@final
class CircuitBreaker:
    """Ends calls of a client at a server that fails with `Unavailable`, for a while; then one tries whether it is back."""

    def __new__(cls, failures: int = 5, *, pause: _Seconds) -> Self:
        """Opens after so many failures in a row, for `pause` seconds."""

@final
class Metrics:
    """Counts and times calls, at servers and clients: give the same one to all that are to be counted together."""

    def __new__(cls, *, buckets: Sequence[float] | None = None) -> Self:
        """`buckets` are the upper ends of those of histograms, in seconds: from half a millisecond to 10 s without it."""
    def snapshot(self) -> MetricsSnapshot:
        """What was counted until now."""

@final
class Audit:
    """Logs each call of a server: who called what, and how it ended. Neither messages nor metadata are in it."""

    def __new__(cls) -> Self: ...

@final
class DynamicService:
    """A service that its server has described: every method can be called without generated code."""

    @property
    def name(self) -> str:
        """The full name, `package.Name`."""
    @property
    def contract_id(self) -> str:
        """The id of the contract, to which all that was described was verified."""
    @property
    def methods(self) -> tuple[str, ...]:
        """The names of the methods."""
    def method(self, name: str) -> DynamicMethod:
        """The method of that name. Raises `Unimplemented`, with the names that there are."""

@final
class DynamicMethod:
    """A method of a described service."""

    @property
    def name(self) -> str:
        """The name."""
    @property
    def pattern(self) -> str:
        """Which sides stream: `"unary"`, `"server_stream"`, `"client_stream"` or `"bidi_stream"`."""
    @property
    def request(self) -> str:
        """The full name of the request's type."""
    @property
    def response(self) -> str:
        """The full name of the response's type."""
    def __call__(
        self,
        request: Any,
        *,
        timeout: _Seconds | None = None,
        metadata: _MetadataLike | None = None,
        text: bool = False,
    ) -> Any:
        """Calls the method with a request, or with an iterable of them where requests stream.

        Gives an awaitable of the response, or an asynchronous iterator where responses stream. A request is what `json` can
        write, or JSON text; a response is what `json` reads, or with `text` the JSON itself.
        """

@final
class Context:
    """What a handler knows of its call, and what it may say beside its messages.

    When the caller gives up, its deadline passes or the connection is lost, the handler's task is cancelled.
    """

    @property
    def peer(self) -> str:
        """The key of the peer that calls, in hexadecimal digits."""
    @property
    def attributes(self) -> dict[str, str]:
        """What the peer's credential says of it."""
    @property
    def service(self) -> str:
        """The full name of the service, `package.Name`."""
    @property
    def method(self) -> str:
        """The method, as the schema names it."""
    @property
    def call_id(self) -> int:
        """The caller's number of the call, for logs."""
    @property
    def session(self) -> int | None:
        """The number of the session that the call belongs to; `None` if the service has none."""
    @property
    def metadata(self) -> _Metadata:
        """What the caller sent along: pairs in their order."""
    @property
    def time_left(self) -> float | None:
        """The seconds that are left until the caller gives up; `None` if it did not say."""
    def set_header(self, name: str, value: str) -> None:
        """Adds an entry to what goes before the first message. Once that has gone, it goes with the trailer.

        Raises `ValueError` for an entry that is against the rules.
        """
    def set_trailer(self, name: str, value: str) -> None:
        """Adds an entry to what goes with the status, also if the call fails.

        Raises `ValueError` for an entry that is against the rules.
        """
    def uncompressed(self) -> None:
        """Sends the responses from here on without compression, whose length tells of their content."""

@final
class ClientCall:
    """A call that a client makes, as its interceptors see it."""

    @property
    def peer(self) -> str:
        """The key of the server, in hexadecimal digits."""
    @property
    def service(self) -> str:
        """The full name of the service, `package.Name`."""
    @property
    def method(self) -> str:
        """The method, as the schema names it."""
    @property
    def call_id(self) -> int:
        """The client's number of the call."""
    @property
    def is_idempotent(self) -> bool:
        """Whether the method may be repeated without harm."""
    @property
    def time_left(self) -> float | None:
        """The seconds until the client gives up; `None` if it waits without end."""
    @property
    def metadata(self) -> _Metadata:
        """What is sent along: pairs in their order."""
    def add_metadata(self, name: str, value: str) -> None:
        """Sends an entry along, in each attempt; to be called in `before`.

        Raises `ValueError` for an entry that is against the rules.
        """

@final
class Outcome:
    """How a call ended."""

    @property
    def number(self) -> int:
        """The number of the status; that of `CANCELLED` where the caller gave up."""
    @property
    def message(self) -> str:
        """The message of the status."""
    @property
    def seconds(self) -> float:
        """From the beginning of the call to its end."""

@final
class Response(Generic[_T_co]):
    """A response with what came beside it."""

    @property
    def message(self) -> _T_co:
        """The response."""
    @property
    def metadata(self) -> _Metadata:
        """What the server sent before it."""
    @property
    def trailer(self) -> _Metadata:
        """What the server sent after it."""

@final
class UnaryCall(Generic[_T_co]):
    """A call with one response. It begins when it is awaited; cancelling what awaits it cancels the call at the server."""

    def __await__(self) -> Generator[Any, Any, _T_co]: ...
    def with_call(self) -> Awaitable[Response[_T_co]]:
        """Makes the call, and gives the response with the metadata that came with it."""

@final
class Stream(Generic[_T_co]):
    """The responses of a call, one after the other.

    The call begins with the first that is asked for; one that is dropped, cancelled or left ends at the server.
    """

    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Awaitable[_T_co]: ...
    def metadata(self) -> Awaitable[_Metadata]:
        """What the server sends before its first message; begins the call."""
    @property
    def trailer(self) -> _Metadata | None:
        """What the server sent after its last message; `None` until it has."""
    def cancel(self) -> None:
        """Ends the call, also at the server. What is asked for after that raises `Cancelled`."""
    def aclose(self) -> Awaitable[None]:
        """The same, to be awaited."""
    def __aenter__(self) -> Awaitable[Self]: ...
    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Awaitable[None]: ...

@final
class Stub:
    @staticmethod
    def of_client(client: Client, info: ServiceInfo, /) -> Stub: ...
    @staticmethod
    def of_session(session: Session, info: ServiceInfo, /) -> Stub: ...
    def unary(
        self,
        method: int,
        request: object,
        timeout: _Seconds | None,
        metadata: _MetadataLike | None,
        /,
    ) -> UnaryCall[Any]: ...
    def server_stream(
        self,
        method: int,
        request: object,
        timeout: _Seconds | None,
        metadata: _MetadataLike | None,
        /,
    ) -> Stream[Any]: ...
    def client_stream(
        self,
        method: int,
        requests: object,
        timeout: _Seconds | None,
        metadata: _MetadataLike | None,
        /,
    ) -> UnaryCall[Any]: ...
    def bidi_stream(
        self,
        method: int,
        requests: object,
        timeout: _Seconds | None,
        metadata: _MetadataLike | None,
        /,
    ) -> Stream[Any]: ...

@final
class Schema:
    """Every type of a generated package. Its modules say which class stands for which type."""

    def __new__(
        cls, *, generation: int, types: tuple[bytes, ...], nested: tuple[bytes, ...]
    ) -> Self: ...
    def message(
        self, name: str, renamed: Mapping[str, str] | None = None, /
    ) -> Callable[[_Class], _Class]: ...
    def enum(self, name: str, /) -> Callable[[_Class], _Class]: ...
    def case(self, name: str, number: int, /) -> Callable[[_Class], _Class]: ...
    def service(
        self,
        name: str,
        contract_id: str,
        contract: bytes,
        methods: tuple[Method, ...],
        /,
    ) -> ServiceInfo: ...

@final
class ServiceInfo:
    """A service: what servers and clients know of it."""

    @property
    def name(self) -> str:
        """The full name, `package.Name`."""
    @property
    def version(self) -> int:
        """The version."""
    @property
    def contract_id(self) -> str:
        """The id of the contract."""
    @property
    def methods(self) -> tuple[tuple[str, str], ...]:
        """Names and attributes of the methods, in the order of the contract."""

@final
class Reply:
    def send(self, response: object) -> None: ...
    def end(self) -> None: ...
    def opened(self, instance: object, methods: list[Callable[..., Any]]) -> None: ...
    def fail(
        self,
        number: int,
        message: str,
        details: list[tuple[str, bytes]],
        metadata: list[tuple[str, str]],
    ) -> None: ...
    def cancelled(self) -> None: ...

@final
class Outbox:
    def put(self, message: object) -> Awaitable[bool] | None: ...
    def end(self) -> None: ...
    def fail(self, error: BaseException | None, /) -> None: ...

def encode(message: object, /) -> bytes:
    """The payload of a message, in Apache Fory XLANG.

    Raises `MessageError` if the message does not fit its type.
    """

def decode(kind: type[_Message], payload: bytes, /) -> _Message:
    """The message of a payload.

    Raises `ContractViolation`, with the path to what does not fit.
    """

def forked() -> None: ...
def log_flush() -> None: ...
def log_levels(own: int, others: int) -> None: ...
