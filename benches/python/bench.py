"""Calls of Python beside grpcio (aio), two processes on loopback: `bench.py FOLDER [--json] [--rounds N] [--only NAME]`.

Both sides of each contender are Python. Rounds of the contenders take turns, so that what else the machine does is shared; the
median of the rounds is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

SMALL = 64
LARGE = 1 << 20


class Contender:
    """One library: a server process, and the four calls at this end."""

    name: str
    blob: Callable[[bytes], Any]
    echo: Callable[[Any], Awaitable[Any]]
    down: Callable[[int, int], Any]
    up: Callable[[Any], Awaitable[Any]]
    both: Callable[[Any], Any]

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder

    async def serve(self) -> str:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("server.py")),
            self.name,
            str(self.folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()

    async def memory(self) -> int:
        """Bytes that the server has in memory."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(b"memory\n")
        return int(await self.process.stdout.readline())

    async def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()

    @asynccontextmanager
    async def connected(self, address: str) -> AsyncIterator[None]:
        yield


class Aster(Contender):
    @asynccontextmanager
    async def connected(self, address: str) -> AsyncIterator[None]:
        from aster_runtime import Client, Node
        from calls_aster.aster.calls import Blob, CallsClient, Wanted

        async with Node.dev() as node, Client.connect(node, address) as client:
            calls = CallsClient(client)
            self.blob = lambda data: Blob(data=data)
            self.echo = calls.echo
            self.down = lambda count, size: calls.down(Wanted(count=count, size=size))
            self.up = calls.up
            self.both = calls.both
            yield


class Grpc(Contender):
    @asynccontextmanager
    async def connected(self, address: str) -> AsyncIterator[None]:
        import grpc
        from calls_pb2 import Blob, Wanted
        from calls_pb2_grpc import CallsStub

        options = [
            ("grpc.max_receive_message_length", 32 << 20),
            ("grpc.max_send_message_length", 32 << 20),
            ("grpc.use_local_subchannel_pool", 1),
        ]
        if self.name == "grpc-tls":
            root = (self.folder / "cert.pem").read_bytes()
            named = [*options, ("grpc.ssl_target_name_override", "localhost")]
            channel = grpc.aio.secure_channel(
                address, grpc.ssl_channel_credentials(root), named
            )
        else:
            channel = grpc.aio.insecure_channel(address, options)
        async with channel:
            calls = CallsStub(channel)
            self.blob = lambda data: Blob(data=data)
            self.echo = calls.Echo
            self.down = lambda count, size: calls.Down(Wanted(count=count, size=size))
            self.up = calls.Up
            self.both = calls.Both
            yield


async def latency(contender: Contender, calls: int) -> dict[str, float]:
    """Microseconds of one call after the other, 64 B."""
    message = contender.blob(bytes(SMALL))
    times = []
    for _ in range(calls):
        begin = time.perf_counter()
        await contender.echo(message)
        times.append((time.perf_counter() - begin) * 1e6)
    times.sort()
    return {"p50": statistics.median(times), "p99": times[len(times) * 99 // 100]}


async def rate(
    contender: Contender, in_flight: int, calls: int, size: int = SMALL
) -> float:
    """Calls a second with so many in flight."""
    message = contender.blob(bytes(size))
    left = calls

    async def caller() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await contender.echo(message)

    begin = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(in_flight)))
    return calls / (time.perf_counter() - begin)


async def down(contender: Contender, messages: int) -> float:
    """Messages a second from the server."""
    begin = time.perf_counter()
    count = 0
    async for _ in contender.down(messages, SMALL):
        count += 1
    assert count == messages
    return messages / (time.perf_counter() - begin)


async def up(contender: Contender, messages: int) -> float:
    """Messages a second to the server."""
    message = contender.blob(bytes(SMALL))

    async def source() -> AsyncIterator[Any]:
        for _ in range(messages):
            yield message

    begin = time.perf_counter()
    total = await contender.up(source())
    assert total.messages == messages
    return messages / (time.perf_counter() - begin)


