"""What stands for the Agent: it answers as server.rs and cache_manager.rs of its repository do."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

KNOWN = {"secretId", "versionId", "versionStage", "refreshNow"}


@dataclass
class StandIn:
    """labels: a secret's strings by label; said: what it answers instead, each once.

    knows: the parameters it knows; refusing: told of each token that it refuses.
    """

    labels: dict[str, str] = field(default_factory=dict)
    token: str = "token-of-the-agent"
    said: list[tuple[int, bytes]] = field(default_factory=list)
    knows: set[str] = field(default_factory=lambda: set(KNOWN))
    refusing: Callable[[str], object] = lambda _: None
    asked: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    def answer(self, path: str, token: str, forwarded: str | None) -> tuple[int, bytes]:
        """The status and the body."""
        url = urlsplit(path)
        query = dict(parse_qsl(url.query, strict_parsing=True))
        self.asked.append(query)
        if self.said:
            return self.said.pop(0)
        assert (url.path, forwarded) == ("/secretsmanager/get", None)
        if token != self.token:
            self.refusing(token)
            return 403, b"Bad Token"
        if unknown := query.keys() - self.knows:
            return 400, f"unknown parameter: {min(unknown)}".encode()
        if query["versionStage"] not in self.labels:
            return 400, b'{"__type":"ResourceNotFoundException","message":"no such label"}'
        return 200, self.version(query["versionStage"])

    def version(self, stage: str) -> bytes:
        """What GetSecretValue says, as the Agent writes it."""
        said = {
            "ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf",
            "Name": "app",
            "VersionId": f"version-of-{stage}",
            "SecretString": self.labels[stage],
            "VersionStages": [stage],
            "CreatedDate": "1569534789.046",
        }
        return json.dumps(said).encode()


@contextmanager
def running(agent: StandIn, port: int = 0) -> Iterator[StandIn]:
    """Let it answer on loopback while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("X-Aws-Parameters-Secrets-Token", "")
            status, body = agent.answer(self.path, given, self.headers.get("X-Forwarded-For"))
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        agent.port = server.server_port
        try:
            yield agent
        finally:
            server.shutdown()
            thread.join()
