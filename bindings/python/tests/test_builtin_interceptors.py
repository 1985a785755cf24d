"""The runtime's own interceptors, and the health of services."""

from __future__ import annotations

import pytest
from aster_runtime import (
    Audit,
    CircuitBreaker,
    Client,
    Health,
    Node,
    NotFound,
    RateLimit,
    ResourceExhausted,
    Server,
)
from support_stores import pair


async def test_a_rate_limit_refuses_what_is_too_much() -> None:
    async with pair() as (node, other):
        limit = RateLimit(0.001, burst=2, per="service")
        server = Server(node, [], interceptors=[limit, Audit()])
        async with server, Client.connect(other, node.address, retry=False) as client:
            assert await client.health() == Health.SERVING
            assert await client.health() == Health.SERVING
            with pytest.raises(ResourceExhausted) as refused:
                await client.health()
            assert int(refused.value.details["retry-after-ms"]) > 0


async def test_interceptors_belong_to_their_side() -> None:
    async with Node.dev() as node:
        with pytest.raises(TypeError, match="give it to `Client.connect`"):
            Server(node, [], interceptors=[CircuitBreaker(3, pause=5)])
        with pytest.raises(TypeError, match="give it to `Server`"):
            await Client.connect(node, node.address, interceptors=[Audit()])
    with pytest.raises(ValueError, match="positive number"):
        RateLimit(0)
    with pytest.raises(ValueError, match="expected `peer`"):
        RateLimit(1, per="galaxy")


async def test_a_server_says_how_it_does() -> None:
    async with pair() as (node, other):
        server = Server(node, [])
        async with server, Client.connect(other, node.address) as client:
            server.health.set_not_serving()
            assert await client.health() == Health.NOT_SERVING
            server.health.set_serving()
            assert await client.health() == Health.SERVING
            assert await client.health("a.A") == Health.UNKNOWN
            with pytest.raises(NotFound, match="not served here"):
                server.health.set_serving("a.A")


async def test_stats_tell_of_connections_and_their_paths() -> None:
    async with pair() as (node, other):
        server = Server(node, [])
        async with server, Client.connect(other, node.address) as client:
            await client.health()
            connections = other.stats()["connections"]
            (connection,) = [
                found for found in connections if found["protocol"] == "aster/1"
            ]
            assert connection["peer"] == node.id
            assert connection["dialled"]
            assert any(
                path["selected"] and path["round_trip"] > 0
                for path in connection["paths"]
            )
