"""Serves the calls of the benchmark: `server.py aster|grpc-tls|grpc FOLDER`.

The first line that it prints is where it can be reached. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


async def until_told() -> None:
    """Waits for the end of standard input; `memory` there is answered."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        if line.strip() == b"memory":
            print(resident(), flush=True)


async def aster() -> None:
    from aster_runtime import Context, Node, Server
    from calls_aster.aster.calls import Blob, Calls, Total, Wanted

    class Service(Calls):
        async def echo(self, request: Blob, context: Context) -> Blob:
            return request

        async def down(self, request: Wanted, context: Context):
            message = Blob(data=bytes(request.size))
            for _ in range(request.count):
                yield message

        async def up(self, requests, context: Context) -> Total:
            messages = size = 0
            async for request in requests:
                messages += 1
                size += len(request.data)
            return Total(messages=messages, bytes=size)

        async def both(self, requests, context: Context):
            async for request in requests:
                yield request

    async with Node.dev() as node, Server(node, [Service()]):
        print(node.address, flush=True)
        await until_told()


async def grpc(folder: Path, tls: bool) -> None:
    import grpc
    from calls_pb2 import Blob, Total
    from calls_pb2_grpc import CallsServicer, add_CallsServicer_to_server

    class Service(CallsServicer):
        async def Echo(self, request, context):
            return request

        async def Down(self, request, context):
            message = Blob(data=bytes(request.size))
            for _ in range(request.count):
                yield message

        async def Up(self, requests, context):
            messages = size = 0
            async for request in requests:
                messages += 1
                size += len(request.data)
            return Total(messages=messages, bytes=size)

        async def Both(self, requests, context):
            async for request in requests:
                yield request

    options = [
        ("grpc.max_receive_message_length", 32 << 20),
        ("grpc.max_send_message_length", 32 << 20),
    ]
    server = grpc.aio.server(options=options)
    add_CallsServicer_to_server(Service(), server)
    if tls:
        key, certificate = (
            (folder / name).read_bytes() for name in ("key.pem", "cert.pem")
        )
        credentials = grpc.ssl_server_credentials([(key, certificate)])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await until_told()
    await server.stop(None)


def main() -> None:
    kind, folder = sys.argv[1], Path(sys.argv[2])
    sys.path.insert(0, str(folder))
    work = aster() if kind == "aster" else grpc(folder, kind == "grpc-tls")
    asyncio.run(work)


if __name__ == "__main__":
    main()
