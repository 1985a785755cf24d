"""The first version of the surface between generated code and the runtime."""

from __future__ import annotations

from abc import ABC
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    ParamSpec,
    TypeAlias,
    TypeVar,
    overload,
)

from .._native import (
    Client,
    Context,
    Response,
    Schema,
    ServiceInfo,
    Session,
    SessionContext,
    Stream,
    Stub,
    UnaryCall,
)
from .._service import PerSession

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "Client",
    "Context",
    "Messages",
    "MetadataLike",
    "Method",
    "PerSession",
    "Response",
    "Schema",
    "Service",
    "ServiceClient",
    "ServiceInfo",
    "Session",
    "SessionClient",
    "SessionContext",
    "SessionService",
    "Stream",
    "Stub",
    "Timeout",
    "UnaryCall",
    "unary",
]

P = ParamSpec("P")
T = TypeVar("T")

Timeout: TypeAlias = float | timedelta | None
"""Seconds, or a `timedelta`; `None` for the default of the method."""

MetadataLike: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]] | None
"""Names and values that go beside the messages. A name may come several times in pairs."""

Messages: TypeAlias = AsyncIterable[T] | Iterable[T]
"""The messages that a call sends, one after the other, as fast as the server takes them."""


@dataclass(frozen=True, slots=True)
class Method:
    """How Python has a method of a service; all else is in the contract."""

    name: str
    """The name in the schema."""
    attribute: str | None = None
    """The name of the function, where it is another."""
    takes_value: bool = False
    """A stream of bare values, for which there are messages of one field."""
    returns_value: bool = False
    """A bare value, or a stream of such, for which there are messages of one field."""
    returns_nothing: bool = False
    """A response of which there is nothing to tell."""


class Service(ABC):
    """What implements a service derives from its class in the generated code."""

    CONTRACT_ID: ClassVar[str]
    __aster__: ClassVar[ServiceInfo]


class SessionService(ABC):
    """What implements a service of which every session has an instance of its own."""

    CONTRACT_ID: ClassVar[str]
    __aster__: ClassVar[ServiceInfo]

    @classmethod
    def per_session(
        cls,
        make: Callable[[SessionContext], Self | Awaitable[Self]],
        *,
        on_close: Callable[[Self, str], Awaitable[None] | None] | None = None,
        overlapping: bool = False,
    ) -> PerSession:
        """Serves what `make` gives for each session; hand the result to a `Server`.

        The first call of a session makes its instance. `on_close` runs when it ends, after its last call, and hears why: `closed`,
        `idle` or `lost`. Calls of a session run one at a time unless they are `overlapping`. An `AsterError` of `make` is
        the status of the call that asked.
        """
        return PerSession(cls.__aster__, make, on_close, overlapping)


class ServiceClient:
    """Calls one service of the server that a client is connected to."""

    CONTRACT_ID: ClassVar[str]
    __aster__: ClassVar[ServiceInfo]
    _stub: Stub

    def __init__(self, client: Client) -> None:
        """Checks the contract against what the server serves.

        Raises `ContractMismatch` with both ids, or `ServiceNotFound` with what the server has instead.
        """
        self._stub = Stub.of_client(client, self.__aster__)


class SessionClient:
    """Calls one service in a session. Those of one session share it."""

    CONTRACT_ID: ClassVar[str]
    __aster__: ClassVar[ServiceInfo]
    _stub: Stub

    def __init__(self, session: Session) -> None:
        """Checks the contract against what the server serves.

        Raises `ContractMismatch` with both ids, or `ServiceNotFound` with what the server has instead.
        """
        self._stub = Stub.of_session(session, self.__aster__)


class unary(Generic[P, T]):
    """A method with one response: `await client.get(request)`, `await client.get.with_call(request)`."""

    def __init__(self, call: Callable[Concatenate[Any, P], UnaryCall[T]]) -> None:
        self._call = call
        self.__doc__ = call.__doc__
        self.__name__ = call.__name__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(
        self, client: ServiceClient | SessionClient, owner: type
    ) -> BoundUnary[P, T]: ...

    def __get__(
        self, client: ServiceClient | SessionClient | None, owner: type
    ) -> Self | BoundUnary[P, T]:
        if client is None:
            return self
        return BoundUnary(self._call, client)


class BoundUnary(Generic[P, T]):
    """A method of a client that has one response."""

    __slots__ = ("_call", "_client")

    def __init__(
        self, call: Callable[Concatenate[Any, P], UnaryCall[T]], client: object
    ) -> None:
        self._call = call
        self._client = client

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> UnaryCall[T]:
        return self._call(self._client, *args, **kwargs)

    def with_call(self, *args: P.args, **kwargs: P.kwargs) -> Awaitable[Response[T]]:
        """Makes the call, and gives the response with the metadata that came with it."""
        return self._call(self._client, *args, **kwargs).with_call()

    def __repr__(self) -> str:
        return f"<method {self._call.__qualname__}>"
