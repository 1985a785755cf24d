"""`Metrics`, at both ends."""

from __future__ import annotations

import asyncio
import math

import pytest
from aster_runtime import Distribution, Metrics, NotFound
from gen_corners.corners.services import In, Out, ShapesClient
from services import Shapes
from support import NET, connected, within

SERVICE = "corners.services.Shapes"


class Refusing(Shapes):
    async def unary(self, request: In, context: object) -> Out:  # type: ignore[override]
        if not request.text:
            raise NotFound("no")
        return Out(text=request.text)


async def counted(metrics: Metrics, side: str, calls: int) -> None:
    """Waits until so many calls have ended: their last word comes after the response."""

    async def wait() -> None:
        while metrics.snapshot().value(f"aster_{side}_calls_total") < calls:
            await asyncio.sleep(0.001)

    await asyncio.wait_for(wait(), NET)


async def test_calls_are_counted_and_timed_at_both_ends() -> None:
    served, made = Metrics(), Metrics(buckets=[NET])
    async with connected(
        [Refusing()], server_interceptors=[served], client_interceptors=[made]
    ) as client:
        shapes = ShapesClient(client)
        for _ in range(3):
            await within(shapes.unary(In(text="x")))
        with pytest.raises(NotFound):
            await within(shapes.unary(In(text="")))
        assert [out.text async for out in shapes.server_stream(In(text="ab"))] == [
            "a",
            "b",
        ]
        await counted(served, "server", 5)
        await counted(made, "client", 5)
    for side, metrics in (("server", served), ("client", made)):
        snapshot = metrics.snapshot()
        total = f"aster_{side}_calls_total"
        assert snapshot.value(total, method="unary", code="OK") == 3
        assert snapshot.value(total, method="unary", code="NOT_FOUND") == 1
        assert snapshot.value(total, service=SERVICE, method="server_stream") == 1
        assert snapshot.value(total, service="other") == 0
        assert snapshot.value(f"aster_{side}_calls_in_flight") == 0
        took = snapshot.histogram(f"aster_{side}_call_seconds", service=SERVICE)
        assert took.count == 5
        assert 0 < took.sum < NET
        assert took.buckets[-1] == (math.inf, 5)
        assert [n for _, n in took.buckets] == sorted(n for _, n in took.buckets)
    assert made.snapshot().value("aster_client_attempts_total") == 5
    assert made.snapshot().histogram("aster_client_call_seconds").buckets == (
        (NET, 5),
        (math.inf, 5),
    )
    assert made.snapshot().value("aster_server_calls_total") == 0


async def test_calls_in_flight_are_seen() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    class Waits(Shapes):
        async def unary(self, request: In, context: object) -> Out:  # type: ignore[override]
            entered.set()
            await leave.wait()
            return Out(text="")

    metrics = Metrics()
    async with connected(
        [Waits()], server_interceptors=[metrics], client_interceptors=[metrics]
    ) as client:
        call = asyncio.ensure_future(ShapesClient(client).unary(In(text="")))
        await within(entered.wait())
        snapshot = metrics.snapshot()
        for side in ("server", "client"):
            name = f"aster_{side}_calls_in_flight"
            assert snapshot.value(name, service=SERVICE, method="unary") == 1
        leave.set()
        await within(call)
        await counted(metrics, "server", 1)
        await counted(metrics, "client", 1)
    names = {series.name for series in metrics.snapshot()}
    assert names == {
        "aster_server_calls_total",
        "aster_server_call_seconds",
        "aster_server_calls_in_flight",
        "aster_client_calls_total",
        "aster_client_attempts_total",
        "aster_client_call_seconds",
        "aster_client_calls_in_flight",
    }
    assert {series.kind for series in metrics.snapshot()} == {
        "counter",
        "gauge",
        "histogram",
    }


async def test_the_text_for_prometheus() -> None:
    metrics = Metrics(buckets=[NET, 2 * NET])
    async with connected([Shapes()], server_interceptors=[metrics]) as client:
        await within(ShapesClient(client).unary(In(text="x")))
        await counted(metrics, "server", 1)
    text = metrics.snapshot().prometheus()
    labels = f'service="{SERVICE}",method="unary"'
    assert text.count("# TYPE aster_server_call_seconds histogram\n") == 1
    assert f'aster_server_call_seconds_bucket{{{labels},le="10"}} 1\n' in text
    assert f'aster_server_call_seconds_bucket{{{labels},le="+Inf"}} 1\n' in text
    assert f"aster_server_call_seconds_count{{{labels}}} 1\n" in text
    assert "# TYPE aster_server_calls_total counter\n" in text
    assert f'aster_server_calls_total{{{labels},code="OK"}} 1\n' in text
    assert f"aster_server_calls_in_flight{{{labels}}} 0\n" in text


def test_one_that_has_counted_nothing() -> None:
    snapshot = Metrics().snapshot()
    assert len(snapshot) == 0
    assert snapshot.value("aster_server_calls_total") == 0
    nothing = Distribution(((math.inf, 0),), 0, 0)
    assert snapshot.histogram("aster_server_call_seconds") == nothing
    assert snapshot.prometheus() == ""


@pytest.mark.parametrize("buckets", [[2, 1], [1, 1], [math.nan], [math.inf]])
def test_buckets_grow(buckets: list[float]) -> None:
    with pytest.raises(ValueError, match="upper ends"):
        Metrics(buckets=buckets)
