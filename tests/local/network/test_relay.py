"""Containers reach loopback through the bridge's address, and through nothing else."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from local.network.relay import is_on_this_machine, relay
from local.processes.children import free_port

BRIDGE = "127.0.0.2"  # an address of this machine that is not the one relayed to
ELSEWHERE = "198.51.100.1"  # RFC 5737


@contextmanager
def answering() -> Iterator[int]:
    """A server that answers all it was sent, reversed, when its client has ended."""

    def serve() -> None:
        with suppress(OSError), listener.accept()[0] as client:
            received = b""
            while chunk := client.recv(65536):
                received += chunk
            client.sendall(received[::-1])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        yield int(port)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def all_of(client: socket.socket) -> bytes:
    received = b""
    while chunk := client.recv(65536):
        received += chunk
    return received


def test_what_is_sent_arrives_both_ways_and_ends_both_ways() -> None:
    sent = bytes(range(256)) * 4000  # more than any buffer on the way
    with (
        answering() as port,
        relay(BRIDGE, [port]),
        socket.create_connection((BRIDGE, port), timeout=30) as client,
    ):
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        assert all_of(client) == sent[::-1]


def test_it_listens_at_that_address_alone() -> None:
    port = free_port()
    with relay(BRIDGE, [port]), pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_where_nothing_listens_the_client_is_cut_off() -> None:
    with (
        relay(BRIDGE, [port := free_port()]),
        socket.create_connection((BRIDGE, port), timeout=30) as client,
        suppress(ConnectionResetError),
    ):
        assert all_of(client) == b""


def test_it_ends_with_the_block_whatever_is_connected() -> None:
    with answering() as port:
        with relay(BRIDGE, [port]):
            client = socket.create_connection((BRIDGE, port), timeout=30)
            client.sendall(b"begun")
        with client, suppress(OSError):
            assert all_of(client) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((BRIDGE, port), timeout=5)


def test_a_port_that_is_taken_there_is_told() -> None:
    with socket.create_server((BRIDGE, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), relay(BRIDGE, [free_port(), port]):
            pass


def test_an_address_is_ours_or_not() -> None:
    assert is_on_this_machine(BRIDGE)
    assert not is_on_this_machine(ELSEWHERE)
