"""A client that knows nothing of rotation: it reads AWSCURRENT and logs in, again and again."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from local.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Login:
    """One login, when it began and when it was answered, in seconds of a monotonic clock."""

    began: float
    answered: float
    accepted: bool


def gaps(logins: Sequence[Login]) -> list[float]:
    """Seconds from each first refusal to the next good login, both as they were answered."""
    found = []
    refused: float | None = None
    for login in logins:
        if not login.accepted:
            refused = login.answered if refused is None else refused
        elif refused is not None:
            found.append(login.answered - refused)
            refused = None
    return found


class Client:
    """Logs in as fast as it goes, in a thread of its own, while the block runs.

    What is neither a good login nor a refusal ends it, and comes out where it is waited for.
    """

    def __init__(self, service: "SecretsManagerClient", arn: str, target: Target) -> None:
        self._service = service
        self._arn = arn
        self._target = target
        self._changed = threading.Condition()
        self._stopped = False
        self._error: Exception | None = None
        self._logins: list[Login] = []
        self._thread = threading.Thread(target=self._run, name=f"client of {target.title}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._thread.join()

    @property
    def logins(self) -> Sequence[Login]:
        """All so far, in order."""
        return tuple(self._logins)

    def wait(self) -> None:
        """Return after a good login that begins now or later; raises TimeoutError."""
        now = time.perf_counter()

        def seen() -> bool:
            last = self._logins[-1] if self._logins else None
            return self._error is not None or (
                last is not None and last.accepted and last.began >= now
            )

        with self._changed:
            if not self._changed.wait_for(seen, SECONDS):
                raise TimeoutError(f"AWSCURRENT does not get in at {self._target.title}")
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while not self._stopped and self._error is None:
            try:
                login, error = self._log_in(), None
            except Exception as raised:  # noqa: BLE001 - raised again by `wait`
                login, error = None, raised
            with self._changed:
                self._error = error
                self._logins += [login] if login else []
                self._changed.notify_all()

    def _log_in(self) -> Login:
        document = self._fetch()
        began = time.perf_counter()
        accepted = self._target.accepts(document)
        return Login(began, time.perf_counter(), accepted)

    def _fetch(self) -> Mapping[str, object]:
        answer = self._service.get_secret_value(SecretId=self._arn)
        document: dict[str, object] = json.loads(answer["SecretString"])
        return document
