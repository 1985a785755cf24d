"""Interceptors of Python, at both ends of all patterns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aster_runtime import (
    AsterError,
    ClientCall,
    Code,
    Context,
    Internal,
    NotFound,
    Outcome,
    PermissionDenied,
)
from gen_corners.corners.services import In, Out, ShapesClient
from services import Shapes
from support import connected, within

PATTERNS = ["unary", "client_stream", "server_stream", "bidi"]


async def call(shapes: ShapesClient, pattern: str) -> None:
    """Makes a call of a pattern to its end."""
    if pattern == "unary":
        await shapes.unary(In(text="x"))
    elif pattern == "client_stream":
        await shapes.client_stream([In(text="x")])
    elif pattern == "server_stream":
        async for _ in shapes.server_stream(In(text="x")):
            pass
    else:
        async for _ in shapes.bidi([In(text="x")]):
            pass


class Recorder:
    """Writes down what it is asked and told."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log
        self.outcomes: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    async def before(self, call: Context | ClientCall) -> None:
        await asyncio.sleep(0)
        self.log.append(f"{self.name} before {call.method}")

    def after(self, call: Context | ClientCall, outcome: Outcome) -> None:
        self.log.append(f"{self.name} after {call.method}")
        assert outcome.seconds >= 0
        self.outcomes.put_nowait((call.method, outcome.number))


class Plain(Recorder):
    """The same without a coroutine."""

    def before(self, call: Context | ClientCall) -> None:  # type: ignore[override]
        self.log.append(f"{self.name} before {call.method}")


@pytest.mark.parametrize("kind", [Recorder, Plain])
@pytest.mark.parametrize("pattern", PATTERNS)
async def test_interceptors_run_in_order_once_for_a_call(
    pattern: str, kind: type[Recorder]
) -> None:
    log: list[str] = []
    names = ["c1", "c2", "s1", "s2"]
    c1, c2, s1, s2 = (kind(name, log) for name in names)
    async with connected(
        [Shapes()], server_interceptors=[s1, s2], client_interceptors=[c1, c2]
    ) as client:
        await within(call(ShapesClient(client), pattern))
        for recorder in (c1, c2, s1, s2):
            assert await within(recorder.outcomes.get()) == (pattern, Code.OK)
    assert log[:4] == [f"{name} before {pattern}" for name in names]
    assert sorted(log[4:]) == sorted(f"{name} after {pattern}" for name in names)
    after_server = [line for line in log[4:] if line.startswith("s")]
    assert after_server == [f"s2 after {pattern}", f"s1 after {pattern}"]


