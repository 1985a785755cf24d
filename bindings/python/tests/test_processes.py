"""Event loops, threads, forks, signals and exits: each in a process of its own."""

from __future__ import annotations

import signal
import time

import pytest
import support

PRELUDE = """
import asyncio, logging, os, signal, sys, threading, time
# a slow machine is no fault
logging.getLogger("asyncio").addFilter(lambda record: not record.msg.startswith("Executing"))
import support
from aster_runtime import *
from aster_runtime import Server, Node, Client
from gen_corners.corners.services import In, Out, ShapesClient
from services import Shapes
from support import connected, within

class Hanging(Shapes):
    async def unary(self, request, context):
        print("entered", flush=True)
        await asyncio.Event().wait()
    async def server_stream(self, request, context):
        yield Out(text="first")
        await asyncio.Event().wait()

async def all_patterns():
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        assert await shapes.unary(In(text="x")) == Out(text="x")
        assert [o.text async for o in shapes.server_stream(In(text="ab"))] == ["a", "b"]
        assert (await shapes.client_stream([In(text="c")] * 3)).text == "ccc"
        assert len([o async for o in shapes.bidi([In(text="d")] * 500)]) == 500
        with_call = await shapes.unary.with_call(In(text="x"))
        assert with_call.message == Out(text="x")
        async for _ in shapes.server_stream_value(0, 100_000):
            break
"""


def holds(script: str, out: str = "", status: int = 0) -> None:
    """The script ends with this status, prints this, and complains of nothing."""
    got = support.run(PRELUDE + script)
    assert got == (status, out, "")


@pytest.mark.parametrize("times", [1, 3])
def test_a_process_runs_one_loop_after_the_other(times: int) -> None:
    holds(
        f"""
for _ in range({times}):
    asyncio.run(all_patterns())
print("done")
""",
        "done\n",
    )


def test_loops_run_in_several_threads_at_once() -> None:
    holds(
        """
def work():
    asyncio.run(all_patterns())
    sys.stdout.write("done\\n")

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""",
        "done\n" * 4,
    )


def test_a_loop_calls_a_server_of_another() -> None:
    holds(
        """
address, stop = [], threading.Event()
ready = threading.Event()

def serve():
    async def main():
        async with Node.dev() as node, Server(node, [Shapes()]):
            address.append(node.address)
            ready.set()
            await asyncio.get_running_loop().run_in_executor(None, stop.wait)
    asyncio.run(main())

thread = threading.Thread(target=serve)
thread.start()
ready.wait()

async def main():
    async with Node.dev() as node, Client.connect(node, address[0]) as client:
        for n in range(50):
            out = await ShapesClient(client).unary(In(text=str(n)))
            assert out.text == str(n)

asyncio.run(main())
stop.set()
thread.join()
print("done")
""",
        "done\n",
    )


@pytest.mark.parametrize("how", ["run", "policy", "loop"])
def test_uvloop_runs_all_patterns(how: str) -> None:
    if how == "run":
        body = "uvloop.run(all_patterns()); uvloop.run(all_patterns())"
    elif how == "policy":
        body = """
import warnings
warnings.simplefilter("ignore")
uvloop.install()
asyncio.run(all_patterns())
"""
    else:
        body = """
for _ in range(3):
    loop = uvloop.new_event_loop()
    loop.run_until_complete(all_patterns())
    loop.close()
"""
    holds(f"import uvloop\n{body}\nprint('done')", "done\n")


def test_a_loop_may_close_without_a_word() -> None:
    holds(
        """
for _ in range(5):
    loop = asyncio.new_event_loop()
    loop.run_until_complete(all_patterns())
    loop.close()
asyncio.run(all_patterns())
print("done")
""",
        "done\n",
    )


