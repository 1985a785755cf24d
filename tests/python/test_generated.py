"""The Python in `golden/` is clean for the tools its users have, can be imported in any order, and has the schemas' values.

`asterc lock` says what the schemas' values are; `ASTERC` is the compiler. `mypy`, `pyright` and `ruff` are those of the
environment.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime
import decimal
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REPOSITORY = Path(__file__).resolve().parents[2]

# Where type checkers find the runtime.
RUNTIME = Path(os.environ.get("ASTER_RUNTIME", REPOSITORY / "bindings/python/python"))

ASTERC = Path(os.environ.get("ASTERC", REPOSITORY / "target/debug/asterc"))

# Folders of `golden/`, and the schemas below `idl-examples/` that each is made of.
GOLDENS = {
    "hello/python": ["hello.aster"],
    "hello/python_client": ["hello.aster"],
    "hello/python_server": ["hello.aster"],
    "hello/python_types": ["hello.aster"],
    "altered/python": ["altered/hello.aster"],
    "fleet/python": ["fleet/control.aster"],
    "forms/python": ["forms.aster"],
    "corners/python": ["corners"],
}

# What each folder is called as a package.
PACKAGES = {folder: folder.replace("/", "_") for folder in GOLDENS}


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of all that is generated: tools and imports leave their caches where they are."""
    top = tmp_path_factory.mktemp("golden")
    for golden, name in PACKAGES.items():
        shutil.copytree(REPOSITORY / "golden" / golden, top / name)
    configuration = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.10",
        "extraPaths": [str(RUNTIME)],
        "include": list(PACKAGES.values()),
    }
    (top / "pyrightconfig.json").write_text(json.dumps(configuration))
    sys.path.insert(0, str(top))
    yield top
    sys.path.remove(str(top))


RUFF = ["ruff", "--isolated"]
TARGET = ["--target-version", "py310", *PACKAGES.values()]


