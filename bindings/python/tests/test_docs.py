"""Docs: written, queried, shared and followed."""

from __future__ import annotations

import asyncio

import pytest
from aster_runtime import (
    ContentReady,
    InsertLocal,
    InsertRemote,
    Node,
    NotFound,
    PermissionDenied,
)
from support_stores import first, pair, soon


async def test_values_are_set_read_and_deleted() -> None:
    async with Node.dev() as node:
        doc = await node.docs.create()
        author = await node.docs.default_author()
        hash = await doc.set(author, b"k/1", b"v")
        assert await doc.get(b"k/1") == b"v"
        assert await doc.get(b"k/1", author) == b"v"
        assert await node.blobs.get_bytes(hash) == b"v", "a value is a blob"
        entry = await doc.entry(b"k/1")
        assert entry is not None
        assert (entry.key, entry.author, entry.hash, entry.size) == (
            b"k/1",
            author,
            hash,
            1,
        )
        assert await doc.get(b"k") is None
        assert await doc.entry(b"k") is None
        await doc.set_hash(author, b"k/2", hash)
        assert await doc.get(b"k/2") == b"v"
        assert await doc.delete(author, b"k/") == 2
        assert await doc.get(b"k/1") is None
        with pytest.raises(ValueError, match="`delete` takes a key away"):
            doc.set(author, b"k", b"")
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            doc.set("me", b"k", b"v")


async def test_queries_filter_and_order() -> None:
    async with Node.dev() as node:
        doc = await node.docs.create()
        one, other = await node.docs.create_author(), await node.docs.create_author()
        assert {one, other} <= set(await node.docs.authors())
        for key in (b"a/1", b"a/2", b"b/1"):
            await doc.set(one, key, b"one")
        await doc.set(other, b"a/1", b"other")

        assert [entry.key async for entry in doc.query(author=one)] == [
            b"a/1",
            b"a/2",
            b"b/1",
        ]
        assert [entry.key async for entry in doc.query(prefix=b"a/")] == [
            b"a/1",
            b"a/1",
            b"a/2",
        ]
        latest = [entry async for entry in doc.query(key=b"a/1", latest=True)]
        assert [entry.author for entry in latest] == [other]
        keys = [
            entry.key
            async for entry in doc.query(latest=True, descending=True, limit=2)
        ]
        assert keys == [b"b/1", b"a/2"]
        assert [entry.key async for entry in doc.query(author=one, offset=2)] == [
            b"b/1"
        ]
        with pytest.raises(ValueError, match="not both"):
            doc.query(prefix=b"a", key=b"a")


async def test_documents_are_listed_opened_and_dropped() -> None:
    async with Node.dev() as node:
        doc = await node.docs.create()
        assert [known async for known in node.docs.list()] == [(doc.id, "write")]
        async with await node.docs.open(doc.id) as again:
            assert again.id == doc.id
        with pytest.raises(RuntimeError, match="`open` it again"):
            await again.get(b"k")
        await doc.close()
        await node.docs.drop(doc.id)
        assert [known async for known in node.docs.list()] == []
        with pytest.raises(NotFound, match="`join` it"):
            await node.docs.open(doc.id)
        with pytest.raises(ValueError, match="no whole ticket"):
            await node.docs.join("doc123")


async def test_a_joined_document_follows_its_writer() -> None:
    async with pair() as (one, other):
        doc = await one.docs.create()
        author = await one.docs.default_author()
        mirror = await other.docs.join(await doc.share(write=True))
        async with mirror.subscribe() as events:
            hash = await doc.set(author, b"k", b"from one")
            inserted = await first(
                events, lambda event: isinstance(event, InsertRemote)
            )
            assert isinstance(inserted, InsertRemote)
            assert (inserted.entry.key, inserted.entry.author) == (b"k", author)
            if inserted.content != "complete":
                await first(events, lambda event: event == ContentReady(hash))
        assert await mirror.get(b"k") == b"from one"

        async with doc.subscribe() as events:
            writer = await other.docs.create_author()
            await mirror.set(writer, b"k", b"from other")
            await first(
                events,
                lambda event: (
                    isinstance(event, InsertRemote) and event.entry.author == writer
                ),
            )


async def test_who_has_a_ticket_to_read_does_not_write() -> None:
    async with pair() as (one, other):
        doc = await one.docs.create()
        mirror = await other.docs.join(await doc.share())
        author = await other.docs.default_author()
        with pytest.raises(PermissionDenied, match=r"share\(write=True\)"):
            await mirror.set(author, b"k", b"v")
        assert [known async for known in other.docs.list()] == [(doc.id, "read")]


async def test_a_subscription_that_is_left_holds_up_nobody() -> None:
    async with Node.dev() as node:
        doc = await node.docs.create()
        author = await node.docs.default_author()
        events = doc.subscribe()
        await events
        writes = asyncio.gather(
            *(doc.set(author, b"%d" % number, b"v") for number in range(1000))
        )
        told = await first(events, lambda event: isinstance(event, InsertLocal))
        assert isinstance(told, InsertLocal)
        assert not writes.done()
        await events.aclose()
        await soon(writes)
        assert len([entry async for entry in doc.query()]) == 1000


async def test_a_node_closes_at_once_under_a_subscription_that_nobody_reads() -> None:
    async with Node.dev() as node:
        doc = await node.docs.create()
        author = await node.docs.default_author()
        events = await doc.subscribe()
        await doc.set(author, b"k", b"v")
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await node.close()
        assert loop.time() - begin < 4, "the protocols were not waited for"
    assert [type(event) async for event in events] in ([], [InsertLocal])
