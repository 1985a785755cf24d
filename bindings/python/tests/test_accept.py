"""An accept loop of one's own."""

from __future__ import annotations

import asyncio

import pytest
from aster_runtime import AlreadyServing, Client, Node, NotAdmitted, Server
from support_stores import pair, soon


async def test_a_loop_of_ones_own_hands_connections_to_a_server() -> None:
    async with pair() as (node, other):
        server = Server(node, [])
        calls = asyncio.Event()
        seen: list[tuple[str, str]] = []
        tasks: set[asyncio.Future[None]] = set()

        async def serve() -> None:
            async for connection in node.accept_aster():
                seen.append((connection.alpn, connection.peer))
                if connection.alpn == "aster/1":
                    calls.set()
                tasks.add(asyncio.ensure_future(server.handle(connection)))
                with pytest.raises(RuntimeError, match="served already"):
                    server.handle(connection)

        serving = asyncio.ensure_future(serve())
        async with await soon(Client.connect(other, node.address)) as client:
            assert client.peer == node.id
            await soon(calls.wait())
        assert ("aster.consumer_admission", other.id) in seen
        assert ("aster/1", other.id) in seen
        await node.close()
        await soon(serving)
        await soon(asyncio.gather(*tasks))


async def test_connections_have_one_consumer_at_a_time() -> None:
    async with pair() as (node, other):
        connections = node.accept_aster()
        with pytest.raises(AlreadyServing, match="one accept loop at a time"):
            node.accept_aster()
        waiting = asyncio.ensure_future(anext(connections))
        connecting = asyncio.ensure_future(connect(other, node.address))
        connection = await soon(waiting)
        assert connection.peer == other.id
        connection.close(403, b"not here")
        await soon(connecting)
        await connections.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(connections)
        async with Server(node, []), Client.connect(other, node.address) as client:
            assert client.peer == node.id


async def connect(node: Node, address: str) -> None:
    with pytest.raises(NotAdmitted):
        await Client.connect(node, address)
