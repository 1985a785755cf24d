"""Messages that are made or read wrong."""

import datetime

from aster_runtime import encode
from fleet_generated.fleet.common import Level, Page
from fleet_generated.fleet.control import (
    Command,
    LogEntry,
    Outcome,
    OutcomeDone,
    OutcomeFailed,
    OutcomeSteps,
    Report,
    StatusReply,
    Step,
    TailRequest,
)

NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc)

missing = LogEntry(agent="a", at=NOON)  # wrong: call-arg reportCallIssue
by_position = Command("ls")  # wrong: call-arg reportCallIssue
unknown = Page(first=0, number=3)  # wrong: call-arg reportCallIssue
number = Page(first="0")  # wrong: arg-type reportArgumentType
half = Page(count=1.5)  # wrong: arg-type reportArgumentType
text = Command(name=b"ls")  # wrong: arg-type reportArgumentType
none = Command(name=None)  # wrong: arg-type reportArgumentType
time = LogEntry(agent="a", at=0.0, text="")  # wrong: arg-type reportArgumentType
span = Report(steps=1, took=30)  # wrong: arg-type reportArgumentType
enum = LogEntry(agent="a", at=NOON, text="", level="INFO")  # wrong: arg-type reportArgumentType
value = LogEntry(agent="a", at=NOON, text="", level=1)  # wrong: arg-type reportArgumentType
member = Level.NOTICE  # wrong: attr-defined reportAttributeAccessIssue
items = Command(name="ls", arguments="-l")  # wrong: arg-type reportArgumentType
item = Command(name="ls", arguments=[1])  # wrong: list-item reportArgumentType
unordered = TailRequest(agents=["a"])  # wrong: arg-type reportArgumentType
keys = LogEntry(agent="a", at=NOON, text="", labels={1: []})  # wrong: dict-item reportArgumentType
bare = StatusReply(agent="a", outcome=Report(steps=1, took=datetime.timedelta()), load=[])  # wrong: arg-type reportArgumentType
case = OutcomeDone("done")  # wrong: arg-type reportArgumentType
empty = OutcomeFailed()  # wrong: call-arg reportCallIssue
other = Step(name="a", fallback=Page())  # wrong: arg-type reportArgumentType


def uses(entry: LogEntry, reply: StatusReply) -> None:
    entry.sverity = "x"  # wrong: attr-defined reportAttributeAccessIssue
    entry.level = "ERROR"  # wrong: assignment reportAttributeAccessIssue
    entry.trace.upper()  # wrong: union-attr reportOptionalMemberAccess
    reply.load.append("0.5")  # wrong: arg-type reportArgumentType
    print(reply.outcome.value)  # wrong: union-attr reportOptionalMemberAccess
    encode()  # wrong: call-arg reportCallIssue


def told(outcome: Outcome) -> str:  # wrong: return reportReturnType
    match outcome:  # wrong: - reportMatchNotExhaustive
        case OutcomeDone(report):
            return report.took  # wrong: return-value reportReturnType
        case OutcomeFailed(reason):
            return reason


def steps(outcome: Outcome) -> int:
    match outcome:
        case OutcomeSteps(step):
            return step.count  # wrong: attr-defined reportAttributeAccessIssue
        case OutcomeDone() | OutcomeFailed():
            return 0
