"""Calls of all four patterns, with what goes beside their messages."""

from __future__ import annotations

import asyncio
import datetime
import decimal
from collections.abc import AsyncIterator, Iterator

import pytest
from aster_runtime import (
    Client,
    Context,
    DeadlineExceeded,
    InvalidArgument,
    MessageError,
    Node,
    Response,
    Server,
)
from gen_corners.corners import services
from gen_corners.corners.services import In, Out, ShapesClient
from gen_fleet.fleet import common, control
from gen_hello import hello
from services import Shapes
from support import NOON, connected, within


async def letters(text: str) -> AsyncIterator[In]:
    for letter in text:
        yield In(text=letter)


async def test_unary_calls_carry_messages_values_and_nothing() -> None:
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        assert await shapes.unary(In(text="x")) == Out(text="x")
        assert await shapes.unary_value(In(text="four")) == 4
        assert await shapes.unary_list(In(text="x")) == ["x", None]
        assert await shapes.unary_maybe(In(text="x")) == Out(text="x")
        assert await shapes.unary_maybe(In(text="")) is None
        nothing: object = await shapes.unary_nothing(In(text="x"))
        assert nothing is None
        assert await shapes.no_parameters() == Out(text="none")
        assert await shapes.parameters("text", list=[In(text="one")]) is True
        assert await shapes.parameters("text", number=8, list=[]) is False
        await shapes.many(1, 2, 3, 4, 5, 6, "g")


async def test_a_server_stream_carries_messages_and_values_in_order() -> None:
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        texts = [out.text async for out in shapes.server_stream(In(text="abc"))]
        assert texts == ["a", "b", "c"]
        assert [number async for number in shapes.server_stream_value(0, 3000)] == list(
            range(3000)
        )
        assert [number async for number in shapes.server_stream_value(1, 1)] == []


@pytest.mark.parametrize("kind", ["asynchronous", "generator", "list", "iterator"])
async def test_a_client_stream_takes_any_iterable(kind: str) -> None:
    def plain() -> Iterator[In]:
        for letter in "abc":
            yield In(text=letter)

    sources = {
        "asynchronous": letters("abc"),
        "generator": plain(),
        "list": list(plain()),
        "iterator": iter(list(plain())),
    }
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        assert await shapes.client_stream(sources[kind]) == Out(text="abc")
        assert await shapes.client_stream([]) == Out(text="")
        assert await shapes.client_stream_value(str(n) for n in range(2000)) == 2000
        await shapes.client_stream_nothing(letters("abc"))
        for source in sources.values():
            if isinstance(source, AsyncIterator):
                await source.aclose()  # type: ignore[attr-defined]


async def test_a_bidi_stream_carries_messages_and_values_both_ways() -> None:
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        assert [out.text async for out in shapes.bidi(letters("abc"))] == list("abc")
        payloads = [bytes([n % 256]) * (n % 7) for n in range(2000)]
        assert [item async for item in shapes.bidi_value(payloads)] == payloads
        numbers = [In(text="1.50"), In(text="-2E+5")]
        mixed = [str(item) async for item in shapes.bidi_mixed(numbers)]
        assert mixed == ["1.50", str(decimal.Decimal("-2E+5"))]


async def test_a_bidi_stream_answers_one_request_before_the_next() -> None:
    async with connected([Shapes()]) as client:
        answers: asyncio.Queue[str] = asyncio.Queue()

        async def ask() -> AsyncIterator[In]:
            text = "first"
            for _ in range(20):
                yield In(text=text)
                text = await answers.get() + "+"
            answers.put_nowait(text)

        async for out in ShapesClient(client).bidi(ask()):
            answers.put_nowait(out.text)
        assert answers.get_nowait() == "first" + "+" * 20


async def test_many_calls_run_at_once_on_one_connection() -> None:
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        texts = [str(n) for n in range(200)]
        outs = await asyncio.gather(*(shapes.unary(In(text=text)) for text in texts))
        assert [out.text for out in outs] == texts


