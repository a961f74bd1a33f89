"""The faulty proxy does what it is told, where it is told, and nothing else."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from local.network.front import tls_front
from local.servers.certificates import Authority
from tests.faulty.faults import Fault, FaultPoint, Harm, Way
from tests.faulty.proxy import Proxy, faulty_proxy
from tests.faulty.records import HEADER, Position, places

SENT = b"what is said in the clear"


@pytest.fixture
def echo() -> Iterator[int]:
    """A port that says back what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_all, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def answer_all(server: socket.socket) -> None:
    threads = []
    with suppress(OSError):  # the end
        while True:
            threads.append(threading.Thread(target=answer, args=(server.accept()[0],)))
            threads[-1].start()
    for thread in threads:
        thread.join()


def answer(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        while block := connection.recv(1 << 16):
            connection.sendall(block)


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    with faulty_proxy(echo) as running:
        yield running


@contextmanager
def connect(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client:
        yield client


def send_and_receive(client: socket.socket) -> bytes:
    """All that comes until it ends in good order."""
    client.sendall(SENT)
    client.shutdown(socket.SHUT_WR)
    return receive(client)


def receive(client: socket.socket) -> bytes:
    got = b""
    while block := client.recv(1 << 16):
        got += block
    return got


def fault(harm: Harm, way: Way, inside: int, *, connection: int = 0, bit: int = 0) -> Fault:
    return Fault(harm, FaultPoint(connection, way, 0, inside), seconds=0.001, bit=bit)


def test_without_a_fault_all_passes_and_is_counted(proxy: Proxy) -> None:
    for _ in range(2):
        proxy.begin()
        with connect(proxy) as client:
            assert send_and_receive(client) == SENT
        assert proxy.seen == [{Way.THERE: [len(SENT)], Way.BACK: [len(SENT)]}]
        assert not proxy.struck


@pytest.mark.parametrize("way", list(Way))
def test_a_close_lets_pass_what_was_before(proxy: Proxy, way: Way) -> None:
    proxy.begin(fault(Harm.CLOSE, way, 7))
    with connect(proxy) as client:
        back = send_and_receive(client)
    # What the server was told it may not have said back before the end.
    assert SENT[:7].startswith(back)
    assert way is Way.THERE or back == SENT[:7]
    assert proxy.struck


@pytest.mark.parametrize("way", list(Way))
def test_a_reset_is_one(proxy: Proxy, way: Way) -> None:
    proxy.begin(fault(Harm.RESET, way, 7))
    with connect(proxy) as client:
        client.sendall(SENT)
        with pytest.raises(ConnectionResetError):
            receive(client)
        assert proxy.struck


def test_a_flip_changes_one_bit(proxy: Proxy) -> None:
    proxy.begin(fault(Harm.FLIP, Way.THERE, 5, bit=5))
    with connect(proxy) as client:
        assert send_and_receive(client) == SENT[:5] + SENT[5:6].swapcase() + SENT[6:]


@pytest.mark.parametrize("harm", [Harm.DRIP, Harm.DELAY])
def test_what_is_slow_arrives(proxy: Proxy, harm: Harm) -> None:
    proxy.begin(fault(harm, Way.BACK, 3))
    with connect(proxy) as client:
        assert send_and_receive(client) == SENT
    assert proxy.struck


def test_silence_lets_nothing_pass_until_it_is_lifted(proxy: Proxy) -> None:
    proxy.begin(fault(Harm.SILENCE, Way.BACK, 4))
    with connect(proxy) as client:
        client.sendall(SENT)
        assert client.recv(4, socket.MSG_WAITALL) == SENT[:4]
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(10)
        proxy.begin()
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""


def test_one_connection_is_harmed(proxy: Proxy) -> None:
    proxy.begin(fault(Harm.CLOSE, Way.BACK, 0, connection=1))
    for number in range(3):
        with connect(proxy) as client:
            assert send_and_receive(client) == (b"" if number == 1 else SENT)


def test_it_ends_under_its_clients(echo: int) -> None:
    with faulty_proxy(echo) as proxy, connect(proxy) as client:
        client.sendall(SENT)
        assert client.recv(1) == SENT[:1]
        port = proxy.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_server_that_is_down_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with faulty_proxy(port) as proxy, connect(proxy) as client, suppress(ConnectionResetError):
        assert client.recv(1) == b""


def record(length: int, kind: int = 0x17) -> bytes:
    return bytes([kind, 3, 3]) + length.to_bytes(2, "big") + bytes(length)


@pytest.mark.parametrize("clear", [b"", b"S", b"in the clear \x16"])
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_records_are_counted_however_they_come(clear: bytes, step: int) -> None:
    lengths = (300, 0, 1, 700)
    stream = clear + record(300, 0x16) + b"".join(record(length) for length in lengths[1:])
    position, head = Position(), len(clear) + 3
    position.advance(stream[:head])  # a hello is one write
    for at in range(head, len(stream), step):
        position.advance(stream[at : at + step])
    assert position.lengths == [len(clear), *(HEADER + length for length in lengths)]


def test_a_place_is_found_in_a_chunk_with_more() -> None:
    stream = b"S" + record(10, 0x16) + record(20)
    assert Position().advance(stream, (0, 0)) == 0
    assert Position().advance(stream, (1, 0)) == 1
    assert Position().advance(stream, (2, 7)) == 1 + 15 + 7
    assert Position().advance(stream, (3, 0)) is None
    assert list(places([0, 15])) == [(1, 0), (1, 2), (1, 10)]
    assert list(places([1, 5])) == [(0, 0), (1, 0), (1, 2)]


def test_tls_is_verified_through_it(authority: Authority, echo: int) -> None:
    context = ssl.create_default_context(cafile=str(authority.ca))
    with (
        tls_front(authority.issue("front"), echo) as port,
        faulty_proxy(port) as proxy,
        connect(proxy) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        client.sendall(SENT)
        assert client.recv(len(SENT)) == SENT
        (seen,) = proxy.seen
        assert {way: lengths[0] for way, lengths in seen.items()} == dict.fromkeys(Way, 0)
        # TLS hides the length of nothing: our words are in a record of their own.
        assert all(len(SENT) + HEADER < lengths[-1] < 100 for lengths in seen.values())
