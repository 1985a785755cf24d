"""Blobs: added, read, named and fetched."""

from __future__ import annotations

from pathlib import Path

import pytest
from aster_runtime import ConnectError, Node, NotAdmitted, NotFound, Ticket
from support_stores import pair, soon

UNKNOWN = "ae58ff8833241ac82d6ff7611046ed67b5072d142c588d0063e942d9a75502b6"
"""The id of a node of which nobody knows where it is."""

LARGE = bytes(range(256)) * 20_000


async def test_bytes_are_found_by_their_hash() -> None:
    async with Node.dev() as node:
        hash = await node.blobs.add_bytes(b"hello")
        assert (
            hash == "ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f"
        )
        assert await node.blobs.has(hash)
        assert await node.blobs.get_bytes(hash) == b"hello"
        assert await node.blobs.size(hash) == 5
        assert [found async for found in node.blobs.list()] == [hash]
        for other in (bytearray(b"hello"), memoryview(b"-hello-")[1:-1]):
            assert await node.blobs.add_bytes(other) == hash
        empty = await node.blobs.add_bytes(b"")
        assert await node.blobs.get_bytes(empty) == b""


async def test_a_blob_that_is_not_here_is_not_found() -> None:
    async with Node.dev() as node:
        hash = "00" * 32
        assert not await node.blobs.has(hash)
        with pytest.raises(NotFound, match="`download` it"):
            await node.blobs.get_bytes(hash)
        with pytest.raises(NotFound, match="`download` it"):
            async for _ in node.blobs.chunks(hash):
                pass
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            await node.blobs.has("abc")


async def test_reads_are_bounded_and_of_any_part() -> None:
    async with Node.dev() as node:
        hash = await node.blobs.add_bytes(LARGE)
        assert await node.blobs.get_bytes(hash) == LARGE
        assert (
            await node.blobs.get_bytes(hash, offset=1000, length=2345)
            == LARGE[1000:3345]
        )
        assert await node.blobs.get_bytes(hash, offset=len(LARGE) + 1) == b""
        with pytest.raises(
            ValueError, match="the limit is 1000.*`chunks`.*`export_file`"
        ):
            await node.blobs.get_bytes(hash, limit=1000)
        assert await node.blobs.get_bytes(hash, length=1000, limit=1000) == LARGE[:1000]
        pieces = [piece async for piece in node.blobs.chunks(hash, offset=7)]
        assert len(pieces) > 1
        assert b"".join(pieces) == LARGE[7:]


async def test_chunks_that_are_left_end() -> None:
    async with Node.dev() as node:
        hash = await node.blobs.add_bytes(LARGE)
        async with node.blobs.chunks(hash) as chunks:
            assert LARGE.startswith(await anext(chunks))
        with pytest.raises(StopAsyncIteration):
            await anext(chunks)


async def test_files_come_in_and_go_out(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(LARGE)
    async with Node.dev(folder=tmp_path / "node") as node:
        hash = await node.blobs.add_file(tmp_path / "in")
        assert hash == await node.blobs.add_bytes(LARGE)
        assert await node.blobs.export_file(hash, tmp_path / "out") == len(LARGE)
        assert (tmp_path / "out").read_bytes() == LARGE
        with pytest.raises(NotFound):
            await node.blobs.export_file("00" * 32, tmp_path / "none")
    del node  # a folder is free when nothing holds its node
    async with Node.dev(folder=tmp_path / "node") as node:
        assert await node.blobs.has(hash), "what a folder has stays"


async def test_tags_name_blobs() -> None:
    async with Node.dev() as node:
        one = await node.blobs.add_bytes(b"one", tag="a")
        other = await node.blobs.add_bytes(b"other")
        assert [tag async for tag in node.blobs.tags()] == [("a", one)]
        await node.blobs.set_tag("a", other)
        await node.blobs.set_tag("b", one)
        assert [tag async for tag in node.blobs.tags()] == [("a", other), ("b", one)]
        assert await node.blobs.delete_tag("a")
        assert not await node.blobs.delete_tag("a")
        assert [tag async for tag in node.blobs.tags()] == [("b", one)]


async def test_a_peer_fetches_by_ticket_by_address_and_from_who_has_it() -> None:
    async with pair() as (one, other), Node.dev() as empty:
        hash = await one.blobs.add_bytes(LARGE)
        assert (
            await soon(other.blobs.download(one.blobs.ticket(hash), tag="got")) == hash
        )
        assert await other.blobs.get_bytes(hash) == LARGE
        assert [tag async for tag in other.blobs.tags()] == [("got", hash)]
        second = await one.blobs.add_bytes(b"second")
        empty.admit(other.id)
        peers: list[str | Ticket] = [empty.address, Ticket.parse(one.address)]
        assert await soon(other.blobs.download(second, peers)) == second
        assert await soon(other.blobs.download(second)) == second, (
            "what is here is not fetched"
        )
        with pytest.raises(NotFound, match="does not give"):
            await soon(other.blobs.download("11" * 32, one.address))
        with pytest.raises(NotFound, match="no peer was named"):
            await soon(other.blobs.download("11" * 32))
        with pytest.raises(ConnectError, match="cannot be reached"):
            await soon(other.blobs.download("11" * 32, UNKNOWN))


async def test_a_damaged_ticket_says_so() -> None:
    async with Node.dev() as node:
        ticket = node.blobs.ticket(await node.blobs.add_bytes(b"x"))
        with pytest.raises(ValueError, match="damaged: copy it again"):
            await node.blobs.download(ticket[:-4])


async def test_closed_gates_keep_blobs() -> None:
    async with Node.spawn() as closed, Node.dev() as other:
        hash = await closed.blobs.add_bytes(b"secret")
        with pytest.raises(NotAdmitted, match="connect a client to it first"):
            await soon(other.blobs.download(closed.blobs.ticket(hash)))
        assert not await other.blobs.has(hash)
        closed.admit(other.id)
        assert closed.admitted() == {other.id: {}}
        assert await soon(other.blobs.download(closed.blobs.ticket(hash))) == hash
        assert closed.revoke(other.id)
        assert closed.admitted() == {}
