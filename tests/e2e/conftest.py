"""Both languages, started once for all tests here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from interop import World
from interop_services import services


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    world = World(services)
    yield world
    world.close()
