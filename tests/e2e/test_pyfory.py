"""pyfory, the codec's other implementation, reads what Python here writes, and the other way round.

Messages are declared to it by hand: fields are known by the numbers of their names in order. Left out is what it does not represent
exactly: times (through `float`), negative durations, sparse enums in places where a default is made, and names that are not ASCII.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import re
from typing import Any, Dict, List, Optional, Set  # noqa: UP035

import pyfory
import pytest
import schema
from hypothesis import HealthCheck, Phase, given, settings
from interop import TYPES, decode, encode, named, plain

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
    "date": datetime.date,
    "decimal": decimal.Decimal,
}


def fields_of(full: str) -> dict[str, str]:
    """The fields of a message, as its schema has them."""
    package, name = full.rsplit(".", 1)
    for file in schema.EXAMPLES.rglob("*.aster"):
        text = file.read_text(encoding="utf-8")
        if file == schema.ALTERED or f"\npackage {package};" not in text:
            continue
        if body := re.search(
            rf"^message {name} \{{\n(.*?)^\}}", text, re.MULTILINE | re.DOTALL
        ):
            names = re.findall(r"^\s+(?:@.*?\s)?([^\s:/]+):", body[1], re.MULTILINE)
            return dict(zip(names, TYPES.messages[full], strict=True))
    raise KeyError(full)


class Declared:
    """The classes of pyfory for a message and those it has inside."""

    def __init__(self, full: str) -> None:
        self.fory = pyfory.Fory(xlang=True, ref=False, strict=True, compatible=True)
        self.classes: dict[str, type] = {}
        self.root = self.message(full)

    def message(self, full: str) -> type:
        if full in self.classes:
            return self.classes[full]
        cls = self.classes[full] = type(
            full.rsplit(".", 1)[1], (), {"__module__": __name__}
        )
        fields = fields_of(full)
        package = full.rsplit(".", 1)[0]
        order = sorted(fields)
        cls.__annotations__ = {
            f"f{place}": self.annotation(package, expression)
            for place, expression in enumerate(fields.values())
        }
        for place, name in enumerate(fields):
            setattr(
                cls, f"f{place}", pyfory.field(id=order.index(name) + 1, default=None)
            )
        dataclasses.dataclass(cls)
        self.fory.register_type(cls, name=full)
        return cls

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
        if expression in KINDS:
            return KINDS[expression]
        return self.message(TYPES.resolve(package, expression))

    def theirs(self, value: Any) -> Any:
        """A value of ours as pyfory has it."""
        if dataclasses.is_dataclass(value):
            full = next(
                full for full, cls in TYPES.classes.items() if cls is type(value)
            )
            inner = [
                self.theirs(getattr(value, field.name))
                for field in dataclasses.fields(value)
            ]
            return self.classes[full](*inner)
        if isinstance(value, list):
            return [self.theirs(item) for item in value]
        if isinstance(value, dict):
            return {key: self.theirs(item) for key, item in value.items()}
        return value


MESSAGES = [
    "corners.containers.Leaf",
    "corners.defaults.Zeros",
    "corners.recursion.Tree",
    "corners.recursion.Large",
    "corners.names.type.Keywords",
    "corners.names.type.BTreeMap",
    "corners.python.Keywords",
    "corners.python.Final",
    "corners.python.list.List",
    "corners.services.In",
    "fleet.control.Step",
    "fleet.control.Listing",
    "fleet.control.CommandOutput",
    "fleet.common.Page",
]


@pytest.mark.parametrize("full", MESSAGES)
def test_pyfory_agrees(full: str) -> None:
    declared = Declared(full)
    cls = TYPES.classes[full]

    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(named(full, 3))
    def check(value: Any) -> None:
        wanted = declared.theirs(value)
        assert plain(declared.fory.deserialize(encode(value))) == plain(wanted)
        assert plain(decode(cls, declared.fory.serialize(wanted))) == plain(value)

    check()
