"""The true HTTP client on a socket whose other end answers bytes, and the ticket of a rotation."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.response import HTTPResponse

from rotators.http_api_key.issuer import HttpIssuer
from shared.keys.api_key import ApiKey
from shared.keys.backend import ApiKeyBackend
from tests.issuers.issuing import ARN
from tests.issuers.scripted import Asked, Said

Answers = Callable[[Asked], bytes]
ROOM = 100_000  # bytes, which a socket takes before anybody reads


class Connection(HTTPSConnection):
    """Neither TLS nor a port: what was sent is answered as soon as the client waits for it."""

    answers: ClassVar[Answers]

    def connect(self) -> None:
        self.sock, self.other = socket.socketpair()
        self.sock.settimeout(5)
        self.is_verified = True

    def close(self) -> None:
        if self.sock is not None:
            self.other.close()
        super().close()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 has it
        with self.other as other:
            asked = read_request(_sent(other))
            other.sendall(type(self).answers(asked)[:ROOM])
        return super().getresponse()


class Pool(HTTPSConnectionPool):
    ConnectionCls = Connection


def keys_over(answers: Answers, ca: Path, environment: Mapping[str, str]) -> ApiKeyBackend:
    """The backend of the function, whose every connection is answered so until the next call."""
    Connection.answers = staticmethod(answers)
    return _keys(ca, tuple(environment.items()))


@lru_cache(maxsize=16)
def _keys(ca: Path, environment: tuple[tuple[str, str], ...]) -> ApiKeyBackend:
    issuer = HttpIssuer(ca, dict(environment))
    issuer._network._http.pool_classes_by_scheme = {"https": Pool}
    return ApiKeyBackend(issuer, dict(environment))


def _sent(other: socket.socket) -> bytes:
    """All that the client has sent before it began to wait."""
    other.settimeout(0)
    raw = b""
    try:
        while more := other.recv(1 << 20):
            raw += more
    except BlockingIOError:
        pass
    other.settimeout(5)
    return raw


def read_request(raw: bytes) -> Asked:
    """A request by its bytes."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ")
    url = urlsplit(target)
    headers = (each.partition(": ") for each in lines)
    return Asked(
        method=method,
        path=unquote(url.path),
        raw_path=url.path,
        query=dict(parse_qsl(url.query)),
        headers={name.lower(): value for name, _, value in headers},
        body=body,
    )


def answered(said: object) -> bytes:
    """The bytes of an answer."""
    said = said if isinstance(said, Said) else Said(body=said)
    body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
    if said.body is None:
        body = b""
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **said.headers}
    lines = [f"HTTP/1.1 {said.status} {HTTPStatus(said.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Ticket:
    """What the machine lends, without a service: what is stored is what is put here."""

    present: ApiKey
    admin: Mapping[str, object]
    made: ApiKey | None = None
    before: ApiKey | None = None
    others: Mapping[str, ApiKey | None] = field(default_factory=dict)
    secret_arn: str = ARN
    version_id: str = "v2" + "0" * 30
    current_version_id: str = "v1" + "0" * 30

    def current(self) -> ApiKey:
        return self.present

    def pending(self) -> ApiKey:
        assert self.made is not None
        return self.made

    def pending_if_visible(self) -> ApiKey | None:
        return self.made

    def previous(self) -> ApiKey | None:
        return self.before

    def custom_labelled(self) -> Mapping[str, ApiKey | None]:
        return self.others

    def unlabelled(self) -> Iterator[ApiKey]:
        return iter(())

    def read_secret(self, _arn: str) -> Mapping[str, object]:
        return self.admin

    def tags_of(self, arn: str) -> Mapping[str, str]:
        raise AssertionError(arn)

    def ensure_still_this_rotation(self, *, again: bool = False) -> None: ...

    def promote(self) -> None: ...


def rotate(
    keys: ApiKeyBackend, document: dict[str, Any], ticket: Callable[[ApiKey], Ticket]
) -> ApiKey:
    """All four steps, with what createSecret would store read again in between."""
    current = keys.parse(document)
    lent = ticket(current)
    minted = keys.create(current, lent)
    lent.made = keys.parse(keys.render(minted))
    keys.install(lent.made, lent)
    keys.verify(lent.made, lent)
    keys.end_old_credential(lent)
    return lent.made
