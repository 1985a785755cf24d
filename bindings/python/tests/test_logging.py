"""What the runtime says of itself arrives in `logging`."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from aster_runtime import (
    Audit,
    Client,
    Node,
    Server,
    _logging,
    _native,
    disable_logging,
    enable_logging,
)
from gen_corners.corners.services import In, ShapesClient
from services import Shapes
from support import NET, run, within


class Hears(logging.Handler):
    """Keeps what it is given, and lets a test wait for more."""

    def __init__(self) -> None:
        super().__init__(0)
        self.heard: list[logging.LogRecord] = []
        self.more = asyncio.Event()
        self.first: Callable[[], None] | None = None
        """What is done when the next record comes."""

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record)
        self.more.set()
        first, self.first = self.first, None
        if first is not None:
            first()

    async def until(self, name: str, text: str = "") -> logging.LogRecord:
        """The first record of a logger, or of one below it, that has the text."""

        def fits(record: logging.LogRecord) -> bool:
            return (
                f"{record.name}.".startswith(f"{name}.") and text in record.getMessage()
            )

        async def search() -> logging.LogRecord:
            while True:
                self.more.clear()
                for record in self.heard:
                    if fits(record):
                        return record
                await self.more.wait()

        return await asyncio.wait_for(search(), NET)


@pytest.fixture
async def hears() -> AsyncIterator[Hears]:
    handler = Hears()
    root = logging.getLogger("aster_runtime")
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield handler
    disable_logging()
    _native.log_flush()
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(autouse=True)
def off_afterwards() -> Iterator[None]:
    yield
    disable_logging()


async def audited() -> str:
    """Makes one call that the runtime's `Audit` tells of; gives the peer that called."""
    async with Node.dev() as node, Server(node, [Shapes()], interceptors=[Audit()]):
        async with Node.dev() as other, Client.connect(other, node.address) as client:
            await within(ShapesClient(client).unary(In(text="x")))
            return other.id


async def test_an_event_has_its_level_its_fields_and_the_span_of_its_call(
    hears: Hears,
) -> None:
    enable_logging("INFO")
    before = time.time()
    peer = await audited()
    record = await hears.until("aster_runtime.audit")
    fields: dict[str, Any] = record.__dict__["fields"]
    assert record.levelno == logging.INFO
    assert fields["service"] == "corners.services.Shapes"
    assert fields["method"] == "unary"
    assert fields["peer"] == peer
    assert "method=unary" in record.getMessage()
    assert record.threadName == "aster"
    assert record.pathname.endswith("audit.rs") and record.lineno > 0
    assert before <= record.created <= time.time()


async def test_a_loop_that_is_open_and_does_not_run_keeps_no_record(
    hears: Hears,
) -> None:
    """Whichever came first, and whoever runs: the others are woken too."""
    idle = [asyncio.new_event_loop() for _ in range(2)]

    def first_of(loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(audited())

    await asyncio.to_thread(first_of, idle[0])
    enable_logging()
    await asyncio.to_thread(first_of, idle[1])
    hears.heard.clear()
    try:
        for _ in range(3):
            peer = await audited()
            record = await hears.until("aster_runtime.audit")
            assert record.__dict__["fields"]["peer"] == peer
            hears.heard.clear()
    finally:
        for loop in idle:
            loop.close()


async def test_nothing_is_said_until_it_is_asked_for_nor_afterwards(
    hears: Hears,
) -> None:
    await audited()
    enable_logging()
    disable_logging()
    await audited()
    assert hears.heard == []
    enable_logging()
    await audited()
    assert await hears.until("aster_runtime.audit")


async def test_levels_are_those_of_logging(hears: Hears) -> None:
    enable_logging("TRACE", network=logging.CRITICAL + 1)
    await audited()
    await hears.until("aster_runtime.audit")
    assert {record.levelno for record in hears.heard} <= {5, 10, 20, 30, 40}
    assert all(
        not record.name.startswith("aster_runtime.iroh") for record in hears.heard
    )
    hears.heard.clear()
    enable_logging(logging.ERROR, network="DEBUG")
    await audited()
    await hears.until("aster_runtime.iroh")
    assert all(record.name != "aster_runtime.audit" for record in hears.heard)


async def test_a_logger_that_is_not_enabled_gets_nothing(hears: Hears) -> None:
    logging.getLogger("aster_runtime.audit").setLevel(logging.ERROR)
    try:
        enable_logging()
        await audited()
        _native.log_flush()
        assert all(record.name != "aster_runtime.audit" for record in hears.heard)
    finally:
        logging.getLogger("aster_runtime.audit").setLevel(logging.NOTSET)


def test_unknown_levels_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown level"):
        enable_logging("LOUD")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("aster::audit", "aster_runtime.audit"),
        ("aster_runtime::server::run", "aster_runtime.server.run"),
        ("_native::server", "aster_runtime.server"),
        ("iroh::socket", "aster_runtime.iroh.socket"),
        ("aster", "aster_runtime"),
    ],
)
def test_loggers_are_called_as_the_parts_of_the_runtime(target: str, name: str) -> None:
    assert _logging.logger_of(target) == name


async def test_too_many_records_are_counted_and_told(hears: Hears) -> None:
    async with Node.dev() as node, Server(node, []):

        async def call() -> None:
            async with Node.dev() as other:
                async with Client.connect(other, node.address) as client:
                    for _ in range(1000):
                        await client.health()

        def meanwhile() -> None:
            # a handler that is slow: neither the runtime nor the other loop waits for it
            thread = threading.Thread(target=lambda: asyncio.run(call()))
            thread.start()
            thread.join()

        hears.first = meanwhile
        enable_logging("TRACE", network="TRACE")
        await audited()
        told = await hears.until("aster_runtime", "records of the runtime were dropped")
        disable_logging()
        assert told.levelno == logging.WARNING
        assert int(told.getMessage().split()[0]) > 0
        assert len(hears.heard) > 1000


def test_records_come_to_the_next_loop_or_to_the_end_of_the_process() -> None:
    script = """
import asyncio, logging, sys
import support
from aster_runtime import Audit, Client, Node, Server, enable_logging
from gen_corners.corners.services import In, ShapesClient
from services import Shapes

logging.basicConfig(level=1, stream=sys.stdout, format="%(name)s %(levelname)s %(message)s")
enable_logging("DEBUG", network=51)

async def main():
    async with Node.dev() as node, Server(node, [Shapes()], interceptors=[Audit()]):
        async with Node.dev() as other, Client.connect(other, node.address) as client:
            await ShapesClient(client).unary(In(text="x"))

for _ in range(3):
    asyncio.run(main())
"""
    status, out, err = run(script)
    assert (status, err) == (0, "")
    assert out.count("aster_runtime.audit INFO") == 3
