"""What is right in all the ways that the others are wrong."""

import asyncio
import datetime
from collections.abc import AsyncIterator

from aster_runtime import (
    AsterError,
    Client,
    Context,
    Limits,
    Node,
    NotFound,
    RateLimit,
    Received,
    Server,
    Session,
    SessionContext,
    Ticket,
    decode,
    encode,
)
from fleet_generated.fleet.common import Level, Page
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
    Outcome,
    OutcomeDone,
    OutcomeFailed,
    OutcomeSteps,
    Report,
    Shell,
    ShellClient,
    StatusReply,
    StatusRequest,
    Step,
    TailRequest,
)

NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc)
LIMITS: Limits = {"frame": 1 << 20, "header_time": datetime.timedelta(seconds=1)}


class Agent(Control):
    async def status(self, request: StatusRequest, context: Context) -> StatusReply:
        if request.agent == "nobody":
            raise NotFound("nobody", details={"agent": request.agent.encode()})
        context.set_trailer("peer", context.peer)
        done = OutcomeDone(Report(steps=1, took=datetime.timedelta(seconds=1)))
        return StatusReply(agent=request.agent, outcome=done, load=[0, 0.5])

    async def submit(self, request: LogEntry, context: Context) -> None:
        request.labels.setdefault("seen", []).append(context.attributes["aster.name"])

    async def tail(
        self, request: TailRequest, context: Context
    ) -> AsyncIterator[LogEntry]:
        for agent in request.agents:
            yield LogEntry(agent=agent, at=NOON, text="", level=request.level)

    async def ingest(
        self, requests: AsyncIterator[LogEntry], context: Context
    ) -> IngestReply:
        return IngestReply(lines=len([request async for request in requests]))

    async def exec(
        self, requests: AsyncIterator[Command], context: Context
    ) -> AsyncIterator[CommandOutput]:
        async for command in requests:
            yield CommandOutput(line=" ".join([command.name, *command.arguments]))


class Place(Shell):
    def __init__(self, session: SessionContext) -> None:
        self.path = "/"

    async def cd(self, request: CdRequest, context: Context) -> None:
        self.path = request.path

    async def ls(self, request: LsRequest, context: Context) -> Listing:
        return Listing(path=self.path, names=[])


async def closed(place: Place, why: str) -> None:
    print(place.path, why)


def told(outcome: Outcome) -> str:
    match outcome:
        case OutcomeDone(report):
            return str(report.took)
        case OutcomeFailed(reason):
            return reason
        case OutcomeSteps(step):
            return step.name


async def entries() -> AsyncIterator[LogEntry]:
    yield LogEntry(agent="a", at=NOON, text="", trace=None, labels={"a": ["b"]})


async def calls(client: Client, session: Session) -> None:
    control = ControlClient(client)
    reply = await control.status("a", verbose=True, timeout=2.5, metadata={"a": "b"})
    if reply.outcome is not None:
        print(told(reply.outcome), reply.load[0])
    response = await control.status.with_call("a", timeout=NOON - NOON)
    print(response.message.agent, dict(response.trailer))
    await control.submit(LogEntry(agent="a", at=NOON, text=""))
    page = Page(count=3)
    async with control.tail(TailRequest(agents={"a"}, page=page)) as lines:
        async for line in lines:
            print(line.level is Level.ERROR, line.trace or "")
    print((await control.ingest(entries())).lines, await control.ingest([]))
    async for output in control.exec([Command(name="ls", arguments=["-l"])]):
        print(output.line, output.code)
    shell = ShellClient(session)
    await shell.cd("/tmp")
    listing = await asyncio.wait_for(shell.ls(), 1)
    print(listing.path, Step(name="a", then=[Step(name="b")]))
    try:
        await asyncio.gather(control.status("nobody"), control.status("a"))
    except NotFound as error:
        print(error.details["agent"], error.code)
    except AsterError as error:
        print(error.number, error.metadata)


async def main(address: str) -> None:
    server = await Node.dev(limits=LIMITS, dev_roles=["ops"])
    shell = Place.per_session(Place, on_close=closed)
    limit = RateLimit(10.0, burst=2)
    async with Server(server, [Agent(), shell], interceptors=[limit]):
        async with Node.spawn(trust="00", credentials=["{}"]) as node:
            node.admit(server.address, roles=["ops"], time=60)
            async with Client.connect(node, Ticket.parse(address)) as client:
                async with client.session() as session:
                    await calls(client, session)
                service = await client.service("fleet.control.Control")
                print(await service.method("status")({"agent": "a"}))
            content: bytes = await node.blobs.get_bytes("00")
            async for event in await node.gossip.subscribe(bytes(32)):
                if isinstance(event, Received):
                    print(event.message, content)
    print(decode(Page, encode(Page())).count)
