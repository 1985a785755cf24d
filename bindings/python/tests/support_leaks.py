"""What tests of leaks and of cycles share: objects that hold nothing by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import support  # noqa: F401
from aster_runtime import Context, SessionContext
from gen_corners.corners.services import In
from gen_fleet.fleet import control

TEXT = In(text="x")


async def endless() -> AsyncIterator[In]:
    while True:
        yield TEXT


class Watches:
    """An interceptor of Python's, for both ends."""

    async def before(self, call: Any) -> None:
        await asyncio.sleep(0)

    def on_attempt(self, call: Any, attempt: int) -> None:
        pass

    def after(self, call: Any, outcome: Any) -> None:
        pass


class Shell(control.Shell):
    def __init__(self, session: SessionContext) -> None:
        self.session = session

    async def cd(self, request: control.CdRequest, context: Context) -> None:
        pass

    async def ls(self, request: control.LsRequest, context: Context) -> control.Listing:
        return control.Listing(path="", names=[])