async def test_messages_of_the_fleet_arrive_as_they_were_sent() -> None:
    seen: list[object] = []

    class Control(control.Control):
        async def status(
            self, request: control.StatusRequest, context: Context
        ) -> control.StatusReply:
            seen.append(request)
            report = control.Report(steps=3, took=datetime.timedelta(seconds=1.5))
            return control.StatusReply(
                agent=request.agent,
                outcome=control.OutcomeDone(report),
                load=[0.5, 1.5],
            )

        async def submit(self, request: control.LogEntry, context: Context) -> None:
            seen.append(request)

        async def tail(
            self, request: control.TailRequest, context: Context
        ) -> AsyncIterator[control.LogEntry]:
            seen.append(request)
            for agent in sorted(request.agents):
                yield control.LogEntry(agent=agent, at=NOON, text="t")

        async def ingest(
            self, requests: AsyncIterator[control.LogEntry], context: Context
        ) -> control.IngestReply:
            lines = [line async for line in requests]
            return control.IngestReply(lines=len(lines))

        async def exec(
            self, requests: AsyncIterator[control.Command], context: Context
        ) -> AsyncIterator[control.CommandOutput]:
            async for command in requests:
                yield control.CommandOutput(line=command.name, code=0)

    entry = control.LogEntry(
        agent="a",
        at=NOON,
        level=common.Level.ERROR,
        text="x",
        labels={"k": ["v", "w"]},
        trace="t",
    )
    asked = control.TailRequest(agents={"a", "b"}, page=common.Page(first=1))
    async with connected([Control()]) as client:
        fleet = control.ControlClient(client)
        reply = await fleet.status("a", True)
        assert isinstance(reply.outcome, control.OutcomeDone)
        assert reply.outcome.value.took == datetime.timedelta(seconds=1.5)
        await fleet.submit(entry)
        lines = [line async for line in fleet.tail(asked)]
        assert [line.agent for line in lines] == ["a", "b"]
        assert (await fleet.ingest([entry] * 3)).lines == 3
        out = [o async for o in fleet.exec([control.Command(name="ls")])]
        assert out == [control.CommandOutput(line="ls", code=0)]
    assert seen == [control.StatusRequest(agent="a", verbose=True), entry, asked]


class Beside(Shapes):
    """Says what it hears beside the messages."""

    def answer(self, context: Context) -> None:
        self.heard = context.metadata
        self.left = context.time_left
        context.set_header("h", "1")
        context.set_header("h", "2")
        context.set_trailer("t", "3")

    async def unary(self, request: In, context: Context) -> Out:
        self.answer(context)
        return Out(text="")

    async def client_stream(
        self, requests: AsyncIterator[In], context: Context
    ) -> Out:
        self.answer(context)
        async for _ in requests:
            pass
        return Out(text="")

    async def server_stream(self, request: In, context: Context) -> AsyncIterator[Out]:
        self.answer(context)
        yield Out(text="")

    async def bidi(
        self, requests: AsyncIterator[In], context: Context
    ) -> AsyncIterator[Out]:
        self.answer(context)
        async for _ in requests:
            yield Out(text="")


PAIRS = (("a", "1"), ("b", "ü"), ("a", "2"))
HEADER = (("h", "1"), ("h", "2"))
TRAILER = (("t", "3"),)


async def test_metadata_goes_both_ways_with_a_response() -> None:
    service = Beside()
    async with connected([service]) as client:
        shapes = ShapesClient(client)
        asked = In(text="")
        response: Response[Out] = await shapes.unary.with_call(asked, metadata=PAIRS)
        assert service.heard == PAIRS
        assert response.message == Out(text="")
        assert (response.metadata, response.trailer) == (HEADER, TRAILER)
        response = await shapes.unary(asked, metadata={"k": "v"}).with_call()
        assert service.heard == (("k", "v"),)
        response = await shapes.client_stream.with_call([asked], metadata=iter(PAIRS))
        assert service.heard == PAIRS
        assert (response.metadata, response.trailer) == (HEADER, TRAILER)


@pytest.mark.parametrize("both", [False, True], ids=["server_stream", "bidi"])
async def test_metadata_goes_both_ways_with_a_stream(both: bool) -> None:
    service = Beside()
    async with connected([service]) as client:
        shapes = ShapesClient(client)
        asked = In(text="")
        if both:
            stream = shapes.bidi([asked], metadata=PAIRS)
        else:
            stream = shapes.server_stream(asked, metadata=PAIRS)
        assert stream.trailer is None
        assert await stream.metadata() == HEADER
        assert await stream.metadata() == HEADER
        assert service.heard == PAIRS
        assert [out async for out in stream] == [Out(text="")]
        assert stream.trailer == TRAILER
        assert await stream.metadata() == HEADER


