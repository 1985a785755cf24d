"""What all tests share: the generated packages, and nodes that are connected."""

from __future__ import annotations

import asyncio
import datetime
import importlib.util
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aster_runtime import Client, Node, Server

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parents[2]
GENERATED = {
    "gen_hello": ROOT / "golden/hello/python",
    "gen_altered": ROOT / "golden/altered/python",
    "gen_fleet": ROOT / "golden/fleet/python",
    "gen_corners": ROOT / "golden/corners/python",
}

NET = 10.0
"""Seconds after which a test that waits has failed."""


def load(name: str, folder: Path) -> None:
    """Imports a folder as the package `name`."""
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


for _name, _folder in GENERATED.items():
    load(_name, _folder)

NOON = datetime.datetime(2026, 3, 4, 12, 0, 0, 250_000, tzinfo=datetime.timezone.utc)


@asynccontextmanager
async def connected(
    services: Iterable[Any],
    *,
    server_interceptors: Iterable[object] = (),
    client_interceptors: Iterable[object] = (),
    limits: Any = None,
    retry: bool = True,
) -> AsyncIterator[Client]:
    """A client of a server with these services, each on a node of its own."""
    async with Node.dev(limits=limits) as node:
        async with Server(node, services, interceptors=list(server_interceptors)):
            async with Node.dev() as other:
                connecting = Client.connect(
                    other,
                    node.address,
                    interceptors=list(client_interceptors),
                    retry=retry,
                )
                async with connecting as client:
                    yield client


async def within(awaitable: Any, seconds: float = NET) -> Any:
    """Awaits something that must not take long."""
    return await asyncio.wait_for(asyncio.ensure_future(awaitable), seconds)


def environment() -> dict[str, str]:
    """The environment of a script that is run by a test."""
    path = str(TESTS)
    return os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process that runs `script`."""
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def run(script: str, *arguments: str) -> tuple[int, str, str]:
    """Runs `script` to its end: the status, what it printed, and its complaints."""
    process = start(script, *arguments)
    try:
        out, err = process.communicate(timeout=3 * NET)
    finally:
        process.kill()
    return process.returncode, out, err
