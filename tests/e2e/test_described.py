"""Python calls what servers in Rust and Python describe, without their code: all patterns, and what does not fit."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aster_runtime import (
    AsterError,
    Cancelled,
    Client,
    ContractViolation,
    DeadlineExceeded,
    InvalidArgument,
    ServiceNotFound,
    Unimplemented,
)
from interop import World
from test_matrix import collect

SHAPES = "corners.services.Shapes"


@pytest.fixture(params=["rust", "python"])
def client(world: World, request: pytest.FixtureRequest) -> Iterator[Client]:
    yield world.client if request.param == "rust" else world.own


def run(world: World, client: Client, service: str, work: Any) -> Any:
    """Runs what needs a described service."""

    async def described() -> Any:
        return await work(await client.service(service))

    return world.run(described())


def test_what_is_described_of_a_service(world: World, client: Client) -> None:
    async def work(service: Any) -> None:
        assert service.name == SHAPES and repr(service) == f"<service {SHAPES}>"
        listed = {name: id for name, _, id in client.services}
        assert service.contract_id == listed[SHAPES]
        patterns = {name: service.method(name).pattern for name in service.methods}
        assert set(patterns.values()) == {
            "unary",
            "server_stream",
            "client_stream",
            "bidi_stream",
        }
        assert patterns["bidi_value"] == "bidi_stream" and len(patterns) == 16
        unary = service.method("unary")
        assert (unary.name, repr(unary)) == ("unary", "<method unary>")
        assert unary.request == "corners.services.In"
        assert unary.response == "corners.services.Out"

    run(world, client, SHAPES, work)
    # the last part is enough where no other service has it
    run(world, client, "Shapes", work)


def test_calls_with_one_request_and_one_response(world: World, client: Client) -> None:
    async def work(service: Any) -> None:
        def call(name: str, request: Any, **options: Any) -> Any:
            return service.method(name)(request, **options)

        text = "é🎈\n\0"
        assert await call("unary", {"text": text}) == {"text": text}
        assert await call("unary", json.dumps({"text": text})) == {"text": text}
        told = await call("unary", {"text": "a"}, text=True)
        assert json.loads(told) == {"text": "a"} and isinstance(told, str)
        assert await call("unary_value", {"text": "ab"}) in (
            {"value": -2},
            {"value": 2},
        )
        assert await call("unary_list", {"text": "a"}) == {"value": ["a", None]}
        assert await call("unary_maybe", {"text": ""}) == {}
        assert await call("unary_maybe", {"text": "a"}) == {"value": {"text": "a"}}
        assert await call("unary_nothing", {"text": ""}) == {}
        assert await call("no_parameters", {}) == {"text": "none"}
        request = {"text": "a", "number": 7, "list": [{"text": "a"}]}
        assert await call("parameters", request) == {"value": True}
        request["maybe"] = {"text": "x"}
        assert await call("parameters", request) == {"value": False}
        numbers = dict(zip("abcdef", [-128, 127, 0, 1, 2, 3], strict=True))
        assert await call("many", {**numbers, "g": "-128 127 0 1 2 3"}) == {}

    run(world, client, SHAPES, work)


def test_streams_of_responses(world: World, client: Client) -> None:
    async def work(service: Any) -> None:
        letters = service.method("server_stream")({"text": "aé🎈"})
        assert await collect(letters) == [{"text": letter} for letter in "aé🎈"]
        numbers = service.method("server_stream_value")
        assert await collect(numbers({"from": 0, "to": 1000})) == [
            {"value": number} for number in range(1000)
        ]
        assert await collect(numbers({"from": 0, "to": 0})) == []
        texts = await collect(numbers('{"from": 0, "to": 2}', text=True))
        assert texts == ['{"value":0}', '{"value":1}']

    run(world, client, SHAPES, work)


def test_streams_of_requests(world: World, client: Client) -> None:
    async def source() -> AsyncIterator[Any]:
        for letter in "aé🎈":
            yield {"text": letter}
        yield '{"text": "!"}'

    async def work(service: Any) -> None:
        joined = service.method("client_stream")
        assert await joined(source()) == {"text": "aé🎈!"}
        assert await joined([{"text": "a"}, {"text": "b"}]) == {"text": "ab"}
        assert await joined([]) == {"text": ""}
        assert await joined({"text": "a"} for _ in range(2000)) == {"text": "a" * 2000}
        told = await joined([{"text": "a"}], text=True)
        assert told == '{"text":"a"}'
        assert await service.method("client_stream_nothing")(source()) == {}
        counted = service.method("client_stream_value")
        answer = await counted({"value": "x"} for _ in range(3))
        assert answer == {"value": "3"}

    run(world, client, SHAPES, work)


def test_both_sides_stream(world: World, client: Client) -> None:
    async def work(service: Any) -> None:
        bidi = service.method("bidi")
        sent = [{"text": str(number)} for number in range(3000)]
        assert await collect(bidi(sent)) == sent
        assert await collect(bidi([])) == []
        values = [base64.b64encode(bytes(size)).decode() for size in (0, 1, 40_000)]
        got = await collect(service.method("bidi_value")({"value": v} for v in values))
        assert [item["value"] for item in got] == values
        digits = "-1234567890123456789012345678901234567890.5"
        mixed = service.method("bidi_mixed")
        assert await collect(mixed([{"text": digits}])) == [{"value": digits}]

        # one by one: the next request is made of the last response
        answers: asyncio.Queue[str] = asyncio.Queue()
        answers.put_nowait("x")

        async def requests() -> AsyncIterator[Any]:
            for _ in range(5):
                yield {"text": await answers.get() + "x"}

        found = []
        async for item in bidi(requests()):
            found.append(item["text"])
            answers.put_nowait(item["text"])
        assert found == ["x" * count for count in range(2, 7)]

        # leaving the responses ends the call, and its source
        async def endless() -> AsyncIterator[Any]:
            while True:
                yield {"text": "a"}

        async with bidi(endless()) as stream:
            assert await anext(stream) == {"text": "a"}
        assert await collect(bidi([{"text": "b"}])) == [{"text": "b"}]

    run(world, client, SHAPES, work)


WRONG: list[tuple[str, Any, str]] = [
    ("unary", {}, "text"),
    ("unary", {"text": 1}, "text"),
    ("unary", {"text": None}, "text"),
    ("unary", {"text": "a", "txet": "b"}, "txet"),
    ("unary", {"text": "\ud800"}, "text"),
    ("unary", [], "In"),
    ("unary", 7, "In"),
    ("unary", "", "In"),
    ("unary", "{", "In"),
    ("unary", '{"text": "a", "text": "b"}', "text"),
    (
        "parameters",
        {"text": "a", "number": 7, "list": [{"text": 1}]},
        r"list\[0\]\.text",
    ),
    ("parameters", {"text": "a", "number": 7.0, "list": []}, "number"),
    ("parameters", {"text": "a", "number": "7", "list": []}, "number"),
    ("parameters", {"text": "a", "number": True, "list": []}, "number"),
    ("parameters", {"text": "a", "number": 2**31, "list": []}, "number"),
    ("parameters", {"text": "a", "number": 7, "list": {}}, "list"),
    (
        "parameters",
        {"text": "a", "number": 7, "list": [], "maybe": {"text": []}},
        r"maybe\.text",
    ),
]


@pytest.mark.parametrize(
    ("method", "value", "path"),
    WRONG,
    ids=[str(number) for number in range(len(WRONG))],
)
def test_what_does_not_fit_is_refused_with_its_path(
    world: World, client: Client, method: str, value: Any, path: str
) -> None:
    async def work(service: Any) -> None:
        with pytest.raises(ContractViolation, match=path):
            await service.method(method)(value)
        if method == "unary":
            # in the middle of a stream, too; the call ends with it
            good = {"text": "a"}
            with pytest.raises(ContractViolation, match=path):
                await service.method("client_stream")([good, value, good])
            with pytest.raises(ContractViolation, match=path):
                await collect(service.method("bidi")([good, value, good]))
            with pytest.raises(ContractViolation, match=path):
                await collect(service.method("server_stream")(value))
        assert await service.method("unary")({"text": "a"}) == {"text": "a"}

    run(world, client, SHAPES, work)


def test_what_json_cannot_write_is_refused(world: World, client: Client) -> None:
    async def work(service: Any) -> None:
        for value in (object(), {"text": b"a"}, {"text": {1}}, {1: 2, (): 3}):
            with pytest.raises(TypeError):
                await service.method("unary")(value)
        for source in (7, None):
            with pytest.raises((TypeError, AsterError)):
                await service.method("client_stream")(source)
        with pytest.raises(AsterError, match="not JSON serializable"):
            await service.method("client_stream")([{"text": b"a"}])

    run(world, client, SHAPES, work)


def test_what_a_source_raises_ends_the_call(world: World, client: Client) -> None:
    async def source() -> AsyncIterator[Any]:
        yield {"text": "a"}
        raise LookupError("the file is gone")

    async def work(service: Any) -> None:
        with pytest.raises(Cancelled, match="the file is gone"):
            await service.method("client_stream")(source())
        with pytest.raises(Cancelled, match="the file is gone"):
            await collect(service.method("bidi")(source()))

    run(world, client, SHAPES, work)


def test_errors_of_handlers_deadlines_and_metadata(
    world: World, client: Client
) -> None:
    async def shapes(service: Any) -> None:
        mixed = service.method("bidi_mixed")
        found: list[Any] = []
        with pytest.raises(InvalidArgument, match="no number: x"):
            async for item in mixed([{"text": "1"}, {"text": "x"}]):
                found.append(item)
        assert found == [{"value": "1"}]
        with pytest.raises(ValueError):
            await service.method("unary")({"text": "a"}, timeout=-1)
        with pytest.raises(InvalidArgument, match="metadata key"):
            await service.method("unary")({"text": "a"}, metadata={"a b": "c"})
        answer = await service.method("unary")(
            {"text": "a"}, timeout=20, metadata={"a": "b"}
        )
        assert answer == {"text": "a"}

    async def peer(service: Any) -> None:
        request = {
            "code": 5,
            "message": "é🎈",
            "details": {"a": base64.b64encode(b"\0\xff").decode()},
            "trailer": {"b": "c"},
        }
        with pytest.raises(AsterError) as caught:
            await service.method("fail")(request)
        error = caught.value
        assert (error.number, error.message) == (5, "é🎈")
        assert error.details == {"a": b"\0\xff"}
        assert ("b", "c") in error.metadata
        with pytest.raises(DeadlineExceeded):
            async for _ in service.method("endless")({"padding": ""}, timeout=2):
                pass
        await service.method("gone")({})

    run(world, client, SHAPES, shapes)
    run(world, client, "matrix.Peer", peer)


def test_names_that_are_not_there(world: World, client: Client) -> None:
    async def work(service: Any) -> None:
        with pytest.raises(Unimplemented, match="no method `unray`.*`unary`"):
            service.method("unray")
        with pytest.raises(Unimplemented, match="Shapes"):
            service.method("")
        with pytest.raises(TypeError):
            service.method(7)

    run(world, client, SHAPES, work)
    for name in ("corners.services.Shape", "shapes", "", "é"):
        with pytest.raises(ServiceNotFound) as caught:
            world.run(ask(client, name))
        assert SHAPES in caught.value.services and name == caught.value.service
        assert SHAPES in str(caught.value)


async def ask(client: Client, name: str) -> Any:
    return await client.service(name)
