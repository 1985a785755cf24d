"""Services that the tests serve; each test replaces the methods that it is about."""

from __future__ import annotations

import decimal
from collections.abc import AsyncIterator

import support  # noqa: F401
from aster_runtime import Context
from gen_corners.corners import services
from gen_corners.corners.services import In, Out


class Shapes(services.Shapes):
    """Answers with what it was asked."""

    async def unary(self, request: In, context: Context) -> Out:
        return Out(text=request.text)

    async def unary_value(self, request: In, context: Context) -> int:
        return len(request.text)

    async def unary_list(self, request: In, context: Context) -> list[str | None]:
        return [request.text, None]

    async def unary_maybe(self, request: In, context: Context) -> Out | None:
        return Out(text=request.text) if request.text else None

    async def unary_nothing(self, request: In, context: Context) -> None:
        return None

    async def no_parameters(
        self, request: services.NoParametersRequest, context: Context
    ) -> Out:
        return Out(text="none")

    async def parameters(
        self, request: services.ParametersRequest, context: Context
    ) -> bool:
        return (
            request.text == "text"
            and request.number == 7
            and request.maybe is None
            and request.list == [In(text="one")]
        )

    async def many(self, request: services.ManyRequest, context: Context) -> None:
        assert (request.a, request.f, request.g) == (1, 6, "g")

    async def server_stream(self, request: In, context: Context) -> AsyncIterator[Out]:
        for character in request.text:
            yield Out(text=character)

    async def server_stream_value(
        self, request: services.ServerStreamValueRequest, context: Context
    ) -> AsyncIterator[int]:
        for number in range(request.from_, request.to):
            yield number

    async def client_stream(
        self, requests: AsyncIterator[In], context: Context
    ) -> Out:
        return Out(text="".join([request.text async for request in requests]))

    async def client_stream_value(
        self, requests: AsyncIterator[str], context: Context
    ) -> int:
        return len([request async for request in requests])

    async def client_stream_nothing(
        self, requests: AsyncIterator[In], context: Context
    ) -> None:
        async for _ in requests:
            pass

    async def bidi(
        self, requests: AsyncIterator[In], context: Context
    ) -> AsyncIterator[Out]:
        async for request in requests:
            yield Out(text=request.text)

    async def bidi_value(
        self, requests: AsyncIterator[bytes], context: Context
    ) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request

    async def bidi_mixed(
        self, requests: AsyncIterator[In], context: Context
    ) -> AsyncIterator[decimal.Decimal]:
        async for request in requests:
            yield decimal.Decimal(request.text)
