"""What goes wrong, and how both ends hear of it."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aster_runtime import (
    AsterError,
    Client,
    Code,
    ConnectError,
    Context,
    ContractMismatch,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    MessageError,
    Node,
    NotAdmitted,
    NotFound,
    PermissionDenied,
    Server,
    ServerNotTrusted,
    ServiceNotFound,
    StartError,
    Unauthenticated,
    Unavailable,
    Unknown,
    errors,
)
from gen_altered import hello as altered
from gen_corners.corners import services
from gen_corners.corners.services import In, Out, ShapesClient
from gen_hello import hello
from services import Shapes
from support import connected, within


class Raises(Shapes):
    """Raises what a test says, in each pattern."""

    error: BaseException = RuntimeError()

    async def unary(self, request: In, context: Context) -> Out:
        raise self.error

    async def server_stream(self, request: In, context: Context) -> AsyncIterator[Out]:
        yield Out(text="first")
        raise self.error

    async def client_stream(self, requests: AsyncIterator[In], context: Context) -> Out:
        async for _ in requests:
            raise self.error
        return Out(text="")

    async def bidi(
        self, requests: AsyncIterator[In], context: Context
    ) -> AsyncIterator[Out]:
        async for _ in requests:
            yield Out(text="first")
            raise self.error


PATTERNS = ["unary", "server_stream", "client_stream", "bidi"]


async def call(client: Client, pattern: str, **options: Any) -> list[Out]:
    """Makes one call of a pattern to its end."""
    shapes = ShapesClient(client)
    if pattern == "unary":
        return [await within(shapes.unary(In(text="x"), **options))]
    if pattern == "client_stream":
        return [await within(shapes.client_stream([In(text="x")], **options))]
    if pattern == "server_stream":
        stream = shapes.server_stream(In(text="x"), **options)
    else:
        stream = shapes.bidi([In(text="x")], **options)

    async def read() -> list[Out]:
        return [out async for out in stream]

    read_all: list[Out] = await within(read())
    return read_all


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_status_keeps_its_class_details_and_metadata(pattern: str) -> None:
    service = Raises()
    async with connected([service], retry=False) as client:
        for kind in errors.BY_CODE.values():
            service.error = kind(
                "why: ü",
                details={"k": b"\x00\xff", "l": b""},
                metadata=[("m", "1"), ("m", "2")],
            )
            with pytest.raises(AsterError) as caught:
                await call(client, pattern)
            error = caught.value
            assert type(error) is kind
            assert error.code is kind.code
            assert error.number == kind.code
            assert (error.message, str(error)) == ("why: ü", "why: ü")
            assert error.details == {"k": b"\x00\xff", "l": b""}
            assert error.metadata == (("m", "1"), ("m", "2"))


async def test_a_number_without_a_class_is_unknown_and_kept() -> None:
    service = Raises()
    async with connected([service]) as client:
        service.error = AsterError("odd", number=77)
        with pytest.raises(Unknown) as caught:
            await call(client, "unary")
        assert (caught.value.number, caught.value.code) == (77, Code.UNKNOWN)


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_trailers_come_with_a_failure(pattern: str) -> None:
    class Trailing(Raises):
        async def unary(self, request: In, context: Context) -> Out:
            context.set_trailer("t", "1")
            raise NotFound("no")

        async def server_stream(
            self, request: In, context: Context
        ) -> AsyncIterator[Out]:
            context.set_trailer("t", "1")
            yield Out(text="")
            raise NotFound("no")

        async def client_stream(
            self, requests: AsyncIterator[In], context: Context
        ) -> Out:
            context.set_trailer("t", "1")
            raise NotFound("no")

        async def bidi(
            self, requests: AsyncIterator[In], context: Context
        ) -> AsyncIterator[Out]:
            context.set_trailer("t", "1")
            yield Out(text="")
            raise NotFound("no")

    async with connected([Trailing()]) as client:
        with pytest.raises(NotFound) as caught:
            await call(client, pattern)
        assert ("t", "1") in caught.value.metadata


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_an_exception_is_internal_and_logged_under_its_reference(
    pattern: str, caplog: pytest.LogCaptureFixture
) -> None:
    service = Raises()
    async with connected([service]) as client:
        service.error = ZeroDivisionError("a secret of the server")
        with caplog.at_level(logging.ERROR, "aster_runtime"):
            with pytest.raises(Internal) as caught:
                await call(client, pattern)
    found = re.search(r"reference ([0-9a-f]{16})", caught.value.message)
    assert found is not None
    assert "secret" not in caught.value.message
    (record,) = caplog.records
    assert found[1] in record.getMessage()
    assert f"Shapes.{pattern}" in record.getMessage()
    assert record.exc_info is not None and record.exc_info[1] is service.error
    assert "in " + pattern in caplog.text
    # a failed call leaves the connection as it was
    assert record.name == "aster_runtime.server"


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_what_raised_first_is_logged_too(
    pattern: str, caplog: pytest.LogCaptureFixture
) -> None:
    service = Raises()
    try:
        try:
            raise KeyError("the cause")
        except KeyError as cause:
            raise ValueError("the effect") from cause
    except ValueError as error:
        service.error = error
    async with connected([service]) as client:
        with pytest.raises(Internal):
            await call(client, pattern)
    assert "the cause" in caplog.text and "the effect" in caplog.text


async def test_the_cause_of_what_a_source_raised_is_kept() -> None:
    cause, effect = KeyError("cause"), ValueError("effect")

    async def source() -> AsyncIterator[In]:
        yield In(text="x")
        raise effect from cause

    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        with pytest.raises(ValueError) as caught:
            await within(shapes.client_stream(source()))
        assert caught.value is effect and caught.value.__cause__ is cause


WRONG: dict[str, Any] = {
    "another message": In(text="x"),
    "None": None,
    "a wrong field": Out(text=7),  # type: ignore[arg-type]
    "a number": 7,
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_wrong_response_is_a_fault_of_the_server(
    pattern: str, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Wrong(Raises):
        async def unary(self, request: In, context: Context) -> Out:
            return WRONG[wrong]  # type: ignore[no-any-return]

        async def client_stream(
            self, requests: AsyncIterator[In], context: Context
        ) -> Out:
            return WRONG[wrong]  # type: ignore[no-any-return]

        async def server_stream(
            self, request: In, context: Context
        ) -> AsyncIterator[Out]:
            yield WRONG[wrong]

        async def bidi(
            self, requests: AsyncIterator[In], context: Context
        ) -> AsyncIterator[Out]:
            yield WRONG[wrong]

    async with connected([Wrong()]) as client:
        with pytest.raises(Internal, match="reference"):
            await call(client, pattern)
    assert "MessageError" in caplog.text


async def test_a_value_for_nothing_is_a_fault_of_the_server() -> None:
    class Wrong(Shapes):
        async def unary_nothing(self, request: In, context: Context) -> None:
            return 7  # type: ignore[return-value]

        async def unary_value(self, request: In, context: Context) -> int:
            return None  # type: ignore[return-value]

    async with connected([Wrong()]) as client:
        shapes = ShapesClient(client)
        with pytest.raises(Internal, match="reference"):
            await shapes.unary_nothing(In(text=""))
        with pytest.raises(Internal, match="reference"):
            await shapes.unary_value(In(text=""))


async def test_a_handler_that_is_no_coroutine_is_a_fault_of_the_server(
    caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    class Wrong(Shapes):
        def unary(self, request: In, context: Context) -> Out:  # type: ignore[override]
            return Out(text="")

        async def unary_value(self, request: In, context: Context) -> int:
            async def inner() -> int:
                return 7

            return inner()  # type: ignore[return-value]

        async def server_stream(  # type: ignore[override]
            self, request: In, context: Context
        ) -> Out:
            return Out(text="")

        def client_stream(  # type: ignore[override]
            self, requests: AsyncIterator[In], context: Context
        ) -> None:
            return None

        def bidi(  # type: ignore[override]
            self, requests: AsyncIterator[In], context: Context
        ) -> int:
            return 7

    async with connected([Wrong()]) as client:
        for pattern in PATTERNS:
            with pytest.raises(Internal, match="reference"):
                await call(client, pattern)
        with pytest.raises(Internal, match="reference"):
            await ShapesClient(client).unary_value(In(text=""))
    assert "found coroutine" in caplog.text
    assert len(caplog.records) == 5
    recwarn.clear()


@pytest.mark.parametrize("pattern", ["server_stream", "bidi"])
async def test_a_handler_may_give_any_iterable(pattern: str) -> None:
    class Plain(Shapes):
        def server_stream(self, request: In, context: Context) -> Any:
            return [Out(text="a"), Out(text="b")]

        def bidi(self, requests: AsyncIterator[In], context: Context) -> Any:
            return (Out(text=text) for text in "ab")

    async with connected([Plain()]) as client:
        assert await call(client, pattern) == [Out(text="a"), Out(text="b")]


async def test_a_request_of_the_handler_that_does_not_fit_is_internal() -> None:
    class Relay(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            raise MessageError("the message cannot be sent: …")

    async with connected([Relay()]) as client:
        with pytest.raises(Internal, match="reference"):
            await call(client, "unary")


async def test_a_status_with_bad_metadata_is_a_fault_and_loses_nothing_in_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Raises()
    async with connected([service]) as client:
        for metadata in [[("", "bad"), ("good", "1")], [("a", "b")] * 65]:
            caplog.clear()
            service.error = NotFound("no", metadata=metadata)
            with pytest.raises(Internal, match="reference"):
                await call(client, "unary")
            assert "the metadata of a status" in caplog.text


@pytest.mark.parametrize(
    "bad",
    [
        NotFound(7),  # type: ignore[arg-type]
        NotFound("no", details={"k": "text"}),  # type: ignore[dict-item]
        NotFound("no", metadata=[("k", 1)]),  # type: ignore[list-item]
        NotFound("lone \ud800"),
        AsterError("no", number=-1),
        AsterError("no", number=0),
    ],
    ids=["message", "details", "metadata", "surrogate", "number", "ok"],
)
@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_status_that_cannot_be_told_still_ends_the_call(
    pattern: str, bad: AsterError
) -> None:
    service = Raises()
    async with connected([service]) as client:
        service.error = bad
        with pytest.raises(AsterError):
            await call(client, pattern)


async def test_context_entries_against_the_rules_are_refused() -> None:
    caught: list[ValueError] = []

    class Wrong(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            for put in (context.set_header, context.set_trailer):
                try:
                    put("", "value")
                except ValueError as error:
                    caught.append(error)
            return Out(text="")

    async with connected([Wrong()]) as client:
        await call(client, "unary")
    assert len(caught) == 2


def test_errors_survive_copying_and_pickling() -> None:
    mismatch = ContractMismatch("text", "a.B", "11", ["22"])
    for error in (
        NotFound("no", details={"k": b"v"}, metadata=[("m", "1")]),
        AsterError("odd", number=77),
        mismatch,
        ServiceNotFound("text", "a.B", ["c.D"]),
    ):
        for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
            assert type(again) is type(error)
            assert again.__dict__ == error.__dict__
            assert str(again) == str(error)


def test_errors_without_a_message_say_what_they_are() -> None:
    assert str(PermissionDenied()) == "permission denied"
    assert NotFound().details == {} and NotFound().metadata == ()
    assert issubclass(MessageError, InvalidArgument)
    assert issubclass(MessageError, ValueError)
    assert issubclass(NotAdmitted, Unauthenticated)
    assert issubclass(ConnectError, Unavailable)
    assert issubclass(ServerNotTrusted, FailedPrecondition)


async def test_another_contract_is_a_mismatch_with_both_ids() -> None:
    class Hello(hello.Hello):
        async def greet(
            self, request: hello.HelloRequest, context: Context
        ) -> hello.HelloReply:
            raise NotImplementedError

    async with connected([Hello()]) as client:
        with pytest.raises(ContractMismatch) as caught:
            altered.HelloClient(client)
        error = caught.value
        assert error.service == "hello.Hello"
        assert error.ours == altered.HELLO_CONTRACT_ID
        assert error.theirs == (hello.HELLO_CONTRACT_ID,)
        assert error.ours in str(error) and error.theirs[0] in str(error)


async def test_a_service_that_is_not_there_is_named_with_those_that_are() -> None:
    async with connected([Shapes()]) as client:
        with pytest.raises(ServiceNotFound) as caught:
            hello.HelloClient(client)
        assert caught.value.service == "hello.Hello"
        assert "corners.services.Shapes" in caught.value.services
        with pytest.raises(ServiceNotFound):
            services.NothingClient(client)


async def test_a_node_with_closed_gates_admits_nobody() -> None:
    async with Node.spawn(bind="127.0.0.1:0") as node, Server(node, [Shapes()]):
        async with Node.dev() as other:
            with pytest.raises(NotAdmitted):
                await within(Client.connect(other, node.address))


async def test_a_mesh_that_the_server_does_not_prove_is_not_trusted() -> None:
    async with Node.dev() as node, Server(node, [Shapes()]), Node.dev() as other:
        with pytest.raises(ServerNotTrusted):
            await within(Client.connect(other, node.address, mesh=node.id))


async def test_nobody_at_an_address_is_a_connect_error_in_time() -> None:
    async with Node.dev() as gone:
        address = gone.address
    async with Node.dev() as node:
        with pytest.raises(ConnectError):
            await within(Client.connect(node, address, timeout=0.3))


@pytest.mark.parametrize(
    "options",
    [
        {"nonsense": 1},
        {"limits": {"nonsense": 1}},
        {"secret_key": b"short"},
        {"secret_key": 7},
        {"lookup": "dns"},
        {"bind": "nowhere"},
        {"bind": 7},
        {"trust": "nobody"},
        {"credentials": ["{}"]},
        {"limits": 7},
        {"limits": {"frame": -1}},
        {"limits": {"session_idle": "x"}},
    ],
    ids=str,
)
async def test_an_option_that_is_none_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        await within(Node.spawn(**options))


async def test_an_address_that_is_taken_is_a_start_error() -> None:
    with pytest.raises(StartError):
        await within(Node.from_identity("/nonexistent/identity"))


async def test_two_servers_of_one_node_are_refused() -> None:
    async with Node.dev() as node, Server(node, [Shapes()]):
        with pytest.raises(StartError):
            async with Server(node, [Shapes()]):
                pass
        with pytest.raises(StartError):
            await within(Server(node, [Shapes()]).serve())
        with pytest.raises((StartError, ValueError)):
            Server(node, [Shapes(), Shapes()])


async def test_a_deadline_of_the_server_is_not_the_callers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Late(Shapes):
        async def unary(self, request: In, context: Context) -> Out:
            raise asyncio.TimeoutError

    async with connected([Late()]) as client:
        with pytest.raises(Internal):
            await call(client, "unary")
    assert "TimeoutError" in caplog.text
