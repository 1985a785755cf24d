"""What goes wrong between Rust and Python, and what ends early: the same in both directions."""

from __future__ import annotations

import asyncio
import base64
import datetime
import importlib
import re
from typing import Any

import pytest
from aster_runtime import (
    AsterError,
    Client,
    ContractMismatch,
    ContractViolation,
    Node,
    ResourceExhausted,
    Server,
)
from interop import REPOSITORY, TYPES, Rust, World, encode, load, module
from test_matrix import case_of, collect, matrix

load("interop_altered", REPOSITORY / "golden/altered/python")
altered = importlib.import_module("interop_altered.hello")
scalars = module("corners.scalars")
examples = {
    name: module(name) for name in ("hello", "fleet.control", "corners.services")
}

CODES = {cls.code: cls for cls in AsterError.__subclasses__() if cls.code not in (0, 2)}


def test_all_codes_are_there() -> None:
    assert {int(code) for code in CODES} >= {*range(1, 17), 101} - {2}


@pytest.mark.parametrize("code", [2, *sorted(CODES), 77, 4_000_000_000])
def test_errors_cross_with_their_details_and_metadata(world: World, code: int) -> None:
    details = {"a": b"\0\xff", "ключ": "é🎈".encode()}
    trailer = {"first": "1", "second": "two"}
    with pytest.raises(CODES.get(code, AsterError)) as caught:
        world.run(
            matrix.PeerClient(world.client).fail(int(code), "é🎈\n", details, trailer)
        )
    error = caught.value
    assert (error.number, error.message, error.details) == (code, "é🎈\n", details)
    assert trailer.items() <= dict(error.metadata).items()

    request = matrix.FailRequest(
        code=int(code), message="é🎈\n", details=details, trailer=trailer
    )
    number, message, told, metadata = world.run(
        world.rust.fails("fail", encode(request))
    )
    assert (number, message, told) == (code, "é🎈\n", details)
    assert {
        key: value.encode() for key, value in trailer.items()
    }.items() <= metadata.items()


def test_python_finds_that_rust_has_another_contract(world: World) -> None:
    client = module("hello").HelloClient(world.client)
    with pytest.raises(ContractMismatch, match="hello.Hello") as caught:
        altered.HelloClient(world.client)
    assert client.CONTRACT_ID in str(caught.value)


class Altered(altered.Hello):
    async def greet(self, request, context):
        raise AssertionError("the contract is another")


def test_rust_finds_that_python_has_another_contract(world: World) -> None:
    async def run() -> tuple[list[str], list[str]]:
        async with Node.dev() as node, Server(node, [Altered()]):
            assert await world.rust.command("connect", node.address) == ["ok"]
            told = (
                await world.rust.command("examples"),
                await world.rust.command("moments"),
            )
            assert await world.rust.command("connect", world.node.address) == ["ok"]
            return told

    (mismatch, text), (missing, _) = world.run(run())
    assert (mismatch, missing) == ("mismatch", "missing")
    assert altered.HELLO_CONTRACT_ID in base64.b64decode(text).decode()


def lies() -> dict[str, tuple[bytes, str]]:
    """Payloads that no peer with the contract sends, and what is said of each."""
    holder = next(
        TYPES.classes[f"matrix.{name}"]
        for _, name in TYPES.unions["matrix.Value"]
        if name.startswith("Holder")
        and TYPES.messages[f"matrix.{name}"][0] == "corners.scalars.Sparse"
    )
    high = scalars.Sparse.HIGH
    honest = encode(
        matrix.Any(
            value=case_of(holder(one=high, list=[], by_name={}, set=set(), keys={}))
        )
    )
    assert honest.count(b"\xff\xff\xff\xff\x07") == 1
    leaf = encode(
        matrix.Any(value=case_of(module("corners.containers").Leaf(name="abcdefgh")))
    )
    assert leaf.count(b"abcdefgh") == 1
    return {
        "an enum without that number": (
            honest.replace(b"\xff\xff\xff\xff\x07", b"\xfe\xff\xff\xff\x07"),
            r"value\.c\d+\.one",
        ),
        "cut off": (leaf[:-1], r"value\.c\d+\.name"),
        "one byte more": (leaf + b"\0", "matrix.Any"),
        "another type": (encode(matrix.GoneRequest()), "matrix.Any"),
    }


