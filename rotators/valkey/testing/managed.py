"""ElastiCache and MemoryDB, as far as a rotation asks them: a stand-in of ours.

moto has neither ModifyUser nor user groups. Here a change is told to a real server once it is
active, as the services tell their nodes. Sources: the API references, and botocore's models.
"""

import hashlib
import io
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.parsers import RpcV2CBORParser

from local.servers.server import HOST, Server
from rotators.valkey.testing import cbor
from rotators.valkey.testing.users import ValkeyTarget

_JSON = "application/x-amz-json-1.1"
_CBOR = "application/cbor"
GROUP, CACHE = "group", "cache"
_GONE = {
    "DescribeReplicationGroups": "ReplicationGroupNotFoundFault",
    "DescribeServerlessCaches": "ServerlessCacheNotFoundFault",
}


class Refused(Exception):
    """An error's code; nothing is done."""


@dataclass
class Users:
    """The users of both services, by id.

    endpoint: the host of the cluster that has them; serverless: that of a serverless cache that
    has ElastiCache's. late: how often a user that was changed is described as modifying; denied:
    operations that the role may not call; gone: those whose cache is not there any more; calls:
    what was asked for, and no password.
    """

    endpoint: str
    tell: Callable[[str, Sequence[str]], None]
    serverless: str = "serverless.abc123.cache.amazonaws.com"
    late: int = 1
    denied: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    _users: dict[str, dict[str, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, user_id: str, name: str, kind: str = "password") -> None:
        """One that has one password already."""
        self._users[user_id] = {
            "name": name, "kind": kind, "count": 1, "left": 0, "coming": None,
        }  # fmt: skip

    def answer(self, operation: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the service answers; raises Refused."""
        with self._lock:
            self.calls.append(operation)
            if operation in self.denied:
                raise Refused("AccessDenied")
            if operation in self.gone:
                raise Refused(_GONE[operation])
            acts: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
                "DescribeUsers": lambda said: {"Users": [self._described(said)]},
                "ModifyUser": self._change,
                "UpdateUser": lambda said: {"User": self._change(said)},
                "DescribeUserGroups": lambda _: {
                    "UserGroups": [{"ReplicationGroups": [CACHE], "ServerlessCaches": [CACHE]}]
                },
                "DescribeACLs": lambda _: {"ACLs": [{"Clusters": [CACHE]}]},
                "DescribeReplicationGroups": lambda _: {
                    "ReplicationGroups": [{"ConfigurationEndpoint": _at(self.endpoint)}]
                },
                "DescribeServerlessCaches": lambda _: {
                    "ServerlessCaches": [{"Endpoint": _at(self.serverless)}]
                },
                "DescribeClusters": lambda _: {
                    "Clusters": [{"ClusterEndpoint": _at(self.endpoint)}]
                },
            }
            return acts[operation](said)

    def _of(self, said: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        user_id = str(said.get("UserId") or said.get("UserName"))
        if user_id not in self._users:
            raise Refused(_code("UserNotFound", said))
        return user_id, self._users[user_id]

    def _described(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        user_id, user = self._of(said)
        if user["coming"] is not None:
            user["left"] -= 1
            if user["left"] < 0:
                self.tell(user["name"], user["coming"])
                user["count"], user["coming"] = len(user["coming"]), None
        return self._shown(user_id, user)

    def _change(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        user_id, user = self._of(said)
        if user["coming"] is not None:
            raise Refused(_code("InvalidUserState", said))
        passwords = said["AuthenticationMode"]["Passwords"]
        if not all(16 <= len(each) <= 128 for each in passwords):  # noqa: PLR2004 - AWS's
            raise Refused("InvalidParameterValue" + ("" if "UserId" in said else "Exception"))
        user["coming"], user["left"] = list(passwords), self.late
        return self._shown(user_id, user)

    def _shown(self, user_id: str, user: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "UserId": user_id, "UserName": user["name"], "Name": user["name"],
            "Status": "active" if user["coming"] is None else "modifying",
            "UserGroupIds": [GROUP], "ACLNames": [GROUP],
            "Authentication": {"Type": user["kind"], "PasswordCount": user["count"]},
        }  # fmt: skip


def _at(host: str) -> Mapping[str, Any]:
    return {"Address": host, "Port": 6379}


def _code(fault: str, said: Mapping[str, Any]) -> str:
    """ElastiCache's, or MemoryDB's, whose users have no id."""
    return fault if "UserId" in said else f"{fault}Fault"


class ManagedUsers(ThreadingHTTPServer):
    """Where both services answer, each by its own protocol."""

    daemon_threads = True
    users: Users

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: ManagedUsers
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("smithy-protocol") == "rpc-v2-cbor":
            self._by_cbor(body)
        elif "X-Amz-Target" in self.headers:
            self._by_json(body)
        else:
            self._by_query(body)

    def _by_query(self, body: bytes) -> None:
        said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        operation = said["Action"]
        mode = "AuthenticationMode.Passwords.member."
        given = {**said, "AuthenticationMode": {
            "Passwords": [said[name] for name in sorted(said) if name.startswith(mode)]
        }}  # fmt: skip
        try:
            told = self.server.users.answer(operation, given)
        except Refused as refused:
            error = f"<ErrorResponse><Error><Code>{refused}</Code></Error></ErrorResponse>"
            self._send(403 if str(refused) == "AccessDenied" else 400, error.encode(), "text/xml")
            return
        text = f"<{operation}Response><{operation}Result>{_xml(told)}</{operation}Result>"
        self._send(200, f"{text}</{operation}Response>".encode(), "text/xml")

    def _by_json(self, body: bytes) -> None:
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        self._answer(operation, json.loads(body), lambda told: json.dumps(told).encode(), _JSON)

    def _by_cbor(self, body: bytes) -> None:
        said = RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body)))
        self._answer(self.path.rpartition("/")[2], said, cbor.encoded, _CBOR)

    def _answer(
        self,
        operation: str,
        said: Mapping[str, Any],
        encode: Callable[[Mapping[str, Any]], bytes],
        kind: str,
    ) -> None:
        try:
            self._send(200, encode(self.server.users.answer(operation, said)), kind)
        except Refused as refused:
            self._send(400, encode({"__type": f"com.amazonaws.memorydb#{refused}"}), kind)

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if kind == _CBOR:
            self.send_header("smithy-protocol", "rpc-v2-cbor")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: requests have passwords."""


def _xml(told: object) -> str:
    if isinstance(told, Mapping):
        return "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in told.items())
    if isinstance(told, list):
        return "".join(f"<member>{_xml(each)}</member>" for each in told)
    return escape(str(told))


@contextmanager
def endpoint() -> Iterator[ManagedUsers]:
    """Both services while the block runs, without a user."""
    server = ManagedUsers()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class ManagedTarget(ValkeyTarget):
    """A user of a real server, whose list of passwords only the service changes."""

    def __init__(
        self, server: Server, aws: ManagedUsers, settings: Mapping[str, str], service: str
    ) -> None:
        name, user_id = f"app-{secrets.token_hex(4)}", f"id-{secrets.token_hex(4)}"
        url = f"http://{HOST}:{aws.server_port}"
        names = ("AWS_ENDPOINT_URL_ELASTICACHE", "AWS_ENDPOINT_URL_MEMORYDB")
        super().__init__(server, name, {**settings, **dict.fromkeys(names, url)})
        self.change(name, f"#{_hash(str(self.document['password']))}", "-acl")
        self.document["managed"] = service
        if service == "elasticache":
            self.document["user_id"] = user_id
        self.users = aws.users = Users(server.host, self._told)
        self.users.add(user_id if service == "elasticache" else name, name)
        self.title = f"{service} user (stand-in)"

    def _told(self, name: str, passwords: Sequence[str]) -> None:
        self.change(name, *(f"#{_hash(each)}" for each in passwords))


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
