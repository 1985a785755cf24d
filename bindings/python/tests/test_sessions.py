"""Sessions: an instance for each, state that is kept, and an end that is told."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from aster_runtime import (
    Aborted,
    AsterError,
    Cancelled,
    Client,
    Context,
    FailedPrecondition,
    Internal,
    Node,
    NotFound,
    PermissionDenied,
    Server,
    Session,
    SessionContext,
    Unavailable,
)
from gen_fleet.fleet import control
from support import connected, within


class Shell(control.Shell):
    """Remembers where it is."""

    def __init__(self, context: SessionContext) -> None:
        self.context = context
        self.path = "/"
        self.running = 0
        self.most = 0

    async def cd(self, request: control.CdRequest, context: Context) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.01)
        self.path = request.path
        self.running -= 1

    async def ls(self, request: control.LsRequest, context: Context) -> control.Listing:
        return control.Listing(path=self.path, names=[str(context.session)])


class Watched:
    """Makes shells, and hears how they end."""

    def __init__(self) -> None:
        self.made: list[Shell] = []
        self.ended: asyncio.Queue[tuple[Shell, str]] = asyncio.Queue()

    def make(self, session: SessionContext) -> Shell:
        shell = Shell(session)
        self.made.append(shell)
        return shell

    def closed(self, shell: Shell, end: str) -> None:
        self.ended.put_nowait((shell, end))

    def service(self, **options: Any) -> Any:
        return Shell.per_session(self.make, on_close=self.closed, **options)


async def test_a_session_keeps_its_state_and_two_are_apart() -> None:
    watched = Watched()
    async with connected([watched.service()]) as client:
        async with client.session() as first, client.session() as second:
            assert first.id is None
            one, two = control.ShellClient(first), control.ShellClient(second)
            await one.cd("/a")
            await two.cd("/b")
            assert (await one.ls()).path == "/a"
            assert (await two.ls()).path == "/b"
            same = control.ShellClient(first)
            assert (await same.ls()).path == "/a"
            assert first.id is not None and first.id != second.id
            assert (await one.ls()).names == [str(first.id)]
            assert [shell.context.id for shell in watched.made] == [first.id, second.id]
            assert watched.made[0].context.peer == watched.made[1].context.peer
            assert isinstance(watched.made[0].context.attributes, dict)
    ends = {(await within(watched.ended.get()))[1] for _ in range(2)}
    assert ends == {"closed"}


async def test_a_described_service_is_called_in_a_session() -> None:
    watched = Watched()
    async with connected([watched.service()]) as client:
        async with client.session() as session:
            shell = await within(session.service("fleet.control.Shell"))
            assert shell.contract_id == control.Shell.CONTRACT_ID
            await within(shell.method("cd")({"path": "/a"}))
            assert (await within(control.ShellClient(session).ls())).path == "/a"
            id = shell.contract_id
            same = await within(session.service("Shell", contract_id=id))
            assert (await within(same.method("ls")({})))["path"] == "/a"
            assert len(watched.made) == 1
            # one for sessions is none of a client, and the other way round
            with pytest.raises(FailedPrecondition):
                await within(client.service("Shell"))
            with pytest.raises(FailedPrecondition):
                await within(session.service("aster.Node"))
            with pytest.raises(FailedPrecondition):
                await within(session.service("Shell", id[1:] + id[:1]))
            for wrong in ["", "00", id.upper(), id + "0"]:
                for asked in (client, session):
                    with pytest.raises(ValueError, match="contract_id"):
                        asked.service("Shell", wrong)
            with pytest.raises(TypeError):
                client.service("Shell", 7)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            await within(shell.method("ls")({}))


async def test_closing_a_session_tells_its_instance_once() -> None:
    watched = Watched()
    async with connected([watched.service()]) as client:
        session = client.session()
        shell = control.ShellClient(session)
        await shell.cd("/a")
        await session.close()
        await session.close()
        assert await within(watched.ended.get()) == (watched.made[0], "closed")
        with pytest.raises(AsterError):
            await within(shell.ls())
        assert watched.ended.empty()
        assert len(watched.made) == 1


async def test_a_session_without_a_call_closes_as_well() -> None:
    watched = Watched()
    async with connected([watched.service()]) as client:
        async with client.session():
            pass
        await client.session().close()
    assert watched.made == []


async def test_a_session_that_nobody_holds_ends() -> None:
    watched = Watched()
    async with connected([watched.service()]) as client:
        await control.ShellClient(client.session()).cd("/a")
        _, end = await within(watched.ended.get())
        assert end == "closed"


async def test_a_session_is_lost_with_its_client() -> None:
    watched = Watched()
    async with connected([watched.service()]) as client:
        session = client.session()
        shell = control.ShellClient(session)
        await shell.cd("/a")
        client.close()
        _, end = await within(watched.ended.get())
        assert end == "lost"
        with pytest.raises((Aborted, Cancelled, Unavailable)):
            await within(shell.ls())
        async with session:
            pass


async def test_a_session_that_is_idle_ends() -> None:
    watched = Watched()
    limits = {"session_idle": 0.1}
    async with connected([watched.service()], limits=limits) as client:
        shell = control.ShellClient(client.session())
        await shell.cd("/a")
        _, end = await within(watched.ended.get())
        assert end == "idle"
        with pytest.raises((Aborted, NotFound)):
            await within(shell.ls())


async def test_an_instance_may_be_made_by_a_coroutine() -> None:
    ended = asyncio.Event()

    async def make(session: SessionContext) -> Shell:
        await asyncio.sleep(0)
        return Shell(session)

    async def closed(shell: Shell, end: str) -> None:
        await asyncio.sleep(0)
        ended.set()

    async with connected([Shell.per_session(make, on_close=closed)]) as client:
        async with client.session() as session:
            await control.ShellClient(session).cd("/a")
        await within(ended.wait())


async def test_a_status_of_make_is_that_of_the_first_call() -> None:
    def make(session: SessionContext) -> Shell:
        raise PermissionDenied("not you", details={"k": b"v"})

    async with connected([Shell.per_session(make)]) as client:
        with pytest.raises(PermissionDenied, match="not you") as caught:
            await control.ShellClient(client.session()).ls()
        assert caught.value.details == {"k": b"v"}


@pytest.mark.parametrize(
    "make",
    [lambda session: 1 / 0, lambda session: None, lambda session: object()],
    ids=["raises", "none", "another"],
)
async def test_a_make_that_fails_is_internal(
    make: Callable[[SessionContext], Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with connected([Shell.per_session(make)]) as client:
        with pytest.raises(Internal, match="reference"):
            await within(control.ShellClient(client.session()).ls())
    assert "reference" in caplog.text


async def test_a_close_hook_that_fails_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = asyncio.Event()

    def closed(shell: Shell, end: str) -> None:
        told.set()
        raise ZeroDivisionError

    async with connected([Shell.per_session(Shell, on_close=closed)]) as client:
        async with client.session() as session:
            await control.ShellClient(session).cd("/a")
        await within(told.wait())
    assert "ZeroDivisionError" in caplog.text


async def test_calls_of_a_session_run_one_at_a_time_unless_they_overlap() -> None:
    alone, together = Watched(), Watched()
    for watched, overlapping in ((alone, False), (together, True)):
        service = watched.service(overlapping=overlapping)
        async with connected([service]) as client:
            session = client.session(overlapping=overlapping)
            shell = control.ShellClient(session)
            await asyncio.gather(*(shell.cd(str(n)) for n in range(8)))
            await session.close()
    assert alone.made[0].most == 1
    assert together.made[0].most > 1


async def test_a_session_service_is_served_per_session_only() -> None:
    async with Node.dev() as node:
        with pytest.raises(TypeError, match="per_session"):
            Server(node, [Shell(None)])  # type: ignore[arg-type,list-item]


async def test_a_session_service_is_not_called_without_a_session() -> None:
    async with connected([Watched().service()]) as client:
        with pytest.raises(TypeError):
            control.ShellClient(client)  # type: ignore[arg-type]


async def test_a_server_that_ends_closes_its_sessions() -> None:
    watched = Watched()
    async with Node.dev() as node, Node.dev() as other:
        async with Server(node, [watched.service()]):
            client = await Client.connect(other, node.address)
            session: Session = client.session()
            await control.ShellClient(session).cd("/a")
            shutting = asyncio.ensure_future(_close_soon(client))
        await shutting
        assert await within(watched.ended.get())
        with pytest.raises((Aborted, Cancelled, Unavailable, FailedPrecondition)):
            await within(control.ShellClient(session).ls())


async def _close_soon(client: Client) -> None:
    await asyncio.sleep(0.05)
    client.close()


async def test_state_is_gone_with_the_session() -> None:
    watched = Watched()
    async with connected([watched.service()]) as client:
        async with client.session() as session:
            await control.ShellClient(session).cd("/a")
        shell, _ = await within(watched.ended.get())
        kept = weakref.ref(shell)
        del shell
        watched.made.clear()
        for _ in range(50):
            gc.collect()
            if kept() is None:
                break
            await asyncio.sleep(0.02)
        assert kept() is None