class Refuses:
    """Refuses what it is asked."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def before(self, call: Any) -> None:
        raise self.error


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("pattern", PATTERNS)
async def test_an_interceptor_refuses_with_a_status(pattern: str, side: str) -> None:
    ran: list[str] = []

    class Watched(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            ran.append("unary")
            return Out(text="")

    log: list[str] = []
    outer, inner = Recorder("outer", log), Recorder("inner", log)
    refuses = Refuses(
        PermissionDenied("no", details={"k": b"v"}, metadata=[("m", "1")])
    )
    chain = [outer, refuses, inner]
    options = {f"{side}_interceptors": chain}
    async with connected([Watched()], **options) as client:  # type: ignore[arg-type]
        with pytest.raises(PermissionDenied) as caught:
            await within(call(ShapesClient(client), pattern))
        assert caught.value.message == "no"
        assert caught.value.details == {"k": b"v"}
        assert ("m", "1") in caught.value.metadata
        told = await within(outer.outcomes.get())
        assert told == (pattern, Code.PERMISSION_DENIED)
    assert ran == []
    assert "inner before " + pattern not in log


@pytest.mark.parametrize("side", ["server", "client"])
async def test_an_interceptor_that_fails_is_internal_and_logged(
    side: str, caplog: pytest.LogCaptureFixture
) -> None:
    options = {f"{side}_interceptors": [Refuses(ZeroDivisionError("a secret"))]}
    async with connected([Shapes()], **options) as client:  # type: ignore[arg-type]
        with pytest.raises(Internal, match="reference") as caught:
            await within(ShapesClient(client).unary(In(text="")))
    assert "secret" not in str(caught.value)
    assert "ZeroDivisionError" in caplog.text


class OnlyBefore:
    """Has one hook."""

    after = None

    def before(self, call: object) -> None:
        return None


@pytest.mark.parametrize("side", ["server", "client"])
async def test_what_fails_after_a_call_leaves_the_call(
    side: str, caplog: pytest.LogCaptureFixture
) -> None:
    told = asyncio.Event()

    class Bad:
        def after(self, call: Any, outcome: Outcome) -> None:
            told.set()
            raise ZeroDivisionError

        def on_attempt(self, call: ClientCall, attempt: int) -> None:
            raise LookupError

    options = {f"{side}_interceptors": [Bad(), OnlyBefore()]}
    async with connected([Shapes()], **options) as client:  # type: ignore[arg-type]
        assert await within(ShapesClient(client).unary(In(text="x"))) == Out(text="x")
        await within(told.wait())
    assert "ZeroDivisionError" in caplog.text
    assert ("LookupError" in caplog.text) == (side == "client")


async def test_metadata_that_a_client_interceptor_adds_arrives() -> None:
    heard: list[object] = []

    class Adds:
        def before(self, call: ClientCall) -> None:
            assert call.service == "corners.services.Shapes"
            assert call.metadata == (("a", "0"),)
            assert call.is_idempotent == (call.method == "server_stream")
            assert call.time_left is not None and call.time_left <= 30
            assert len(call.peer) == 64 and call.call_id >= 0
            call.add_metadata("a", "1")
            call.add_metadata("b", "2")
            with pytest.raises(ValueError):
                call.add_metadata("", "bad")

    class Hears(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            heard.append(context.metadata)
            return Out(text="")

    async with connected([Hears()], client_interceptors=[Adds()]) as client:
        shapes = ShapesClient(client)
        await shapes.unary(In(text=""), timeout=30, metadata={"a": "0"})
    assert heard == [(("a", "0"), ("a", "1"), ("b", "2"))]


async def test_a_server_interceptor_adds_to_the_response() -> None:
    class Adds:
        def before(self, call: Context) -> None:
            call.set_header("h", "1")
            call.set_trailer("t", "2")

    async with connected([Shapes()], server_interceptors=[Adds()]) as client:
        response = await ShapesClient(client).unary.with_call(In(text=""))
        assert (response.metadata, response.trailer) == ((("h", "1"),), (("t", "2"),))


class Ends(Shapes):
    """Ends as a test says: with a status, or never."""

    def __init__(self, hangs: bool) -> None:
        self.hangs = hangs
        self.entered = asyncio.Event()

    async def end(self) -> None:
        self.entered.set()
        if self.hangs:
            await asyncio.Event().wait()
        raise NotFound("no")

    async def unary(self, request: In, context: Context) -> Out:
        await self.end()
        return Out(text="")

    async def client_stream(self, requests: AsyncIterator[In], context: Context) -> Out:
        await self.end()
        return Out(text="")

    async def server_stream(self, request: In, context: Context) -> AsyncIterator[Out]:
        yield Out(text="")
        await self.end()

    async def bidi(
        self, requests: AsyncIterator[In], context: Context
    ) -> AsyncIterator[Out]:
        yield Out(text="")
        await self.end()


@pytest.mark.parametrize("hangs", [False, True], ids=["status", "cancelled"])
@pytest.mark.parametrize("pattern", PATTERNS)
async def test_after_is_told_once_however_a_call_ends(
    pattern: str, hangs: bool
) -> None:
    service, log = Ends(hangs), []  # type: tuple[Ends, list[str]]
    at_client, at_server = Recorder("client", log), Recorder("server", log)
    async with connected(
        [service], server_interceptors=[at_server], client_interceptors=[at_client]
    ) as client:
        task = asyncio.ensure_future(call(ShapesClient(client), pattern))
        if hangs:
            await within(service.entered.wait())
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            with pytest.raises(NotFound):
                await within(task)
        code = Code.CANCELLED if hangs else Code.NOT_FOUND
        assert await within(at_client.outcomes.get()) == (pattern, code)
        assert await within(at_server.outcomes.get()) == (pattern, code)
        await ShapesClient(client).no_parameters()
    assert [line.split()[:2] for line in log].count(["client", "after"]) == 2
    assert [line for line in log if line == f"client after {pattern}"] == [
        f"client after {pattern}"
    ]
    assert [line for line in log if line == f"server after {pattern}"] == [
        f"server after {pattern}"
    ]


async def test_cancelling_a_call_cancels_its_interceptors() -> None:
    entered, ended = asyncio.Event(), asyncio.Event()

    class Hangs:
        async def before(self, call: ClientCall) -> None:
            entered.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    async with connected([Shapes()], client_interceptors=[Hangs()]) as client:
        task = asyncio.ensure_future(ShapesClient(client).unary(In(text="")))
        await within(entered.wait())
        task.cancel()
        await within(ended.wait())
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_each_attempt_is_told(caplog: pytest.LogCaptureFixture) -> None:
    attempts: list[int] = []
    caplog.set_level(logging.ERROR)

    class Counts:
        def on_attempt(self, call: ClientCall, attempt: int) -> None:
            attempts.append(attempt)

    async with connected([Shapes()], client_interceptors=[Counts()]) as client:
        shapes = ShapesClient(client)
        for pattern in PATTERNS:
            await within(call(shapes, pattern))
        with pytest.raises(AsterError):
            await shapes.unary(In(text=""), timeout=0)
        await shapes.no_parameters()
    assert attempts[:4] == [1, 1, 1, 1]


@pytest.mark.parametrize("side", ["server", "client"])
async def test_an_interceptor_without_a_hook_is_refused(side: str) -> None:
    class Misspelt:
        def befor(self, call: object) -> None:
            raise PermissionDenied("no")

    class Wrong:
        before = "before"

    for wrong in [object(), Misspelt(), Wrong(), lambda call: None, None]:
        options: dict[str, Any] = {f"{side}_interceptors": [wrong]}
        with pytest.raises(TypeError):
            async with connected([Shapes()], **options):
                pass
