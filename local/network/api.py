"""An HTTP API asked for the truth, over verified TLS and without `rotators`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from shared.tls import verifying_context

SECONDS = 10.0


class UnexpectedAnswerError(RuntimeError):
    """A status that means neither yes nor no; the body is left out."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, and the JSON that came with it (None where there was none)."""

    status: int
    document: Any = field(repr=False)


def ask(method: str, url: str, ca: Path, headers: Mapping[str, str], body: object = None) -> Reply:
    """Send one request, `body` as JSON (bytes as they are), over a connection of its own.

    Raises urllib3's HTTPError where there is no answer within ten seconds a read.
    """
    with urllib3.PoolManager(
        ssl_context=verifying_context(ca), timeout=SECONDS, retries=False
    ) as http:
        answer = http.request(
            method,
            url,
            body=body if body is None or isinstance(body, bytes) else json.dumps(body),
            headers={**headers, "Connection": "close"},
            redirect=False,
        )
    return Reply(answer.status, json.loads(answer.data) if answer.data else None)
