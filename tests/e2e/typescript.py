"""The TypeScript side of calls between languages: `typescript/*.ts` with the generated code, compiled, as a program.

`ASTER_TYPESCRIPT` is a folder whose `node_modules` have the package `aster-runtime` and the compiler.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import schema
from interop import ASTERC, FOLDER, Rust

HERE = Path(__file__).resolve().parent / "typescript"


def build() -> Path:
    """Generates and compiles; the program."""
    modules = Path(os.environ["ASTER_TYPESCRIPT"]) / "node_modules"
    folder = Path(FOLDER.name) / "program"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("node_modules", "gen"))
    (folder / "node_modules").symlink_to(modules)
    made = Path(FOLDER.name) / "made"
    subprocess.run(
        [
            *(ASTERC, "build", "-q", "-I", schema.EXAMPLES),
            *("--lang", "typescript", "--out", made, schema.MATRIX),
        ],
        check=True,
    )
    (made / "typescript").rename(folder / "gen")
    subprocess.run([modules / ".bin/tsc", "-p", folder], check=True)
    return folder / "peer.js"


class TypeScript(Rust):
    """The program in TypeScript: it takes the same commands."""

    program = ("node", build())
