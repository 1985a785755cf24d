"""Loops that are closed without a word leave no descriptors."""

from __future__ import annotations

import asyncio
import os

from aster_runtime import Node, Server


async def meet() -> None:
    async with Node.dev() as node, Server(node, []):
        pass


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def run_and_close() -> None:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(meet())
    # without `shutdown_asyncgens`
    loop.close()


def test_a_loop_that_is_closed_without_its_end_leaves_no_descriptors() -> None:
    run_and_close()
    run_and_close()
    before = descriptors()
    for _ in range(10):
        run_and_close()
    # the last loop is forgotten when the next one begins
    assert descriptors() <= before + 2


def test_loops_that_end_as_they_should_leave_none() -> None:
    asyncio.run(meet())
    before = descriptors()
    for _ in range(10):
        asyncio.run(meet())
    assert descriptors() <= before
