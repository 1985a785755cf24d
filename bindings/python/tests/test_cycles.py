"""The collector finds what refers to itself, once it is not used any more."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from typing import Any

from aster_runtime import Client, Context, Node, Server, SessionContext, Stream
from gen_corners.corners.services import In, Out, ShapesClient
from gen_fleet.fleet import control
from services import Shapes
from support import NET, connected, within
from support_leaks import TEXT, Shell, Watches, endless


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
            # a loop that was closed without a word is noticed when another one begins
            await asyncio.to_thread(lambda: asyncio.run(another()))
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
