"""Calls that are made wrong."""

from aster_runtime import Client, NotFound, Session
from fleet_generated.fleet.common import Level
from fleet_generated.fleet.control import (
    Command,
    ControlClient,
    IngestReply,
    LogEntry,
    ShellClient,
    StatusRequest,
    TailRequest,
)


async def calls(client: Client, session: Session, entry: LogEntry) -> None:
    ControlClient(session)  # wrong: arg-type reportArgumentType
    ShellClient(client)  # wrong: arg-type reportArgumentType
    ControlClient()  # wrong: call-arg reportCallIssue
    control = ControlClient(client)
    shell = ShellClient(session)

    await control.stauts("a")  # wrong: attr-defined reportAttributeAccessIssue
    await control.status(StatusRequest(agent="a"))  # wrong: arg-type reportArgumentType
    await control.status()  # wrong: call-arg reportCallIssue
    await control.status("a", "yes")  # wrong: arg-type reportArgumentType
    await control.status("a", deadline=1)  # wrong: call-arg reportCallIssue
    await control.status("a", timeout="1s")  # wrong: arg-type reportArgumentType
    await control.status("a", metadata={"a": 1})  # wrong: arg-type reportArgumentType
    await control.submit("a line")  # wrong: arg-type reportArgumentType
    await control.submit(request=entry)  # wrong: call-arg reportCallIssue
    await control.tail(TailRequest(agents={"a"}))  # wrong: misc reportGeneralTypeIssues
    async for _ in control.status("a"):  # wrong: attr-defined reportGeneralTypeIssues
        pass
    for _ in control.tail(TailRequest(agents=set())):  # wrong: attr-defined reportGeneralTypeIssues
        pass
    await control.ingest(entry)  # wrong: arg-type reportArgumentType
    await control.ingest([Command(name="ls")])  # wrong: list-item reportArgumentType
    async for output in control.exec([entry]):  # wrong: list-item reportArgumentType
        print(output.text)  # wrong: attr-defined reportAttributeAccessIssue
    async for line in control.tail(TailRequest(agents=set(), level=Level.INFO)):
        line.level.upper()  # wrong: attr-defined reportAttributeAccessIssue

    reply = await control.status("a")
    print(reply.lines)  # wrong: attr-defined reportAttributeAccessIssue
    count: int = await control.ingest([entry])  # wrong: assignment reportAssignmentType
    taken: IngestReply = control.ingest([entry])  # wrong: assignment reportAssignmentType
    print(control.status("a").agent)  # wrong: attr-defined reportAttributeAccessIssue
    response = await control.status.with_call("a")
    print(response.agent)  # wrong: attr-defined reportAttributeAccessIssue
    await control.status.with_call(1)  # wrong: arg-type reportArgumentType
    control.tail.with_call()  # wrong: attr-defined reportAttributeAccessIssue
    await shell.cd(path=1)  # wrong: arg-type reportArgumentType
    print(count, taken)
    raise NotFound("no", details={"a": "text"})  # wrong: dict-item reportArgumentType
