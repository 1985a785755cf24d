"""Asks pyfory 1.7.7 about the corpus.

    python answer.py corpus.json frames.txt answers.txt

`frames.txt` holds one frame of ours a line, `INDEX HEX`. Each is read by pyfory into dataclasses and written again;
`answers.txt` gets the frames it wrote, in the same form. A frame that pyfory cannot read ends the script.
"""

import dataclasses
import datetime
import decimal
import enum
import hashlib
import json
import sys
import typing

import pyfory
from pyfory.union import Union, UnionSerializer

PACKAGE = "corpus"

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


class Classes:
    """Python classes for the types of the corpus, by index."""

    def __init__(self, types):
        self.types = types
        self.namespace = {}
        self.classes = [self._declare(index, ty) for index, ty in enumerate(types)]
        for index, ty in enumerate(types):
            if ty["kind"] == "message":
                self._define(index, ty)

    def _declare(self, index, ty):
        if ty["kind"] == "enum":
            return enum.IntEnum(f"C{index}", {f"V{n}": n for n in ty["values"]})
        if ty["kind"] == "union":

            def from_case_id(cls, case_id, value):
                return cls(case_id, value)

            return type(f"C{index}", (Union,), {"_from_case_id": classmethod(from_case_id)})
        return type(f"C{index}", (), {})

    def _define(self, index, ty):
        # Tag ids number the fields by the code points of their names.
        order = sorted(name for name, _ in ty["fields"])
        cls = self.classes[index]
        annotations, fields = {}, []
        for position, (name, spelled) in enumerate(ty["fields"]):
            attribute = f"a{position}"
            annotations[attribute] = self.annotation(spelled)
            setattr(cls, attribute, pyfory.field(id=order.index(name) + 1))
        cls.__annotations__ = annotations
        cls.__module__ = __name__
        dataclasses.dataclass(cls)

    def annotation(self, spelled):
        if isinstance(spelled, str):
            return SCALARS[spelled]
        if isinstance(spelled, int):
            return self.classes[spelled]
        constructor, *arguments = spelled
        inner = [self.annotation(argument) for argument in arguments]
        if constructor == "optional":
            return typing.Optional[inner[0]]
        if constructor == "list":
            return typing.List[inner[0]]
        if constructor == "set":
            return typing.Set[inner[0]]
        return typing.Dict[inner[0], inner[1]]


def fory_for(classes):
    fory = pyfory.Fory(xlang=True, ref=False, strict=True, compatible=True, max_depth=200)
    for index, ty in enumerate(classes.types):
        name = f"{PACKAGE}.{ty['registered']}"
        cls = classes.classes[index]
        if ty["kind"] == "union":
            cases = {number: classes.annotation(leaf) for number, leaf in ty["cases"]}

            class Serializer(UnionSerializer):
                def __init__(self, resolver, cls=cls, cases=cases):
                    super().__init__(resolver, cls, cases)

            fory.register_union(cls, name=name, serializer=Serializer(fory.type_resolver))
        else:
            fory.register_type(cls, name=name)
    return fory


def main():
    description, frames, answers = sys.argv[1:]
    with open(description, encoding="utf-8") as file:
        types = json.load(file)
    classes = Classes(types)
    fory = fory_for(classes)
    with open(frames, encoding="ascii") as file, open(answers, "w", encoding="ascii") as out:
        for line in file:
            index, frame = line.split()
            try:
                value = fory.deserialize(bytes.fromhex(frame))
                out.write(f"{index} {fory.serialize(value).hex()}\n")
            except Exception as error:
                raise SystemExit(f"type {index} ({types[int(index)]['name']}): {error!r}") from error


main()
