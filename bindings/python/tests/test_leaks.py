"""Nothing stays of what is over: objects are counted before and after it was done often."""

from __future__ import annotations

import asyncio
import gc
import resource
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aster_runtime import (
    Cancelled,
    Client,
    Context,
    Node,
    NotFound,
    Server,
)
from gen_corners.corners.services import In, Out, ShapesClient
from gen_fleet.fleet import control
from services import Shapes
from support import NET, connected
from support_leaks import TEXT, Shell, Watches, endless


def census() -> Counter[str]:
    """How many objects there are of each type that the collector watches."""
    gc.collect()
    return Counter(type(found).__qualname__ for found in gc.get_objects())


async def settled(
    count: Callable[[], Counter[str]], before: Counter[str], room: int
) -> None:
    """Waits until no type has more objects than before, but for a few that do not depend on how often something was done.

    The last of a call is let go by the runtime's thread, a moment after its response.
    """

    def grown() -> dict[str, int]:
        return {kind: n for kind, n in (count() - before).items() if n > room}

    late = asyncio.get_running_loop().time() + NET
    while found := grown():
        assert asyncio.get_running_loop().time() < late, found
        await asyncio.sleep(0.02)


async def no_growth(
    work: Callable[[], Awaitable[None]],
    *,
    warm: int,
    times: int,
    room: int,
    blocks: int = 200,
) -> None:
    """Does something often; no type has more objects afterwards than after the first few times."""
    for _ in range(warm):
        await work()
    before, allocated = census(), sys.getallocatedblocks()
    for _ in range(times):
        await work()
    await settled(census, before, room)
    # objects that the collector does not watch are blocks of memory all the same: not even one stays for two times
    assert sys.getallocatedblocks() - allocated < times // 2 + blocks


class Endless(Shapes):
    """Streams without end, and fails when it is asked to."""

    async def unary(self, request: In, context: Context) -> Out:
        if not request.text:
            raise NotFound("no")
        return Out(text=request.text)

    async def server_stream(self, request: In, context: Context) -> AsyncIterator[Out]:
        while True:
            yield Out(text=request.text)


Work = Callable[[ShapesClient], Awaitable[None]]


async def unary(shapes: ShapesClient) -> None:
    await shapes.unary(TEXT)


async def whole(shapes: ShapesClient) -> None:
    await shapes.unary.with_call(TEXT)


async def failing(shapes: ShapesClient) -> None:
    with pytest.raises(NotFound):
        await shapes.unary(In(text=""))


async def never_awaited(shapes: ShapesClient) -> None:
    shapes.unary(TEXT)
    shapes.client_stream([TEXT])
    shapes.server_stream(TEXT)
    shapes.bidi([TEXT])


async def cancelled(shapes: ShapesClient) -> None:
    task = asyncio.ensure_future(shapes.unary(TEXT))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def uploaded(shapes: ShapesClient) -> None:
    await shapes.client_stream([TEXT, TEXT])


async def upload_fails(shapes: ShapesClient) -> None:
    async def source() -> AsyncIterator[In]:
        yield TEXT
        raise LookupError

    with pytest.raises(LookupError):
        await shapes.client_stream(source())


async def streamed(shapes: ShapesClient) -> None:
    async for _ in shapes.bidi([TEXT, TEXT]):
        pass


async def broken_off(shapes: ShapesClient) -> None:
    async for _ in shapes.server_stream(TEXT):
        break


async def closed(shapes: ShapesClient) -> None:
    async with shapes.server_stream(TEXT) as stream:
        await anext(stream)


async def cancelled_stream(shapes: ShapesClient) -> None:
    stream = shapes.bidi(endless())
    await anext(stream)
    stream.cancel()
    with pytest.raises(Cancelled):
        await anext(stream)


async def chat_fails_unread(shapes: ShapesClient) -> None:
    """The source raises, and nobody asks for what comes then: the exception holds the call by its frames."""
    read, raised = asyncio.Event(), asyncio.Event()

    async def source() -> AsyncIterator[In]:
        held = stream
        yield TEXT
        await read.wait()
        raised.set()
        raise LookupError(held)

    stream = shapes.bidi(source())
    await anext(stream)
    read.set()
    await raised.wait()


CALLS: dict[str, tuple[Work, int]] = {
    "unary": (unary, 2000),
    "whole": (whole, 500),
    "failing": (failing, 500),
    "never_awaited": (never_awaited, 500),
    "cancelled": (cancelled, 500),
    "uploaded": (uploaded, 500),
    "upload_fails": (upload_fails, 200),
    "streamed": (streamed, 500),
    "broken_off": (broken_off, 200),
    "closed": (closed, 200),
    "cancelled_stream": (cancelled_stream, 80),
    "chat_fails_unread": (chat_fails_unread, 200),
}


@pytest.mark.parametrize("intercepted", [False, True], ids=["plain", "intercepted"])
@pytest.mark.parametrize("kind", CALLS)
async def test_calls_leave_nothing(kind: str, intercepted: bool) -> None:
    work, times = CALLS[kind]
    interceptors = [Watches()] if intercepted else []
    async with connected(
        [Endless()],
        server_interceptors=interceptors,
        client_interceptors=interceptors,
        retry=False,
    ) as client:
        shapes = ShapesClient(client)
        times = times // 4 if intercepted else times
        await no_growth(lambda: work(shapes), warm=20, times=times, room=times // 5)


@pytest.mark.parametrize("closes", [True, False], ids=["closed", "dropped"])
async def test_sessions_leave_nothing(closes: bool) -> None:
    async with connected([Shell.per_session(Shell)]) as client:

        async def work() -> None:
            session = client.session()
            await control.ShellClient(session).cd("/a")
            if closes:
                await session.close()

        await no_growth(work, warm=20, times=200, room=20)


async def test_clients_and_connections_leave_nothing() -> None:
    async with Node.dev() as node, Server(node, [Shapes()]), Node.dev() as other:

        async def work() -> None:
            connecting = Client.connect(other, node.address, interceptors=[Watches()])
            async with connecting as client:
                await ShapesClient(client).unary(TEXT)

        await no_growth(work, warm=5, times=50, room=10)


async def test_nodes_and_servers_leave_nothing() -> None:
    async def work() -> None:
        async with connected(
            [Shapes()], server_interceptors=[Watches()], client_interceptors=[Watches()]
        ) as client:
            await ShapesClient(client).unary(TEXT)

    await no_growth(work, warm=5, times=15, room=7, blocks=1000)


def test_loops_leave_nothing() -> None:
    async def work() -> None:
        async with connected([Shapes()]) as client:
            await ShapesClient(client).unary(TEXT)

    for _ in range(3):
        asyncio.run(work())
    before = census()
    for _ in range(10):
        asyncio.run(work())
    grown = {kind: n for kind, n in (census() - before).items() if n > 5}
    assert grown == {}


async def test_memory_is_bounded() -> None:
    def most() -> int:
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used if sys.platform == "darwin" else used * 1024

    large = In(text="x" * 100_000)
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        for _ in range(100):
            await shapes.unary(large)
        before = most()
        for _ in range(1000):
            await shapes.unary(large)
    # a leak of each request or response would be 100 MB
    assert most() - before < 48 * 1024 * 1024