LIES = lies()


@pytest.mark.parametrize("kind", LIES)
def test_a_client_that_lies_is_refused_by_python(world: World, kind: str) -> None:
    payload, path = LIES[kind]
    good = encode(
        matrix.Any(value=case_of(module("corners.containers").Leaf(name="x")))
    )
    for method, payloads in (
        ("raw", [payload]),
        ("raw", [good, payload]),
        # refused while more may come
        ("raw.open", [good, payload]),
    ):
        code, message, _, _ = world.run(world.rust.fails(method, *payloads))
        assert code == ContractViolation.code
        assert re.search(path, message), message
    # the connection is as good as before
    assert world.run(world.rust.call("raw", [good])) == [good]


def test_a_server_that_lies_is_refused_by_python(world: World) -> None:
    async def run() -> None:
        rust = await Rust.start("liar")
        async with Client.connect(world.dialling, rust.address) as client:
            echo = matrix.EchoClient(client)
            request = matrix.Any(
                value=case_of(module("corners.containers").Leaf(name="x"))
            )
            for payload, path in LIES.values():
                metadata = {"payload-bin": base64.b64encode(payload).decode()}
                with pytest.raises(ContractViolation, match=path):
                    await echo.unary(request, metadata=metadata)
                with pytest.raises(ContractViolation, match=path):
                    await collect(echo.server_stream(request, metadata=metadata))
            metadata = {"payload-bin": base64.b64encode(encode(request)).decode()}
            assert await echo.unary(request, metadata=metadata) == request
        await rust.stop()

    world.run(run())


def test_rust_breaks_off_and_handlers_in_python_end(world: World) -> None:
    assert world.run(world.rust.call("drop")) == []


def test_python_breaks_off_and_handlers_in_rust_end(world: World) -> None:
    async def run() -> None:
        peer = matrix.PeerClient(world.client)
        # leaving the block
        async with peer.endless(b"") as stream:
            assert await anext(stream) == 0
            # the handler runs ahead no further than there is room
            for _ in range(100):
                made = await peer.made()
            assert 0 < made < 100_000
        await peer.gone()

        # ending it
        stream = peer.endless(b"")
        assert await anext(stream) == 0
        stream.cancel()
        await peer.gone()

        # cancelling the task of a call whose requests stream
        async def requests() -> Any:
            while True:
                yield bytes(1024)

        task = asyncio.ensure_future(swallow(peer, requests()))
        while await peer.made() == 0:
            pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await peer.gone()

    world.run(run())


async def swallow(peer: Any, requests: Any) -> int:
    return await peer.swallow(requests)


def test_rust_calls_the_examples_in_python(world: World) -> None:
    assert world.run(world.rust.call("examples")) == []


@pytest.mark.parametrize("server", ["rust", "python"])
def test_python_calls_the_examples(world: World, server: str) -> None:
    client = world.client if server == "rust" else world.own
    world.run(call_examples(client))


