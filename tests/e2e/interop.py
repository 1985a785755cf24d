"""The Python side of calls between languages: the generated package, values of every type, and the Rust program.

`ASTERC` is the compiler, `ASTER_INTEROP` the program of `tests/interop`.
"""

from __future__ import annotations

import asyncio
import base64
import datetime
import decimal
import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import fields, is_dataclass
from enum import IntEnum
from pathlib import Path
from types import ModuleType
from typing import Any, Self, TypeVar

import schema
from aster_runtime import Client, Node, Server, decode, encode
from hypothesis import strategies as st

T = TypeVar("T")

REPOSITORY = schema.REPOSITORY
ASTERC = Path(os.environ.get("ASTERC", REPOSITORY / "target/debug/asterc"))
PROGRAM = Path(
    os.environ.get("ASTER_INTEROP", REPOSITORY / "target/debug/aster-interop")
)

FOLDER = tempfile.TemporaryDirectory(prefix="aster-interop-")
GENERATED = Path(FOLDER.name) / "python"

WAIT = 30.0
"""Seconds after which what is waited for has failed."""


def load(name: str, folder: Path) -> ModuleType:
    """Imports a folder as the package `name`."""
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


subprocess.run(
    [
        ASTERC,
        "build",
        "-q",
        "-I",
        schema.EXAMPLES,
        "--lang",
        "python",
        "--out",
        FOLDER.name,
        schema.MATRIX,
    ],
    check=True,
)
load("interop_generated", GENERATED)


def module(name: str) -> Any:
    """A module of the generated package."""
    return importlib.import_module(f"interop_generated.{name}")


# What the schemas say of each type, and the class that stands for it.

SCALARS: dict[str, st.SearchStrategy[Any]] = {}


