"""IAM and STS over HTTPS: moto's, behind a front that has what moto has not.

moto answers whoever calls: here a key has to exist, to be active, and to have signed the request.
And moto tells everybody everything at once: here it can be late, and go wrong; see faults.py.
"""

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from ssl import SSLSocket
from typing import IO, NamedTuple
from urllib.parse import parse_qs

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from local.network.tls import HOST, SILENCE_SECONDS, TlsServer
from local.servers.certificates import Authority, Certificate
from rotators.iam.testing import accounts
from rotators.iam.testing.faults import Faults, Reply, refusal

MAX_BODY_BYTES = 1 << 16
# What the function's role may, by the template; of users below this path only.
ROLE_MAY = frozenset(
    {
        "CreateAccessKey", "DeleteAccessKey", "GetAccessKeyLastUsed", "GetUser", "ListAccessKeys",
        "TagUser", "UntagUser", "UpdateAccessKey",
    }
)  # fmt: skip
PATH = "/rotation/"


class Iam(NamedTuple):
    """A running front: where it is, who vouches for it, its log, and what is to go wrong."""

    url: str
    ca: Path
    log: Path
    faults: Faults


@contextmanager
def moto_iam(directory: Path, authority: Authority) -> Iterator[Iam]:
    """Run moto and the front while the block runs; the log has actions and no key."""
    directory.mkdir(parents=True, exist_ok=True)
    log, faults = directory / "iam.log", Faults()
    with (
        _moto() as port,
        log.open("a", buffering=1) as lines,
        _Front(authority.issue("iam"), port, faults, lines).running() as own_port,
    ):
        yield Iam(f"https://localhost:{own_port}", authority.ca, log, faults)


@contextmanager
def _moto() -> Iterator[int]:
    """Moto's server, whose own way to start it writes a line for each request."""
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(HOST, 0, application, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Silent(MotoRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's own
        """Drop the line."""


class _Front(TlsServer):
    def __init__(
        self, certificate: Certificate, moto_port: int, faults: Faults, lines: IO[str]
    ) -> None:
        self.moto_port, self.faults = moto_port, faults
        self.late: dict[str, int] = {}  # how often a key was answered for as before
        self.seen: dict[str, tuple[int, Reply]] = {}  # by user: lists that were late, and the last
        self._lines = lines
        super().__init__(certificate)

    def serve(self, connection: SSLSocket) -> None:
        _Handler(connection, HOST, self)

    def note(self, line: str) -> None:
        self._lines.write(f"{line}\n")  # in one call: lines of threads do not mix


class _Handler(BaseHTTPRequestHandler):
    server: _Front
    protocol_version = "HTTP/1.1"
    timeout = SILENCE_SECONDS

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,6}", length) or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return
        body = self.rfile.read(int(length))
        said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        action = said.get("Action", "")
        act = partial(self._answer, action, said, body)
        fault = self.server.faults.take(action)
        reply = act() if fault is None else fault(act)
        self.server.note(f"{action} {said.get('UserName', '')} {reply.status}")
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _answer(self, action: str, said: dict[str, str], body: bytes) -> Reply:
        found = re.search(r"Credential=([\w-]+)/", self.headers.get("Authorization", ""))
        key_id = found[1] if found else ""
        if action == "GetCallerIdentity":
            return self._refusal_of_key(key_id, body) or self._by_moto(body)
        # Everything else is the function's role's, whose credentials are no user's.
        if action not in ROLE_MAY or key_id.startswith("AKIA") or not self._is_below_path(said):
            return refusal("AccessDenied", 403)
        if action == "ListAccessKeys":
            return self._listed(said["UserName"], body)
        return self._by_moto(body)

    def _is_below_path(self, said: dict[str, str]) -> bool:
        """Whether the user is one of the function's: who is not there has no such path, for IAM."""
        name = said.get("UserName")
        if name is None:
            key = accounts.key_of(said.get("AccessKeyId", ""))
            name = key.user_name if key else ""
        user = accounts.backend().users.get(name)
        return user is not None and user.path.startswith(PATH)

    def _refusal_of_key(self, key_id: str, body: bytes) -> Reply | None:
        key = accounts.key_of(key_id)
        is_good = key is not None and key.status == "Active"
        late = self.server.late.setdefault(f"{key_id} {is_good}", 0)
        if late < self.server.faults.unknown:
            self.server.late[f"{key_id} {is_good}"] += 1
            is_good = not is_good and key is not None
        if not is_good or key is None:
            return refusal("InvalidClientTokenId", 403)
        if not self._is_signed_with(key_id, key.secret_access_key, body):
            return refusal("SignatureDoesNotMatch", 403)
        return None

    def _is_signed_with(self, key_id: str, key: str, body: bytes) -> bool:
        said = self.headers["Authorization"]
        scope = re.search(r"Credential=[\w-]+/\d+/([\w-]+)/(\w+)/", said)
        signed = re.search(r"SignedHeaders=([\w;-]+)", said)
        signature = re.search(r"Signature=([0-9a-f]+)", said)
        if not scope or not signed or not signature:
            return False
        headers = {name: self.headers[name] for name in signed[1].split(";")}
        request = AWSRequest("POST", f"https://{self.headers['Host']}{self.path}", headers, body)
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        auth = SigV4Auth(Credentials(key_id, key), scope[2], scope[1])
        to_sign = auth.string_to_sign(request, auth.canonical_request(request))
        return bool(auth.signature(to_sign, request) == signature[1])

    def _listed(self, user: str, body: bytes) -> Reply:
        """The list, or for a while the one before."""
        reply = self._by_moto(body)
        late, last = self.server.seen.get(user, (0, reply))
        if last.body != reply.body and late < self.server.faults.unlisted:
            self.server.seen[user] = (late + 1, last)
            return last
        self.server.seen[user] = (0, reply)
        return reply

    def _by_moto(self, body: bytes) -> Reply:
        moto = http.client.HTTPConnection(HOST, self.server.moto_port, timeout=SILENCE_SECONDS)
        try:
            kept = ("Authorization", "Content-Type", "X-Amz-Date", "Host")
            headers = {name: self.headers[name] for name in kept if name in self.headers}
            moto.request("POST", "/", body, headers)
            answer = moto.getresponse()
            return Reply(answer.status, answer.read(), answer.headers.get_content_type())
        finally:
            moto.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Write nothing: its lines quote requests."""
