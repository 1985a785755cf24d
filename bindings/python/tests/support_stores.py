"""Two nodes next to each other, and what tests of stores wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from aster_runtime import Node

_T = TypeVar("_T")

LONG = 20.0
"""Nothing here takes that long: a test that waits for it fails."""


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes on this machine that have admitted each other."""
    async with Node.dev() as one, Node.dev() as other:
        one.admit(other.id)
        other.admit(one.id)
        yield one, other


async def soon(work: Awaitable[_T]) -> _T:
    """What comes, or a failure instead of a test that hangs."""
    return await asyncio.wait_for(work, LONG)


async def first(events: AsyncIterator[_T], fits: Callable[[_T], bool]) -> _T:
    """The first of the events that fits."""

    async def search() -> _T:
        async for event in events:
            if fits(event):
                return event
        raise AssertionError("the events ended before one that fits")

    return await soon(search())
