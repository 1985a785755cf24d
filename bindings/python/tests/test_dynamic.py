"""Services without generated code."""

from __future__ import annotations

import pytest
from aster_runtime import (
    Client,
    ContractViolation,
    Server,
    ServiceNotFound,
    Unimplemented,
)
from support_stores import pair, soon


async def test_a_described_service_takes_and_gives_what_json_does() -> None:
    async with pair() as (node, other):
        server = Server(node, [])
        async with server, Client.connect(other, node.address) as client:
            service = await client.service("aster.Node")
            assert service.name == "aster.Node"
            assert set(service.methods) == {"describe", "services", "health", "watch"}
            services = service.method("services")
            assert services.pattern == "unary"
            listed = await services({})
            assert [found["name"] for found in listed["services"]] == ["aster.Node"]
            assert isinstance(await services("{}", text=True), str)
            watch = service.method("watch")
            assert watch.pattern == "server_stream"
            async with watch({"service": ""}) as states:
                assert await soon(anext(states)) == {"value": "SERVING"}
            with pytest.raises(ContractViolation, match="does not fit the contract"):
                await services({"other": 1})
            with pytest.raises(Unimplemented, match="has no method"):
                service.method("nothing")
            with pytest.raises(ServiceNotFound):
                await client.service("a.A")