def test_a_client_works_in_the_next_loop() -> None:
    holds(
        """
first = asyncio.new_event_loop()

async def begin():
    node = await Node.dev()
    server = Server(node, [Shapes()])
    serving = asyncio.ensure_future(server.serve())
    return node, server, serving

node, server, serving = first.run_until_complete(begin())
stopped = threading.Event()
thread = threading.Thread(target=lambda: (first.run_until_complete(serving)))
thread.start()
kept = []

async def connect():
    kept.append(await Node.dev())
    kept.append(await Client.connect(kept[0], node.address))
    assert (await ShapesClient(kept[1]).unary(In(text="x"))).text == "x"

async def again():
    shapes = ShapesClient(kept[1])
    assert (await within(shapes.unary(In(text="y")))).text == "y"
    assert [o.text async for o in shapes.bidi([In(text="z")])] == ["z"]

asyncio.run(connect())
asyncio.run(again())

async def end():
    kept[1].close()
    await kept[0].close()
    await node.close()
asyncio.run(end())
thread.join()
first.close()
print("done")
""",
        "done\n",
    )


def test_what_began_in_one_loop_is_refused_in_another() -> None:
    holds(
        """
kept = []
async def begin():
    node = await Node.dev()
    server = await Server(node, [Hanging()]).__aenter__()
    client = await Client.connect(node, node.address)
    stream = ShapesClient(client).server_stream(In(text=""))
    assert (await anext(stream)).text == "first"
    kept.extend([node, server, client, stream])

async def again():
    try:
        await within(anext(kept[3]))
    except (RuntimeError, Cancelled, Unavailable):
        # the handler's loop has ended too: whichever is noticed first
        print("refused")

asyncio.run(begin())
asyncio.run(again())
""",
        "refused\n",
    )


def test_without_a_loop_there_is_one_clear_exception() -> None:
    holds(
        """
for make in (lambda: Node.dev().__await__(), lambda: Node.spawn().__await__()):
    try:
        make()
    except RuntimeError as error:
        assert "asyncio.run" in str(error), error
        print("refused")
""",
        "refused\n" * 2,
    )


def test_what_is_closed_says_so() -> None:
    holds(
        """
async def main():
    async with connected([Shapes()]) as client:
        shapes = ShapesClient(client)
        await shapes.unary(In(text=""))
    for call in (shapes.unary(In(text="")), shapes.client_stream([])):
        try:
            await within(call)
        except AsterError as error:
            print(type(error).__name__)
    try:
        async for _ in shapes.bidi([]):
            pass
    except AsterError as error:
        print(type(error).__name__)
    client.close()
    node = await Node.dev()
    await node.close()
    await node.close()
    try:
        await within(Client.connect(node, node.address, timeout=2))
    except AsterError as error:
        print(isinstance(error, (ConnectError, Cancelled, StartError)))
    try:
        async with Server(node, [Shapes()]):
            pass
    except StartError:
        pass
    node = await Node.dev()
    server = Server(node, [Shapes()])
    async with server:
        pass
    await within(server.shutdown(0.1))
    await node.close()

asyncio.run(main())
""",
        "Cancelled\n" * 3 + "True\n",
    )


def test_a_fork_makes_nodes_of_its_own() -> None:
    holds(
        """
import warnings
warnings.simplefilter("ignore")
async def main():
    async with connected([Shapes()]) as client:
        await ShapesClient(client).unary(In(text=""))
        async with Node.dev() as node:
            child = os.fork()
            if child:
                _, status = os.waitpid(child, 0)
                print("parent", os.waitstatus_to_exitcode(status), flush=True)
                await ShapesClient(client).unary(In(text=""))
                return
            code = 1
            try:
                # the loop that ran is the parent's
                asyncio.events._set_running_loop(None)
                for use in (
                    lambda: node.address, lambda: client.session(),
                    lambda: ShapesClient(client), lambda: client.close(),
                ):
                    try:
                        use()
                    except StartError as error:
                        assert "fork" in str(error)
                        print("refused", flush=True)
                asyncio.run(all_patterns())
                print("child", flush=True)
                code = 0
            finally:
                os._exit(code)

asyncio.run(main())
""",
        "refused\n" * 4 + "child\nparent 0\n",
    )


INTERRUPTED = {
    "call": "await shapes.unary(In(text=''))",
    "stream": """
            async for _ in shapes.server_stream(In(text="")):
                print("entered", flush=True)
    """.strip(),
    "serving": "print('entered', flush=True); await asyncio.Event().wait()",
    "upload": """
            async def source():
                yield In(text="")
                print("entered", flush=True)
                await asyncio.Event().wait()
            await shapes.client_stream(source())
    """.strip(),
}


