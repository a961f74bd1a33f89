"""Secrets Manager as a reader sees it, one that may be told to deny or to lose a label."""

import time
from collections.abc import Callable
from datetime import datetime

from botocore.client import BaseClient
from rotating import Denied, Version
from rotating.sdk import Sdk

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
_SECONDS = 30.0


class Reader:
    """What is read from the local service, by botocore; `reads` are the labels, in order."""

    def __init__(self, arn: str, client: BaseClient) -> None:
        self.name = arn
        self.reads: list[str] = []
        self.denied: set[str] = set()
        self._sdk = Sdk(arn, client)

    def read(self, stage: str) -> Version:
        self.reads.append(stage)
        if stage in self.denied:
            raise Denied(f"{stage} of the secret '{self.name}' cannot be read")
        return self._sdk.read(stage)

    def next_rotation(self) -> datetime | None:
        return self._sdk.next_rotation()


def wait_for(condition: Callable[[], bool]) -> None:
    """Return once it holds; raises TimeoutError."""
    until = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.01)
