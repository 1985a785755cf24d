"""The TypeScript side of calls between languages: `typescript/*.ts` with the generated code, compiled, as a program.

`ASTER_TYPESCRIPT` is the folder of the package `aster-runtime`, built; its compiler is used too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import schema
from interop import ASTERC, FOLDER, Rust

PACKAGE = Path(
    os.environ.get("ASTER_TYPESCRIPT", schema.REPOSITORY / "bindings/typescript")
)
HERE = Path(__file__).resolve().parent / "typescript"


def build() -> Path:
    """Generates and compiles; the program."""
    folder = Path(FOLDER.name) / "program"
    shutil.copytree(HERE, folder)
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "aster-runtime").symlink_to(PACKAGE)
    (modules / "@types").symlink_to(PACKAGE / "node_modules/@types")
    made = Path(FOLDER.name) / "made"
    subprocess.run(
        [
            *(ASTERC, "build", "-q", "-I", schema.EXAMPLES),
            *("--lang", "typescript", "--out", made, schema.MATRIX),
        ],
        check=True,
    )
    (made / "typescript").rename(folder / "gen")
    compiler = PACKAGE / "node_modules/typescript/bin/tsc"
    subprocess.run(["node", compiler, "-p", folder], check=True)
    return folder / "peer.js"


class TypeScript(Rust):
    """The program in TypeScript: it takes the same commands."""

    program = ("node", build())
