"""One connection through the proxy, in a thread of its own, and the fault that befalls it."""

import select
import socket
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress

from tests.faulty.faults import Fault, Harm, Way
from tests.faulty.records import Position

BLOCK = 1 << 16
SILENCE_SECONDS = 60.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Conversation:
    """Passes on what either side says until both have ended, or the fault or `cut` ends it."""

    def __init__(self, client: socket.socket, server: socket.socket, fault: Fault | None) -> None:
        self.struck = False
        self._fault = fault
        self._over = threading.Event()
        self._ends = {Way.THERE: (client, server), Way.BACK: (server, client)}
        self._positions = {way: Position() for way in Way}
        for each in (client, server):
            each.settimeout(SILENCE_SECONDS)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread = threading.Thread(target=self._run, name="faulty conversation")

    def start(self) -> None:
        """Begin to pass on."""
        self._thread.start()

    @property
    def lengths(self) -> Mapping[Way, list[int]]:
        """Of the records that have passed, both ways."""
        return {way: position.lengths for way, position in self._positions.items()}

    def cut(self) -> None:
        """End it at once, and wait until it has ended."""
        self._over.set()
        for source, _ in self._ends.values():
            with suppress(OSError):  # it has ended by itself
                source.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _run(self) -> None:
        # The sides' own resets and ends are what this is about.
        with suppress(OSError):
            self._pass_on()
        for source, _ in self._ends.values():
            source.close()

    def _pass_on(self) -> None:
        open_ways = dict(self._ends)
        while open_ways and not self._over.is_set():
            sources = [source for source, _ in open_ways.values()]
            ready, _, _ = select.select(sources, [], [], SILENCE_SECONDS)
            if not ready:
                return
            for way in [way for way, (source, _) in open_ways.items() if source in ready]:
                source, sink = open_ways[way]
                chunk = source.recv(BLOCK)
                if not chunk:
                    sink.shutdown(socket.SHUT_WR)
                    del open_ways[way]
                elif self._harmed(way, chunk):
                    return

    def _harmed(self, way: Way, chunk: bytes) -> bool:
        """Pass the chunk on, with what befalls it; True where that was the end."""
        fault = self._fault if self._fault and self._fault.place.way is way else None
        sink, position = self._ends[way][1], self._positions[way]
        if fault is None or self.struck:
            position.advance(chunk)
            return self._send(sink, chunk, fault if self.struck else None)
        before = position.advance(chunk, fault.place[2:])
        if before is None:
            sink.sendall(chunk)
            return False
        self.struck = True
        rest = chunk[before:]
        position.advance(rest)
        if before:
            sink.sendall(chunk[:before])
        if fault.harm is Harm.FLIP:
            rest = bytes([rest[0] ^ (1 << fault.bit)]) + rest[1:]
        return self._send(sink, rest, fault)

    def _send(self, sink: socket.socket, chunk: bytes, fault: Fault | None) -> bool:
        match fault and fault.harm:
            case Harm.RESET:
                for source, _ in self._ends.values():
                    source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                return True
            case Harm.CLOSE:
                self._close()
                return True
            case Harm.SILENCE:
                self._over.wait()
                return True
            case Harm.DRIP if fault:
                return any(self._pause(sink, bytes([byte]), fault.seconds) for byte in chunk)
            case Harm.DELAY if fault and self._over.wait(fault.seconds):
                return True
        sink.sendall(chunk)
        return False

    def _pause(self, sink: socket.socket, byte: bytes, seconds: float) -> bool:
        sink.sendall(byte)
        return self._over.wait(seconds)

    def _close(self) -> None:
        """Say goodbye to both, and read on: a side that was not read from would be reset."""
        sources = [source for source, _ in self._ends.values()]
        for each in sources:
            each.shutdown(socket.SHUT_WR)
        while sources:
            ready, _, _ = select.select(sources, [], [], SILENCE_SECONDS)
            ended = [each for each in ready if not each.recv(BLOCK)]
            sources = [each for each in sources if each not in ended and ready]
