"""A Docker engine's API over its Unix socket: the few requests that are needed here."""

import http.client
import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlencode

from local.sam.errors import WrongError

USUAL = Path("/var/run/docker.sock")
SECONDS = 120.0  # an image is imported in one request
UNIX = "unix://"


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self._path))


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that listens on `path`."""

    path: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What points Docker's clients, SAM among them, at this engine."""
        return {"DOCKER_HOST": f"{UNIX}{self.path}"}

    def answers(self) -> bool:
        """Whether it is there and we may use it."""
        try:
            return self._ask("GET", "/_ping")[0] == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def gateway(self) -> str | None:
        """The address that containers on its usual bridge reach their host at."""
        for each in self._json("GET", "/networks/bridge")["IPAM"]["Config"] or ():
            if ":" not in str(each.get("Gateway", ":")):
                return str(each["Gateway"])
        return None

    def labels(self, image: str) -> Mapping[str, str]:
        """The image's labels; none if there is no such image."""
        status, body = self._ask("GET", f"/images/{quote(image)}/json")
        if status == HTTPStatus.NOT_FOUND:
            return {}
        return dict(json.loads(body)["Config"].get("Labels") or {})

    def take(self, image: str, tar: IO[bytes], changes: Sequence[str]) -> None:
        """Make an image of a root file system; `changes` are a Dockerfile's lines."""
        name, _, tag = image.partition(":")
        query = {"fromSrc": "-", "repo": name, "tag": tag, "changes": changes}
        self._json("POST", f"/images/create?{urlencode(query, doseq=True)}", tar)

    def forget(self, image: str) -> None:
        """Remove the image, if there is one."""
        self._ask("DELETE", f"/images/{quote(image)}?force=true")

    def end_containers(self) -> None:
        """Kill and remove every container it has: for an engine of our own."""
        for each in self._json("GET", "/containers/json?all=true"):
            self._ask("DELETE", f"/containers/{each['Id']}?force=true")

    def _json(self, method: str, path: str, body: IO[bytes] | None = None) -> Any:  # noqa: ANN401 - the API's JSON
        status, answer = self._ask(method, path, body)
        text = answer.decode(errors="replace")
        if status != HTTPStatus.OK or '"error"' in text:
            raise WrongError(f"Docker answered {method} {path} with {status}: {text[-500:]}")
        return json.loads(text.splitlines()[-1] or "null")  # an import tells of its progress

    def _ask(self, method: str, path: str, body: IO[bytes] | None = None) -> tuple[int, bytes]:
        with closing(_Connection(self.path)) as connection:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()


def engine_here() -> Engine | None:
    """The engine that Docker's clients use on this machine, if it listens on a Unix socket."""
    named = os.environ.get("DOCKER_HOST", f"{UNIX}{USUAL}")
    found = Engine(Path(named.removeprefix(UNIX)))
    return found if named.startswith(UNIX) and found.answers() else None
