"""Nothing stays of what is over, and the collector finds what refers to itself."""

from __future__ import annotations

import asyncio
import gc
import resource
import sys
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aster_runtime import (
    Cancelled,
    Client,
    Context,
    Node,
    NotFound,
    Server,
    SessionContext,
    Stream,
)
from gen_corners.corners.services import In, Out, ShapesClient
from gen_fleet.fleet import control
from services import Shapes
from support import NET, connected, within

TEXT = In(text="x")


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
    work: Callable[[], Awaitable[None]], *, warm: int, times: int, room: int
) -> None:
    """Does something often; no type has more objects afterwards than after the first few times."""
    for _ in range(warm):
        await work()
    before, blocks = census(), sys.getallocatedblocks()
    for _ in range(times):
        await work()
    await settled(census, before, room)
    # objects that the collector does not watch are blocks of memory all the same: not even one stays for two times
    assert sys.getallocatedblocks() - blocks < times // 2 + 200


async def gone(*references: weakref.ref[Any]) -> None:
    """Waits until the collector has found all of them."""

    def left() -> list[Any]:
        gc.collect()
        return [found for reference in references if (found := reference()) is not None]

    late = asyncio.get_running_loop().time() + NET
    while found := left():
        assert asyncio.get_running_loop().time() < late, found
        del found
        await asyncio.sleep(0.02)


class Endless(Shapes):
    """Streams without end, and fails when it is asked to."""

    async def unary(self, request: In, context: Context) -> Out:
        if not request.text:
            raise NotFound("no")
        return Out(text=request.text)

    async def server_stream(self, request: In, context: Context) -> AsyncIterator[Out]:
        while True:
            yield Out(text=request.text)


async def endless() -> AsyncIterator[In]:
    while True:
        yield TEXT


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


class Watches:
    """An interceptor of Python's, for both ends."""

    async def before(self, call: Any) -> None:
        await asyncio.sleep(0)

    def on_attempt(self, call: Any, attempt: int) -> None:
        pass

    def after(self, call: Any, outcome: Any) -> None:
        pass


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


class Shell(control.Shell):
    def __init__(self, session: SessionContext) -> None:
        self.session = session

    async def cd(self, request: control.CdRequest, context: Context) -> None:
        pass

    async def ls(self, request: control.LsRequest, context: Context) -> control.Listing:
        return control.Listing(path="", names=[])


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

    await no_growth(work, warm=3, times=15, room=7)


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


class Holds(Shapes):
    """A service that holds what serves it."""

    server: Server | None = None


async def test_a_service_that_holds_its_server_is_collected() -> None:
    async with Node.dev() as node:
        service, interceptor = Holds(), Watches()
        server = Server(node, [service], interceptors=[interceptor])
        service.server = server
        interceptor.server = server  # type: ignore[attr-defined]
        references = weakref.ref(service), weakref.ref(interceptor)
        del service, interceptor, server
        await gone(*references)


async def test_a_service_that_holds_its_server_is_collected_after_it_has_served() -> (
    None
):
    service = Holds()
    reference = weakref.ref(service)
    async with Node.dev() as node:
        server = Server(node, [service])
        service.server = server
        async with server, Node.dev() as other:
            async with Client.connect(other, node.address) as client:
                await within(ShapesClient(client).unary(TEXT))
        del service, server
        await gone(reference)


async def test_a_server_that_serves_is_not_collected() -> None:
    async with Node.dev() as node, Node.dev() as other:
        service = Holds()
        service.server = Server(node, [service])
        serving = asyncio.ensure_future(service.server.serve())
        del service
        async with Client.connect(other, node.address) as client:
            shapes = ShapesClient(client)
            for _ in range(10):
                gc.collect()
                assert await within(shapes.unary(TEXT)) == Out(text="x")
        serving.cancel()


async def test_what_makes_sessions_and_holds_its_server_is_collected() -> None:
    class Makes:
        server: Server | None = None

        def make(self, session: SessionContext) -> Shell:
            return Shell(session)

    makes = Makes()
    async with Node.dev() as node:
        makes.server = Server(node, [Shell.per_session(makes.make)])
        reference = weakref.ref(makes)
        del makes
        await gone(reference)


class Caller(Watches):
    """An interceptor that holds the client which it watches, and what is made of it."""

    held: tuple[object, ...] = ()