@pytest.mark.parametrize(
    "metadata",
    [{"k": 1}, {1: "v"}, [("k",)], [("k", "v", "w")], ["kv"], 7, {"k": b"v"}],
)
async def test_metadata_that_is_no_text_is_refused_at_once(metadata: object) -> None:
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        with pytest.raises(TypeError, match="metadata"):
            shapes.unary(In(text=""), metadata=metadata)  # type: ignore[arg-type]


async def test_metadata_against_the_rules_is_refused() -> None:
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        for metadata in [{"": "v"}, {"K": "v"}, {"k" * 100_000: "v"}]:
            with pytest.raises(InvalidArgument, match="metadata"):
                await shapes.unary(In(text=""), metadata=metadata)
            with pytest.raises(InvalidArgument, match="metadata"):
                async for _ in shapes.bidi([], metadata=metadata):
                    pass


@pytest.mark.parametrize(
    "timeout", [30, 30.0, datetime.timedelta(seconds=30)], ids=["int", "float", "delta"]
)
async def test_the_handler_knows_the_deadline(timeout: float) -> None:
    service = Beside()
    async with connected([service]) as client:
        shapes = ShapesClient(client)
        asked = In(text="")
        await shapes.unary(asked, timeout=timeout)
        assert service.left is not None and 20 < service.left <= 30
        await shapes.client_stream([], timeout=timeout)
        assert service.left is not None and 20 < service.left <= 30
        async for _ in shapes.server_stream(asked, timeout=timeout):
            pass
        assert service.left is not None and 20 < service.left <= 30
        async for _ in shapes.bidi([asked], timeout=timeout):
            pass
        assert service.left is not None and 20 < service.left <= 30


async def test_the_schema_says_the_deadline_where_the_caller_does_not() -> None:
    left: list[float | None] = []

    class Hello(hello.Hello):
        async def greet(
            self, request: hello.HelloRequest, context: Context
        ) -> hello.HelloReply:
            left.append(context.time_left)
            return hello.HelloReply(text=request.name, at=NOON)

    async with connected([Hello()]) as client:
        greeter = hello.HelloClient(client)
        await greeter.greet(hello.HelloRequest(name="Ada"))
        await greeter.greet(hello.HelloRequest(name="Ada"), timeout=60)
    assert left[0] is not None and 4 < left[0] <= 5
    assert left[1] is not None and left[1] > 50


@pytest.mark.parametrize("timeout", [-1, float("nan"), datetime.timedelta(days=-1)])
async def test_a_timeout_that_is_no_time_is_refused(timeout: float) -> None:
    async with connected([Shapes()]) as client:
        with pytest.raises(ValueError, match="time"):
            ShapesClient(client).unary(In(text=""), timeout=timeout)


async def test_a_timeout_of_another_type_is_refused() -> None:
    async with connected([Shapes()]) as client:
        for wrong in ("1", object(), [1]):
            with pytest.raises(TypeError, match="time"):
                ShapesClient(client).unary(In(text=""), timeout=wrong)  # type: ignore[arg-type]


async def test_a_timeout_of_nothing_is_over_at_once() -> None:
    async with connected([Shapes()]) as client:
        with pytest.raises(DeadlineExceeded):
            await within(ShapesClient(client).unary(In(text=""), timeout=0))


async def test_endless_timeouts_are_none() -> None:
    service = Beside()
    async with connected([service]) as client:
        await ShapesClient(client).unary(In(text=""), timeout=float("inf"))


async def test_the_context_says_who_calls_what() -> None:
    seen: list[tuple[object, ...]] = []

    class Told(Shapes):
        async def unary_value(self, request: In, context: Context) -> int:
            seen.append((context.peer, context.service, context.method))
            seen.append((context.session, context.attributes))
            return context.call_id

    async with Node.dev() as node, Server(node, [Told()]):
        async with Node.dev() as other, Client.connect(other, node.address) as client:
            shapes = ShapesClient(client)
            first = await shapes.unary_value(In(text=""))
            second = await shapes.unary_value(In(text=""))
            assert first != second
            assert client.peer == node.id
            assert seen[0] == (other.id, "corners.services.Shapes", "unary_value")
            session, attributes = seen[1]
            assert session is None
            assert isinstance(attributes, dict)
            names = [name for name, _, _ in client.services]
            assert "corners.services.Shapes" in names and "aster.Node" in names