async def call_examples(client: Any) -> None:
    """Holds the answers against what `examples.rs` and `interop_services.py` give."""
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    hello, control, shapes = examples.values()
    reply = await hello.HelloClient(client).greet(
        hello.HelloRequest(name="Ada", mood=hello.Mood.CURT)
    )
    assert reply == hello.HelloReply(text="Ada 1", at=epoch)

    calls = control.ControlClient(client)
    status = await calls.status("名前", verbose=True)
    took = datetime.timedelta(seconds=-1.5)
    done = control.OutcomeDone(control.Report(steps=3, took=took))
    assert status == control.StatusReply(agent="名前", outcome=done, load=[0.5])
    assert (await calls.status("b")).outcome is None

    def entry(text: str) -> Any:
        return control.LogEntry(agent="a", at=epoch, text=text)

    assert await calls.submit(entry("x")) is None
    with pytest.raises(AsterError, match="the line is empty"):
        await calls.submit(entry(""))
    level = module("fleet.common").Level.ERROR
    lines = await collect(
        calls.tail(control.TailRequest(agents={"a", "é"}, level=level))
    )
    assert sorted((line.agent, line.level) for line in lines) == [
        ("a", level),
        ("é", level),
    ]
    assert (await calls.ingest([entry("x")] * 700)).lines == 700
    commands = [
        control.Command(name="ls", arguments=["-l", "🎈"]),
        control.Command(name="cd"),
    ]
    outputs = await collect(calls.exec(commands))
    assert [(output.line, output.code) for output in outputs] == [
        ("ls -l 🎈", 30),
        ("cd ", 30),
    ]

    async with client.session() as first, client.session() as second:
        here, there = control.ShellClient(first), control.ShellClient(second)
        await here.cd("/tmp")
        assert ((await here.ls()).path, (await there.ls()).path) == ("/tmp", "/")

    calls = shapes.ShapesClient(client)
    given, out = lambda text: shapes.In(text=text), lambda text: shapes.Out(text=text)
    assert await calls.unary(given("é🎈")) == out("é🎈")
    assert await calls.unary_value(given("é🎈")) == -2
    assert await calls.unary_list(given("a")) == ["a", None]
    assert await calls.unary_maybe(given("")) is None
    assert await calls.unary_maybe(given("a")) == out("a")
    assert await calls.unary_nothing(given("")) is None
    assert await calls.no_parameters() == out("none")
    assert await calls.parameters("a", list=[given("a")]) is True
    assert await calls.parameters("a", maybe=out(""), list=[given("a")]) is False
    assert await calls.many(-128, 127, 0, 1, 2, 3, "-128 127 0 1 2 3") is None
    assert await collect(calls.server_stream(given("aé🎈"))) == [
        out("a"),
        out("é"),
        out("🎈"),
    ]
    assert await collect(calls.server_stream_value(-2, 3)) == [-2, -1, 0, 1, 2]
    assert await calls.client_stream([given("a"), given("é")]) == out("aé")
    assert await calls.client_stream_value(["a", "é"]) == 3
    assert await calls.client_stream_nothing([]) is None
    assert await collect(calls.bidi([given("a"), given("é")])) == [out("a"), out("é")]
    assert await collect(calls.bidi_value([b"", b"\0\xff"])) == [b"", b"\0\xff"]
    digits = "-1234567890123456789012345678901234567890.5"
    decimals = await collect(calls.bidi_mixed([given(digits), given("0.10")]))
    assert [str(number) for number in decimals] == [digits, "0.10"]


@pytest.mark.parametrize("server", ["rust", "python"])
def test_a_message_over_the_limit_is_refused_and_the_next_one_is_not(
    world: World, server: str
) -> None:
    client = world.client if server == "rust" else world.own
    leaf = module("corners.containers").Leaf
    large = case_of(leaf(name="x" * (17 << 20)))
    small = case_of(leaf(name="x"))

    async def run() -> None:
        bare = matrix.BareClient(client)
        with pytest.raises(ResourceExhausted):
            await bare.unary(large)
        with pytest.raises(ResourceExhausted):
            await bare.client_stream([small, large])
        got = []
        with pytest.raises(ResourceExhausted):
            async for item in bare.bidi([small, large, small]):
                got.append(item)
        assert got in ([], [small])
        assert await bare.unary(small) == small

    world.run(run())


def test_a_status_that_is_too_large_for_its_trailer_still_says_its_code(
    world: World,
) -> None:
    for message, details in (("é" * 200_000, {}), ("short", {"a": bytes(200_000)})):
        request = matrix.FailRequest(
            code=5, message=message, details=details, trailer={}
        )
        # Python's server tells Rust, and Rust's server tells Python
        number, told, _, _ = world.run(world.rust.fails("fail", encode(request)))
        assert number == 5 and len(told.encode()) < 1 << 16
        with pytest.raises(AsterError) as caught:
            world.run(matrix.PeerClient(world.client).fail(5, message, details, {}))
        assert caught.value.number == 5
        assert len(caught.value.message.encode()) < 1 << 16
