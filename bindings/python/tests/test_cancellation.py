"""Calls that end before they are done, at either end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aster_runtime import (
    Cancelled,
    Client,
    Context,
    DeadlineExceeded,
    Node,
    Server,
    Stream,
    Unavailable,
)
from gen_corners.corners.services import In, Out, ShapesClient
from services import Shapes
from support import NET, connected, within


class Hanging(Shapes):
    """Begins, and never ends; says when it has, and what ended it."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.ended: asyncio.Queue[type[BaseException] | None] = asyncio.Queue()
        self.left: list[float | None] = []

    async def hang(self, context: Context) -> None:
        self.left.append(context.time_left)
        self.entered.set()
        try:
            await asyncio.Event().wait()
        except BaseException as error:
            self.ended.put_nowait(type(error))
            raise

    async def unary(self, request: In, context: Context) -> Out:
        await self.hang(context)
        return Out(text="")

    async def client_stream(self, requests: AsyncIterator[In], context: Context) -> Out:
        async for _ in requests:
            pass
        await self.hang(context)
        return Out(text="")

    async def server_stream(self, request: In, context: Context) -> AsyncIterator[Out]:
        yield Out(text="first")
        await self.hang(context)

    async def bidi(
        self, requests: AsyncIterator[In], context: Context
    ) -> AsyncIterator[Out]:
        yield Out(text="first")
        await self.hang(context)


async def read(stream: Stream[Out]) -> list[Out]:
    return [out async for out in stream]


Make = Callable[[ShapesClient, float | None], Any]

CALLS: dict[str, Make] = {
    "unary": lambda shapes, timeout: shapes.unary(In(text=""), timeout=timeout),
    "with_call": lambda shapes, timeout: shapes.unary.with_call(
        In(text=""), timeout=timeout
    ),
    "client_stream": lambda shapes, timeout: shapes.client_stream([], timeout=timeout),
    "server_stream": lambda shapes, timeout: read(
        shapes.server_stream(In(text=""), timeout=timeout)
    ),
    "bidi": lambda shapes, timeout: read(shapes.bidi([], timeout=timeout)),
}


@pytest.mark.parametrize("pattern", CALLS)
async def test_cancelling_the_task_cancels_the_handler(pattern: str) -> None:
    service = Hanging()
    async with connected([service]) as client:
        task = asyncio.ensure_future(CALLS[pattern](ShapesClient(client), None))
        await within(service.entered.wait())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await within(service.ended.get()) is asyncio.CancelledError


@pytest.mark.parametrize("pattern", CALLS)
async def test_waiting_for_a_while_cancels_the_handler(pattern: str) -> None:
    service = Hanging()
    async with connected([service]) as client:
        call = CALLS[pattern](ShapesClient(client), None)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.ensure_future(call), 0.2)
        assert await within(service.ended.get()) is asyncio.CancelledError


@pytest.mark.parametrize("pattern", CALLS)
async def test_a_deadline_ends_the_call_at_both_ends(pattern: str) -> None:
    service = Hanging()
    async with connected([service]) as client:
        with pytest.raises(DeadlineExceeded):
            await within(CALLS[pattern](ShapesClient(client), 0.2))
        assert await within(service.ended.get()) is asyncio.CancelledError
        (left,) = service.left
        assert left is not None and 0 < left <= 0.2


@pytest.mark.parametrize("pattern", CALLS)
async def test_closing_the_client_ends_its_calls_at_both_ends(pattern: str) -> None:
    service = Hanging()
    async with connected([service]) as client:
        task = asyncio.ensure_future(CALLS[pattern](ShapesClient(client), None))
        await within(service.entered.wait())
        client.close()
        with pytest.raises((Cancelled, Unavailable)):
            await within(task)
        assert await within(service.ended.get()) is asyncio.CancelledError


@pytest.mark.parametrize("pattern", CALLS)
async def test_closing_the_callers_node_ends_its_calls_at_both_ends(
    pattern: str,
) -> None:
    service = Hanging()
    async with Node.dev() as node, Server(node, [service]):
        async with Node.dev() as other:
            client = await Client.connect(other, node.address)
            task = asyncio.ensure_future(CALLS[pattern](ShapesClient(client), None))
            await within(service.entered.wait())
        with pytest.raises((Cancelled, Unavailable)):
            await within(task)
        assert await within(service.ended.get()) is asyncio.CancelledError


