"""Services that are implemented and served wrong."""

from collections.abc import AsyncIterator

from aster_runtime import Context, Node, Server, SessionContext
from fleet_generated.fleet.control import (
    CdRequest,
    Command,
    CommandOutput,
    Control,
    ControlClient,
    IngestReply,
    Listing,
    LogEntry,
    LsRequest,
    Shell,
    StatusReply,
    StatusRequest,
    TailRequest,
)


class Lacks(Control):
    async def status(self, request: StatusRequest, context: Context) -> StatusReply:
        return StatusReply(agent=request.agent, load=[])

    async def submit(self, request: LogEntry, context: Context) -> None: ...

    async def ingest(self, requests: AsyncIterator[LogEntry], context: Context) -> IngestReply:
        return IngestReply(lines=0)

    async def exec(self, requests: AsyncIterator[Command], context: Context) -> AsyncIterator[CommandOutput]:
        async for request in requests:
            yield CommandOutput(line=request.name)


Lacks()  # wrong: abstract reportAbstractUsage


class Differs(Lacks):
    async def status(self, request: LogEntry, context: Context) -> StatusReply:  # wrong: override reportIncompatibleMethodOverride
        return StatusReply(agent=request.agent, load=[])

    async def submit(self, request: LogEntry, context: Context) -> LogEntry:  # wrong: override reportIncompatibleMethodOverride
        return request

    def ingest(self, requests: AsyncIterator[LogEntry], context: Context) -> IngestReply:  # wrong: override reportIncompatibleMethodOverride
        return IngestReply(lines=0)

    async def tail(self, request: TailRequest) -> AsyncIterator[LogEntry]:  # wrong: override reportIncompatibleMethodOverride
        for _ in request.agents:
            yield LogEntry(agent="a", text="b")  # wrong: call-arg reportCallIssue


class Misspells(Lacks):
    async def tial(self, request: TailRequest, context: Context) -> AsyncIterator[LogEntry]:
        for agent in request.agents:
            yield agent  # wrong: misc reportReturnType


Misspells()  # wrong: abstract reportAbstractUsage


class Place(Shell):
    def __init__(self, session: SessionContext) -> None:
        self.path = "/"

    async def cd(self, request: CdRequest, context: Context) -> None:
        self.path = request.path
        print(context.user)  # wrong: attr-defined reportAttributeAccessIssue
        context.set_trailer("count", 1)  # wrong: arg-type reportArgumentType

    async def ls(self, request: LsRequest, context: Context) -> Listing:
        return self.path  # wrong: return-value reportReturnType


class Other(Shell):
    async def cd(self, request: CdRequest, context: Context) -> None: ...

    async def ls(self, request: LsRequest, context: Context) -> Listing:
        return Listing(path="/", names=[])


def serve(node: Node, session: SessionContext, client: ControlClient) -> None:
    Server(node, Place(session))  # wrong: arg-type reportArgumentType
    Server(node, [Place(session)])  # wrong: list-item reportArgumentType
    Server(node, [Place])  # wrong: list-item reportArgumentType
    Server(node, [client])  # wrong: list-item reportArgumentType
    Server(node, [], interceptor=[])  # wrong: call-arg reportCallIssue
    Server([], node)  # wrong: arg-type reportArgumentType
    Place.per_session(Other)  # wrong: arg-type reportArgumentType
    Place.per_session(Place, on_close=len)  # wrong: arg-type reportArgumentType
