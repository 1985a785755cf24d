"""Loops that are closed without a word leave no descriptors."""

from __future__ import annotations

import asyncio
import os
import time

from aster_runtime import Node, Server
from support import NET


async def meet() -> None:
    async with Node.dev() as node, Server(node, []):
        pass


def descriptors() -> int:
    """The sockets of this process that loops are woken through, and those of the loops themselves."""
    with open("/proc/net/unix") as table:
        local = {line.split()[6] for line in table.readlines()[1:]}
    found = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            kind = os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:
            # the folder itself was open while it was listed
            continue
        found += kind.startswith("socket:[") and kind[8:-1] in local
    return found


def until(most: int) -> None:
    """Looks until there are no more: the runtime's thread may let go of the last loop a moment later."""
    end = time.monotonic() + NET
    while (found := descriptors()) > most:
        assert time.monotonic() < end, f"{found} descriptors, {most} at most"
        time.sleep(0.001)


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
    until(before + 2)


def test_loops_that_end_as_they_should_leave_none() -> None:
    asyncio.run(meet())
    before = descriptors()
    for _ in range(10):
        asyncio.run(meet())
    until(before)
