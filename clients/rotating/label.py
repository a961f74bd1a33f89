"""What one staging label is on, as it was last seen."""

import time
from collections.abc import Callable
from threading import Lock

from rotating.errors import RotatingError, Unavailable
from rotating.source import Source
from rotating.version import Version

Outcome = Version | RotatingError


class Label:
    """Asked for by one thread at a time; those that wait take over what it has found.

    seen: told of each answer, or why there is none, before any thread gets it.
    """

    def __init__(self, source: Source, stage: str, seen: Callable[[Outcome], None]) -> None:
        self._source = source
        self._stage = stage
        self._seen = seen
        self._lock = Lock()
        self._began = -float("inf")
        self._outcome: Outcome | None = None

    def read(self, since: float) -> Version:
        """As it was at `since`, by the monotonic clock, or later; raises as the source."""
        with self._lock:
            if self._outcome is None or self._began < since:
                began = time.monotonic()
                self._outcome = self._asked()
                self._began = began
                self._seen(self._outcome)
            outcome = self._outcome
        if isinstance(outcome, RotatingError):
            raise outcome
        return outcome

    def _asked(self) -> Outcome:
        try:
            return self._source.read(self._stage)
        except RotatingError as error:
            return error
        except Exception as error:  # noqa: BLE001 - such as of an answer that is not AWS's
            kind = type(error).__name__
            what = f"{self._stage} of the secret '{self._source.name}'"
            return Unavailable(f"{what} cannot be read: {kind}")