def integers(bits: int, signed: bool) -> st.SearchStrategy[int]:
    low, high = (
        (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    )
    return st.one_of(
        st.sampled_from([low, high, 0, low + 1, high - 1]), st.integers(low, high)
    )


for _bits in (8, 16, 32, 64):
    SCALARS[f"int{_bits}"] = integers(_bits, signed=True)
    SCALARS[f"uint{_bits}"] = integers(_bits, signed=False)
for _bits in (32, 64):
    SCALARS[f"fixed_int{_bits}"] = SCALARS[f"int{_bits}"]
    SCALARS[f"fixed_uint{_bits}"] = SCALARS[f"uint{_bits}"]

UTC = datetime.UTC
TIMES = st.datetimes(
    datetime.datetime(1, 1, 1),
    datetime.datetime(9999, 12, 30, 22),
    timezones=st.sampled_from([UTC]),
).map(lambda at: at.replace(fold=0))
EDGES = [
    datetime.datetime(1, 1, 1, tzinfo=UTC),
    datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime.datetime(1970, 1, 1, tzinfo=UTC),
    datetime.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    datetime.datetime(9999, 12, 30, 22, tzinfo=UTC),
]
# the longest that the codec has
LONGEST = datetime.timedelta(seconds=9_000_000_000_000)
SPANS = [
    -LONGEST,
    LONGEST,
    datetime.timedelta(microseconds=-1),
    datetime.timedelta(seconds=-1, microseconds=1),
    datetime.timedelta(0),
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def decimals() -> st.SearchStrategy[decimal.Decimal]:
    """Decimals of up to 45 digits with the point anywhere near them; zero has no sign."""

    def make(digits: int, exponent: int) -> decimal.Decimal:
        sign = int(digits < 0)
        return decimal.Decimal((sign, tuple(map(int, str(abs(digits)))), exponent))

    return st.builds(make, st.integers(-(10**45), 10**45), st.integers(-60, 20))


SCALARS |= {
    "bool": st.booleans(),
    "float32": st.floats(width=32),
    "float64": st.floats(),
    "string": st.one_of(
        TEXT,
        st.sampled_from(
            ["", "é", "名前", "👩‍👩‍👧 🎈", "\0", "\u202e", "a" * 300, "ÿ" * 70]
        ),
    ),
    "bytes": st.binary(max_size=12),
    "timestamp": st.one_of(st.sampled_from(EDGES), TIMES),
    "duration": st.one_of(st.sampled_from(SPANS), st.timedeltas(-LONGEST, LONGEST)),
    "date": st.dates(),
    "decimal": decimals(),
}

EXPRESSION = r"[^\s:;=@\"/]+(?:, ?[^\s:;=@\"/]+)*"
FIELD = re.compile(
    rf"^\s+(?:@.*?\s)?([^\s:/]+):\s*({EXPRESSION})(?:\s*=\s*(?P<value>.*))?;$"
)


class Types:
    """The types of the schemas by their full names."""

    def __init__(self) -> None:
        self.messages: dict[str, list[str]] = {}
        self.fields: dict[str, list[str]] = {}
        self.unions: dict[str, list[tuple[int, str]]] = {}
        self.aliases: dict[str, str] = {}
        self.classes: dict[str, type] = {}
        self.cases: dict[tuple[str, int], type] = {}
        self.imports: dict[str, dict[str, str]] = {}
        files = [*schema.EXAMPLES.rglob("*.aster"), schema.MATRIX]
        files.remove(schema.ALTERED)
        packages = {
            file: re.findall(
                r"^package (\S+);$", file.read_text(encoding="utf-8"), re.MULTILINE
            )[0]
            for file in files
        }
        for file, package in packages.items():
            text = file.read_text(encoding="utf-8")
            names = self.imports.setdefault(package, {})
            for path, name in re.findall(
                r'^import "(\S+)"(?: as (\S+))?;$', text, re.MULTILINE
            ):
                imported = packages[schema.EXAMPLES / path]
                names[name or imported.rsplit(".", 1)[-1]] = imported
            for name, target in re.findall(
                r"^type (\S+) = (\S+);$", text, re.MULTILINE
            ):
                self.aliases[f"{package}.{name}"] = target
            for kind, name, body in re.findall(
                r"^(message|union) (\S+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL
            ):
                lines = [
                    found for line in body.splitlines() if (found := FIELD.match(line))
                ]
                if kind == "message":
                    self.messages[f"{package}.{name}"] = [line[2] for line in lines]
                    self.fields[f"{package}.{name}"] = [line[1] for line in lines]
                else:
                    self.unions[f"{package}.{name}"] = [
                        (int(line["value"].replace("_", "")), line[2]) for line in lines
                    ]
            for name in re.findall(r"^message (\S+) \{\}$", text, re.MULTILINE):
                self.messages[f"{package}.{name}"] = []
                self.fields[f"{package}.{name}"] = []
        self._classes()

    def _classes(self) -> None:
        for file in sorted(GENERATED.rglob("*.py")):
            path = file.relative_to(GENERATED).with_suffix("")
            name = ".".join(part for part in path.parts if part != "__init__")
            text = file.read_text(encoding="utf-8")
            marks = re.findall(
                r"^@_schema\.SCHEMA\.(message|enum|case)\(\s*\"([^\"]+)\"(?:,\s*([\d_]+))?.*?\)$.*?^class (\w+)",
                text,
                re.MULTILINE | re.DOTALL,
            )
            for kind, full, number, cls in marks:
                found = getattr(module(name), cls)
                if kind == "case":
                    self.cases[full, int(number.replace("_", ""))] = found
                else:
                    self.classes[full] = found

    def resolve(self, package: str, name: str) -> str:
        """The full name of what a file of that package calls so."""
        known = (
            self.messages.keys()
            | self.unions.keys()
            | self.classes.keys()
            | self.aliases.keys()
        )
        names = [f"{package}.{name}", name]
        if "." in name:
            alias, last = name.rsplit(".", 1)
            names.append(f"{self.imports[package].get(alias)}.{last}")
        names.extend(f"{other}.{name}" for other in self.imports[package].values())
        return next(full for full in names if full in known)


TYPES = Types()

_cache: dict[tuple[str, str, int], st.SearchStrategy[Any]] = {}


def values(package: str, expression: str, budget: int = 2) -> st.SearchStrategy[Any]:
    """Values of a type as a schema spells it. Below the budget, what may be empty is."""
    key = (package, expression, budget)
    if key not in _cache:
        _cache[key] = _values(package, expression.strip(), budget)
    return _cache[key]


def _values(package: str, expression: str, budget: int) -> st.SearchStrategy[Any]:
    size = 3 if budget > 0 else 0
    if expression.endswith("?"):
        if budget <= 0:
            return st.none()
        return st.one_of(st.none(), values(package, expression[:-1], budget))
    if expression.startswith("list<"):
        return (
            st.lists(values(package, expression[5:-1], budget), max_size=size)
            if size
            else st.builds(list)
        )
    if expression.startswith("set<"):
        return st.sets(values(package, expression[4:-1], budget), max_size=size)
    if expression.startswith("map<"):
        key, value = expression[4:-1].split(",", 1)
        if not size:
            return st.builds(dict)
        return st.dictionaries(
            values(package, key, budget), values(package, value, budget), max_size=size
        )
    if expression in SCALARS:
        return SCALARS[expression]
    return named(TYPES.resolve(package, expression), budget)


def named(full: str, budget: int = 2) -> st.SearchStrategy[Any]:
    """Values of a type that has a name."""
    package = full.rsplit(".", 1)[0]
    if full in TYPES.aliases:
        return values(package, TYPES.aliases[full], budget)
    if full in TYPES.unions:
        cases = TYPES.unions[full]
        if budget <= 0:
            ends = [case for case in cases if case[1] in SCALARS]
            cases = ends or cases
        return st.one_of(
            st.builds(TYPES.cases[full, number], values(package, inner, budget - 1))
            for number, inner in cases
        )
    cls = TYPES.classes[full]
    if issubclass(cls, IntEnum):
        return st.sampled_from(list(cls))
    inner = TYPES.messages[full]
    attributes = [field.name for field in fields(cls)]
    assert len(inner) == len(attributes), (full, inner, attributes)
    return st.builds(
        cls,
        **{
            attribute: values(package, expression, budget - 1)
            for attribute, expression in zip(attributes, inner, strict=True)
        },
    )


def plain(value: Any) -> Any:
    """What equal values have in common and no others: types, the sign of zero, scales of decimals; NaN is itself."""
    if is_dataclass(value):
        return type(value), tuple(
            plain(getattr(value, field.name)) for field in fields(value)
        )
    if isinstance(value, list):
        return list, tuple(plain(item) for item in value)
    if isinstance(value, set):
        return set, frozenset(plain(item) for item in value)
    if isinstance(value, dict):
        return dict, frozenset((plain(key), plain(item)) for key, item in value.items())
    return type(value), repr(value)


class Rust:
    """The program in Rust: where it serves, and what it calls."""

    program: tuple[str | Path, ...] = (PROGRAM,)

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process = process
        self.address = address

    @classmethod
    async def start(cls, *arguments: str) -> Self:
        process = await asyncio.create_subprocess_exec(
            *cls.program,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 26,
        )
        assert process.stdout is not None
        address = await asyncio.wait_for(process.stdout.readline(), WAIT)
        assert address.startswith(b"aster"), address
        return cls(process, address.decode().strip())

    async def command(self, *words: str) -> list[str]:
        """Runs one command; the words of its answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(" ".join(words).encode() + b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), WAIT)
        assert line, f"{self.program} has ended: its standard error says why"
        return line.decode().split()

    async def call(self, method: str, payloads: Iterable[bytes] = ()) -> list[bytes]:
        """Makes a call that succeeds."""
        first, *answers = await self.command(
            method, *(base64.b64encode(payload).decode() for payload in payloads)
        )
        assert first == "ok", (first, [base64.b64decode(word) for word in answers[1:2]])
        return [base64.b64decode(answer) for answer in answers]

    async def fails(
        self, method: str, *payloads: bytes
    ) -> tuple[int, str, dict[str, bytes], dict[str, bytes]]:
        """Makes a call that fails: its code, message, details and metadata."""
        words = await self.command(
            method, *(base64.b64encode(payload).decode() for payload in payloads)
        )
        assert words[0] == "error", words
        message, *rest = (
            words[2:] if len(words) > 2 and ":" not in words[2] else ["", *words[2:]]
        )
        pairs = {"d": dict[str, bytes](), "m": dict[str, bytes]()}
        for word in rest:
            key, value = word[2:].split("=", 1)
            pairs[word[0]][key] = base64.b64decode(value)
        return int(words[1]), base64.b64decode(message).decode(), pairs["d"], pairs["m"]

    async def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert await asyncio.wait_for(self.process.wait(), WAIT) == 0


class World:
    """Both languages, each a server and the client of the other, on one loop that tests run things in."""

    def __init__(self, services: Callable[[], list[Any]]) -> None:
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.run(self._start(services()))

    def run(self, awaitable: Awaitable[T]) -> T:
        async def within() -> T:
            return await asyncio.wait_for(awaitable, 4 * WAIT)

        return self.loop.run_until_complete(within())

    async def _start(self, services: list[Any]) -> None:
        self.rust = await Rust.start()
        self.stack.push_async_callback(self.rust.stop)
        self.node = await self.stack.enter_async_context(Node.dev())
        await self.stack.enter_async_context(Server(self.node, services))
        self.dialling = await self.stack.enter_async_context(Node.dev())
        self.client = await self.stack.enter_async_context(
            Client.connect(self.dialling, self.rust.address)
        )
        self.own = await self.stack.enter_async_context(
            Client.connect(self.dialling, self.node.address)
        )
        assert await self.rust.command("connect", self.node.address) == ["ok"]

    def close(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()


__all__ = ["TYPES", "Rust", "World", "decode", "encode", "module", "named", "plain"]
