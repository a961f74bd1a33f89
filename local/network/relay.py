"""Hands connections on to a port of this machine's loopback: bytes pass unread, both ways.

So containers on a Linux bridge reach what listens here, and nobody else does: it is bound to the
bridge's own address, which other machines do not reach. Docker Desktop needs none of this, as its
host.docker.internal is the host's loopback.
"""

import asyncio
import errno
import socket
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from ssl import SSLContext

LOOPBACK = "127.0.0.1"
BACKLOG = 100
CHUNK = 1 << 16
TURNS = 5  # of the event loop, from a connection that is accepted to its task


@contextmanager
def relay(address: str, ports: Iterable[int]) -> Iterator[None]:
    """Hand connections to `address` on to the same port of loopback while the block runs.

    Raises OSError if a port is taken there, or the address is not this machine's (see
    `is_on_this_machine`).
    """
    with ExitStack() as stack:
        for port in ports:
            listener = socket.create_server((address, port), backlog=BACKLOG)
            stack.enter_context(handing_on(listener, port))
        yield


def is_on_this_machine(address: str) -> bool:
    """Whether this machine has the address, so that something here can listen to it."""
    with socket.socket() as trial:
        try:
            trial.bind((address, 0))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return False
    return True


@contextmanager
def handing_on(listener: socket.socket, port: int, tls: SSLContext | None = None) -> Iterator[None]:
    """Hand what comes to the listener on while the block runs; then cut off what is connected.

    tls: the listener's side of it, where it has one.
    """
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    def serve() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(_serve(listener, port, tls, ended))

    thread = threading.Thread(target=serve, name="relay", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


async def _serve(
    listener: socket.socket, port: int, tls: SSLContext | None, ended: asyncio.Event
) -> None:
    async def hand_on(reader: StreamReader, writer: StreamWriter) -> None:
        both = [writer]
        try:
            inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
            both.append(inner_writer)
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        except BaseException as error:
            for each in both:
                each.transport.abort()
            if not isinstance(error, OSError):  # a broken side ends the other, and no more
                raise
        for each in both:
            each.close()  # once all is sent

    server = await asyncio.start_server(hand_on, sock=listener, ssl=tls)
    await ended.wait()
    # No more is accepted, and what was accepted a moment ago is cut off as all others are, once its
    # task has begun: a server that is closed before cannot take it over, nor end it.
    asyncio.get_running_loop().remove_reader(listener)
    for _ in range(TURNS):
        await asyncio.sleep(0)
    server.close()


async def _pump(source: StreamReader, sink: StreamWriter) -> None:
    """One way: an end is handed on as an end, and where TLS has none, ends both ways."""
    while chunk := await source.read(CHUNK):
        sink.write(chunk)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
    else:
        sink.close()
