"""Messages become payloads and come back, or are refused with a path."""

from __future__ import annotations

import datetime
import decimal
import random
from typing import Any

import pytest
from aster_runtime import ContractViolation, MessageError, decode, encode
from gen_corners.corners import containers, recursion, scalars
from gen_corners.corners.scalars import Optional, Sparse
from hypothesis import given, settings
from hypothesis import strategies as st


def integer(bits: int, signed: bool = True) -> st.SearchStrategy[int]:
    low = -(2 ** (bits - 1)) if signed else 0
    high = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    return st.one_of(st.sampled_from([low, high, 0]), st.integers(low, high))


TIMES = st.datetimes(
    max_value=datetime.datetime(9999, 12, 30, 21),
    timezones=st.just(datetime.timezone.utc),
)
MOST = datetime.timedelta(seconds=9_000_000_000_000)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
DECIMALS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.integers(-(10**40), 10**40).map(lambda n: decimal.Decimal(n).scaleb(-20)),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "a": st.booleans(),
    "b": integer(8),
    "c": integer(16),
    "d": integer(32),
    "e": integer(64),
    "f": integer(32),
    "g": integer(64),
    "h": integer(8, False),
    "i": integer(16, False),
    "j": integer(32, False),
    "k": integer(64, False),
    "l": integer(32, False),
    "m": integer(64, False),
    "n": st.floats(width=32, allow_nan=False),
    "o": st.floats(allow_nan=False),
    "p": TEXTS,
    "q": st.binary(),
    "r": TIMES,
    "s": st.timedeltas(-MOST, MOST),
    "t": st.dates(),
    "v": st.sampled_from(list(Sparse)),
}


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({}, optional=VALUES))
def test_optional_scalars_come_back(values: dict[str, Any]) -> None:
    message = Optional(**values)
    assert decode(Optional, encode(message)) == message


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries({k: st.lists(v, max_size=4) for k, v in VALUES.items()}))
def test_lists_of_scalars_come_back(values: dict[str, Any]) -> None:
    message = scalars.Lists(**values, u=[])
    assert decode(scalars.Lists, encode(message)) == message


@settings(max_examples=200, deadline=None)
@given(DECIMALS)
def test_decimals_come_back(value: decimal.Decimal) -> None:
    again = decode(Optional, encode(Optional(u=value))).u
    assert again == value


LIMITS = {
    "b": (-(2**7), 2**7 - 1),
    "c": (-(2**15), 2**15 - 1),
    "d": (-(2**31), 2**31 - 1),
    "e": (-(2**63), 2**63 - 1),
    "f": (-(2**31), 2**31 - 1),
    "g": (-(2**63), 2**63 - 1),
    "h": (0, 2**8 - 1),
    "i": (0, 2**16 - 1),
    "j": (0, 2**32 - 1),
    "k": (0, 2**64 - 1),
    "l": (0, 2**32 - 1),
    "m": (0, 2**64 - 1),
}


@pytest.mark.parametrize("field", LIMITS)
def test_integers_keep_to_their_width(field: str) -> None:
    low, high = LIMITS[field]
    for value in (low - 1, high + 1, 2**64, -(2**63) - 1, 10**30, -(10**30)):
        with pytest.raises(MessageError, match=f"`{field}` of"):
            encode(Optional(**{field: value}))  # type: ignore[arg-type]
    for value in (True, 1.0, "1", b"1", [1]):
        with pytest.raises(MessageError, match=f"`{field}` of"):
            encode(Optional(**{field: value}))  # type: ignore[arg-type]


NAIVE = datetime.datetime(2026, 1, 1)

WRONG: list[tuple[str, Any]] = [
    ("a", 1),
    ("a", "true"),
    ("n", 1e39),
    ("n", -1e39),
    ("n", 10**400),
    ("n", "1"),
    ("n", True),
    ("o", 10**400),
    ("p", b"x"),
    ("p", "\ud800"),
    ("q", "x"),
    ("r", NAIVE),
    ("r", NAIVE.date()),
    ("s", 1),
    ("t", NAIVE),
    ("t", "2026-01-01"),
    ("u", 1),
    ("u", decimal.Decimal("NaN")),
    ("u", decimal.Decimal("sNaN")),
    ("u", decimal.Decimal("Infinity")),
    ("u", decimal.Decimal("1E+999999999999")),
    ("v", 0),
    ("v", "LOW"),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=str)
def test_a_wrong_value_is_refused_with_its_path(field: str, value: Any) -> None:
    with pytest.raises(MessageError, match=f"`{field}` of"):
        encode(Optional(**{field: value}))


def test_times_keep_their_instant() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=45))
    utc = datetime.timezone.utc
    for at in (
        datetime.datetime(2026, 1, 1, 3, 4, 5, 6, tzinfo=zone),
        datetime.datetime(1, 1, 1, tzinfo=utc),
        datetime.datetime(9999, 12, 30, 21, 59, 59, 999_999, tzinfo=utc),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=utc),
    ):
        again = decode(Optional, encode(Optional(r=at))).r
        assert again == at and again is not None and again.tzinfo is utc
    with pytest.raises(MessageError, match="`r` of"):
        encode(Optional(r=datetime.datetime.max.replace(tzinfo=utc)))
    with pytest.raises(MessageError, match="`s` of"):
        encode(Optional(s=MOST + datetime.timedelta.resolution))
    for took in (MOST, -MOST, datetime.timedelta(microseconds=-1)):
        assert decode(Optional, encode(Optional(s=took))).s == took


def test_a_missing_attribute_is_refused() -> None:
    message = containers.Leaf(name="x")
    del message.name
    with pytest.raises(MessageError):
        encode(message)
    for other in (object(), 7, None, "x"):
        with pytest.raises(TypeError, match="message"):
            encode(other)


def tree(depth: int) -> recursion.Tree:
    root = recursion.Tree(value=0)
    for value in range(1, depth):
        root = recursion.Tree(value=value, left=root)
    return root


def test_messages_nest_sixty_deep_and_no_seventy() -> None:
    assert decode(recursion.Tree, encode(tree(60))) == tree(60)
    with pytest.raises(MessageError, match="left.left"):
        encode(tree(70))


def test_a_list_that_changes_while_it_is_read_is_no_crash() -> None:
    items: list[Any] = []

    class Grows(containers.Leaf):
        __slots__ = ()

        @property
        def name(self) -> str:  # type: ignore[override]
            items.clear()
            items.extend([containers.Leaf(name="y")] * 3)
            return "x"

    items.extend([Grows.__new__(Grows), containers.Leaf(name="z")])
    message = recursion.Forest(trees=items, by_name={}, maybe=[])
    with pytest.raises(MessageError):
        encode(message)


def test_damaged_payloads_are_violations_and_nothing_else() -> None:
    chance = random.Random(7)
    valid = [
        (Optional, encode(Optional(a=True, e=-5, p="text", q=b"\0\1", v=Sparse.HIGH))),
        (recursion.Tree, encode(tree(5))),
        (Optional, encode(Optional(u=decimal.Decimal("1.5"), s=datetime.timedelta(1)))),
    ]
    for kind, payload in valid:
        for _ in range(33_334):
            damaged = bytearray(payload)
            for _ in range(chance.randrange(1, 4)):
                place = chance.randrange(len(damaged) + 1)
                match chance.randrange(3):
                    case 0:
                        damaged[place : place + 1] = [chance.randrange(256)]
                    case 1:
                        del damaged[place : place + chance.randrange(4)]
                    case _:
                        damaged[place:place] = chance.randbytes(2)
            try:
                decode(kind, bytes(damaged))
            except ContractViolation:
                pass
