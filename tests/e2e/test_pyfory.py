"""pyfory, the codec's other implementation, reads what Python and TypeScript here write, and the other way round: every type.

Types are declared to it by hand: fields are known by the numbers of their names in order. Times go through `float` there, and
durations that are negative lose what is below a second, so that those here are whole seconds. It has an encoding of its own for names
that are not ASCII, so that types with such are not its.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import re
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Dict, List, Optional, Set  # noqa: UP035

import pyfory
import pytest
from aster_runtime import ContractViolation
from interop import TYPES, World, decode, encode, named, plain
from pyfory.union import Union, UnionSerializer
from test_matrix import CASES, generated
from typescript import TypeScript

KINDS: dict[str, Any] = {
    "bool": bool,
    **{f"int{bits}": getattr(pyfory, f"Int{bits}") for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": getattr(pyfory, f"UInt{bits}") for bits in (8, 16, 32, 64)},
    **{f"fixed_int{bits}": getattr(pyfory, f"FixedInt{bits}") for bits in (32, 64)},
    **{f"fixed_uint{bits}": getattr(pyfory, f"FixedUInt{bits}") for bits in (32, 64)},
    "float32": pyfory.Float32,
    "float64": pyfory.Float64,
    "string": str,
    "bytes": bytes,
    "timestamp": datetime.datetime,
    "duration": datetime.timedelta,
    "date": datetime.date,
    "decimal": decimal.Decimal,
}


class Declared:
    """The classes of pyfory for a message and those it has inside."""

    def __init__(self, full: str) -> None:
        self.fory = pyfory.Fory(xlang=True, ref=False, strict=True, compatible=True)
        self.classes: dict[str, Any] = {}
        self.root = self.named(full)

    def named(self, full: str) -> Any:
        if full in TYPES.aliases:
            return self.annotation(full.rsplit(".", 1)[0], TYPES.aliases[full])
        if full in self.classes:
            return self.classes[full]
        if full in TYPES.unions:
            self._union(full)
        elif full in TYPES.messages:
            self._message(full)
        else:
            values = {f"V{int(value)}": int(value) for value in TYPES.classes[full]}
            self.classes[full] = IntEnum(full.rsplit(".", 1)[1], values)
            self.fory.register_type(self.classes[full], name=full)
        return self.classes[full]

    def _union(self, full: str) -> None:
        def from_case_id(cls: Any, case_id: int, value: Any) -> Any:
            return cls(case_id, value)

        package, name = full.rsplit(".", 1)
        cls = type(name, (Union,), {"_from_case_id": classmethod(from_case_id)})
        self.classes[full] = cls
        cases = {
            number: self.annotation(package, inner)
            for number, inner in TYPES.unions[full]
        }
        # each union wants a class of its own that serializes it
        made = type(f"{name}Serializer", (UnionSerializer,), {})
        serializer = made(self.fory.type_resolver, cls, cases)
        self.fory.register_union(cls, name=full, serializer=serializer)

    def _message(self, full: str) -> None:
        package, name = full.rsplit(".", 1)
        cls = self.classes[full] = type(name, (), {"__module__": __name__})
        names = TYPES.fields[full]
        order = sorted(names)
        cls.__annotations__ = {
            f"f{place}": self.annotation(package, expression)
            for place, expression in enumerate(TYPES.messages[full])
        }
        for place, field in enumerate(names):
            number = order.index(field) + 1
            setattr(cls, f"f{place}", pyfory.field(id=number, default=None))
        dataclasses.dataclass(cls)
        self.fory.register_type(cls, name=full)

    def annotation(self, package: str, expression: str) -> Any:
        expression = expression.strip()
        if expression.endswith("?"):
            return Optional[self.annotation(package, expression[:-1])]  # noqa: UP045
        if expression.startswith("list<"):
            return List[self.annotation(package, expression[5:-1])]  # noqa: UP006
        if expression.startswith("set<"):
            return Set[self.annotation(package, expression[4:-1])]  # noqa: UP006
        if expression.startswith("map<"):
            key, value = expression[4:-1].split(",", 1)
            return Dict[self.annotation(package, key), self.annotation(package, value)]  # noqa: UP006
        return KINDS.get(expression) or self.named(TYPES.resolve(package, expression))

    def theirs(self, value: Any) -> Any:
        """A value of ours as pyfory has it."""
        if isinstance(value, IntEnum):
            return self.classes[FULL[type(value)]](int(value))
        if type(value) in CASE:
            full, number = CASE[type(value)]
            return self.classes[full](number, self.theirs(value.value))
        if dataclasses.is_dataclass(value):
            inner = [
                self.theirs(getattr(value, field.name))
                for field in dataclasses.fields(value)
            ]
            return self.classes[FULL[type(value)]](*inner)
        if isinstance(value, list):
            return [self.theirs(item) for item in value]
        if isinstance(value, set):
            return {self.theirs(item) for item in value}
        if isinstance(value, dict):
            return {self.theirs(key): self.theirs(item) for key, item in value.items()}
        return value


FULL = {cls: full for full, cls in TYPES.classes.items()}
CASE = {cls: case for case, cls in TYPES.cases.items()}


def coarse(value: Any) -> Any:
    """The same with times of whole seconds."""
    if isinstance(value, datetime.datetime):
        return value.replace(microsecond=0)
    if isinstance(value, datetime.timedelta):
        return datetime.timedelta(days=value.days, seconds=value.seconds)
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return type(value)(**{name: coarse(getattr(value, name)) for name in names})
    if isinstance(value, list):
        return [coarse(item) for item in value]
    if isinstance(value, dict):
        return {key: coarse(item) for key, item in value.items()}
    return value


def alike(value: Any) -> Any:
    """What equal values of pyfory have in common, and no others."""
    if isinstance(value, Union):
        return type(value), value.case_id(), alike(value.value())
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return type(value), tuple(alike(getattr(value, field.name)) for field in fields)
    if isinstance(value, list):
        return list, tuple(alike(item) for item in value)
    if isinstance(value, dict):
        return dict, frozenset((alike(key), alike(item)) for key, item in value.items())
    return plain(value)


@pytest.fixture(scope="module")
def typescript(world: World) -> Iterator[TypeScript]:
    program = world.run(TypeScript.start())
    assert world.run(program.command("connect", world.node.address)) == ["ok"]
    yield program
    world.run(program.stop())


def reached(full: str, seen: set[str]) -> set[str]:
    """The type and all that it has inside, by their full names."""
    if full not in seen:
        seen.add(full)
        of_union = [inner for _, inner in TYPES.unions.get(full, [])]
        alias = [TYPES.aliases[full]] if full in TYPES.aliases else []
        for expression in TYPES.messages.get(full, of_union or alias):
            for name in re.findall(r"[^\s<>,?]+", expression):
                if name not in KINDS and name not in ("list", "set", "map"):
                    reached(TYPES.resolve(full.rsplit(".", 1)[0], name), seen)
    return seen


FULL_NAMES = [TYPES.resolve("matrix", name) for _, name in CASES]
OTHERS = [full for full in FULL_NAMES if not "".join(reached(full, set())).isascii()]


@pytest.mark.parametrize("full", OTHERS)
def test_pyfory_spells_names_beyond_ascii_otherwise(full: str) -> None:
    """Should this fail, they can be held against it as the others are."""
    values, cls = generated(named(full, 3), 40), TYPES.classes[full]
    with pytest.raises((ContractViolation, ValueError), match="TypeDef|LOWER_SPECIAL"):
        declared = Declared(full)
        for value in values:
            decode(cls, declared.fory.serialize(declared.theirs(value)))


@pytest.mark.parametrize("full", [full for full in FULL_NAMES if full not in OTHERS])
def test_pyfory_agrees(world: World, typescript: TypeScript, full: str) -> None:
    declared, cls = Declared(full), TYPES.classes[full]
    values = generated(named(full, 3).map(coarse), 40)
    wanted = [declared.theirs(value) for value in values]
    ours = [encode(value) for value in values]
    theirs = [declared.fory.serialize(value) for value in wanted]
    # both decode in TypeScript to values that are equal there, and are written again
    again = world.run(typescript.call(f"recoded.{full}", [*ours, *theirs]))
    assert len(again) == 2 * len(values)
    for index, value in enumerate(values):
        expected = alike(wanted[index])
        assert plain(decode(cls, theirs[index])) == plain(value)
        for written in (ours[index], again[index], again[index + len(values)]):
            assert alike(declared.fory.deserialize(written)) == expected
            assert plain(decode(cls, written)) == plain(value)
