"""What goes wrong: one class for each code of a status.

Source: wire protocol, "StreamHeader, ResponseHeader, RpcStatus".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import ClassVar

__all__ = [
    "Aborted",
    "AlreadyExists",
    "AlreadyServing",
    "AsterError",
    "Cancelled",
    "Code",
    "ConnectError",
    "ContractMismatch",
    "ContractViolation",
    "DataLoss",
    "DeadlineExceeded",
    "FailedPrecondition",
    "Internal",
    "InvalidArgument",
    "MessageError",
    "NotAdmitted",
    "NotFound",
    "OutOfRange",
    "PermissionDenied",
    "ResourceExhausted",
    "ServerNotTrusted",
    "ServiceNotFound",
    "StartError",
    "StoreError",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Unknown",
]


class Code(IntEnum):
    """The number of a status: the set of gRPC, and one of Aster's own."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16
    CONTRACT_VIOLATION = 101


Metadata = tuple[tuple[str, str], ...]
"""Names and values beside the messages, in their order; a name may come several times."""


class AsterError(Exception):
    """How a call ended that did not succeed. A handler raises one to end its call so.

    `str()` of it is the message.
    """

    code: ClassVar[Code] = Code.UNKNOWN
    """The code of the class; `number` is the one of this error."""

    number: int
    """The number of the status. It differs from `code` only where it is one that this version does not know."""
    message: str
    """What happened, for people."""
    details: dict[str, bytes]
    """Facts for programs."""
    metadata: Metadata
    """What goes, or came, with the status."""

    def __init__(
        self,
        message: str = "",
        *,
        details: Mapping[str, bytes] | None = None,
        metadata: Sequence[tuple[str, str]] = (),
        number: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})
        self.metadata = tuple(metadata)
        self.number = int(self.code) if number is None else number

    def __str__(self) -> str:
        return self.message or self.code.name.lower().replace("_", " ")

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.__dict__)


def _again(kind: type[AsterError], fields: dict[str, object]) -> AsterError:
    error = kind.__new__(kind, fields["message"])
    error.__dict__.update(fields)
    return error


class Cancelled(AsterError):
    """The caller gave up."""

    code = Code.CANCELLED


class Unknown(AsterError):
    """Something failed that nobody named, or a number that this version does not know."""

    code = Code.UNKNOWN


class InvalidArgument(AsterError):
    """The request cannot be right in any state of the server."""

    code = Code.INVALID_ARGUMENT


class DeadlineExceeded(AsterError):
    """The deadline passed first."""

    code = Code.DEADLINE_EXCEEDED


class NotFound(AsterError):
    """What was asked for is not there."""

    code = Code.NOT_FOUND


class AlreadyExists(AsterError):
    """What was to be made is there already."""

    code = Code.ALREADY_EXISTS


class PermissionDenied(AsterError):
    """The caller may not do this."""

    code = Code.PERMISSION_DENIED


class ResourceExhausted(AsterError):
    """A limit or a budget is used up."""

    code = Code.RESOURCE_EXHAUSTED


class FailedPrecondition(AsterError):
    """The server is not in the state that the request needs."""

    code = Code.FAILED_PRECONDITION


class Aborted(AsterError):
    """A conflict, or a lost session: begin again at a higher level."""

    code = Code.ABORTED


class OutOfRange(AsterError):
    """Past the end of a range."""

    code = Code.OUT_OF_RANGE


class Unimplemented(AsterError):
    """The method is not there."""

    code = Code.UNIMPLEMENTED


class Internal(AsterError):
    """A fault of the server."""

    code = Code.INTERNAL


class Unavailable(AsterError):
    """The server cannot be reached now."""

    code = Code.UNAVAILABLE


class DataLoss(AsterError):
    """Data is lost or damaged for good."""

    code = Code.DATA_LOSS


class Unauthenticated(AsterError):
    """Who the caller is has not been shown."""

    code = Code.UNAUTHENTICATED


class ContractViolation(AsterError):
    """A payload does not fit the contract."""

    code = Code.CONTRACT_VIOLATION


class MessageError(InvalidArgument, ValueError):
    """A message of this program does not fit its type; nothing of it was sent.

    The message says where, what was expected, and what was found.
    """


class StartError(FailedPrecondition):
    """A node or a server was not started, or something that it needs cannot be used."""


class AlreadyServing(StartError):
    """The connections of a node are taken already: one server or one accept loop at a time."""


class StoreError(Internal):
    """The store of blobs or docs failed, or gossip did."""


class ConnectError(Unavailable):
    """There is no connection: nobody answered, or something that is no Aster server."""


class NotAdmitted(Unauthenticated):
    """The server does not admit this node."""


class ServerNotTrusted(FailedPrecondition):
    """The server does not prove that it is a producer of the mesh."""


class ContractMismatch(FailedPrecondition):
    """The server has the service, but under another contract."""

    service: str
    """The full name."""
    ours: str
    """The id of the contract that this client was generated from."""
    theirs: tuple[str, ...]
    """The ids of the contracts under which the server has the service."""

    def __init__(
        self, message: str, service: str, ours: str, theirs: Sequence[str]
    ) -> None:
        super().__init__(message)
        self.service = service
        self.ours = ours
        self.theirs = tuple(theirs)


class ServiceNotFound(NotFound):
    """The server does not have the service."""

    service: str
    """The full name."""
    services: tuple[str, ...]
    """The full names of what it has."""

    def __init__(self, message: str, service: str, services: Sequence[str]) -> None:
        super().__init__(message)
        self.service = service
        self.services = tuple(services)


BY_CODE: dict[int, type[AsterError]] = {
    int(kind.code): kind
    for kind in (
        Cancelled,
        Unknown,
        InvalidArgument,
        DeadlineExceeded,
        NotFound,
        AlreadyExists,
        PermissionDenied,
        ResourceExhausted,
        FailedPrecondition,
        Aborted,
        OutOfRange,
        Unimplemented,
        Internal,
        Unavailable,
        DataLoss,
        Unauthenticated,
        ContractViolation,
    )
}


def of_status(
    number: int,
    message: str,
    details: list[tuple[str, bytes]],
    metadata: list[tuple[str, str]],
) -> AsterError:
    """The exception of a status; the binding calls it."""
    kind = BY_CODE.get(number, Unknown)
    return kind(message, details=dict(details), metadata=metadata, number=number)
