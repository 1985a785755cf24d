"""How nodes and clients are made: `await` one, or enter it with `async with`."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Generic, TypedDict, TypeVar, Union

from . import _native

__all__ = ["Client", "Limits", "Node", "Opening"]

Seconds = Union[float, timedelta]

_Opened = TypeVar("_Opened", bound=Union[_native.Node, _native.Client])


class Opening(Generic[_Opened]):
    """Something that takes its time to begin: `await` it, or enter it with `async with`, which closes it too."""

    __slots__ = ("_begin", "_opened")

    def __init__(self, begin: Callable[[], Awaitable[_Opened]]) -> None:
        self._begin = begin
        self._opened: _Opened | None = None

    def __await__(self) -> Generator[Any, Any, _Opened]:
        return self._begin().__await__()

    async def __aenter__(self) -> _Opened:
        self._opened = await self._begin()
        return self._opened

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.__aexit__(kind, error, traceback)


class Limits(TypedDict, total=False):
    """What a node lets its peers use, and for how long it waits for them. Sizes in bytes, times in seconds."""

    frame: int
    """The largest message, also after decompression: 16 MiB."""
    streams: int
    """Streams that a peer may have open at once on one connection: 1,024."""
    calls_per_peer: int
    """Calls of one peer that run at once: 256."""
    calls: int
    """Calls of all peers that run at once: 4,096."""
    sessions: int
    """Sessions that a peer may have open at once on one connection: 1,024."""
    session_idle: Seconds
    """How long a session without a running call lives: 5 min."""
    bytes_per_peer: int
    """Bytes of large messages that one peer may have in assembly: 32 MiB."""
    bytes: int
    """Bytes of large messages that all peers may have in assembly: 512 MiB."""
    bytes_wait: Seconds
    """How long a large message waits for its share of the bytes: 10 s."""
    header_time: Seconds
    """From the opening of a stream to its whole header: 10 s."""
    request_time: Seconds
    """From the header of a unary call to its whole request: 30 s."""
    unary_time: Seconds
    """How long a unary handler may run: 300 s."""
    admission_time: Seconds
    """How long an admission exchange may take: 10 s."""
    silence: Seconds
    """How long a server to which calls are open may be silent before it is asked for a sign of life: 3 s."""
    queue: int
    """Connections that wait to be served: 256, of which admission may have half."""


class Node:
    """One endpoint with everything on it: calls, blobs, docs and gossip share its key and its address.

    The functions here start one; the object is an `aster_runtime._native.Node`.
    """

    def __new__(cls) -> Node:
        raise TypeError("a node is started: `await Node.dev()`, `Node.spawn(…)` or `Node.from_identity(…)`")

    @staticmethod
    def dev(
        *,
        lan: bool = False,
        bind: str | None = None,
        secret_key: bytes | None = None,
        folder: str | os.PathLike[str] | None = None,
        dev_roles: Sequence[str] | None = None,
        limits: Limits | None = None,
    ) -> Opening[_native.Node]:
        """A node for development: a new key, loopback only, in memory, its gates open. `lan` opens it to the local network."""
        options = locals()
        return Opening(lambda: _native.Node._dev(**options))

    @staticmethod
    def spawn(
        *,
        secret_key: bytes | None = None,
        bind: str | None = None,
        lan: bool = False,
        relay: str | Iterable[str] | None = None,
        lookup: str | None = None,
        folder: str | os.PathLike[str] | None = None,
        dev_roles: Sequence[str] | None = None,
        trust: str | None = None,
        credentials: Iterable[str] | None = None,
        revocations: str | os.PathLike[str] | None = None,
        limits: Limits | None = None,
        uncompressed: bool = False,
    ) -> Opening[_native.Node]:
        """A node with explicit options. Its gates are closed: `trust` names the root key whose credentials it admits.

        `relay` is `"disabled"`, `"n0"` or URLs; `lookup` is `"none"` or `"n0"`; `credentials` are JSON, as files have them.
        """
        options = locals()
        return Opening(lambda: _native.Node._spawn(**options))

    @staticmethod
    def from_identity(
        path: str | os.PathLike[str] = ".aster-identity",
        *,
        bind: str | None = None,
        lan: bool = False,
        relay: str | Iterable[str] | None = None,
        lookup: str | None = None,
        folder: str | os.PathLike[str] | None = None,
        trust: str | None = None,
        revocations: str | os.PathLike[str] | None = None,
        limits: Limits | None = None,
    ) -> Opening[_native.Node]:
        """The node whose identity file this is, with its key and its credentials."""
        options = locals()
        path = os.fspath(options.pop("path"))
        return Opening(lambda: _native.Node._from_identity(path, **options))

    @staticmethod
    def from_config(folder: str | os.PathLike[str] = ".") -> Opening[_native.Node]:
        """The node that `ASTER_…` variables, and `aster.toml` in this folder, describe."""
        place = os.fspath(folder)
        return Opening(lambda: _native.Node._from_config(place))


class Client:
    """A connection to one server that has admitted this node.

    `connect` makes one; the object is an `aster_runtime._native.Client`.
    """

    def __new__(cls) -> Client:
        raise TypeError("a client is connected: `await Client.connect(node, address)`")

    @staticmethod
    def connect(
        node: _native.Node,
        address: str,
        *,
        timeout: Seconds | None = None,
        retry: bool = True,
        interceptors: Sequence[object] = (),
        uncompressed: Sequence[str] = (),
        mesh: str | None = None,
        trust_address: bool = False,
    ) -> Opening[_native.Client]:
        """Connects to the server at an address: a ticket or an endpoint id. Waits 10 s unless `timeout` says otherwise.

        Raises `NotAdmitted`, `ServerNotTrusted`, `ConnectError`, or `ValueError` for what is no address.
        """
        return Opening(
            lambda: _native.Client._connect(
                node,
                address,
                timeout=timeout,
                retry=retry,
                interceptors=list(interceptors),
                uncompressed=list(uncompressed),
                mesh=mesh,
                trust_address=trust_address,
            )
        )