async def test_a_node_calls_itself() -> None:
    async with Node.dev() as node, Server(node, [Shapes()]):
        async with Client.connect(node, node.address) as client:
            assert await ShapesClient(client).unary(In(text="x")) == Out(text="x")
            stream = ShapesClient(client).server_stream(In(text="ab"))
            assert [out.text async for out in stream] == ["a", "b"]


async def test_a_client_connects_by_ticket_and_refuses_what_is_none() -> None:
    async with Node.dev() as node:
        for wrong in ("", "aster", "nonsense", node.address[:-3], "x" * 10_000):
            with pytest.raises(ValueError):
                await within(Client.connect(node, wrong))


async def test_large_messages_arrive_whole() -> None:
    async with connected([Shapes()]) as client:
        text = "ä" * 2_000_000
        out = await ShapesClient(client).unary(In(text=text))
        assert out.text == text


@pytest.mark.parametrize("place", ["unary", "server_stream"])
async def test_a_request_that_does_not_fit_is_refused_before_it_is_sent(
    place: str,
) -> None:
    async with connected([Shapes()]) as client:
        method = getattr(ShapesClient(client), place)
        with pytest.raises(MessageError, match="`text` of `corners.services.In`"):
            method(In(text=7))  # type: ignore[arg-type]
        with pytest.raises(MessageError):
            method(Out(text="x"))
        with pytest.raises(ValueError):
            method(None)


async def test_requests_that_do_not_fit_end_their_stream() -> None:
    ended = asyncio.Event()

    class Watched(Shapes):
        async def client_stream(
            self, requests: AsyncIterator[In], context: Context
        ) -> Out:
            try:
                return await super().client_stream(requests, context)
            finally:
                ended.set()

        async def bidi(
            self, requests: AsyncIterator[In], context: Context
        ) -> AsyncIterator[Out]:
            try:
                async for request in requests:
                    yield Out(text=request.text)
            finally:
                ended.set()

    items = [In(text="fits"), In(text=7)]  # type: ignore[arg-type]
    async with connected([Watched()]) as client:
        shapes = ShapesClient(client)
        with pytest.raises(MessageError, match="`text` of `corners.services.In`"):
            await within(shapes.client_stream(items))
        await within(ended.wait())
        ended.clear()
        with pytest.raises(MessageError, match="`text` of `corners.services.In`"):
            async for _ in shapes.bidi(items):
                pass
        await within(ended.wait())


async def test_requests_that_are_no_iterable_are_refused() -> None:
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        with pytest.raises(TypeError, match="iterable"):
            await within(shapes.client_stream(7))  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="iterable"):
            async for _ in shapes.bidi(7):  # type: ignore[arg-type]
                pass


async def test_a_call_is_awaited_once() -> None:
    async with connected([Shapes()]) as client:
        call = ShapesClient(client).unary(In(text="x"))
        await call
        with pytest.raises(RuntimeError, match="once"):
            await call
        with pytest.raises(RuntimeError, match="once"):
            await call.with_call()


async def test_a_call_that_is_not_awaited_is_not_made() -> None:
    made: list[str] = []

    class Watched(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            made.append(request.text)
            return Out(text="")

    async with connected([Watched()]) as client:
        shapes = ShapesClient(client)
        shapes.unary(In(text="dropped"))
        shapes.server_stream(In(text="dropped"))
        shapes.bidi([])
        shapes.client_stream([])
        await shapes.unary(In(text="made"))
    assert made == ["made"]


async def test_stats_tell_of_calls_in_flight() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    class Slow(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            entered.set()
            await leave.wait()
            return Out(text="")

    async with Node.dev() as node, Server(node, [Slow()]):
        async with Node.dev() as other, Client.connect(other, node.address) as client:
            call = asyncio.ensure_future(ShapesClient(client).unary(In(text="")))
            await within(entered.wait())
            stats = node.stats()
            assert stats["calls_in_flight"] == 1
            assert [known["peer"] for known in stats["connections"]].count(other.id)
            leave.set()
            await call


async def test_a_service_that_lacks_a_method_is_not_made() -> None:
    class Half(services.Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            return Out(text="")

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]
    async with Node.dev() as node:
        for wrong in (object(), Shapes, 7):
            with pytest.raises(TypeError, match="service"):
                Server(node, [wrong])  # type: ignore[list-item]
