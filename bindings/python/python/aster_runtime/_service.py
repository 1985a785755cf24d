"""How the methods of a service are called: one coroutine for each call."""

from __future__ import annotations

import asyncio
import inspect
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .errors import AsterError, MessageError

if TYPE_CHECKING:
    from ._native import (
        ClientCall,
        Context,
        Outbox,
        Outcome,
        Reply,
        ServiceInfo,
        SessionContext,
    )

_log = logging.getLogger("aster_runtime.server")

CURRENT: ContextVar[Context | None] = ContextVar("aster_runtime.current", default=None)
"""The call whose handler runs here: calls that it makes end with its deadline."""


class PerSession:
    """A service of which every session has an instance of its own."""

    __slots__ = ("info", "make", "on_close", "overlapping")

    def __init__(
        self,
        info: ServiceInfo,
        make: Callable[[SessionContext], Any],
        on_close: Callable[[Any, str], Any] | None,
        overlapping: bool,
    ) -> None:
        self.info = info
        self.make = make
        self.on_close = on_close
        self.overlapping = overlapping


def methods_of(info: ServiceInfo, service: object) -> list[Callable[..., Any]]:
    """The functions that answer the methods of a service, in the order of the contract."""
    methods: list[Callable[..., Any]] = []
    for name, attribute in info.methods:
        method = getattr(service, attribute, None)
        if not callable(method):
            raise TypeError(
                f"{type(service).__qualname__} does not implement {info.name}.{name}: "
                f"it has no method `{attribute}`"
            )
        methods.append(method)
    return methods


async def unary(
    method: Callable[[Any, Context], Awaitable[Any]],
    request: Any,
    context: Context,
    reply: Reply,
) -> None:
    """Answers a call that has one response."""
    CURRENT.set(context)
    try:
        reply.send(await method(request, context))
    except asyncio.CancelledError:
        reply.cancelled()
        raise
    except BaseException as error:
        fail(reply, context, error)


async def stream(
    method: Callable[[Any, Context], AsyncIterator[Any]],
    request: Any,
    context: Context,
    reply: Reply,
    outbox: Outbox,
) -> None:
    """Answers a call whose responses stream."""
    CURRENT.set(context)
    try:
        await pump(method(request, context), outbox)
        reply.end()
    except asyncio.CancelledError:
        reply.cancelled()
        raise
    except BaseException as error:
        fail(reply, context, error)


async def nothing() -> None:
    """A call that is answered already."""


async def pump(items: Any, outbox: Outbox) -> None:
    """Sends items as fast as they are taken. It ends early when nobody takes them any more."""
    if hasattr(items, "__aiter__"):
        try:
            async for item in items:
                room = outbox.put(item)
                if room is not None and not await room:
                    return
        finally:
            close = getattr(items, "aclose", None)
            if close is not None:
                await close()
    elif hasattr(items, "__iter__"):
        for item in items:
            room = outbox.put(item)
            if room is not None and not await room:
                return
    else:
        if inspect.iscoroutine(items):
            items.close()
        raise TypeError(
            "expected an iterable or an async iterable of messages, such as an async generator, "
            f"found {type(items).__qualname__}"
        )


async def upload(items: Any, outbox: Outbox) -> None:
    """Sends the requests of a call. What their source raises ends the call with that."""
    try:
        await pump(items, outbox)
    except asyncio.CancelledError:
        outbox.fail(None)
        raise
    except BaseException as error:
        outbox.fail(error.with_traceback(beyond(error.__traceback__)))
        if not isinstance(error, Exception):
            # KeyboardInterrupt and SystemExit are for the program too
            raise
    else:
        outbox.end()


def beyond(traceback: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that is not of this module: the frames here would hold the call."""
    while traceback is not None and traceback.tb_frame.f_globals is globals():
        traceback = traceback.tb_next
    return traceback


def fail(reply: Reply, context: Context, error: BaseException) -> None:
    """Ends a call with what its handler raised."""
    _fail(
        reply,
        error,
        f"the handler of {context.service}.{context.method} failed",
        "the handler failed",
    )


def _fail(reply: Reply, error: BaseException, logged: str, told: str) -> None:
    # a message that does not fit is a fault of the handler's, not of the caller's
    if isinstance(error, AsterError) and not isinstance(error, MessageError):
        try:
            reply.fail(
                error.number,
                error.message,
                list(error.details.items()),
                list(error.metadata),
            )
            return
        except Exception as wrong:
            # a status that has something else than texts, bytes and a number is no status
            wrong.__cause__ = error
            error = wrong
    reference = secrets.token_hex(8)
    _log.error("%s, reference %s", logged, reference, exc_info=error)
    reply.fail(13, f"{told}, reference {reference}", [], [])
    if not isinstance(error, Exception):
        # KeyboardInterrupt and SystemExit are for the program too
        raise error


async def open_session(
    per_session: PerSession, session: SessionContext, reply: Reply
) -> None:
    """Makes the instance of a session."""
    try:
        made = per_session.make(session)
        if inspect.isawaitable(made):
            made = await made
        reply.opened(made, methods_of(per_session.info, made))
    except asyncio.CancelledError:
        reply.cancelled()
        raise
    except BaseException as error:
        logged = f"no instance of {per_session.info.name} was made for a session"
        _fail(reply, error, logged, "the session cannot begin")


async def close_session(
    per_session: PerSession, instance: object, end: str, reply: Reply
) -> None:
    """Tells an instance that its session is over."""
    try:
        if per_session.on_close is not None:
            done = per_session.on_close(instance, end)
            if inspect.isawaitable(done):
                await done
    except Exception:
        _log.exception(
            "the close hook of a session of %s failed", per_session.info.name
        )
    finally:
        reply.end()


async def before(interceptor: Any, call: Any, reply: Reply) -> None:
    """Asks an interceptor."""
    try:
        hook = getattr(interceptor, "before", None)
        if hook is not None:
            asked = hook(call)
            if inspect.isawaitable(asked):
                await asked
        reply.end()
    except asyncio.CancelledError:
        reply.cancelled()
        raise
    except BaseException as error:
        fail(reply, call, error)


def after(interceptor: Any, call: Any, outcome: Outcome) -> None:
    """Tells an interceptor how a call ended."""
    hook = getattr(interceptor, "after", None)
    if hook is None:
        return
    try:
        hook(call, outcome)
    except Exception:
        _log.exception(
            "an interceptor failed after a call of %s.%s", call.service, call.method
        )


def on_attempt(interceptor: Any, call: ClientCall, attempt: int) -> None:
    """Tells an interceptor that a call is sent."""
    hook = getattr(interceptor, "on_attempt", None)
    if hook is None:
        return
    try:
        hook(call, attempt)
    except Exception:
        _log.exception(
            "an interceptor failed at a call of %s.%s", call.service, call.method
        )
