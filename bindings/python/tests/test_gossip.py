"""Gossip: everybody in a topic hears what is broadcast."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from aster_runtime import Lagged, NeighborDown, NeighborUp, Node, Received, Ticket
from support_stores import first, pair, soon

TOPIC = hashlib.sha256(b"news").digest()


async def test_messages_reach_everybody_in_the_topic() -> None:
    async with pair() as (one, other):
        async with await one.gossip.subscribe(TOPIC) as mine:
            peers = [Ticket.parse(one.address)]
            async with await other.gossip.subscribe(TOPIC, peers) as theirs:
                assert mine.id == TOPIC
                await soon(asyncio.gather(mine.joined(), theirs.joined()))
                assert mine.neighbors == [other.id]
                assert theirs.neighbors == [one.id]
                await mine.broadcast(b"hello")
                assert await soon(anext(theirs)) == NeighborUp(one.id)
                assert await soon(anext(theirs)) == Received(b"hello", one.id)
                await theirs.broadcast(b"back")
                assert await soon(anext(mine)) == NeighborUp(other.id)
                assert await soon(anext(mine)) == Received(b"back", other.id)
            assert await first(
                mine, lambda event: isinstance(event, NeighborDown)
            ) == NeighborDown(other.id)
            assert mine.neighbors == []
        with pytest.raises(StopAsyncIteration):
            await anext(mine)


async def test_the_largest_message_arrives_and_a_larger_one_says_what_to_do() -> None:
    async with pair() as (one, other):
        mine = await one.gossip.subscribe(TOPIC)
        theirs = await other.gossip.subscribe(TOPIC, one.address)
        await soon(mine.joined())
        largest = bytes(one.gossip.max_message_size)
        assert len(largest) > 4000
        await mine.broadcast(largest)
        event = await first(theirs, lambda event: isinstance(event, Received))
        assert event == Received(largest, one.id)
        with pytest.raises(
            ValueError, match="add it to `node.blobs` and broadcast its ticket"
        ):
            await mine.broadcast(largest + b"x")
        await mine.broadcast(b"after")
        assert await soon(anext(theirs)) == Received(b"after", one.id)


async def test_who_reads_too_slowly_is_told_what_is_missing() -> None:
    async with pair() as (one, other):
        mine = await one.gossip.subscribe(TOPIC)
        theirs = await other.gossip.subscribe(TOPIC, one.address)
        await soon(mine.joined())
        sent = 2000
        for number in range(sent):
            await mine.broadcast(b"%d" % number)
        read = 0

        async def until_lagged() -> None:
            nonlocal read
            async for event in theirs:
                if isinstance(event, Lagged):
                    return
                read += isinstance(event, Received)

        await soon(until_lagged())
        assert 0 < read < sent


async def test_a_topic_is_32_bytes() -> None:
    async with Node.dev() as node:
        with pytest.raises(ValueError, match="hash its name"):
            await node.gossip.subscribe(b"news")
        topic = await node.gossip.subscribe(TOPIC)
        waiting = asyncio.ensure_future(anext(topic))
        await node.close()
        with pytest.raises(StopAsyncIteration):
            await soon(waiting)