@pytest.mark.parametrize(
    "command",
    [
        [*RUFF, "check", "--extend-select", "I,UP", *TARGET],
        [*RUFF, "format", "--diff", *TARGET],
        [
            "mypy",
            "--strict",
            "--python-version",
            "3.10",
            *(f"--package={name}" for name in PACKAGES.values()),
        ],
        ["pyright", "--project", "."],
    ],
    ids=["ruff check", "ruff format", "mypy", "pyright"],
)
def test_tools_find_nothing(top: Path, command: list[str]) -> None:
    done = subprocess.run(
        command,
        cwd=top,
        env={**os.environ, "MYPYPATH": f"{top}{os.pathsep}{RUNTIME}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("golden", GOLDENS)
def test_each_module_can_be_the_first_that_is_imported(top: Path, golden: str) -> None:
    for module, _ in modules(top, PACKAGES[golden]):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", f"import {module}"],
            cwd=top,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"import {module}\n{done.stderr}"


@pytest.mark.parametrize("golden", GOLDENS)
def test_values_are_those_of_the_schemas(
    top: Path, tmp_path: Path, golden: str
) -> None:
    differences = compare(top, golden, lock(tmp_path, GOLDENS[golden]))
    assert not differences, "\n".join(differences)


def lock(folder: Path, schemas: list[str]) -> dict[str, Any]:
    """The schemas' facts, as `asterc lock` writes them."""
    root = folder / "schema"
    shutil.copytree(REPOSITORY / "idl-examples", root)
    subprocess.run(
        [ASTERC, "lock", "-q", "-I", root, *(root / schema for schema in schemas)],
        check=True,
    )
    (path,) = root.rglob("aster.lock")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def modules(top: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Every module of a golden folder, with its file."""
    for path in sorted((top / name).rglob("*.py")):
        parts = path.relative_to(top).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


class Generated:
    """What the modules of a golden folder register, as their source says."""

    def __init__(self, top: Path, name: str) -> None:
        self.modules: dict[str, ModuleType] = {}
        self.messages: dict[str, tuple[type[Any], dict[str, str]]] = {}
        self.enums: dict[str, type[IntEnum]] = {}
        self.cases: dict[tuple[str, int], type[Any]] = {}
        self.services: dict[str, tuple[ModuleType, str]] = {}
        for module_name, path in modules(top, name):
            source = path.read_text(encoding="utf-8")
            module = importlib.import_module(module_name)
            package = re.search(r"\(package (\S+)\)", source.partition("\n")[0])
            if package is not None:
                self.modules[package[1]] = module
            for node in ast.parse(source).body:
                if isinstance(node, ast.ClassDef) and node.decorator_list:
                    self.add(getattr(module, node.name), node.decorator_list[0])
                elif (
                    isinstance(node, ast.Assign)
                    and isinstance(node.value, ast.Call)
                    and node.value.args
                ):
                    full_name, constant = node.value.args[:2]
                    assert isinstance(constant, ast.Name)
                    self.services[ast.literal_eval(full_name)] = (module, constant.id)

    def add(self, cls: type[Any], decorator: ast.expr) -> None:
        assert isinstance(decorator, ast.Call) and isinstance(
            decorator.func, ast.Attribute
        )
        arguments = [ast.literal_eval(argument) for argument in decorator.args]
        match decorator.func.attr, arguments:
            case "message", [full_name]:
                self.messages[full_name] = (cls, {})
            case "message", [full_name, attributes]:
                self.messages[full_name] = (cls, attributes)
            case "enum", [full_name]:
                self.enums[full_name] = cls
            case "case", [full_name, number]:
                self.cases[full_name, number] = cls
            case other:
                raise AssertionError(other)


def compare(top: Path, golden: str, facts: dict[str, Any]) -> list[str]:
    generated = Generated(top, PACKAGES[golden])
    types = facts["type"]
    differences: list[str] = []

    def expect(what: str, found: object, expected: object) -> None:
        if repr(found) != repr(expected) or type(found) is not type(expected):
            differences.append(
                f"{golden}: {what} is {found!r}, and {expected!r} in the schema"
            )

    made = {
        "message": set(generated.messages),
        "enum": set(generated.enums),
        "union": {full_name for full_name, _ in generated.cases},
    }
    for kind, names in made.items():
        expect(
            f"the {kind}s",
            sorted(names),
            sorted(n for n, ty in types.items() if ty["kind"] == kind),
        )
    if differences:
        return differences
    for full_name, ty in types.items():
        if ty["kind"] == "enum":
            numbers = sorted(member.value for member in generated.enums[full_name])
            expect(full_name, numbers, sorted(ty["value"].values()))
        elif ty["kind"] == "union":
            numbers = sorted(
                number for union, number in generated.cases if union == full_name
            )
            expect(
                full_name,
                numbers,
                sorted(case["number"] for case in ty["case"].values()),
            )
        else:
            cls, attributes = generated.messages[full_name]
            declared = sorted(field.name for field in dataclasses.fields(cls))
            expect(
                f"fields of {full_name}",
                declared,
                sorted(attributes.get(f, f) for f in ty.get("field", {})),
            )
    if differences:
        return differences
    for full_name, (_, attributes) in generated.messages.items():
        value = sample(full_name, types, generated)
        defaults = types[full_name].get("default", {})
        for field, text in types[full_name].get("field", {}).items():
            found = getattr(value, attributes.get(field, field))
            if field in defaults:
                expect(
                    f"{full_name}.{field}",
                    found,
                    literal(defaults[field], text, types, generated),
                )
            elif text.endswith("?"):
                expect(f"{full_name}.{field}", found, None)
    for full_name, constant in facts.get("constant", {}).items():
        package, _, simple = full_name.rpartition(".")
        shouted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", simple).upper()
        found = getattr(generated.modules[package], shouted)
        expect(
            full_name,
            found,
            literal(constant["value"], constant["type"], types, generated),
        )
    ids = {full_name: getattr(*at) for full_name, at in generated.services.items()}
    # nobody calls or serves with types alone
    services = {} if golden.endswith("_types") else facts.get("service", {})
    expect(
        "the contracts",
        sorted(ids.items()),
        sorted((n, s["contract_id"]) for n, s in services.items()),
    )
    return differences


def sample(text: str, types: dict[str, Any], generated: Generated) -> Any:
    """A value of a type, with the defaults of what has one."""
    simple: dict[str, Any] = {
        "bool": True,
        "string": "text",
        "bytes": b"bytes",
        "float32": 0.5,
        "float64": 0.5,
        "timestamp": datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc),
        "duration": datetime.timedelta(seconds=1),
        "date": datetime.date(2020, 1, 1),
        "decimal": decimal.Decimal(1),
    }
    empty = {"list": list, "set": set, "map": dict}
    if text.endswith("?"):
        return None
    if text in simple:
        return simple[text]
    if text.partition("<")[0] in empty:
        return empty[text.partition("<")[0]]()
    if text not in types:
        return 1
    ty = types[text]
    if ty["kind"] == "enum":
        return next(iter(generated.enums[text]))
    if ty["kind"] == "union":
        # a scalar ends every cycle
        case = min(
            ty["case"].values(),
            key=lambda case: (case["type"] in types, case["number"]),
        )
        return generated.cases[text, case["number"]](
            sample(case["type"], types, generated)
        )
    cls, attributes = generated.messages[text]
    required = {
        field: text
        for field, text in ty.get("field", {}).items()
        if field not in ty.get("default", {})
    }
    return cls(
        **{
            attributes.get(field, field): sample(text, types, generated)
            for field, text in required.items()
            if not text.endswith("?")
        }
    )


UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", '"': '"', "\\": "\\"}


def literal(text: str, ty: str, types: dict[str, Any], generated: Generated) -> Any:
    """A value as it is written in a schema."""
    if ty in types:
        return generated.enums[ty](types[ty]["value"][text.rpartition(".")[2]])
    match ty.partition("<")[0]:
        case "list":
            return []
        case "set":
            return set()
        case "map":
            return {}
        case "bool":
            return text == "true"
        case "float32" | "float64":
            return float(text)
        case "decimal":
            return decimal.Decimal(text)
        case "string":
            return unquoted(text)
        case "bytes":
            return unquoted(text).encode()
        case "timestamp":
            return timestamp(unquoted(text))
        case "date":
            return datetime.date.fromisoformat(unquoted(text))
        case "duration":
            parts = re.findall(r"(\d+)(ms|s|m|h)", text)
            amount = sum(int(number) * UNITS[unit] for number, unit in parts)
            return datetime.timedelta(
                milliseconds=-amount if text.startswith("-") else amount
            )
    return int(text)


def timestamp(text: str) -> datetime.datetime:
    moment, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.datetime.fromisoformat(f"{moment}.{fraction:0<6}+00:00")


def unquoted(text: str) -> str:
    def unescape(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else ESCAPES[found[2]]

    return re.sub(r"\\(?:u\{([0-9A-Fa-f]+)\}|(.))", unescape, text[1:-1])
