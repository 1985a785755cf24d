"""Nothing is buffered without bound, at either end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest
from aster_runtime import Context
from gen_corners.corners.services import In, Out, ShapesClient
from services import Shapes
from support import connected, within

SIZE = 10_000
"""Bytes of one message: 64 KiB wait at each end, and a window of flow control between them."""

MOST = 2_000
"""More than fit anywhere on the way."""


class Stalled:
    """Counts items, and says when no more are asked for."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = asyncio.Event()

    def one(self) -> None:
        self.count += 1
        self.changed.set()

    async def stops(self) -> int:
        """The count, once it has stood still for a while."""
        while True:
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), 0.5)
            except asyncio.TimeoutError:
                return self.count


class Fast(Shapes):
    """Sends as fast as it can."""

    def __init__(self) -> None:
        self.sent = Stalled()
        self.ended = asyncio.Event()

    async def server_stream(self, request: In, context: Context) -> AsyncIterator[Out]:
        try:
            for _ in range(MOST):
                self.sent.one()
                yield Out(text="x" * SIZE)
        finally:
            self.ended.set()

    async def bidi(
        self, requests: AsyncIterator[In], context: Context
    ) -> AsyncIterator[Out]:
        async for out in self.server_stream(In(text=""), context):
            yield out


class Slow(Shapes):
    """Reads one request, and more only when it may."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def client_stream(
        self, requests: AsyncIterator[In], context: Context
    ) -> Out:
        await anext(requests)
        await self.may.wait()
        count = 1
        async for _ in requests:
            count += 1
        return Out(text=str(count))

    async def bidi(
        self, requests: AsyncIterator[In], context: Context
    ) -> AsyncIterator[Out]:
        yield await self.client_stream(requests, context)


@pytest.mark.parametrize("pattern", ["server_stream", "bidi"])
async def test_an_unread_stream_stops_its_server(pattern: str) -> None:
    service = Fast()
    async with connected([service]) as client:
        shapes = ShapesClient(client)
        if pattern == "bidi":
            stream = shapes.bidi([])
        else:
            stream = shapes.server_stream(In(text=""))
        await anext(stream)
        stopped = await within(service.sent.stops())
        assert stopped < MOST // 2
        # and it goes on as it is read
        left = [out async for out in stream]
        assert len(left) == MOST - 1
        await within(service.ended.wait())


@pytest.mark.parametrize("kind", ["asynchronous", "plain"])
@pytest.mark.parametrize("pattern", ["client_stream", "bidi"])
async def test_a_slow_server_stops_the_source(pattern: str, kind: str) -> None:
    service, taken = Slow(), Stalled()

    async def source() -> AsyncIterator[In]:
        for _ in range(MOST):
            taken.one()
            yield In(text="x" * SIZE)

    def counted() -> In:
        taken.one()
        return In(text="x" * SIZE)

    items = source() if kind == "asynchronous" else (counted() for _ in range(MOST))
    async with connected([service]) as client:
        shapes = ShapesClient(client)

        async def call() -> str:
            if pattern == "client_stream":
                return (await shapes.client_stream(items)).text
            return [out.text async for out in shapes.bidi(items)][0]

        task = asyncio.ensure_future(call())
        await within(taken.changed.wait())
        stopped = await within(taken.stops())
        assert 0 < stopped < MOST // 2
        service.may.set()
        assert await within(task) == str(MOST)
        assert taken.count == MOST


async def test_a_stream_in_which_nobody_waits_lets_others_run() -> None:
    async with connected([Fast()]) as client:
        shapes = ShapesClient(client)
        turns, reading = 0, True

        async def other() -> None:
            nonlocal turns
            while reading:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.ensure_future(other())
        async for _ in shapes.server_stream(In(text="")):
            pass
        reading = False
        await task
        assert turns > 20


async def test_memory_is_bounded_while_nobody_reads() -> None:
    service = Fast()
    process = psutil.Process()
    async with connected([service]) as client:
        shapes = ShapesClient(client)
        async for _ in shapes.server_stream(In(text="")):
            pass
        before = process.memory_info().rss
        streams = [shapes.server_stream(In(text="")) for _ in range(8)]
        for stream in streams:
            await anext(stream)
        await within(service.sent.stops())
        grown = process.memory_info().rss - before
        # eight streams have 160 MB to send
        assert grown < 60_000_000
        for stream in streams:
            stream.cancel()
