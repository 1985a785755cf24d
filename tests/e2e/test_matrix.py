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


QUICK = settings(
    max_examples=6,
    deadline=None,
    database=None,
    derandomize=True,
    # a failure is shown as it was found: what shrinks it takes minutes
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(("number", "name"), CASES, ids=[name for _, name in CASES])
def test_values_come_back_as_they_are(world: World, number: int, name: str) -> None:
    case = TYPES.cases["matrix.Value", number]
    full = TYPES.resolve("matrix", name)

    @QUICK
    @given(
        st.lists(st.builds(case, named(full)), min_size=3, max_size=10), st.booleans()
    )
    def check(values: list[Any], bare: bool) -> None:
        holds(world, values, bare=bare)

    check()


def test_values_of_all_types_in_one_stream(world: World) -> None:
    @QUICK
    @given(st.lists(named("matrix.Value"), min_size=20, max_size=40))
    def check(values: list[Any]) -> None:
        got = world.run(of_python(world.own, False, values))
        assert {pattern: plain(items) for pattern, items in got.items()} == expected(
            values
        )
        holds(world, values, bare=True)

    check()


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
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
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
    assert moment.at == datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    assert moment.within == datetime.timedelta(microseconds=-1)
