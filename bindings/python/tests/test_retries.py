"""Calls that are made again, and those that are not made for a while."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aster_runtime import (
    CircuitBreaker,
    ClientCall,
    Code,
    Context,
    Metrics,
    Outcome,
    Unavailable,
)
from gen_corners.corners.services import In, Out, ShapesClient
from gen_hello.hello import Hello, HelloClient, HelloReply, HelloRequest
from services import Shapes
from support import NET, NOON, connected, within

ADA = HelloRequest(name="Ada")


class Failing(Hello):
    """Fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked = 0

    async def greet(self, request: HelloRequest, context: Context) -> HelloReply:
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise Unavailable("not now")
        return HelloReply(text=request.name, at=NOON)


class Attempts:
    """Writes down how a client calls."""

    def __init__(self) -> None:
        self.begun = 0
        self.attempts: list[tuple[int, int]] = []
        self.ended: asyncio.Queue[int] = asyncio.Queue()

    def before(self, call: ClientCall) -> None:
        self.begun += 1

    def on_attempt(self, call: ClientCall, attempt: int) -> None:
        self.attempts.append((call.call_id, attempt))

    def after(self, call: ClientCall, outcome: Outcome) -> None:
        self.ended.put_nowait(outcome.number)


@pytest.mark.parametrize("failures", [1, 2])
async def test_each_attempt_of_an_idempotent_call_is_told(failures: int) -> None:
    service, attempts, metrics = Failing(failures), Attempts(), Metrics()
    async with connected([service], client_interceptors=[attempts, metrics]) as client:
        reply = await within(HelloClient(client).greet(ADA, timeout=NET))
        assert reply.text == "Ada"
        assert await within(attempts.ended.get()) == Code.OK
    assert service.asked == failures + 1
    assert [attempt for _, attempt in attempts.attempts] == list(range(1, failures + 2))
    assert len({call for call, _ in attempts.attempts}) == 1
    assert attempts.begun == 1 and attempts.ended.empty()
    counted = metrics.snapshot()
    assert counted.value("aster_client_attempts_total") == failures + 1
    assert counted.value("aster_client_calls_total", code="OK") == 1


async def test_attempts_have_an_end() -> None:
    service, attempts = Failing(10), Attempts()
    async with connected([service], client_interceptors=[attempts]) as client:
        with pytest.raises(Unavailable, match="not now"):
            await within(HelloClient(client).greet(ADA, timeout=NET))
        assert await within(attempts.ended.get()) == Code.UNAVAILABLE
    assert [attempt for _, attempt in attempts.attempts] == [1, 2, 3]
    assert service.asked == 3


@pytest.mark.parametrize("retry", [False, True])
async def test_what_may_not_be_repeated_is_sent_once(retry: bool) -> None:
    class Refusing(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            raise Unavailable("not now")

    attempts = Attempts()
    service: Any = [Refusing(), Failing(1)]
    async with connected(
        service, client_interceptors=[attempts], retry=retry
    ) as client:
        with pytest.raises(Unavailable):
            await within(ShapesClient(client).unary(In(text="")))
        if not retry:
            with pytest.raises(Unavailable):
                await within(HelloClient(client).greet(ADA))
    assert {attempt for _, attempt in attempts.attempts} == {1}


async def enter(client: Any) -> BaseException | None:
    """Calls once; gives what was raised."""
    try:
        await within(HelloClient(client).greet(ADA, timeout=NET))
    except Unavailable as error:
        return error
    return None


async def test_a_breaker_opens_lets_one_try_and_closes() -> None:
    service = Failing(10**9)
    breaker = CircuitBreaker(3, pause=1.5)
    async with connected(
        [service], client_interceptors=[breaker], retry=False
    ) as client:
        for _ in range(3):
            error = await enter(client)
            assert error is not None and str(error) == "not now"
        assert service.asked == 3

        # open: calls end here, and say for how long
        error = await enter(client)
        assert isinstance(error, Unavailable) and "3 times in a row" in str(error)
        assert 0 < int(error.details["retry-after-ms"]) <= 1501
        assert service.asked == 3

        # after the pause one call tries; it fails, and the next ones end here again
        await until_asked(client, service, 4)
        error = await enter(client)
        assert error is not None and "in a row" in str(error)
        assert service.asked == 4

        # the server is back: the one that tries closes it, and all go through
        service.failures = 0
        await until_asked(client, service, 5)
        for _ in range(10):
            assert await enter(client) is None
        assert service.asked == 15


async def until_asked(client: Any, service: Failing, times: int) -> None:
    """Calls again and again until one has come to the server."""

    async def ask() -> None:
        while service.asked < times:
            error = await enter(client)
            if isinstance(error, Unavailable) and "retry-after-ms" in error.details:
                await asyncio.sleep(int(error.details["retry-after-ms"]) / 1000)

    await asyncio.wait_for(ask(), NET)
    assert service.asked == times