@pytest.mark.parametrize("pattern", CALLS)
async def test_a_server_that_shuts_down_ends_what_does_not_end(pattern: str) -> None:
    service = Hanging()
    async with Node.dev() as node, Node.dev() as other:
        server = Server(node, [service])
        serving = asyncio.ensure_future(server.serve())
        async with Client.connect(other, node.address, retry=False) as client:
            task = asyncio.ensure_future(CALLS[pattern](ShapesClient(client), None))
            await within(service.entered.wait())
            await within(server.shutdown(0.1))
            with pytest.raises((Cancelled, Unavailable)):
                await within(task)
            assert await within(service.ended.get()) is asyncio.CancelledError
            await within(serving)


STREAMS: dict[str, Callable[[ShapesClient], Stream[Out]]] = {
    "server_stream": lambda shapes: shapes.server_stream(In(text="")),
    "bidi": lambda shapes: shapes.bidi([]),
}


@pytest.mark.parametrize("pattern", STREAMS)
async def test_leaving_the_loop_ends_the_call(pattern: str) -> None:
    service = Hanging()
    async with connected([service]) as client:
        async for out in STREAMS[pattern](ShapesClient(client)):
            assert out.text == "first"
            await within(service.entered.wait())
            break
        assert await within(service.ended.get()) is asyncio.CancelledError


@pytest.mark.parametrize("pattern", STREAMS)
async def test_an_exception_in_the_loop_ends_the_call(pattern: str) -> None:
    service = Hanging()

    async def fails(client: Client) -> None:
        async for _ in STREAMS[pattern](ShapesClient(client)):
            await within(service.entered.wait())
            raise KeyError

    async with connected([service]) as client:
        with pytest.raises(KeyError):
            await fails(client)
        assert await within(service.ended.get()) is asyncio.CancelledError


@pytest.mark.parametrize("how", ["cancel", "aclose", "drop", "with"])
@pytest.mark.parametrize("pattern", STREAMS)
async def test_a_stream_that_is_given_up_ends_the_call(pattern: str, how: str) -> None:
    service = Hanging()
    async with connected([service]) as client:
        stream: Stream[Out] | None = STREAMS[pattern](ShapesClient(client))
        assert stream is not None
        assert await anext(stream) == Out(text="first")
        await within(service.entered.wait())
        if how == "cancel":
            stream.cancel()
            stream.cancel()
        elif how == "aclose":
            await stream.aclose()
        elif how == "with":
            async with stream as same:
                assert same is stream
        else:
            stream = None
        assert await within(service.ended.get()) is asyncio.CancelledError
        if stream is not None:
            with pytest.raises(Cancelled):
                await anext(stream)
            with pytest.raises(Cancelled):
                await stream.metadata()
            assert stream.trailer is None


@pytest.mark.parametrize("pattern", STREAMS)
async def test_a_stream_goes_on_after_a_loop_that_was_left(pattern: str) -> None:
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        if pattern == "bidi":
            stream = shapes.bidi([In(text=letter) for letter in "abc"])
        else:
            stream = shapes.server_stream(In(text="abc"))
        async for out in stream:
            assert out.text == "a"
            break
        assert [out.text async for out in stream] == ["b", "c"]
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


async def test_cancelling_who_waits_for_a_message_leaves_the_stream() -> None:
    proceed = asyncio.Event()

    class Waiting(Shapes):
        async def server_stream(
            self, request: In, context: Context
        ) -> AsyncIterator[Out]:
            yield Out(text="a")
            await proceed.wait()
            yield Out(text="b")

    async with connected([Waiting()]) as client:
        stream = ShapesClient(client).server_stream(In(text=""))
        assert (await anext(stream)).text == "a"
        for _ in range(3):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.ensure_future(anext(stream)), 0.05)
        proceed.set()
        assert [out.text async for out in stream] == ["b"]


