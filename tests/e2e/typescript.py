"""The TypeScript side of calls between languages: `typescript/*.ts` with the generated code, compiled, as a program.

`ASTER_TYPESCRIPT` is the folder of the package `aster-runtime`, built; its compiler is used too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from enum import IntEnum
from pathlib import Path
from typing import Any

import schema
from interop import ASTERC, FOLDER, SCALARS, TYPES, Rust

PACKAGE = Path(
    os.environ.get("ASTER_TYPESCRIPT", schema.REPOSITORY / "bindings/typescript")
)
HERE = Path(__file__).resolve().parent / "typescript"


def names(generated: Path) -> dict[str, list[str]]:
    """The fields of each message and the cases of each union, as TypeScript calls them, in the order of the schema."""
    found = {}
    for file in generated.rglob("*.ts"):
        text = file.read_text(encoding="utf-8")
        for name, kind, full in re.findall(
            r"^export const (\S+): v1\.(Message|Union)Type<(?:(?!^export ).)*?^ +name: \"([^\"]+)\"",
            text,
            re.MULTILINE | re.DOTALL,
        ):
            begin, end, one = (
                (rf"interface {name} {{", "^}", r"^  ([^\s?:/*]+)\??:")
                if kind == "Message"
                else (rf"type {name} =", ";$\n\n", r'[{ ] case: "([^"]+)"')
            )
            body = re.search(
                f"^export {begin}(.*?){end}", text, re.MULTILINE | re.DOTALL
            )
            found[full] = re.findall(one, body[1], re.MULTILINE) if body else []
    return found


def spelled(package: str, expression: str) -> Any:
    """A type as its constructor and what that takes; named ones by their full names."""
    expression = expression.strip()
    if expression.endswith("?"):
        return ["optional", spelled(package, expression[:-1])]
    if found := re.fullmatch(r"(list|set|map)<(.*)>", expression):
        inner = found[2].split(",", 1) if found[1] == "map" else [found[2]]
        return [found[1], *(spelled(package, one) for one in inner)]
    if expression in SCALARS:
        return expression
    full = TYPES.resolve(package, expression)
    if full in TYPES.aliases:
        return spelled(full.rsplit(".", 1)[0], TYPES.aliases[full])
    return ["named", full]


def describe(generated: Path) -> dict[str, Any]:
    """Every type that has a name, for what makes values in TypeScript."""
    called = names(generated)
    described: dict[str, Any] = {
        full: {"enum": [int(value) for value in cls]}
        for full, cls in TYPES.classes.items()
        if issubclass(cls, IntEnum)
    }
    unions = {
        full: [expression for _, expression in cases]
        for full, cases in TYPES.unions.items()
    }
    for kind, all_of in (("message", TYPES.messages), ("union", unions)):
        for full, expressions in all_of.items():
            if full not in called:
                continue
            package = full.rsplit(".", 1)[0]
            described[full] = {
                kind: [
                    [name, spelled(package, expression)]
                    for name, expression in zip(called[full], expressions, strict=True)
                ]
            }
    return described


def build() -> Path:
    """Generates and compiles; the program."""
    folder = Path(FOLDER.name) / "program"
    shutil.copytree(HERE, folder)
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "aster-runtime").symlink_to(PACKAGE)
    for tool in ("@types", "fast-check"):
        (modules / tool).symlink_to(PACKAGE / "node_modules" / tool)
    made = Path(FOLDER.name) / "made"
    subprocess.run(
        [
            *(ASTERC, "build", "-q", "-I", schema.EXAMPLES),
            *("--lang", "typescript", "--out", made, schema.MATRIX),
        ],
        check=True,
    )
    (made / "typescript").rename(folder / "gen")
    described = json.dumps(describe(folder / "gen"))
    (folder / "types.json").write_text(described, encoding="utf-8")
    compiler = PACKAGE / "node_modules/typescript/bin/tsc"
    subprocess.run(["node", compiler, "-p", folder], check=True)
    return folder / "peer.js"


class TypeScript(Rust):
    """The program in TypeScript: it takes the same commands."""

    program = ("node", build())
