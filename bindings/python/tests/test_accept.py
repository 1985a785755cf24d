"""An accept loop of one's own."""

from __future__ import annotations

import asyncio

import pytest
from aster_runtime import AlreadyServing, Client, Node, Server
from support_stores import pair, soon


async def test_a_loop_of_ones_own_hands_connections_to_a_server() -> None:
    async with pair() as (node, other):
        server = Server(node, [])
        seen: list[tuple[str, str]] = []
        tasks: set[asyncio.Future[None]] = set()

        async def serve() -> None:
            async for connection in node.accept_aster():
                seen.append((connection.alpn, connection.peer))
                tasks.add(asyncio.ensure_future(server.handle(connection)))
                with pytest.raises(RuntimeError, match="served already"):
                    server.handle(connection)

        serving = asyncio.ensure_future(serve())
        async with await soon(Client.connect(other, node.address)) as client:
            assert client.peer == node.id
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
        connecting = asyncio.ensure_future(Client.connect(other, node.address, timeout=5).__aenter__())
        connection = await soon(waiting)
        connection.close(403, b"not here")
        await connections.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(connections)
        # what came in between waits for whoever comes next
        async with await soon(retaken(node)):
            pass
        connecting.cancel()
        await asyncio.wait([connecting])


async def retaken(node: Node) -> Server:
    """A server of the node, once the loop before it has let go."""
    while True:
        try:
            server = Server(node, [])
            await server.__aenter__()
        except Exception as error:
            assert "served already" in str(error)
            await asyncio.to_thread(lambda: None)
        else:
            return server
