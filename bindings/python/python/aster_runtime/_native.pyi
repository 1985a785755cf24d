"""The binding itself. Its classes are in `aster_runtime`; what else is here is between that package and generated code."""

import os
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar, final

from typing_extensions import Self

from ._node import Limits, Opening
from ._service import PerSession
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
    def stats(self) -> dict[str, Any]:
        """What the node has now, and what it has counted."""
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
class Client:
    """A connection to one server that has admitted this node. Clients of services are made of it.

    A connection that is lost is made again, with a new admission, by the next call.
    """

    @staticmethod
    def connect(
        node: Node,
        address: str,
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

    def __new__(cls, *, generation: int, types: tuple[bytes, ...], nested: tuple[bytes, ...]) -> Self: ...
    def message(self, name: str, renamed: Mapping[str, str] | None = None, /) -> Callable[[_Class], _Class]: ...
    def enum(self, name: str, /) -> Callable[[_Class], _Class]: ...
    def case(self, name: str, number: int, /) -> Callable[[_Class], _Class]: ...
    def service(
        self, name: str, contract_id: str, contract: bytes, methods: tuple[Method, ...], /
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