async def test_one_task_reads_a_stream() -> None:
    service = Hanging()
    async with connected([service]) as client:
        stream = ShapesClient(client).server_stream(In(text=""))
        await anext(stream)
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await anext(stream)
        stream.cancel()
        with pytest.raises((Cancelled, asyncio.CancelledError)):
            await within(first)


class Short(Shapes):
    """Ends while the caller still sends."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def client_stream(self, requests: AsyncIterator[In], context: Context) -> Out:
        await anext(requests)
        if self.error is not None:
            raise self.error
        return Out(text="enough")

    async def bidi(
        self, requests: AsyncIterator[In], context: Context
    ) -> AsyncIterator[Out]:
        await anext(requests)
        if self.error is not None:
            raise self.error
        yield Out(text="enough")


class Endless:
    """A source that never ends; it says when it was closed."""

    def __init__(self, *, pauses: bool) -> None:
        self.pauses = pauses
        self.closed = asyncio.Event()

    async def items(self) -> AsyncIterator[In]:
        try:
            while True:
                yield In(text="x" * 100)
                if self.pauses:
                    await asyncio.Event().wait()
        finally:
            self.closed.set()


@pytest.mark.parametrize("pauses", [False, True], ids=["sends", "waits"])
@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
@pytest.mark.parametrize("pattern", ["client_stream", "bidi"])
async def test_a_handler_that_ends_early_closes_the_source(
    pattern: str, fails: bool, pauses: bool
) -> None:
    service, source = Short(), Endless(pauses=pauses)
    if fails:
        service.error = Unavailable("enough")
    async with connected([service]) as client:
        shapes = ShapesClient(client)
        stream = None
        try:
            if pattern == "client_stream":
                answers = [await within(shapes.client_stream(source.items()))]
            else:
                stream = shapes.bidi(source.items())
                answers = await within(read(stream))
            assert answers == [Out(text="enough")]
        except Unavailable as error:
            assert fails and error.message == "enough"
        # also while the stream is held
        await within(source.closed.wait())


@pytest.mark.parametrize("sent", [0, 1, 1000])
@pytest.mark.parametrize("pattern", ["client_stream", "bidi"])
async def test_what_the_source_raises_is_what_the_call_raises(
    pattern: str, sent: int
) -> None:
    entered, ended, whole = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Watched(Shapes):
        async def client_stream(
            self, requests: AsyncIterator[In], context: Context
        ) -> Out:
            entered.set()
            try:
                answer = await super().client_stream(requests, context)
                whole.set()
                return answer
            finally:
                ended.set()

        async def bidi(
            self, requests: AsyncIterator[In], context: Context
        ) -> AsyncIterator[Out]:
            entered.set()
            try:
                async for request in requests:
                    yield Out(text=request.text)
                whole.set()
            finally:
                ended.set()

    problem = LookupError("the source")

    async def source() -> AsyncIterator[In]:
        for _ in range(sent):
            yield In(text="")
        if sent:
            await entered.wait()
        raise problem

    async with connected([Watched()]) as client:
        shapes = ShapesClient(client)
        with pytest.raises(LookupError) as caught:
            if pattern == "client_stream":
                await within(shapes.client_stream(source()))
            else:
                await within(read(shapes.bidi(source())))
        assert caught.value is problem
        if sent:
            await within(ended.wait())
        assert not whole.is_set()


@pytest.mark.parametrize("pattern", ["client_stream", "bidi"])
async def test_cancelling_a_call_closes_its_source(pattern: str) -> None:
    service, source = Hanging(), Endless(pauses=True)
    async with connected([service]) as client:
        shapes = ShapesClient(client)
        call: Any
        if pattern == "client_stream":
            call = shapes.client_stream(source.items())
        else:
            call = read(shapes.bidi(source.items()))
        task = asyncio.ensure_future(call)
        if pattern == "bidi":
            await within(service.entered.wait())
        else:
            await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await within(source.closed.wait())


async def test_calls_of_a_handler_end_with_its_deadline() -> None:
    inner, ended = Hanging(), asyncio.Event()

    class Outer(Shapes):
        client: Client

        async def unary(self, request: In, context: Context) -> Out:
            try:
                return await ShapesClient(self.client).unary(request)
            finally:
                ended.set()

        async def server_stream(
            self, request: In, context: Context
        ) -> AsyncIterator[Out]:
            async for out in ShapesClient(self.client).server_stream(request):
                yield out

    service = Outer()
    async with connected([inner]) as behind, connected([service]) as client:
        service.client = behind
        shapes = ShapesClient(client)
        with pytest.raises(DeadlineExceeded):
            await within(shapes.unary(In(text=""), timeout=0.3))
        await within(ended.wait())
        assert await within(inner.ended.get()) is asyncio.CancelledError
        (left,) = inner.left
        assert left is not None and 0 < left <= 0.3
        with pytest.raises(DeadlineExceeded):
            await within(read(shapes.server_stream(In(text=""), timeout=0.3)))
        left = inner.left[-1]
        assert left is not None and 0 < left <= 0.3
        # a call of nobody has the deadline that clients have
        task = asyncio.ensure_future(ShapesClient(behind).unary(In(text="")))
        inner.entered.clear()
        await within(inner.entered.wait())
        assert inner.left[-1] is not None and inner.left[-1] > 30
        task.cancel()


async def test_cancelling_a_call_cancels_the_calls_of_its_handler() -> None:
    inner = Hanging()

    class Outer(Shapes):
        client: Client

        async def unary(self, request: In, context: Context) -> Out:
            return await ShapesClient(self.client).unary(request)

    service = Outer()
    async with connected([inner]) as behind, connected([service]) as client:
        service.client = behind
        task = asyncio.ensure_future(ShapesClient(client).unary(In(text="")))
        await within(inner.entered.wait())
        task.cancel()
        assert await within(inner.ended.get()) is asyncio.CancelledError


async def test_a_handler_that_holds_out_after_its_cancellation_ends_alone() -> None:
    entered, released, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Stubborn(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            entered.set()
            try:
                await released.wait()
            except asyncio.CancelledError:
                await released.wait()
            done.set()
            return Out(text="late")

    async with connected([Stubborn()]) as client:
        task = asyncio.ensure_future(ShapesClient(client).unary(In(text="")))
        await within(entered.wait())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        released.set()
        await within(done.wait())


async def test_a_handler_that_cancels_itself_ends_its_call() -> None:
    class Gone(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            raise asyncio.CancelledError

        async def server_stream(
            self, request: In, context: Context
        ) -> AsyncIterator[Out]:
            yield Out(text="")
            raise asyncio.CancelledError

    async with connected([Gone()]) as client:
        shapes = ShapesClient(client)
        with pytest.raises(Cancelled):
            await within(shapes.unary(In(text="")))
        with pytest.raises(Cancelled):
            await within(read(shapes.server_stream(In(text=""))))


@pytest.mark.parametrize("pattern", CALLS)
async def test_a_call_that_ends_while_its_task_is_made_cancels_the_handler(
    pattern: str,
) -> None:
    service = Hanging()
    loop = asyncio.get_running_loop()
    slow: list[str] = []

    async with Node.dev() as node, Server(node, [service]):
        async with Node.dev() as other, Client.connect(other, node.address) as client:
            call = asyncio.ensure_future(CALLS[pattern](ShapesClient(client), 0.3))

            def make(
                loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
            ) -> asyncio.Task[Any]:
                if coroutine.__qualname__ in {"unary", "stream"}:
                    slow.append(coroutine.__qualname__)
                    # the deadline passes at both ends: they do not need the loop, nor the interpreter's lock, for that
                    late = time.monotonic() + NET
                    while node.stats()["calls_in_flight"] and time.monotonic() < late:
                        time.sleep(0.001)
                return asyncio.Task(coroutine, loop=loop, **options)

            loop.set_task_factory(make)
            try:
                with pytest.raises(DeadlineExceeded):
                    await call
            finally:
                loop.set_task_factory(None)
            assert len(slow) == 1
            # a task that is cancelled before its first step never enters the handler
            handlers = [
                task
                for task in asyncio.all_tasks()
                if getattr(task.get_coro(), "__qualname__", "") in {"unary", "stream"}
            ]
            if handlers:
                await within(asyncio.wait(handlers))
            assert all(task.cancelled() for task in handlers)
            assert not service.entered.is_set()