async def both(contender: Contender, messages: int) -> float:
    """Messages a second there and back."""
    message = contender.blob(bytes(SMALL))

    async def source() -> AsyncIterator[Any]:
        for _ in range(messages):
            yield message

    begin = time.perf_counter()
    count = 0
    async for _ in contender.both(source()):
        count += 1
    assert count == messages
    return messages / (time.perf_counter() - begin)


async def first_reply(contender: Contender, address: str) -> float:
    """Milliseconds from nothing to the first reply, with a new node or channel."""
    begin = time.perf_counter()
    async with contender.connected(address):
        await contender.echo(contender.blob(bytes(SMALL)))
        return (time.perf_counter() - begin) * 1e3


MEASURES: dict[str, tuple[str, bool]] = {
    "unary 64 B, one after the other, p50": ("µs", True),
    "unary 64 B, one after the other, p99": ("µs", True),
    "unary 64 B, 1 in flight": ("calls/s", False),
    "unary 64 B, 16 in flight": ("calls/s", False),
    "unary 64 B, 64 in flight": ("calls/s", False),
    "server stream, 64 B": ("messages/s", False),
    "client stream, 64 B": ("messages/s", False),
    "bidi stream, 64 B": ("messages/s", False),
    "echo of 1 MiB": ("calls/s", False),
    "connect to first reply": ("ms", True),
    "memory of the server": ("MiB", True),
}
"""Unit, and whether less is better."""


async def one_round(contender: Contender, address: str) -> dict[str, float]:
    found: dict[str, float] = {}
    found["connect to first reply"] = await first_reply(contender, address)
    async with contender.connected(address):
        await rate(contender, 8, 400)
        times = await latency(contender, 1_000)
        found["unary 64 B, one after the other, p50"] = times["p50"]
        found["unary 64 B, one after the other, p99"] = times["p99"]
        for in_flight in (1, 16, 64):
            found[f"unary 64 B, {in_flight} in flight"] = await rate(
                contender, in_flight, 2_000
            )
        found["server stream, 64 B"] = await down(contender, 20_000)
        found["client stream, 64 B"] = await up(contender, 20_000)
        found["bidi stream, 64 B"] = await both(contender, 10_000)
        found["echo of 1 MiB"] = await rate(contender, 4, 60, LARGE)
    found["memory of the server"] = await contender.memory() / (1 << 20)
    return found


async def run(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    contenders = [
        Aster("aster", folder),
        Grpc("grpc-tls", folder),
        Grpc("grpc", folder),
    ]
    addresses = [await contender.serve() for contender in contenders]
    found: dict[str, dict[str, list[float]]] = {name: {} for name in MEASURES}
    for _ in range(rounds):
        for contender, address in zip(contenders, addresses, strict=True):
            for name, value in (await one_round(contender, address)).items():
                found[name].setdefault(contender.name, []).append(value)
    for contender in contenders:
        await contender.end()
    return {
        name: {contender: statistics.median(values) for contender, values in by.items()}
        for name, by in found.items()
    }


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    sys.path.insert(0, str(options.folder))
    found = asyncio.run(run(options.folder, options.rounds))
    if options.json:
        rows = [
            {
                "name": name,
                "unit": MEASURES[name][0],
                "ours": by["aster"],
                "peers": {k: v for k, v in by.items() if k != "aster"},
            }
            for name, by in found.items()
        ]
        print(json.dumps({"bench": "python", "rows": rows}))
        return
    print(
        f"Python {platform.python_version()}, {options.rounds} rounds, medians; ratios above 1 are in Aster's favour\n"
    )
    print(
        "| | unit | Aster | grpcio, TLS | grpcio, plaintext | to TLS | to plaintext |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, by in found.items():
        unit, less = MEASURES[name]
        ours = by["aster"]
        ratios = [
            (by[peer] / ours if less else ours / by[peer])
            for peer in ("grpc-tls", "grpc")
        ]
        values = [
            f"{by[peer]:,.4g}" if by[peer] < 1000 else f"{by[peer]:,.0f}"
            for peer in ("aster", "grpc-tls", "grpc")
        ]
        print(
            f"| {name} | {unit} | {' | '.join(values)} | {ratios[0]:.2f} | {ratios[1]:.2f} |"
        )


if __name__ == "__main__":
    main()
