"""TLS in front of a plain port of loopback, as a load balancer has it: bytes pass unread."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from local.certificates import Certificate

HOST = "127.0.0.1"
CONNECTIONS = 100
HANDSHAKE_SECONDS = 10.0
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 60.0
CLOSE_SECONDS = 2.0
START_SECONDS = 10.0
STOP_SECONDS = 10.0
BLOCK = 1 << 16


@contextmanager
def tls_front(certificate: Certificate, plain_port: int) -> Iterator[int]:
    """Forward a port of 127.0.0.1, which is yielded, to `plain_port` while the block runs.

    At most 100 connections at once, each ended after a minute in which it said nothing.
    """
    context = server_context(certificate)
    running: Future[_Running] = Future()
    thread = threading.Thread(
        target=_run, args=(context, plain_port, running), name="tls-front", daemon=True
    )
    thread.start()
    front = running.result(START_SECONDS)
    try:
        yield front.port
    finally:
        front.loop.call_soon_threadsafe(front.stop.set)
        thread.join(STOP_SECONDS)
        if thread.is_alive():
            raise TimeoutError(f"the TLS front did not close within {STOP_SECONDS:g} s")


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """A server's side of TLS 1.2 or newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.cert, certificate.key)
    return context


@dataclass(frozen=True, slots=True)
class _Running:
    """What the starting thread needs of the loop's thread."""

    port: int
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event


@dataclass(frozen=True, slots=True)
class _Connections:
    """The connections of now, each a task."""

    plain_port: int
    tasks: set[asyncio.Task[object]] = field(default_factory=set)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection to its end; one too many is cut off."""
        task = asyncio.current_task()
        if task is None or len(self.tasks) >= CONNECTIONS:
            writer.transport.abort()
            return
        self.tasks.add(task)
        try:
            # A server that is down ends the connection; so does a client that leaves.
            with suppress(OSError, TimeoutError):
                await _forward(reader, writer, self.plain_port)
        finally:
            self.tasks.discard(task)
            writer.transport.abort()

    async def end(self) -> None:
        """Cut off every connection."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def _run(context: ssl.SSLContext, plain_port: int, running: Future[_Running]) -> None:
    try:
        asyncio.run(_serve(context, plain_port, running))
    except BaseException as error:
        if running.done():
            raise
        running.set_exception(error)


async def _serve(context: ssl.SSLContext, plain_port: int, running: Future[_Running]) -> None:
    connections = _Connections(plain_port)
    server = await asyncio.start_server(
        connections.connected,
        HOST,
        0,
        ssl=context,
        ssl_handshake_timeout=HANDSHAKE_SECONDS,
        ssl_shutdown_timeout=CLOSE_SECONDS,
    )
    stop = asyncio.Event()
    port: int = server.sockets[0].getsockname()[1]
    running.set_result(_Running(port, asyncio.get_running_loop(), stop))
    try:
        await stop.wait()
    finally:
        server.close()
        await connections.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await server.wait_closed()


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, plain_port: int
) -> None:
    async with asyncio.timeout(CONNECT_SECONDS):
        inner_reader, inner_writer = await asyncio.open_connection(HOST, plain_port)
    pumps = [
        asyncio.create_task(_pump(reader, inner_writer)),
        asyncio.create_task(_pump(inner_reader, writer)),
    ]
    try:
        # TLS has no half-closed connection: when one direction ends, both do.
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        inner_writer.transport.abort()
    async with asyncio.timeout(CLOSE_SECONDS):
        writer.close()
        await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await asyncio.wait_for(reader.read(BLOCK), IDLE_SECONDS):
        writer.write(block)
        await asyncio.wait_for(writer.drain(), IDLE_SECONDS)
