"""An issuer of keys of our own, in a process of its own, with every way to rotate one.

`/keys` issues beside the old one, `/one` replaces the only one, `/slots` has two that take turns,
`/chosen` is set to what the admin says. `/me` answers 401 to what is none of them.
"""

import hmac
import json
import multiprocessing
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partialmethod
from http.server import BaseHTTPRequestHandler
from multiprocessing.connection import Connection
from ssl import SSLSocket

from local.network.tls import HOST, SILENCE_SECONDS, TlsServer
from local.servers.certificates import Authority, Certificate
from local.targets import Document

SLOTS = ("key1", "key2")
_SECONDS = 120.0
# What a description says of this issuer, whichever way it rotates; see docs/issuers.md.
COMMON: Document = {
    "base": "{secret.issuer_url}",
    "fields": {"key": "api_key"},
    "auth": {"bearer": "{key}"},
    "admin": {"secret": "{secret.admin_secret_arn}", "auth": {"bearer": "{admin.api_key}"}},
    "probe": {
        "request": "GET /me",
        "expect": {"name": "app"},
        "rejected": [401],
        "authenticated": [],
    },
}
_SLOT = {name: f"keys.{name}" for name in SLOTS}
WAYS: Mapping[str, Document] = {
    "issue": {
        "fields": {"key": "api_key", "id": "key_id"},
        "issue": {
            "request": "POST /keys",
            "body": {"name": "{label}"},
            "read": {"id": "id", "key": "key"},
        },
        "list": {"request": "GET /keys", "read": {"keys": "keys", "id": "id", "label": "name"}},
        "revoke": {"request": "DELETE /keys/{id}"},
    },
    "replace": {"replace": {"request": "POST /one", "read": {"key": "key"}}},
    "slots": {
        "fields": {"key": "api_key", "slot": "key_name"},
        "slots": list(SLOTS),
        "replace": {"request": "POST /slots", "body": {"name": "{slot}"}, "read": {"key": _SLOT}},
        "list": {"request": "GET /slots", "read": {"key": _SLOT}},
    },
    "set": {
        "choose": {"length": 40, "characters": "abcdefghijkmnopqrstuvwxyz23456789"},
        "set": {"request": "PUT /chosen", "body": {"key": "{key}"}},
    },
}


@dataclass
class Keys:
    """What is accepted."""

    admin: str
    issued: dict[str, tuple[str, str]] = field(default_factory=dict)
    one: str = field(default_factory=lambda: secrets.token_hex(16))
    slots: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_hex(16) for name in SLOTS}
    )
    chosen: str = field(default_factory=lambda: secrets.token_hex(16))
    refused: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, key: str, body: Document) -> tuple[int, object]:
        """Status and JSON."""
        with self.lock:
            if path == "/me":
                return (200, {"name": "app"}) if self._accepts(key) else self._refuse(key)
            if not hmac.compare_digest(key, self.admin):
                return 401, {}
            return self._manage(method, path, body)

    def _accepts(self, key: str) -> bool:
        accepted = {self.one, *self.slots.values(), self.chosen}
        return key in accepted | {value for _, value in self.issued.values()}

    def _refuse(self, key: str) -> tuple[int, object]:
        self.refused[key] += 1
        return 401, {}

    def _manage(self, method: str, path: str, body: Document) -> tuple[int, object]:
        """What the admin asks for; `/all` changes all by hand, `/refused` counts by key."""
        answers: dict[str, Callable[[], object]] = {
            "POST /keys": lambda: self._issue(str(body["name"])),
            "GET /keys": self._listed,
            "POST /one": lambda: {"key": self._new("one", secrets.token_hex(16))},
            "POST /slots": lambda: {"keys": self._refill(str(body["name"]))},
            "GET /slots": lambda: {"keys": self.slots},
            "PUT /chosen": lambda: {"key": self._new("chosen", str(body["key"]))},
            "GET /refused": lambda: self.refused,
            "DELETE /all": self._change,
        }
        if f"{method} {path}" in answers:
            return 200, answers[f"{method} {path}"]()
        known = self.issued.pop(path.removeprefix("/keys/"), None)
        return (204, None) if known else (404, {})

    def _issue(self, name: str) -> Document:
        number, value = secrets.token_hex(4), secrets.token_hex(16)
        self.issued[number] = name, value
        return {"id": number, "key": value}

    def _change(self) -> None:
        self.issued.clear()
        self.one, self.chosen = secrets.token_hex(16), secrets.token_hex(16)

    def _listed(self) -> Document:
        return {"keys": [{"id": each, "name": name} for each, (name, _) in self.issued.items()]}

    def _refill(self, name: str) -> Mapping[str, str]:
        self.slots[name] = secrets.token_hex(16)
        return self.slots

    def _new(self, name: str, value: str) -> str:
        setattr(self, name, value)
        return value


@dataclass(frozen=True, slots=True)
class BenchIssuer:
    """It runs; `admin` may do everything."""

    url: str
    admin: str = field(repr=False)
    authority: Authority = field(repr=False)


@contextmanager
def bench_issuer(_folder: object, authority: Authority) -> Iterator[BenchIssuer]:
    """Run it while the block runs."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    admin = secrets.token_hex(16)
    certificate = authority.issue(f"bench-issuer-{secrets.token_hex(4)}")
    process = context.Process(target=_serve, args=(certificate, admin, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(_SECONDS):
            raise TimeoutError("the issuer does not start")
        yield BenchIssuer(f"https://localhost:{ours.recv()}", admin, authority)
    finally:
        process.terminate()
        process.join()


def _serve(certificate: Certificate, admin: str, pipe: Connection) -> None:
    with _Server(certificate, Keys(admin)).running() as port:
        pipe.send(port)
        threading.Event().wait()


class _Server(TlsServer):
    daemon_threads = True

    def __init__(self, certificate: Certificate, keys: Keys) -> None:
        self.keys = keys
        super().__init__(certificate)

    def serve(self, connection: SSLSocket) -> None:
        _Handler(connection, HOST, self)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = SILENCE_SECONDS
    wbufsize = -1  # one packet for an answer

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        document = json.loads(body) if body else {}
        status, told = self.server.keys.answer(method, self.path, key, document)
        text = b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Nothing: its lines quote requests."""

    do_GET = partialmethod(_answer, "GET")  # noqa: N815 - the base class looks for these names
    do_POST = partialmethod(_answer, "POST")  # noqa: N815
    do_PUT = partialmethod(_answer, "PUT")  # noqa: N815
    do_DELETE = partialmethod(_answer, "DELETE")  # noqa: N815
