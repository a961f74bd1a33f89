"""Without TLS: PostgreSQL is answered by SCRAM only, and even so a listener gets in."""

import base64
import hashlib
import hmac
import importlib
import re
import socket
import threading
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from local.servers import postgres
from local.servers.certificates import Authority
from shared.errors import Untrusted
from shared.secret import Secret
from tests.integration.postgres.pairs import INITIAL, PostgresPair

NEW = Secret("a password of 190 bits")


def test_md5_is_answered_inside_tls_only(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer, and the hash that it is of, are soon guessed or good for a login."""
    # By its path it is the function of that name that is found.
    module = importlib.import_module("local.servers.postgres")
    monkeypatch.setattr(module, "ACCESS", "host all all 127.0.0.1/32 md5\n")
    with postgres(tmp_path, authority) as server:
        pair = PostgresPair(server)
        user = f"{pair.app}_md5"
        pair.sql(f"SET password_encryption = 'md5'; CREATE ROLE {{0}} LOGIN PASSWORD '{INITIAL}'",
                 user)  # fmt: skip
        pair.passwords[user] = INITIAL
        with pair.engine.connect(replace(pair.login(pair.app), tls=False)) as session:
            session.ping()  # by SCRAM, whatever the method is called
        with pair.engine.connect(pair.login(user)) as session:
            session.ping()
        with pytest.raises(Untrusted), pair.engine.connect(replace(pair.login(user), tls=False)):
            pass


class Tap:
    """A listener on the way to the server; `heard` has the bytes of each connection, both ways."""

    def __init__(self, port: int) -> None:
        self._server, self._to = socket.create_server(("127.0.0.1", 0)), port
        self.port = self._server.getsockname()[1]
        self.heard: list[tuple[bytearray, bytearray]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self.heard.append((bytearray(), bytearray()))
                for one, other, heard in zip(
                    (client, server), (server, client), self.heard[-1], strict=True
                ):
                    args = (one, other, heard)
                    threading.Thread(target=self._pass_on, args=args, daemon=True).start()

    @staticmethod
    def _pass_on(one: socket.socket, other: socket.socket, heard: bytearray) -> None:
        with suppress(OSError), other:
            while data := one.recv(65536):
                heard.extend(data)
                other.sendall(data)


def test_without_tls_a_verifier_and_a_login_are_enough_for_a_listener(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/security-model.md says: this is no guarantee, but what the setting costs."""
    module = importlib.import_module("local.servers.postgres")
    monkeypatch.setattr(module, "ACCESS", "host all all 127.0.0.1/32 scram-sha-256\n")
    with postgres(tmp_path, authority) as server, closing(Tap(server.port)) as tap:
        pair = PostgresPair(server)
        login = replace(pair.login(pair.app), tls=False, port=tap.port)
        with pair.engine.connect(login) as session:
            session.set_password(NEW)
        with pair.engine.connect(login.with_password(NEW)) as session:
            session.ping()
        (changed, _), (from_client, from_server) = tap.heard
        assert not [
            each for each in (changed, from_client, from_server) if NEW.reveal().encode() in each
        ]
        client_key, server_key = overheard(bytes(changed), bytes(from_client), bytes(from_server))
        with psycopg.connect(
            host=server.host,
            port=server.port,
            dbname=server.database,
            user=pair.app,
            scram_client_key=client_key,
            scram_server_key=server_key,
        ) as connection:
            assert connection.execute("SELECT session_user::text").fetchone() == (pair.app,)


def overheard(changed: bytes, from_client: bytes, from_server: bytes) -> tuple[str, str]:
    """ClientKey and ServerKey (RFC 5802, section 3) from setSecret and one login."""
    stored, server_key = _found(rb"SCRAM-SHA-256\$\d+:[^$]+\$([^:]+):([\w+/=]+)", changed)
    first = _found(rb"n,,(n=,r=[!-~]+?)p\0", from_client)[0]
    challenge = _found(rb"(r=[!-~]+?,s=[^,]+,i=\d+)", from_server)[0]
    final, proof = _found(rb"(c=biws,r=[^,]+),p=([\w+/]+=*)", from_client)
    message = b",".join((first, challenge, final))
    signature = hmac.new(base64.b64decode(stored), message, hashlib.sha256).digest()
    client_key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))
    return base64.b64encode(client_key).decode(), server_key.decode()


def _found(pattern: bytes, text: bytes) -> tuple[bytes, ...]:
    found = re.search(pattern, text)
    assert found
    return found.groups()
