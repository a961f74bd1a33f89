"""What every operation shares: the secrets, one lock, the clock, the journal and the settings."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.functions.home import Home
from local.secrets_manager import errors
from local.secrets_manager.clock import SystemClock
from local.secrets_manager.journal import Journal, ServiceEvent
from local.secrets_manager.secret import Secret
from local.secrets_manager.staleness import Snapshot
from local.secrets_manager.store import Store
from local.secrets_manager.versions import CURRENT, PENDING

ACCOUNT, REGION = "123456789012", "us-east-1"
MIN_TOKEN, MAX_TOKEN = 32, 64

Request = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass
class Settings:
    """How the service behaves where AWS leaves it open; may be changed while it runs.

    retries: attempts after the first of a rotation; retry_delay: seconds between them (fact 3).
    step_pause: seconds between two steps of an attempt.
    stale_reads: GetSecretValue calls that miss each change (fact 13).
    require_rotation_token: refuse the function's put without it, as across accounts (fact 2).
    """

    retries: int = 2
    retry_delay: float = 0.2
    stale_reads: int = 0
    require_rotation_token: bool = False
    step_pause: float = 0.0


class ServiceState:
    """The secrets of one account and region behind one lock."""

    def __init__(self, home: Home, clock: SystemClock, settings: Settings) -> None:
        self.home = home
        self.clock = clock
        self.settings = settings
        self.journal = Journal()
        self.account, self.region = ACCOUNT, REGION
        self.store = Store(self.account, self.region, clock.now)
        self.replanned = threading.Event()  # set when a rotation window may have changed
        self._lock = threading.RLock()
        self._depth = 0
        self._later: list[Callable[[], None]] = []

    @contextmanager
    def hold_lock(self) -> Iterator[None]:
        """Hold the lock; whatever `later` was given runs after it is free again."""
        due: list[Callable[[], None]] = []
        try:
            with self._lock:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                    if self._depth == 0:
                        due, self._later = self._later, []
        finally:
            for action in due:
                action()

    def later(self, action: Callable[[], None]) -> None:
        """Run the action once the lock is free: a subscriber may call the service."""
        self._later.append(action)

    def secrets(self) -> list[Secret]:
        """Every secret, deleted ones included."""
        return self.store.all()

    def find(self, request: Request, *, deleted_too: bool = False) -> Secret:
        """The secret SecretId names; refuses unknown and deleted ones (fact 16)."""
        secret = self.store.find(request["SecretId"])
        if secret is None:
            raise errors.secret_not_found()
        if secret.is_deleted() and not deleted_too:
            raise errors.invalid_request(
                "You can't perform this operation on the secret because it was marked for deletion."
            )
        return secret

    @contextmanager
    def changing(self, secret: Secret) -> Iterator[None]:
        """A change of values or labels: dates it, makes it stale (fact 13), abandons (fact 6)."""
        before = Snapshot.of(secret.store)
        yield
        after = Snapshot.of(secret.store)
        secret.changed = self.clock.now()
        secret.stale.note(before, after, self.settings.stale_reads)
        if before.holders.get(CURRENT) != after.holders.get(CURRENT):
            self._abandon_others(secret, after.holders.get(CURRENT))

    def _abandon_others(self, secret: Secret, current: str | None) -> None:
        """A new AWSCURRENT that is not the rotation's own ends the rotation (fact 6).

        Whatever older version is AWSPENDING while rotation is on, by hand too, would be promoted
        over the new one by the next attempt: it loses the label as well.
        """
        rotation, pending = secret.incomplete, secret.store.holder(PENDING)
        if rotation is not None and (rotation.kind == "test" or rotation.version_id == current):
            return
        self.abandon(secret)
        if pending is not None and pending != current and secret.rotation.enabled:
            secret.store.take_off(PENDING, self.clock.now())
            if rotation is None:
                self._tell_abandoned(secret, pending)

    def abandon(self, secret: Secret) -> None:
        """Let the secret's rotation, if one has not ended, take no further step, and tell it."""
        rotation, secret.incomplete = secret.incomplete, None
        if rotation is not None:
            rotation.stop("abandoned")
            if rotation.kind == "rotation":
                self._tell_abandoned(secret, rotation.version_id)

    def _tell_abandoned(self, secret: Secret, version_id: str) -> None:
        event = ServiceEvent("RotationAbandoned", secret.arn, version_id, self.clock.now())
        self.later(lambda: self.journal.publish(event))


def token_of(
    request: Request, refuse: Callable[[str], errors.Refusal] = errors.invalid_request
) -> str:
    """ClientRequestToken, which every SDK fills in; without it RotateSecret has its own refusal.

    Both were recorded on AWS (LocalStack's test_no_client_request_token).
    """
    token = request.get("ClientRequestToken")
    if token is None:
        raise refuse("You must provide a ClientRequestToken value. We recommend a UUID-type value.")
    return str(token)
