"""Lets pyfory read every payload of `ours.txt` and write it again, into `pyfory.txt`.

    pip install pyfory==1.7.7 && python exchange.py

Run it when `ours.txt` changed (`BLESS=1 cargo nextest run -p aster-tests --test codec pyfory` writes that).
"""

import dataclasses
import datetime
import decimal
import enum
import pathlib
import re
from typing import Dict, List, Optional, Set

import pyfory

HERE = pathlib.Path(__file__).parent
SCALARS = {
    "bool": bool,
    "int8": pyfory.Int8,
    "int16": pyfory.Int16,
    "int32": pyfory.Int32,
    "int64": pyfory.Int64,
    "fixed_int32": pyfory.FixedInt32,
    "fixed_int64": pyfory.FixedInt64,
    "uint8": pyfory.UInt8,
    "uint16": pyfory.UInt16,
    "uint32": pyfory.UInt32,
    "uint64": pyfory.UInt64,
    "fixed_uint32": pyfory.FixedUInt32,
    "fixed_uint64": pyfory.FixedUInt64,
    "float32": pyfory.Float32,
    "float64": pyfory.Float64,
    "string": str,
    "bytes": bytes,
    "timestamp": datetime.datetime,
    "duration": datetime.timedelta,
    "date": datetime.date,
    "decimal": decimal.Decimal,
}


def annotation(text, types):
    """The annotation pyfory wants for a type of the schema."""
    text = text.strip()
    if text.endswith("?"):
        return Optional[annotation(text[:-1], types)]
    if text.startswith("list<"):
        return List[annotation(text[5:-1], types)]
    if text.startswith("set<"):
        return Set[annotation(text[4:-1], types)]
    if text.startswith("map<"):
        key, value = text[4:-1].split(",", 1)
        return Dict[annotation(key, types), annotation(value, types)]
    return SCALARS.get(text) or types.get(text) or text


def main():
    schema = (HERE.parent / "kitchen.aster").read_text()
    package = re.search(r"package ([\w.]+);", schema).group(1)
    fory = pyfory.Fory(xlang=True, ref=False, strict=True, compatible=True)
    types = {}
    bodies = {}
    for kind, name, body in re.findall(r"^(message|enum|union) (\w+) \{(.*?)\}$", schema, re.S | re.M):
        parts = [re.split(r"[:=]", part.strip()) for part in body.split(";") if part.strip()]
        bodies[name] = (kind, [[text.strip() for text in part] for part in parts])
    for name, (kind, parts) in bodies.items():
        if kind == "enum":
            types[name] = enum.IntEnum(name, {value: int(number) for value, number in parts})
        elif kind == "union":
            from_case = classmethod(lambda cls, case_id, value: cls(case_id, value))
            types[name] = type(name, (pyfory.union.Union,), {"_from_case_id": from_case})
    for name, (kind, parts) in bodies.items():
        if kind == "message":
            ids = {field: index + 1 for index, field in enumerate(sorted(field for field, _ in parts))}
            cls = type(name, (), {"__module__": __name__})
            cls.__annotations__ = {field: annotation(text, types) for field, text in parts}
            for field, _ in parts:
                setattr(cls, field, pyfory.field(id=ids[field]))
            types[name] = globals()[name] = dataclasses.dataclass(cls)
    for name, (kind, parts) in bodies.items():
        full = f"{package}.{name}"
        if kind != "union":
            fory.register_type(types[name], name=full)
            continue
        cases = {int(number): annotation(text, types) for _, text, number in parts}
        serializer = type(name + "Serializer", (pyfory.union.UnionSerializer,), {})
        made = serializer(fory.type_resolver, types[name], cases)
        fory.register_union(types[name], name=full, serializer=made)
    lines = []
    for line in (HERE / "ours.txt").read_text().split():
        lines.append(fory.serialize(fory.deserialize(bytes.fromhex(line))).hex())
    (HERE / "pyfory.txt").write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} payloads exchanged")


if __name__ == "__main__":
    main()
