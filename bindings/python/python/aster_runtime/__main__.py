"""`python -m aster_runtime`: the versions, and a call between two nodes of this process."""

from __future__ import annotations

import asyncio
import platform
import sys
import time

from . import Client, Node, Server, __version__
from ._native import GENERATION


async def check() -> float:
    """Milliseconds from nothing to two nodes of which one has admitted the other."""
    begin = time.perf_counter()
    async with Node.dev() as node, Server(node, []):
        async with Node.dev() as other, Client.connect(other, node.address) as client:
            names = [name for name, _, _ in client.services]
            if names != ["aster.Node"]:
                raise RuntimeError(
                    f"a node without services has aster.Node, this one has {names}"
                )
    return (time.perf_counter() - begin) * 1e3


def main() -> int:
    print(f"aster_runtime {__version__}, for code of generation {GENERATION}")
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.platform()}"
    )
    try:
        taken = asyncio.run(check())
    except Exception as error:
        print(f"self-test failed: {error}", file=sys.stderr)
        return 1
    print(f"self-test passed: two nodes met, in {taken:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
