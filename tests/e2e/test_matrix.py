"""Every type of the examples between Rust and Python, in both directions and in all four patterns."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import schema
from aster_runtime import MessageError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from interop import TYPES, World, decode, encode, module, named, plain

matrix = module("matrix")
recursion = module("corners.recursion")
scalars = module("corners.scalars")

CASES = TYPES.unions["matrix.Value"]


def of_rust(world: World, method: str, values: list[Any]) -> list[Any]:
    """What Rust's client gets of Python's server."""
    payloads = [encode(matrix.Any(value=value)) for value in values]
    return [
        decode(matrix.Any, answer).value
        for answer in world.run(world.rust.call(method, payloads))
    ]


async def of_python(client: Any, bare: bool, values: list[Any]) -> dict[str, list[Any]]:
    """What Python's client gets of a server."""
    stub = (matrix.BareClient if bare else matrix.EchoClient)(client)
    sent = values if bare else [matrix.Any(value=value) for value in values]
    got = {
        "unary": [await stub.unary(value) for value in sent],
        "server_stream": [
            item for value in sent async for item in stub.server_stream(value)
        ],
        "client_stream": [await stub.client_stream(sent)],
        "bidi": [item async for item in stub.bidi(sent)],
    }
    return (
        got
        if bare
        else {pattern: [item.value for item in items] for pattern, items in got.items()}
    )


def expected(values: list[Any]) -> dict[str, Any]:
    return {
        "unary": plain(values),
        "server_stream": plain([value for value in values for _ in range(3)]),
        "client_stream": plain(values[-1:]),
        "bidi": plain(values),
    }


def holds(world: World, values: list[Any], *, bare: bool) -> None:
    """The values come back as they are: from Rust's server, and from Python's through Rust's client."""
    wanted = expected(values)
    got = world.run(of_python(world.client, bare, values))
    for pattern in wanted:
        assert plain(got[pattern]) == wanted[pattern], f"Python calls Rust: {pattern}"
        answers = of_rust(world, f"{'bare' if bare else 'echo'}.{pattern}", values)
        assert plain(answers) == wanted[pattern], f"Rust calls Python: {pattern}"


EXAMPLES = 100
"""So many values of each type."""

FEW = 4
"""So many of them with a call of their own."""


def generated(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Values of a strategy: they travel in few calls, and what fails is shown as it was found."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    assert found
    return found


def same(got: list[Any], wanted: list[Any], what: str) -> None:
    """Holds values against each other, one by one."""
    assert len(got) == len(wanted), what
    for index, (one, other) in enumerate(zip(got, wanted, strict=True)):
        assert plain(one) == plain(other), f"{what}: value {index}"


def streamed(world: World, number: int, values: list[Any]) -> None:
    """Many values in one call each: as cases of the union, and as what they are."""
    name = f"c{number}"
    cases = [TYPES.cases["matrix.Value", number](value) for value in values]
    itself = getattr(matrix.ItselfClient(world.client), name)
    got = world.run(collect(itself(values)))
    same(got, values, f"Python calls Rust: {name} as itself")
    payloads = world.run(world.rust.call(f"itself.{name}", map(encode, values)))
    got = [decode(type(value), again) for value, again in zip(values, payloads)]
    same(got, values, f"Rust calls Python: {name} as itself")
    bidi = matrix.BareClient(world.client).bidi
    same(world.run(collect(bidi(cases))), cases, f"Python calls Rust: {name} as a case")
    same(of_rust(world, "echo.bidi", cases), cases, f"Rust calls Python: {name}")


@pytest.mark.parametrize(("number", "name"), CASES, ids=[name for _, name in CASES])
def test_values_come_back_as_they_are(world: World, number: int, name: str) -> None:
    values = generated(named(TYPES.resolve("matrix", name)), EXAMPLES)
    # a type of few values has each of them
    distinct = {repr(plain(value)) for value in values}
    assert len(values) >= EXAMPLES or len(values) == len(distinct), name
    streamed(world, number, values)
    case = TYPES.cases["matrix.Value", number]
    step = max(1, len(values) // FEW)
    few = [case(value) for value in values[::step][:FEW]]
    holds(world, few, bare=False)
    holds(world, few, bare=True)


def test_values_of_all_types_in_one_stream(world: World) -> None:
    values = generated(named("matrix.Value"), EXAMPLES)
    got = world.run(of_python(world.own, False, values))
    wanted = expected(values)
    assert {pattern: plain(items) for pattern, items in got.items()} == wanted
    holds(world, values, bare=True)


def test_the_schema_has_every_type_of_the_examples() -> None:
    assert schema.MATRIX.read_text(encoding="utf-8") == schema.schema(), (
        "run python tests/e2e/schema.py"
    )
    assert len(CASES) == len(list(schema.declared())) > 100


def case_of(value: Any) -> Any:
    """A message as the case that it is."""
    full = next(full for full, cls in TYPES.classes.items() if cls is type(value))
    number = next(
        number for number, name in CASES if TYPES.resolve("matrix", name) == full
    )
    return TYPES.cases["matrix.Value", number](value)


def tree(depth: int) -> Any:
    found = None
    for value in range(depth):
        found = recursion.Tree(value=value, left=found)
    return case_of(found)


def test_sixty_messages_deep(world: World) -> None:
    holds(world, [tree(60)], bare=False)
    holds(world, [tree(60)], bare=True)


def test_seventy_messages_deep_are_refused_before_they_are_sent(world: World) -> None:
    with pytest.raises(MessageError, match="at most 64 messages inside each other"):
        world.run(matrix.EchoClient(world.client).unary(matrix.Any(value=tree(70))))


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udc00\ud800"])
def test_lone_surrogates_are_refused_before_they_are_sent(
    world: World, text: str
) -> None:
    value = case_of(module("corners.containers").Leaf(name=text))
    with pytest.raises(MessageError, match="name"):
        world.run(matrix.EchoClient(world.client).unary(matrix.Any(value=value)))
    with pytest.raises(MessageError, match="name"):
        world.run(collect(matrix.BareClient(world.client).bidi([value])))


async def collect(stream: Any) -> list[Any]:
    return [item async for item in stream]


def test_times_of_rust_are_floored_to_microseconds(world: World) -> None:
    moments = world.run(collect(matrix.PeerClient(world.client).moments()))
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    micros = [1_700_000_000_123_456, 0, -1, -62_135_596_800_000_000]
    assert [moment.at for moment in moments] == [
        epoch + datetime.timedelta(microseconds=count) for count in micros
    ]
    assert [moment.within for moment in moments] == [
        datetime.timedelta(microseconds=count) for count in micros
    ]


def test_what_python_has_is_exact_in_rust(world: World) -> None:
    (payload,) = world.run(world.rust.call("moments"))
    moment = decode(matrix.Moments, payload)
    assert moment.at == datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    assert moment.within == datetime.timedelta(microseconds=-1)
