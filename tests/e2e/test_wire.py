"""A peer in Rust without manners, against a server in Python; and generated code of Python's that was tampered with.

The bytes are those of docs/wire.md, written down once more.
"""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aster_runtime import Code, Limits, Node, Server
from interop import REPOSITORY, Rust, World, encode, module
from interop_services import services
from test_matrix import case_of, matrix

HEADER, MESSAGE, COMPRESSED, TRAILER, END = 0x04, 0x00, 0x01, 0x02, 0x40


def uvarint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def text(value: str | bytes) -> bytes:
    encoded = value.encode() if isinstance(value, str) else value
    return uvarint(len(encoded) << 2 | 2) + encoded


def frame(flags: int, payload: bytes) -> bytes:
    return struct.pack("<IB", len(payload) + 1, flags) + payload


@dataclasses.dataclass
class Head:
    """The fields of a StreamHeader."""

    version: int = 1
    service: str | bytes = "matrix.Echo"
    service_version: int = 1
    method: str = "unary"
    contract: str = matrix.ECHO_CONTRACT_ID
    call: int = 7
    deadline: int = 0
    mode: int = 0
    session: int = 0
    metadata: tuple[tuple[str, str], ...] = ()
    beyond: bytes = b""

    def frame(self, flags: int = HEADER) -> bytes:
        return frame(flags, self.payload())

    def payload(self) -> bytes:
        return b"".join(
            [
                bytes([self.version]),
                text(self.service),
                uvarint(self.service_version << 1),
                text(self.method),
                uvarint(len(self.contract) // 2) + bytes.fromhex(self.contract),
                uvarint(self.call),
                uvarint(self.deadline),
                uvarint(self.mode),
                uvarint(self.session),
                uvarint(len(self.metadata)) + b"\x0c",
                *(text(key) + text(value) for key, value in self.metadata),
                self.beyond,
            ]
        )


GOOD = encode(matrix.Any(value=case_of(module("corners.containers").Leaf(name="x"))))
BIDI = Head(method="bidi").frame()


def frames(answer: bytes) -> list[tuple[int, bytes]]:
    """The frames of an answer, whole."""
    found = []
    while answer:
        length, flags = struct.unpack_from("<IB", answer)
        assert len(answer) >= 4 + length
        found.append((flags, answer[5 : 4 + length]))
        answer = answer[4 + length :]
    return found


async def wire(rust: Rust, data: bytes, *, finish: bool = True) -> tuple[bytes, str]:
    """Writes bytes on a stream of a call; what comes back, and how it ends."""
    word = "wire" if finish else "wire.open"
    answer, end = await rust.call(word, [data])
    return answer, end.decode()


async def code(rust: Rust, data: bytes, *, finish: bool = True) -> int:
    """The code of the status that ends the call."""
    answer, end = await wire(rust, data, finish=finish)
    assert end == "end", end
    flags, payload = frames(answer)[-1]
    assert flags == TRAILER
    return payload[1] if payload else 0


@dataclasses.dataclass
class Victim:
    """A server in Python, and the peer that is about to annoy it."""

    rust: Rust
    node: Node

    async def still_serves(self) -> None:
        answer, end = await wire(self.rust, Head().frame() + frame(END, GOOD))
        assert (frames(answer), end) == ([(MESSAGE, GOOD), (TRAILER, b"")], "end")


LIMITS: Limits = {"frame": 1 << 16, "header_time": 1.5, "request_time": 1.5}


def against(world: World, work: Any) -> None:
    """Runs an attack at a server of its own, with tight limits; the server is as good as before."""

    async def run() -> None:
        async with Node.dev(limits=LIMITS) as node, Server(node, services()):
            rust = await Rust.start()
            assert await rust.command("connect", node.address) == ["ok"]
            victim = Victim(rust, node)
            await victim.still_serves()
            await work(victim)
            await victim.still_serves()
            await rust.stop()

    world.run(run())


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "half a prefix": b"\x05\0",
    "a length of zero": b"\0\0\0\0\x04",
    "unknown flags": frame(0x80, b"x"),
    "a message first": frame(MESSAGE, GOOD),
    "a trailer first": frame(TRAILER, b""),
    "an empty header": frame(HEADER, b""),
    "zeros": bytes(1000),
    "ones": b"\xff" * 1000,
    "HTTP": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header that ends inside": Head().frame()[:-1],
    "more than a header": Head(beyond=b"x").frame(),
    "another header": Head().frame() + Head().frame(),
    "a name that is no text": Head(service=b"\xff\xfe").frame(),
    "a short contract id": Head(contract="00").frame(),
    "an empty message": Head().frame() + frame(MESSAGE, b""),
    "a frame after the end": Head().frame() + frame(END, GOOD) + frame(END, GOOD),
    "two requests": Head().frame() + frame(MESSAGE, GOOD) + frame(END, GOOD),
    "no request": Head().frame() + frame(END, b""),
    "a broken zstd frame": Head().frame() + frame(COMPRESSED | END, b"(\xb5/\xfdxxx"),
    "half a request": Head().frame() + frame(END, GOOD)[:-1],
}


