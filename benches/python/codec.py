"""The codec of Python beside pyfory, on the messages of the codec benchmark: `codec.py FOLDER [--json]`.

Rounds take turns; the median of the rounds is printed, in nanoseconds for one message.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Dict, List, Optional  # noqa: UP035

import pyfory

SCALARS = {
    "bool": bool,
    "int32": pyfory.Int32,
    "int64": pyfory.Int64,
    "uint32": pyfory.UInt32,
    "uint64": pyfory.UInt64,
    "fixed_uint64": pyfory.FixedUInt64,
    "float32": pyfory.Float32,
    "float64": pyfory.Float64,
    "string": str,
    "bytes": bytes,
}


def peers(schema: str) -> dict[str, Any]:
    """The classes of the schema as pyfory has them: named fields, in compatible mode."""
    classes: dict[str, Any] = {}

    def kind(text: str) -> Any:
        text = text.strip()
        if text.endswith("?"):
            return Optional[kind(text[:-1])]  # noqa: UP045
        if text.startswith("list<"):
            return List[kind(text[5:-1])]  # noqa: UP006
        if text.startswith("map<"):
            key, value = text[4:-1].split(",", 1)
            return Dict[kind(key), kind(value)]  # noqa: UP006
        return SCALARS.get(text) or classes.get(text) or text

    schema = re.sub(r"//.*", "", schema)
    for what, name, body in re.findall(
        r"(message|enum) (\w+) \{(.*?)\}", schema, re.DOTALL
    ):
        if what == "enum":
            values = dict(re.findall(r"(\w+) = (\d+);", body))
            classes[name] = enum.IntEnum(
                name, {key: int(value) for key, value in values.items()}
            )
            continue
        fields = [
            (field, kind(text)) for field, text in re.findall(r"(\w+): ([^;]+);", body)
        ]
        classes[name] = dataclasses.make_dataclass(
            name, fields, namespace={"__module__": __name__}
        )
        setattr(sys.modules[__name__], name, classes[name])
    return classes


def build(classes: Any) -> dict[str, Any]:
    """One value of each of three messages, with the classes of either library."""

    def make(name: str, /, **values: Any) -> Any:
        return classes(name)(**values)

    def address(city: str) -> Any:
        return make(
            "Address", street="1 Main Street", city=city, zip="12345", country="DE"
        )

    def line(number: int) -> Any:
        return make(
            "Line",
            sku=f"sku-{number:05}",
            title="A thing that somebody wants",
            quantity=number + 1,
            unit_price=1999 + number,
            discount=0.25 if number % 3 == 0 else None,
            taxable=number % 2 == 0,
            note="a gift" if number % 5 == 0 else None,
            weight=1.5,
        )

    texts = {
        name: f"some {name}"
        for name in [
            "number",
            "customer_name",
            "email",
            "currency",
            "channel",
            "locale",
            "session",
            "agent",
            "carrier",
        ]
    }
    numbers = {
        name: 1_000 + place
        for place, name in enumerate(
            [
                "id",
                "customer_id",
                "priority",
                "created",
                "updated",
                "subtotal",
                "tax",
                "shipping",
                "discount",
                "total",
                "item_count",
                "parcel_count",
                "warehouse",
                "flags",
                "revision",
                "checksum",
                "region",
            ]
        )
    }
    optional = dict.fromkeys(
        ["phone", "comment", "campaign", "loyalty_tier", "tracking"]
    )
    order = make(
        "Order",
        **texts,
        **numbers,
        **optional,
        status=classes("OrderStatus")(1),
        paid=True,
        shipped=False,
        gift=False,
        express=True,
        tax_rate=0.19,
        exchange_rate=1.0,
        weight=12.5,
        volume=0.5,
        billing=address("Berlin"),
        delivery=address("Hamburg"),
        coupon="SPRING",
        tags=["new", "vip", "web"],
        attributes={f"key-{place}": f"value-{place}" for place in range(5)},
        ratings=[5, 4, 5, 3],
        source_ip=bytes([10, 0, 0, 1]),
        referrer="https://example.com",
        loyalty_points=120,
        lines=[line(number) for number in range(20)],
    )
    count = 0

    def node(depth: int) -> Any:
        nonlocal count
        count += 1
        nodes = [node(depth - 1) for _ in range(10)] if depth else []
        return make("Node", label=f"node {count}", value=count, nodes=nodes)

    return {
        "3 fields": make("Sample", id=7, name="a name", score=0.5),
        "order, 50 fields and 20 lines": order,
        "tree of 1,111 nodes": node(3),
    }


def nanoseconds(work: Callable[[], object]) -> float:
    """How long it takes once, of a run of some milliseconds.

    The last result is kept until the next is there, so that memory is not given back to the system in between.
    """
    count = 1
    kept = [work(), work()]
    while True:
        begin = time.perf_counter_ns()
        for place in range(count):
            kept[place & 1] = work()
        taken = time.perf_counter_ns() - begin
        if taken > 20_000_000:
            return taken / count
        count *= 4


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    sys.path.insert(0, str(options.folder))

    import aster_runtime
    from codec_aster.aster import bench

    schema = (Path(__file__).parents[1] / "schema/bench.aster").read_text()
    theirs = peers(schema)
    fory = pyfory.Fory(xlang=True, ref=False, strict=True, compatible=True)
    for name, kind in theirs.items():
        fory.register_type(kind, name=f"aster.bench.{name}")
    ours = build(lambda name: getattr(bench, name))
    others = build(lambda name: theirs[name])

    works: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {}
    for name, message in ours.items():
        other, kind = others[name], type(message)
        payload, frame = aster_runtime.encode(message), fory.serialize(other)
        assert aster_runtime.decode(kind, payload) == message
        assert fory.deserialize(frame) == other
        works[f"encode: {name}"] = (
            lambda message=message: aster_runtime.encode(message),
            lambda other=other: fory.serialize(other),
        )
        works[f"decode: {name}"] = (
            lambda kind=kind, payload=payload: aster_runtime.decode(kind, payload),
            lambda frame=frame: fory.deserialize(frame),
        )
    found: dict[str, tuple[list[float], list[float]]] = {
        name: ([], []) for name in works
    }
    for _ in range(options.rounds):
        for name, pair in works.items():
            for times, work in zip(found[name], pair, strict=True):
                times.append(nanoseconds(work))
    medians = {
        name: [statistics.median(times) for times in pair]
        for name, pair in found.items()
    }
    if options.json:
        rows = [
            {"name": name, "ours": us, "peers": {"pyfory": them}}
            for name, (us, them) in medians.items()
        ]
        print(json.dumps({"bench": "python codec", "unit": "ns", "rows": rows}))
        return
    print(
        f"codec, {options.rounds} rounds, medians in ns; ratios above 1 are in Aster's favour\n"
    )
    print("| | Aster | pyfory | ratio |\n|---|---|---|---|")
    for name, (us, them) in medians.items():
        print(f"| {name} | {us:,.0f} | {them:,.0f} | {them / us:.2f} |")
    print()


if __name__ == "__main__":
    main()
