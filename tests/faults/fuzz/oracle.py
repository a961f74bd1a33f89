"""What every fuzzed example must do: nothing, or fail by an error of ours that tells no value."""

import base64
import os
import socket
import string
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from unittest import mock

import psycopg
import pymysql

from shared.errors import RotationError, Unexpected
from tests.faults.fuzz.mutations import CANARY
from tests.issuers.keyshop import ADMIN

# `FUZZ_SEED=7 FUZZ_EXAMPLES=100000 make test-faults` looks further.
SEED = os.environ.get("FUZZ_SEED", "1")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10000"))


def share(of: int) -> int:
    """So many of 10,000, or as much of what was asked for."""
    return max(1, of * EXAMPLES // 10_000)


def _middle(start: int) -> str:
    """What base64 makes of the canary's inner characters, wherever in a text they stand."""
    whole = base64.b64encode((start * "x" + CANARY + "xxx").encode()).decode()
    return whole[4:8] if start else whole[:8]


TRACES = (
    CANARY.lower(),
    ADMIN,
    CANARY.encode().hex(),
    *(_middle(start).lower() for start in range(3)),
)


class Told(AssertionError):
    """A value was told, or the wrong kind of error was raised."""


def traces(text: str) -> list[str]:
    """What of the canary is in the text, in clear, in hexadecimal digits or in base64."""
    lower = text.lower()
    return [trace for trace in TRACES if trace in lower]


@dataclass
class Tally:
    """How many examples were accepted, and how the others were refused."""

    subject: str
    accepted: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)

    def attempt(self, do: Callable[[], object]) -> RotationError | None:
        """Count what came of it; any other error than one of ours comes out as it is."""
        try:
            do()
        except RotationError as error:
            check(error)
            self.kinds[error.code] += 1
            self.fields[f"{error.code} {error.field}"] += 1
            return error
        self.accepted += 1
        return None

    def deep(self, *, kinds: int, fields: int) -> None:
        """Or the examples would all be refused at the first check, and prove nothing."""
        refused = self.kinds.total()
        assert len(self.kinds) >= kinds, self.kinds
        assert len(self.fields) >= fields, self.fields
        assert self.accepted * 50 >= refused, (self.accepted, refused)
        assert refused * 50 >= self.accepted, (self.accepted, refused)

    @property
    def figures(self) -> dict[str, int | str]:
        """For the evidence."""
        return {
            "accepted": self.accepted,
            "refused": self.kinds.total(),
            "kinds_of_error": len(self.kinds),
            "places_named": len(self.fields),
            "seed": SEED,
        }


def check(error: RotationError) -> None:
    """Of a kind that an operator can act on, with what and what to do, and without any value."""
    if isinstance(error, Unexpected):
        raise Told(f"a defect: {error}")
    whole = (error.code, error.what, error.do, str(error), repr(error), repr(error.args))
    if not all(part.strip(string.whitespace) for part in whole):
        raise Told(f"an empty part: {whole}")
    said = [*whole, str(error.field), str(error.label)]
    behind: BaseException | None = error.__cause__ or error.__context__
    while behind is not None:  # JSONDecodeError keeps the document
        said += [str(behind), repr(behind), repr(getattr(behind, "__dict__", ""))]
        behind = behind.__cause__ or behind.__context__
    found = [part for part in said if traces(part)]
    if found:
        raise Told(f"a value in {found}")


def fuzz(subject: str, examples: int, one: Callable[[Random, Tally], object]) -> Tally:
    """Take the examples; one that fails says how to have it again."""
    tally = Tally(subject)
    for number in range(examples):
        try:
            one(nth(subject, number), tally)
        except BaseException as error:
            error.add_note(f"fuzzing {subject}: nth({subject!r}, {number}) with FUZZ_SEED={SEED}")
            raise
    return tally


def nth(subject: str, number: int) -> Random:
    """The generator of an example."""
    return Random(f"{SEED}/{subject}/{number}")  # noqa: S311 - to be had again, not secret


class Connected(AssertionError):
    """A connection was tried where there is nothing to connect for."""


@contextmanager
def no_connections() -> Iterator[None]:
    """No name is looked up and nobody is called, by Python's sockets or a driver's own."""

    def refuse(*_: object, **__: object) -> None:
        raise Connected

    with (
        mock.patch.object(socket.socket, "connect", refuse),
        mock.patch.object(socket, "getaddrinfo", refuse),
        mock.patch.object(psycopg.Connection, "connect", refuse),
        mock.patch.object(pymysql, "connect", refuse),
    ):
        yield
