"""The check of every fuzzed example: it succeeds, or fails as a RotationError without a value."""

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

# `FUZZ_SEED=7 FUZZ_EXAMPLES=100000 make test-faults` tries other examples, and more.
SEED = os.environ.get("FUZZ_SEED", "1")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10000"))


def share(of: int) -> int:
    """So many of 10,000 examples, in proportion to EXAMPLES."""
    return max(1, of * EXAMPLES // 10_000)


def _middle(start: int) -> str:
    """The canary's inner characters in base64, when it starts at this offset of three."""
    whole = base64.b64encode((start * "x" + CANARY + "xxx").encode()).decode()
    return whole[4:8] if start else whole[:8]


TRACES = (
    CANARY.lower(),
    ADMIN,
    CANARY.encode().hex(),
    *(_middle(start).lower() for start in range(3)),
)


class BadError(AssertionError):
    """An error contains a value, or is of the wrong kind."""


def traces(text: str) -> list[str]:
    """The forms of the canary in the text: in clear, in hexadecimal digits or in base64."""
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
        """Count the outcome, and return the RotationError if any; other errors are raised."""
        try:
            do()
        except RotationError as error:
            assert_safe(error)
            self.kinds[error.code] += 1
            self.fields[f"{error.code} {error.field}"] += 1
            return error
        self.accepted += 1
        return None

    def assert_varied(self, *, kinds: int, fields: int) -> None:
        """Assert that examples were accepted too, and refused in as many ways as given."""
        refused = self.kinds.total()
        assert len(self.kinds) >= kinds, self.kinds
        assert len(self.fields) >= fields, self.fields
        assert self.accepted * 50 >= refused, (self.accepted, refused)
        assert refused * 50 >= self.accepted, (self.accepted, refused)

    @property
    def figures(self) -> dict[str, int | str]:
        """The figures for the evidence."""
        return {
            "accepted": self.accepted,
            "refused": self.kinds.total(),
            "kinds_of_error": len(self.kinds),
            "places_named": len(self.fields),
            "seed": SEED,
        }


def assert_safe(error: RotationError) -> None:
    """Assert that an operator can act on the error, and that it contains no confidential value."""
    if isinstance(error, Unexpected):
        raise BadError(f"a defect: {error}")
    whole = (error.code, error.what, error.do, str(error), repr(error), repr(error.args))
    if not all(part.strip(string.whitespace) for part in whole):
        raise BadError(f"an empty part: {whole}")
    texts = [*whole, str(error.field), str(error.label)]
    cause: BaseException | None = error.__cause__ or error.__context__
    while cause is not None:  # JSONDecodeError has the document as an attribute
        texts += [str(cause), repr(cause), repr(getattr(cause, "__dict__", ""))]
        cause = cause.__cause__ or cause.__context__
    leaked = [part for part in texts if traces(part)]
    if leaked:
        raise BadError(f"a value in {leaked}")


def fuzz(subject: str, examples: int, try_example: Callable[[Random, Tally], object]) -> Tally:
    """Try the examples; the error of one that fails has a note with its generator."""
    tally = Tally(subject)
    for number in range(examples):
        try:
            try_example(generator_of(subject, number), tally)
        except BaseException as error:
            error.add_note(f"generator_of({subject!r}, {number}) with FUZZ_SEED={SEED}")
            raise
    return tally


def generator_of(subject: str, number: int) -> Random:
    """The generator of one example, from which all its choices are made."""
    return Random(f"{SEED}/{subject}/{number}")  # noqa: S311 - repeatable, not secret


class UnexpectedConnection(AssertionError):
    """Code that needs no connection tried to make one."""


@contextmanager
def no_connections() -> Iterator[None]:
    """Refuse name look-ups and connections, by Python's sockets or a driver's own."""

    def refuse(*_: object, **__: object) -> None:
        raise UnexpectedConnection

    with (
        mock.patch.object(socket.socket, "connect", refuse),
        mock.patch.object(socket, "getaddrinfo", refuse),
        mock.patch.object(psycopg.Connection, "connect", refuse),
        mock.patch.object(pymysql, "connect", refuse),
    ):
        yield
