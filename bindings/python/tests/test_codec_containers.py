"""Containers become payloads and come back: sets, maps with keys of every kind, unions, and all of them in each other."""

from __future__ import annotations

from typing import Any

import pytest
from aster_runtime import MessageError, decode, encode
from gen_corners.corners import containers, scalars
from gen_corners.corners.containers import (
    Choice,
    ChoiceLeaf,
    ChoiceNumber,
    Empty,
    Leaf,
    Nested,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_codec import DECIMALS, VALUES

# `VALUES` by the letters of the schema: fields of that letter have keys, or elements, of that type
SETS = {letter: VALUES[letter] for letter in "abcdefghijklmpv"}
ITEMS: dict[str, st.SearchStrategy[Any]] = {
    "a": VALUES["n"],
    "b": VALUES["o"],
    "c": VALUES["q"],
    "d": VALUES["r"],
    "e": VALUES["s"],
    "f": VALUES["t"],
    "g": DECIMALS,
    "h": VALUES["a"],
    "i": st.none() | VALUES["b"],
    "j": st.none() | VALUES["p"],
    "k": VALUES["v"],
    "l": VALUES["k"],
    "m": VALUES["f"],
    "p": VALUES["p"],
    "v": st.none() | VALUES["v"],
}

thorough = settings(
    max_examples=200, deadline=None, suppress_health_check=list(HealthCheck)
)


def comes_back(message: Any) -> None:
    again = decode(type(message), encode(message))
    assert again == message
    # what was read is written, and read, as the same
    assert decode(type(message), encode(again)) == message


@thorough
@given(st.fixed_dictionaries({key: st.sets(v, max_size=5) for key, v in SETS.items()}))
def test_sets_come_back(values: dict[str, set[Any]]) -> None:
    comes_back(scalars.Sets(**values))


@thorough
@given(
    st.fixed_dictionaries(
        {
            key: st.dictionaries(SETS[key], item, max_size=5)
            for key, item in ITEMS.items()
        }
    )
)
def test_maps_with_keys_of_every_kind_come_back(values: dict[str, Any]) -> None:
    message = scalars.Keys(**values)
    comes_back(message)
    again = decode(scalars.Keys, encode(message))
    for letter, pairs in values.items():
        # True is no 1 here
        kinds = {type(key) for key in getattr(again, letter)}
        assert kinds <= {type(key) for key in pairs}, letter


@pytest.mark.parametrize("letter", SETS)
def test_each_kind_of_key_at_once_and_many(letter: str) -> None:
    if letter in "av":
        kind = bool if letter == "a" else scalars.Sparse
        keys = [False, True] if kind is bool else list(scalars.Sparse)
    elif letter == "p":
        keys = [f"é{number}" for number in range(1000)]
    else:
        keys = list(range(100))
    sets: dict[str, Any] = {other: set() for other in SETS}
    comes_back(scalars.Sets(**{**sets, letter: set(keys)}))
    values = {other: {} for other in ITEMS}
    few = st.lists(ITEMS[letter], min_size=len(keys), max_size=len(keys))

    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(few)
    def check(items: list[Any]) -> None:
        pairs = dict(zip(keys, items, strict=True))
        comes_back(scalars.Keys(**{**values, letter: pairs}))  # type: ignore[arg-type]

    if len(keys) <= 100:
        check()


LEAVES = st.builds(Leaf, name=VALUES["p"])
EMPTY = st.builds(Empty)
CHOICES: st.SearchStrategy[Choice] = st.builds(ChoiceLeaf, LEAVES) | st.builds(
    ChoiceNumber, VALUES["d"]
)
TEXT = VALUES["p"]


def few(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, max_size=3)


def by(
    keys: st.SearchStrategy[Any], items: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[Any, Any]]:
    return st.dictionaries(keys, items, max_size=3)


def maybe(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | items


NESTED = st.builds(
    Nested,
    matrix=few(few(st.floats(allow_nan=False))),
    optional=maybe(few(maybe(TEXT))),
    leaves=few(LEAVES),
    maybe_leaves=few(maybe(LEAVES)),
    choices=few(CHOICES),
    maybe_choices=few(maybe(CHOICES)),
    nothing=few(EMPTY),
    maybe_nothing=few(maybe(EMPTY)),
    by_name=by(TEXT, LEAVES),
    maybe_by_name=by(TEXT, maybe(LEAVES)),
    choice_by_name=by(TEXT, maybe(CHOICES)),
    deep=by(
        VALUES["d"],
        by(TEXT, few(by(st.booleans(), maybe(few(maybe(LEAVES)))))),
    ),
    sets=few(maybe(st.sets(VALUES["d"], max_size=3))),
    set_by_name=by(TEXT, st.sets(TEXT, max_size=3)),
    choice=CHOICES,
    maybe_choice=maybe(CHOICES),
    leaf=LEAVES,
    maybe_leaf=maybe(LEAVES),
    empty=EMPTY,
    maybe_empty=maybe(EMPTY),
)


@thorough
@given(NESTED)
def test_containers_in_containers_come_back(message: Nested) -> None:
    comes_back(message)


def nested(**fields: Any) -> Nested:
    """The least message of that type, with these fields."""
    lists = ("matrix", "leaves", "maybe_leaves", "choices", "maybe_choices", "sets")
    maps = ("by_name", "maybe_by_name", "choice_by_name", "deep", "set_by_name")
    least: dict[str, Any] = {name: [] for name in (*lists, "nothing", "maybe_nothing")}
    least |= {name: {} for name in maps}
    least |= {"choice": ChoiceNumber(1), "leaf": Leaf(name="x"), "empty": Empty()}
    return Nested(**least | fields)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"matrix": [[1.0], [2.0, "x"]]}, "matrix[1][1]", "a float, found str 'x'"),
    ({"matrix": ((1.0,),)}, "matrix", "a list, found tuple"),
    ({"optional": [None, "a", 1]}, "optional[2]", "a str, found int 1"),
    (
        {"deep": {1: {"a": [{True: [None, Leaf(name=7)]}]}}},  # type: ignore[arg-type]
        'deep[1]["a"][0][true][1].name',
        "a str, found int 7",
    ),
    ({"deep": {"1": {}}}, "deep[0]", "an int, found str '1'"),
    ({"deep": {1: {"a": [{1: None}]}}}, 'deep[1]["a"][0][0]', "a bool, found int 1"),
    ({"sets": [None, {"a"}]}, "sets[1][0]", "an int, found str 'a'"),
    ({"sets": [[1]]}, "sets[0]", "a set, found list"),
    ({"sets": [{2**31}]}, "sets[0][0]", "in the range of"),
    ({"set_by_name": {"a": {b"c"}}}, 'set_by_name["a"][0]', "a str, found bytes"),
    ({"choice": Leaf(name="x")}, "choice", "a case of `corners.containers.Choice`"),
    ({"choice": None}, "choice", "a case of `corners.containers.Choice`, found None"),
    ({"choice": ChoiceNumber("x")}, "choice.number", "an int"),  # type: ignore[arg-type]
    (
        {"choice": ChoiceLeaf(Leaf(name=None))},  # type: ignore[arg-type]
        "choice.leaf.name",
        "a str, found None",
    ),
    ({"choices": [scalars.CasesA(True)]}, "choices[0]", "found CasesA"),
    ({"maybe_choices": [None, 7]}, "maybe_choices[1]", "found int 7"),
    (
        {"choice_by_name": {"a": ChoiceNumber(2**31)}},
        'choice_by_name["a"].number',
        "in the range of",
    ),
    ({"nothing": [Empty(), Leaf(name="a")]}, "nothing[1]", "an instance of Empty"),
    ({"nothing": [None]}, "nothing[0]", "found None"),
    ({"by_name": {"a": None}}, 'by_name["a"]', "an instance of Leaf, found None"),
    ({"by_name": [("a", Leaf(name="x"))]}, "by_name", "a dict, found list"),
    ({"leaf": containers.Empty()}, "leaf", "an instance of Leaf, found Empty"),
]


@pytest.mark.parametrize(
    ("fields", "path", "said"), WRONG, ids=[path for _, path, _ in WRONG]
)
def test_what_is_wrong_inside_is_refused_with_its_path(
    fields: dict[str, Any], path: str, said: str
) -> None:
    comes_back(nested())
    with pytest.raises(MessageError) as caught:
        encode(nested(**fields))
    told = str(caught.value)
    assert f"`{path}` of `corners.containers.Nested`: expected" in told
    assert said in told