def test_bytes_that_are_no_call(world: World) -> None:
    async def attack(victim: Victim) -> None:
        for name, data in BROKEN.items():
            answer, end = await wire(victim.rust, data)
            if end == "end" and answer:
                flags, payload = frames(answer)[-1]
                assert flags == TRAILER and payload[1] != 0, name
            await victim.still_serves()

    against(world, attack)


def test_each_wrong_header_has_its_status(world: World) -> None:
    wrong: list[tuple[Head, Code]] = [
        (Head(version=2), Code.UNIMPLEMENTED),
        (Head(service="matrix.None"), Code.NOT_FOUND),
        (Head(method="none"), Code.UNIMPLEMENTED),
        (Head(contract="07" * 32), Code.FAILED_PRECONDITION),
        (Head(mode=9), Code.UNIMPLEMENTED),
        (Head(mode=3), Code.UNIMPLEMENTED),
    ]

    async def attack(victim: Victim) -> None:
        for head, wanted in wrong:
            assert await code(victim.rust, head.frame() + frame(END, GOOD)) == wanted

    against(world, attack)


def test_messages_that_are_too_large_or_do_not_fit(world: World) -> None:
    async def attack(victim: Victim) -> None:
        rust = victim.rust
        # 4 GiB that never come, refused at the prefix
        large = struct.pack("<IB", 0xFFFF_FFFF, MESSAGE)
        for head in (Head().frame(), BIDI):
            told = await code(rust, head + large, finish=False)
            assert told == Code.RESOURCE_EXHAUSTED
            whole = frame(MESSAGE, bytes(1 << 17))
            assert await code(rust, head + whole) == Code.RESOURCE_EXHAUSTED
        # a request of another type, a damaged one, and one in the middle of good ones
        for lie in (encode(matrix.GoneRequest()), GOOD[:-1], GOOD + b"\0", b"\0" * 9):
            told = await code(rust, Head().frame() + frame(END, lie))
            assert told == Code.CONTRACT_VIOLATION
            good = frame(MESSAGE, GOOD)
            told = await code(rust, BIDI + good + frame(MESSAGE, lie) + good)
            assert told == Code.CONTRACT_VIOLATION

    against(world, attack)


def test_headers_and_requests_that_never_end_are_given_up(world: World) -> None:
    async def attack(victim: Victim) -> None:
        for data in (b"\x42", Head().frame()[:20], Head().frame()):
            answer, end = await asyncio.wait_for(
                wire(victim.rust, data, finish=False), 20
            )
            if end == "end":
                flags, payload = frames(answer)[-1]
                assert flags == TRAILER and payload[1] != 0

    against(world, attack)


ALTERED = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
importlib.import_module("tampered.hello")
"""


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("hello.py", '"e40744', '"e40745'),
        ("hello.py", r"x16Hello\x02", r"x16Hello\x04"),
        ("_schema.py", "xed\\x85q\\xde", "xed\\x85q\\xdf"),
        ("_schema.py", "nat\\x00&timestamp", "nat\\x00&timestomp"),
        ("_schema.py", "\\x02\\x0c\\x02\\nat", "\\x02\\x0c\\x03\\nat"),
    ],
)
def test_python_cannot_be_made_to_speak_for_another_contract(
    tmp_path: Path, file: str, old: str, new: str
) -> None:
    shutil.copytree(REPOSITORY / "golden/hello/python", tmp_path / "tampered")
    path = tmp_path / "tampered" / file
    source = path.read_text()
    assert source.count(old) >= 1
    path.write_text(source.replace(old, new, 1))
    done = subprocess.run(
        [sys.executable, "-c", ALTERED, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "panicked" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ") and "generate the code again" in last, last
