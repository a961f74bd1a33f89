"""A connection after what went wrong with it: no reply is ever taken for another command's."""

import socket
from contextlib import closing

import pytest

from local.servers import Server
from local.servers.certificates import Authority
from local.targets import Place as Machine
from rotators.valkey import connection
from rotators.valkey.connection import Connection, NotAnAnswer, Place
from rotators.valkey.testing import ValkeyTarget, valkey
from shared.tls import verifying_context
from tests.fake_servers import FakeServer, fake_server, server_context


def connected(server: Server) -> Connection:
    place = Place(server.host, server.port, server.host)
    return Connection(place, verifying_context(server.ca))


def test_after_a_lost_answer_it_is_of_no_use(
    place: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer comes all the same, and would be taken for that of the next command."""
    server = place.running(valkey)
    target = ValkeyTarget(server, "paused")
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.3)
    with closing(connected(server)) as opened, target.admin() as admin:
        opened.ask("AUTH", server.admin, server.password)
        target.run(admin, "CLIENT", "PAUSE", "900", "ALL")
        with pytest.raises(TimeoutError):
            opened.ask("CLIENT", "LIST")
        with pytest.raises(OSError, match="Bad file descriptor"):
            opened.ask("PING")


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"%1\r\n*1\r\n+a\r\n+b\r\n",  # a map whose key is a list
        b"*9000000000000000000\r\n",
        b"$-5\r\n",
    ],
)
def test_what_is_no_answer_is_told_as_that(authority: Authority, reply: bytes) -> None:
    context = server_context(authority)

    def answer(plain: socket.socket, server: FakeServer) -> None:
        with server.secured(plain, context) as inside:
            server.read(inside)
            inside.sendall(reply)
            server.read_on(inside)

    with fake_server(answer) as server:
        place = Place("127.0.0.1", server.port, "127.0.0.1")
        with closing(Connection(place, verifying_context(authority.ca))) as opened:
            with pytest.raises(NotAnAnswer):
                opened.ask("PING")
            with pytest.raises(OSError, match="Bad file descriptor"):
                opened.ask("PING")
