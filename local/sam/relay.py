"""Lets containers on a Linux bridge reach what listens on this machine's loopback, and nobody else.

Bound to the bridge's own address: other machines do not reach it. Docker Desktop needs none of
this, as its host.docker.internal is the host's loopback.
"""

import asyncio
import errno
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 16


@contextmanager
def relay(address: str, ports: Iterable[int]) -> Iterator[None]:
    """Hand connections to `address` on to the same port of loopback while the block runs.

    Raises OSError if a port is taken there, or the address is not this machine's (see `is_ours`).
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="relay", daemon=True)
    thread.start()
    listening: list[asyncio.Server] = []
    try:
        for port in ports:
            started = asyncio.run_coroutine_threadsafe(_listen(address, port), loop)
            listening.append(started.result())
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_close(listening), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def is_ours(address: str) -> bool:
    """Whether this machine has the address, so that something here can listen to it."""
    with socket.socket() as trial:
        try:
            trial.bind((address, 0))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return False
    return True


async def _listen(address: str, port: int) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _hand_on(port, reader, writer)

    return await asyncio.start_server(serve, address, port)


async def _hand_on(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, both ways, until both sides have ended."""
    try:
        inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:  # nothing listens: as if nothing did here either
        writer.transport.abort()
        return
    await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
    for each in (inner_writer, writer):
        each.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One way: an end is handed on as an end, and a reset as a reset."""
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        with suppress(OSError):
            writer.transport.abort()


async def _close(listening: Iterable[asyncio.Server]) -> None:
    """Listen no more, and end what is connected."""
    for server in listening:
        server.close()
    own = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not own]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
