"""Rust, Python and TypeScript: each as client and as server of each, in all four patterns, with every type of the examples."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aster_runtime import Client, ContractViolation, Node, Server
from interop import TYPES, Rust, World, decode, encode, module, named
from test_matrix import (
    CASES,
    EXAMPLES,
    FEW,
    case_of,
    collect,
    expected,
    generated,
    matrix,
    of_python,
    plain,
    same,
    tree,
)
from test_peers import CODES, LIES, Altered, altered, call_examples
from typescript import TypeScript

LANGUAGES = ("rust", "python", "typescript")


class Three:
    """A server of each language, and a client of each for each of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.stack = AsyncExitStack()
        self.programs: dict[tuple[str, str], Rust] = {}
        """By the languages of the client and the server."""
        self.python: dict[str, Any] = {}
        """Python's clients, by the language of the server."""
        world.run(self._start())

    async def _start(self) -> None:
        world = self.world
        server = await TypeScript.start()
        self.stack.push_async_callback(server.stop)
        self.addresses = {
            "rust": world.rust.address,
            "python": world.node.address,
            "typescript": server.address,
        }
        for to, address in self.addresses.items():
            client = Client.connect(world.dialling, address)
            self.python[to] = await self.stack.enter_async_context(client)
            for language, program in (("rust", Rust), ("typescript", TypeScript)):
                started = await program.start()
                self.stack.push_async_callback(started.stop)
                assert await started.command("connect", address) == ["ok"]
                self.programs[language, to] = started

    def close(self) -> None:
        self.world.run(self.stack.aclose())


@pytest.fixture(scope="module")
def three(world: World) -> Iterator[Three]:
    three = Three(world)
    yield three
    three.close()


PAIRS = [(client, to) for client in LANGUAGES for to in LANGUAGES]


async def of_program(program: Rust, method: str, values: list[Any]) -> list[Any]:
    """What a program's client gets of the server that it is connected to."""
    payloads = [encode(matrix.Any(value=value)) for value in values]
    answers = await program.call(method, payloads)
    return [decode(matrix.Any, answer).value for answer in answers]


async def results(
    three: Three, client: str, to: str, bare: bool, values: list[Any]
) -> dict[str, list[Any]]:
    """What comes back in each pattern."""
    if client == "python":
        return await of_python(three.python[to], bare, values)
    program, service = three.programs[client, to], "bare" if bare else "echo"
    return {
        pattern: await of_program(program, f"{service}.{pattern}", values)
        for pattern in ("unary", "server_stream", "client_stream", "bidi")
    }


def holds(three: Three, values: list[Any], *, bare: bool) -> None:
    """The values come back as they are, whoever calls whom."""
    wanted = expected(values)
    for client, to in PAIRS:
        got = three.world.run(results(three, client, to, bare, values))
        for pattern, values_of in wanted.items():
            assert plain(got[pattern]) == values_of, f"{client} calls {to}: {pattern}"


