"""The services of `tests/interop` in Python: what they answer is what those in Rust answer."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator
from decimal import Decimal, InvalidOperation
from typing import Any

from aster_runtime import AsterError, DataLoss, InvalidArgument
from interop import module

matrix = module("matrix")
hello = module("hello")
control = module("fleet.control")
shapes = module("corners.services")

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


async def last(requests: AsyncIterator[Any]) -> Any:
    found = None
    async for request in requests:
        found = request
    if found is None:
        raise InvalidArgument("there is no last")
    return found


class Echo(matrix.Echo):
    async def unary(self, request, context):
        return request

    async def server_stream(self, request, context):
        for _ in range(3):
            yield request

    async def client_stream(self, requests, context):
        return await last(requests)

    async def bidi(self, requests, context):
        async for request in requests:
            yield request


class Bare(matrix.Bare):
    async def unary(self, request, context):
        return request.value

    async def server_stream(self, request, context):
        for _ in range(3):
            yield request.value

    async def client_stream(self, requests, context):
        return await last(requests)

    async def bidi(self, requests, context):
        async for request in requests:
            yield request


async def again(self, requests, context):
    async for request in requests:
        yield request


# a method for each type
Itself = type(
    "Itself",
    (matrix.Itself,),
    dict.fromkeys(sorted(matrix.Itself.__abstractmethods__), again),
)


class Peer(matrix.Peer):
    def __init__(self) -> None:
        self.ended = asyncio.Semaphore(0)
        self.count = 0

    async def fail(self, request, context):
        raise AsterError(
            request.message,
            details=request.details,
            metadata=list(request.trailer.items()),
            number=request.code,
        )

    async def endless(self, request, context):
        try:
            while True:
                self.count += 1
                yield self.count - 1
        finally:
            self.ended.release()

    async def swallow(self, requests, context):
        count = 0
        try:
            async for _ in requests:
                count += 1
                self.count += 1
        finally:
            self.ended.release()
        return count

    async def gone(self, request, context):
        await self.ended.acquire()
        self.count = 0

    async def made(self, request, context):
        return self.count

    async def moments(self, request, context):
        yield matrix.Moments(at=EPOCH, within=datetime.timedelta(microseconds=-1))


class Hello(hello.Hello):
    async def greet(self, request, context):
        return hello.HelloReply(text=f"{request.name} {int(request.mood)}", at=EPOCH)


class Control(control.Control):
    async def status(self, request, context):
        reply = control.StatusReply(agent=request.agent, load=[0.5])
        if request.verbose:
            report = control.Report(steps=3, took=datetime.timedelta(seconds=-1.5))
            reply.outcome = control.OutcomeDone(report)
        return reply

    async def submit(self, request, context):
        if not request.text:
            raise InvalidArgument("the line is empty")

    async def tail(self, request, context):
        for agent in request.agents:
            yield control.LogEntry(
                agent=agent, at=EPOCH, text="a line", level=request.level
            )

    async def ingest(self, requests, context):
        return control.IngestReply(lines=len([request async for request in requests]))

    async def exec(self, requests, context):
        async for command in requests:
            line = f"{command.name} {' '.join(command.arguments)}"
            yield control.CommandOutput(
                line=line, code=int(command.within.total_seconds())
            )


class Shell(control.Shell):
    def __init__(self, session) -> None:
        self.path = "/"

    async def cd(self, request, context):
        self.path = request.path

    async def ls(self, request, context):
        return control.Listing(path=self.path, names=[])


class Shapes(shapes.Shapes):
    async def unary(self, request, context):
        return shapes.Out(text=request.text)

    async def unary_value(self, request, context):
        return -len(request.text)

    async def unary_list(self, request, context):
        return [request.text, None]

    async def unary_maybe(self, request, context):
        return shapes.Out(text=request.text) if request.text else None

    async def unary_nothing(self, request, context):
        return None

    async def no_parameters(self, request, context):
        return shapes.Out(text="none")

    async def parameters(self, request, context):
        texts = [item.text for item in request.list]
        return request.number == 7 and request.maybe is None and texts == [request.text]

    async def many(self, request, context):
        text = " ".join(
            map(str, [request.a, request.b, request.c, request.d, request.e, request.f])
        )
        if text != request.g:
            raise DataLoss(text)

    async def server_stream(self, request, context):
        for letter in request.text:
            yield shapes.Out(text=letter)

    async def server_stream_value(self, request, context):
        for number in range(request.from_, request.to):
            yield number

    async def client_stream(self, requests, context):
        return shapes.Out(text="".join([request.text async for request in requests]))

    async def client_stream_value(self, requests, context):
        return sum([len(text.encode()) async for text in requests])

    async def client_stream_nothing(self, requests, context):
        async for _ in requests:
            pass

    async def bidi(self, requests, context):
        async for request in requests:
            yield shapes.Out(text=request.text)

    async def bidi_value(self, requests, context):
        async for request in requests:
            yield request

    async def bidi_mixed(self, requests, context):
        async for request in requests:
            try:
                yield Decimal(request.text)
            except InvalidOperation:
                raise InvalidArgument(f"no number: {request.text}") from None


def services() -> list[Any]:
    return [
        Echo(),
        Bare(),
        Itself(),
        Peer(),
        Hello(),
        Control(),
        Shapes(),
        Shell.per_session(Shell),
    ]
