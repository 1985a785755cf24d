"""How the binding hears of the end of an event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable


async def guard(end: Callable[[], None]) -> AsyncGenerator[None, None]:
    """Whoever ends a loop closes its asynchronous generators first: this one says so."""
    try:
        yield
    finally:
        end()