@pytest.mark.parametrize(("number", "name"), CASES, ids=[name for _, name in CASES])
def test_values_come_back_as_they_are(three: Three, number: int, name: str) -> None:
    values = generated(named(TYPES.resolve("matrix", name)), EXAMPLES // 2)
    maker = three.programs["typescript", "typescript"]
    samples = three.world.run(maker.call(f"samples.c{number}"))
    values.extend(decode(matrix.Any, sample).value.value for sample in samples)
    assert len(samples) == EXAMPLES // 2
    cases = [TYPES.cases["matrix.Value", number](value) for value in values]
    for language in ("rust", "typescript"):
        # as what they are, to and from TypeScript: Rust and Python are held against each other elsewhere
        if language == "typescript":
            for to in LANGUAGES:
                got = three.world.run(
                    of_program(three.programs["typescript", to], "itself", cases)
                )
                same(got, cases, f"typescript calls {to}: c{number} as itself")
        else:
            program = three.programs["rust", "typescript"]
            answers = three.world.run(
                program.call(f"itself.c{number}", map(encode, values))
            )
            got = [
                decode(type(value), answer)
                for value, answer in zip(values, answers, strict=True)
            ]
            same(got, values, f"rust calls typescript: c{number} as itself")
    itself = getattr(matrix.ItselfClient(three.python["typescript"]), f"c{number}")
    same(
        three.world.run(collect(itself(values))),
        values,
        f"python calls typescript: c{number} as itself",
    )
    step = max(1, len(cases) // FEW)
    few = cases[::step][:FEW]
    holds(three, few, bare=False)
    holds(three, few, bare=True)


@pytest.mark.parametrize(("number", "name"), CASES, ids=[name for _, name in CASES])
@pytest.mark.parametrize("to", ["rust", "typescript"])
def test_values_of_typescript_come_back_to_the_nanosecond(
    three: Three, number: int, name: str, to: str
) -> None:
    client = three.programs["typescript", to]
    assert three.world.run(client.call(f"checked.c{number}")) == []


def test_sixty_messages_deep(three: Three) -> None:
    holds(three, [tree(60)], bare=False)


@pytest.mark.parametrize(
    ("client", "to"), [pair for pair in PAIRS if "typescript" in pair]
)
@pytest.mark.parametrize("code", [2, *sorted(CODES), 77, 4_000_000_000])
def test_errors_cross_with_their_details_and_metadata(
    three: Three, client: str, to: str, code: int
) -> None:
    details = {"a": b"\0\xff", "ключ": "é🎈".encode()}
    trailer = {"first": "1", "second": "two"}
    request = matrix.FailRequest(
        code=int(code), message="é🎈\n", details=details, trailer=trailer
    )
    if client == "python":
        call = matrix.PeerClient(three.python[to]).fail(
            int(code), "é🎈\n", details, trailer
        )
        with pytest.raises(CODES.get(code, Exception)) as caught:
            three.world.run(call)
        error: Any = caught.value
        assert (error.number, error.message, error.details) == (code, "é🎈\n", details)
        assert trailer.items() <= dict(error.metadata).items()
        return
    told = three.world.run(three.programs[client, to].fails("fail", encode(request)))
    assert told[:3] == (code, "é🎈\n", details)
    assert {key: value.encode() for key, value in trailer.items()}.items() <= told[
        3
    ].items()


@pytest.mark.parametrize(("client", "to"), PAIRS)
def test_every_client_calls_the_examples_of_every_server(
    three: Three, client: str, to: str
) -> None:
    if client == "python":
        three.world.run(call_examples(three.python[to]))
    else:
        assert three.world.run(three.programs[client, to].call("examples")) == []


@pytest.mark.parametrize("client", LANGUAGES)
def test_a_client_moves_between_servers_of_one_contract(
    three: Three, client: str
) -> None:
    """One node, which goes from server to server and back: the contract is the same whoever serves it."""

    async def moves() -> None:
        tour = [*LANGUAGES, *reversed(LANGUAGES)]
        if client == "python":
            async with Node.dev() as node:
                for to in tour:
                    async with Client.connect(node, three.addresses[to]) as moved:
                        await call_examples(moved)
            return
        program = await (Rust if client == "rust" else TypeScript).start()
        for to in tour:
            assert await program.command("connect", three.addresses[to]) == ["ok"]
            assert await program.call("examples") == []
        await program.stop()

    three.world.run(moves())


@pytest.mark.parametrize(
    ("client", "to"),
    [pair for pair in PAIRS if "typescript" in pair and pair[0] != "python"],
)
def test_who_breaks_off_ends_the_handler(three: Three, client: str, to: str) -> None:
    assert three.world.run(three.programs[client, to].call("drop")) == []


def test_python_breaks_off_and_handlers_in_typescript_end(three: Three) -> None:
    async def run() -> None:
        peer = matrix.PeerClient(three.python["typescript"])
        async with peer.endless(b"") as stream:
            assert await anext(stream) == 0
            for _ in range(100):
                made = await peer.made()
            assert 0 < made < 100_000
        await peer.gone()

    three.world.run(run())


@pytest.mark.parametrize("kind", LIES)
def test_a_client_that_lies_is_refused_by_typescript(three: Three, kind: str) -> None:
    payload, path = LIES[kind]
    good = encode(
        matrix.Any(value=case_of(module("corners.containers").Leaf(name="x")))
    )
    liar = three.programs["rust", "typescript"]
    for method, payloads in (
        ("raw", [payload]),
        ("raw", [good, payload]),
        # refused while more may come
        ("raw.open", [good, payload]),
    ):
        code, message, _, _ = three.world.run(liar.fails(method, *payloads))
        assert code == ContractViolation.code
        assert re.search(path, message), message
    # the connection is as good as before
    (answer,) = three.world.run(liar.call("raw", [good]))
    assert decode(matrix.Any, answer) == decode(matrix.Any, good)


def test_a_server_that_lies_is_refused_by_typescript(three: Three) -> None:
    async def run() -> None:
        liar, client = await Rust.start("liar"), await TypeScript.start()
        assert await client.command("connect", liar.address) == ["ok"]
        for payload, path in LIES.values():
            for method in ("lied.unary", "lied.server_stream"):
                code, message, _, _ = await client.fails(method, payload)
                assert code == ContractViolation.code
                assert re.search(path, message), message
        honest = encode(
            matrix.Any(value=case_of(module("corners.containers").Leaf(name="x")))
        )
        (answer,) = await client.call("lied.unary", [honest])
        assert decode(matrix.Any, answer) == decode(matrix.Any, honest)
        await client.stop()
        await liar.stop()

    three.world.run(run())


def test_typescript_finds_that_python_has_another_contract(three: Three) -> None:
    async def run() -> tuple[list[str], list[str]]:
        async with Node.dev() as node, Server(node, [Altered()]):
            client = await TypeScript.start()
            assert await client.command("connect", node.address) == ["ok"]
            told = await client.command("examples"), await client.command("moments")
            await client.stop()
            return told

    (mismatch, text), (missing, _) = three.world.run(run())
    assert (mismatch, missing) == ("mismatch", "missing")
    assert altered.HELLO_CONTRACT_ID in base64.b64decode(text).decode()


def test_a_peer_that_is_killed_leaves_the_others_as_they_were(three: Three) -> None:
    async def run() -> None:
        for program in (Rust, TypeScript):
            server, client = await program.start(), await TypeScript.start()
            assert await client.command("connect", server.address) == ["ok"]
            assert await client.call("examples") == []
            server.process.kill()
            await server.process.wait()
            assert await client.command("connect", three.addresses["python"]) == ["ok"]
            assert await client.call("examples") == []
            await client.stop()

    three.world.run(run())
