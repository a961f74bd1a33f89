"""A secret in memory and an API that takes its keys, for what is of HTTP and not of AWS."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rotating import Absent, Version

from tests.issuers.scripted import IssuerRequest, StubAnswer

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


def key(value: str) -> str:
    """A secret's text."""
    return json.dumps({"api_key": value})


@dataclass
class Shelf:
    """A source: the text of each label; `reads` are the labels that were asked for."""

    labels: dict[str, str]
    reads: list[str] = field(default_factory=list)
    name: str = "app/key"

    def read(self, stage: str) -> Version:
        self.reads.append(stage)
        if stage not in self.labels:
            raise Absent(f"{stage} of the secret '{self.name}' cannot be read")
        text = self.labels[stage]
        return Version(self.name, f"id-of-{len(text)}", text=text)

    def next_rotation(self) -> datetime | None:
        return None


@dataclass
class Api:
    """Answers 200 to a key that it accepts, as `answers` says first, and 401 to any other.

    turns_to: what it accepts from its next answer on; asked: each request with its key; moved: a
    path that is now another, whoever asks.
    """

    accepts: set[str]
    header: str = "authorization"
    answers: deque[StubAnswer] = field(default_factory=deque)
    turns_to: set[str] | None = None
    asked: list[tuple[str, IssuerRequest]] = field(default_factory=list)
    rejected: StubAnswer = field(default_factory=lambda: StubAnswer(401))
    moved: Mapping[str, str] = field(default_factory=lambda: {"/moved": "/v1"})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: IssuerRequest) -> StubAnswer:
        if request.path in self.moved:
            return StubAnswer(301, None, {"Location": self.moved[request.path]})
        key = request.headers.get(self.header, "").removeprefix("Bearer ")
        with self._lock:
            self.asked.append((key, request))
            if key not in self.accepts:
                return self.rejected
            if self.turns_to is not None:
                self.accepts = self.turns_to
            return self.answers.popleft() if self.answers else StubAnswer(200, {"ok": True})

    @property
    def keys(self) -> list[str]:
        """Those that it was asked with."""
        return [key for key, _ in self.asked]


Serve = Callable[[Api], str]
"""Has it answer; its URL."""
