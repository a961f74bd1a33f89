"""The TLS front passes bytes both ways, and closes whatever its two sides are doing."""

import gc
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from local.network.front import tls_front
from local.processes import children
from local.servers.certificates import Authority, Certificate

MUCH = 3 << 20


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.issue("front")


@pytest.fixture
def echo() -> Iterator[int]:
    """A plain port that is told a length in eight digits and sends back as much as follows."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_all, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def answer_all(server: socket.socket) -> None:
    with suppress(OSError):  # the end
        while True:
            connection, _ = server.accept()
            threading.Thread(target=answer, args=(connection,)).start()


def answer(connection: socket.socket) -> None:
    with connection, suppress(ConnectionError):
        while length := connection.recv(8, socket.MSG_WAITALL):
            connection.sendall(connection.recv(int(length), socket.MSG_WAITALL))


@contextmanager
def connect(port: int, authority: Authority) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=str(authority.ca))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        yield client


def send_and_receive(client: ssl.SSLSocket, sent: bytes) -> bytes:
    client.sendall(b"%08d" % len(sent) + sent)
    got = bytearray()
    while len(got) < len(sent) and (block := client.recv(1 << 16)):
        got += block
    return bytes(got)


def test_much_goes_both_ways(certificate: Certificate, authority: Authority, echo: int) -> None:
    sent = b"0123456789abcdef" * (MUCH // 16)
    with tls_front(certificate, echo) as port, connect(port, authority) as client:
        for _ in range(2):
            assert send_and_receive(client, sent) == sent


def test_many_at_once(certificate: Certificate, authority: Authority, echo: int) -> None:
    def one(number: int) -> None:
        with connect(port, authority) as client:
            got.append(send_and_receive(client, b"%d" % number))

    got: list[bytes] = []
    with tls_front(certificate, echo) as port:
        threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(map(int, got)) == list(range(20))


def test_a_server_that_is_down(certificate: Certificate, authority: Authority) -> None:
    with (
        tls_front(certificate, children.free_port()) as port,
        connect(port, authority) as client,
        suppress(OSError),
    ):
        assert client.recv(10) == b""


@pytest.mark.timeout(25)  # by then it hangs: 30 seconds of silence would end its clients too
def test_it_closes_under_its_clients(
    certificate: Certificate, authority: Authority, echo: int
) -> None:
    with tls_front(certificate, echo) as port:
        silent = socket.create_connection(("127.0.0.1", port))
        idle = connect(port, authority)
        client = idle.__enter__()
        assert send_and_receive(client, b"x") == b"x"
    with suppress(OSError):
        assert client.recv(1) == b""
    idle.__exit__(None, None, None)
    silent.close()
    assert not children.listening(port)
    gc.collect()  # an unclosed socket is a warning, and a warning an error


def test_it_listens_on_loopback_only(certificate: Certificate, echo: int) -> None:
    with tls_front(certificate, echo) as port, socket.socket() as other:
        other.bind(("127.0.0.2", port))  # free, as it would not be if all addresses were taken