async def test_an_interceptor_that_holds_its_client_is_collected() -> None:
    async with Node.dev() as node, Node.dev() as other:
        async with Server(node, [Shapes(), Shell.per_session(Shell)]):
            caller = Caller()
            client = await Client.connect(other, node.address, interceptors=[caller])
            shapes, session = ShapesClient(client), client.session()
            shell = control.ShellClient(session)
            await within(shapes.unary(TEXT))
            await within(shell.cd("/a"))
            described = await within(client.service("Shapes"))
            caller.held = (
                client,
                shapes,
                session,
                shell,
                described,
                described.method("unary"),
                shapes.unary(TEXT),
                shapes.unary.with_call(TEXT),
                shapes.server_stream(TEXT),
                shapes.bidi([TEXT]),
            )
            reference = weakref.ref(caller)
            del caller, client, shapes, session, shell, described
            await gone(reference)


async def test_an_interceptor_is_kept_by_what_is_made_of_its_client() -> None:
    async with Node.dev() as node, Server(node, [Shapes()]), Node.dev() as other:
        caller = Caller()
        calls: list[str] = []
        caller.before = lambda call: calls.append(call.method)  # type: ignore[method-assign,assignment,return-value]
        client = await Client.connect(other, node.address, interceptors=[caller])
        caller.held = (client,)
        shapes = ShapesClient(client)
        del caller, client
        for _ in range(5):
            gc.collect()
            await within(shapes.unary(TEXT))
        assert calls == ["unary"] * 5


async def test_a_source_that_holds_its_call_is_collected() -> None:
    class Source:
        call: object = None

        def __aiter__(self) -> AsyncIterator[In]:
            return endless()

    references: list[weakref.ref[Any]] = []
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        for make in (shapes.client_stream, shapes.bidi):
            source = Source()
            source.call = make(source)  # type: ignore[arg-type]
            references.append(weakref.ref(source))
            del source
        await gone(*references)


def test_tasks_of_a_loop_that_was_closed_are_collected() -> None:
    """The task holds what it awaits, which holds the future, which holds the task: its loop has no part in that any more."""
    references: list[weakref.ref[Any]] = []

    class Marked:
        pass

    class Silent(Shapes):
        async def server_stream(
            self, request: In, context: Context
        ) -> AsyncIterator[Out]:
            await asyncio.Event().wait()
            yield Out(text="")

    async def waits(stream: Stream[Out]) -> None:
        marked = Marked()
        references.append(weakref.ref(marked))
        await anext(stream)

    async def begin(node: Node, other: Node) -> Client:
        client = await Client.connect(other, node.address, interceptors=[Watches()])
        task = asyncio.ensure_future(waits(ShapesClient(client).server_stream(TEXT)))
        while not references:
            await asyncio.sleep(0)
        assert not task.done()
        return client

    async def another() -> None:
        async with Node.dev():
            pass

    async def serve() -> None:
        async with Node.dev() as node, Server(node, [Silent()]), Node.dev() as other:

            def forgotten() -> Client:
                loop = asyncio.new_event_loop()
                try:
                    return loop.run_until_complete(begin(node, other))
                finally:
                    loop.set_exception_handler(lambda loop, context: None)
                    loop.close()

            client = await asyncio.to_thread(forgotten)
            client.close()
            del client
            await gone(*references)

    asyncio.run(serve())


async def test_a_callback_that_holds_its_future_is_collected() -> None:
    class Callback:
        future: Any = None

        def __call__(self, future: Any) -> None:
            pass

    async with connected([Shapes()]) as client:
        callback = Callback()
        callback.future = asyncio.ensure_future(client.health())
        callback.future.add_done_callback(callback)
        reference = weakref.ref(callback)
        await within(callback.future)
        del callback
        await gone(reference)


async def test_an_exception_that_nobody_reads_is_collected_with_its_call() -> None:
    references: list[weakref.ref[Any]] = []

    class Marked(Exception):
        pass

    async with connected([Shapes()]) as client:

        async def talk() -> None:
            read, raised = asyncio.Event(), asyncio.Event()

            async def source() -> AsyncIterator[In]:
                held = stream
                yield TEXT
                await read.wait()
                error = Marked(held)
                references.append(weakref.ref(error))
                raised.set()
                raise error

            stream = ShapesClient(client).bidi(source())
            await anext(stream)
            read.set()
            await raised.wait()

        await within(talk())
        await gone(*references)


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
