"""How the requests of a call without generated code are sent."""

from __future__ import annotations

from typing import Any, Protocol


class Sink(Protocol):
    """What takes them."""

    async def put(self, request: object) -> bool: ...
    async def fail(self, message: str) -> bool: ...
    def end(self) -> None: ...


async def upload(requests: Any, sink: Sink) -> None:
    """Sends what a source has, until nobody takes it any more. What the source raises ends the call."""
    try:
        if hasattr(requests, "__aiter__"):
            async for request in requests:
                if not await sink.put(request):
                    return
        else:
            for request in requests:
                if not await sink.put(request):
                    return
    except Exception as error:
        await sink.fail(f"the source of the requests failed: {error!r}")
    finally:
        sink.end()
