"""How nodes and clients are made: `await` one, or enter it with `async with`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypedDict, TypeVar

if TYPE_CHECKING:
    from ._native import Client, Node

__all__ = ["Limits", "Opening", "Seconds"]

Seconds: TypeAlias = float | timedelta

_Opened = TypeVar("_Opened", bound="Node | Client")


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
    connections: int
    """Connections that peers may have open at once, all of them together: 4,096."""
    connections_per_peer: int
    """Connections that one peer may have open at once for each protocol: 16. A client has one, and another for each 64 streaming calls."""
    unadmitted: int
    """Connections whose peer may be anybody: from 128 on who comes shows first that they are where they say, from four times as many on nobody else is heard."""


def begin(
    function: Callable[..., Awaitable[_Opened]],
) -> Callable[..., Opening[_Opened]]:
    """Makes of a function what begins when it is awaited, or entered."""

    def later(*arguments: Any, **options: Any) -> Opening[_Opened]:
        return Opening(lambda: function(*arguments, **options))

    return later