def interrupt(script: str) -> tuple[int, str, float]:
    """Interrupts a script once it says that it has entered: its status, its complaints, and its time until the end."""
    process = support.start(PRELUDE + script)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "entered\n"
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        return process.returncode, err, time.monotonic() - begun
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("runner", ["asyncio", "uvloop", "bare"])
@pytest.mark.parametrize("where", INTERRUPTED)
def test_an_interrupt_ends_the_process_in_a_moment(where: str, runner: str) -> None:
    run = {
        "asyncio": "asyncio.run(main())",
        "uvloop": "import uvloop; uvloop.run(main())",
        "bare": "asyncio.new_event_loop().run_until_complete(main())",
    }[runner]
    status, err, took = interrupt(f"""
import gc, warnings
warnings.simplefilter("ignore", ResourceWarning)
async def main():
    async with connected([Hanging()]) as client:
        shapes = ShapesClient(client)
        if True:
            {INTERRUPTED[where]}

{run}
""")
    assert status in (-signal.SIGINT, 130, 1), err
    assert "KeyboardInterrupt" in err, err
    if runner != "bare":
        assert err.rstrip().endswith("KeyboardInterrupt"), err
        assert "destroyed" not in err, err
    assert "Fatal" not in err and "panicked" not in err, err
    assert took < 5


def test_a_process_that_closes_nothing_ends_quietly() -> None:
    holds("""
kept = []
async def main():
    node = await Node.dev()
    server = await Server(node, [Shapes()]).__aenter__()
    client = await Client.connect(node, node.address)
    shapes = ShapesClient(client)
    assert (await shapes.unary(In(text="x"))).text == "x"
    stream = shapes.server_stream_value(0, 1000)
    await anext(stream)
    kept.extend([node, server, client, shapes, stream])
asyncio.run(main())
""")


def test_a_process_ends_while_handlers_run() -> None:
    holds(
        """
kept = []
async def main():
    node = await Node.dev()
    kept.append(node)
    server = await Server(node, [Hanging()]).__aenter__()
    kept.append(server)
    client = await Client.connect(node, node.address)
    kept.append(client)
    shapes = ShapesClient(client)
    task = asyncio.ensure_future(shapes.unary(In(text="")))
    stream = shapes.server_stream(In(text=""))
    kept.append(stream)
    await anext(stream)
    while not node.stats()["calls_in_flight"] >= 2:
        await asyncio.sleep(0.01)
asyncio.run(main())
""",
        "entered\n",
    )


@pytest.mark.parametrize("how", ["sys.exit(3)", "os._exit(3)"])
def test_a_process_exits_in_the_middle_of_calls(how: str) -> None:
    holds(
        f"""
async def main():
    async with connected([Hanging()]) as client:
        task = asyncio.ensure_future(ShapesClient(client).unary(In(text="")))
        task.add_done_callback(lambda task: task.cancelled() or task.exception())
        async for _ in ShapesClient(client).server_stream(In(text="")):
            {how}
asyncio.run(main())
""",
        "entered\n",
        3,
    )


SERVES = """
async def main():
    async with Node.dev() as node, Server(node, [Hanging()]):
        print(node.address, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("pattern", ["unary", "server_stream"])
async def test_a_server_that_is_killed_is_unavailable_in_time(pattern: str) -> None:
    import asyncio

    from aster_runtime import Client, Node, Unavailable
    from gen_corners.corners.services import In, ShapesClient

    process = support.start(PRELUDE + SERVES)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        async with Node.dev(limits={"silence": 1}) as node:
            async with Client.connect(node, address, retry=False) as client:
                shapes = ShapesClient(client)
                if pattern == "unary":
                    waiting = asyncio.ensure_future(shapes.unary(In(text="")))
                    entered = process.stdout.readline
                    loop = asyncio.get_running_loop()
                    said = await loop.run_in_executor(None, entered)
                    assert said == "entered\n"
                else:
                    stream = shapes.server_stream(In(text=""))
                    await support.within(anext(stream))
                    waiting = asyncio.ensure_future(anext(stream))  # type: ignore[arg-type]
                process.kill()
                with pytest.raises(Unavailable):
                    await support.within(waiting, 15)
    finally:
        process.kill()
        process.communicate()
