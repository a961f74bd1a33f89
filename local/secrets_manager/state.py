"""What every operation shares: the secrets of its region, and what all regions share."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local.functions.home import Home
from local.functions.permissions import Permissions
from local.secrets_manager import errors
from local.secrets_manager.clock import SystemClock
from local.secrets_manager.journal import Journal, ServiceEvent
from local.secrets_manager.lock import Lock
from local.secrets_manager.replica import Replica
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
    refused: operations that are refused, of whatever service, each with the error's code, such as
    {"FilterLogEvents": "AccessDeniedException"}: what the caller may not do, or does too often.
    stale_reads: GetSecretValue calls that miss each change (fact 13).
    require_rotation_token: refuse the function's put without it, as across accounts (fact 2).
    """

    retries: int = 2
    retry_delay: float = 0.2
    stale_reads: int = 0
    require_rotation_token: bool = False
    step_pause: float = 0.0
    refused: Mapping[str, str] = field(default_factory=dict)

    def check(self, operation: str) -> None:
        """Refuse the operation if it is one of `refused`; the text is chosen."""
        if code := self.refused.get(operation):
            raise errors.refusal(code, f"{operation} is refused here, as the settings say.")


@dataclass
class Common:
    """What all regions of a service share."""

    home: Home
    clock: SystemClock
    settings: Settings
    journal: Journal = field(default_factory=Journal)
    lock: Lock = field(default_factory=Lock)
    permissions: Permissions = field(default_factory=lambda: Permissions(ACCOUNT))


class ServiceState:
    """The secrets of the account in one region; `elsewhere` gives another region's state."""

    def __init__(
        self, common: Common, region: str, elsewhere: "Callable[[str], ServiceState]"
    ) -> None:
        self._common = common
        self.clock, self.settings, self.journal = common.clock, common.settings, common.journal
        self.hold_lock, self.later = common.lock.hold, common.lock.later
        self.account, self.region, self.elsewhere = ACCOUNT, region, elsewhere
        self.store = Store(self.account, region, common.clock.now)
        self.replanned = threading.Event()  # set when a rotation window may have changed

    @property
    def home(self) -> Home:
        """Where functions run, of whatever region."""
        return self._common.home

    @property
    def permissions(self) -> Permissions:
        """Who may invoke the functions."""
        return self._common.permissions

    def secrets(self) -> list[Secret]:
        """Every secret, deleted ones and replicas included."""
        return [_as_it_is_now(secret) for secret in self.store.all()]

    def find(
        self, request: Request, *, deleted_too: bool = False, replica_too: bool = False
    ) -> Secret:
        """The secret SecretId names; refuses unknown and deleted ones (fact 16), and replicas."""
        secret = self.store.find(request["SecretId"])
        if secret is None:
            raise errors.secret_not_found()
        if isinstance(secret, Replica) and not replica_too:
            raise errors.on_replica()
        if secret.is_deleted() and not deleted_too:
            raise errors.invalid_request(
                "You can't perform this operation on the secret because it was marked for deletion."
            )
        return _as_it_is_now(secret)

    @contextmanager
    def changing(self, secret: Secret) -> Iterator[None]:
        """A change of values or labels: dates it, makes it stale (fact 13), abandons (fact 6).

        A new value in use counts as a rotation for the next one's date (fact 19).
        """
        before = Snapshot.of(secret.versions)
        yield
        after = Snapshot.of(secret.versions)
        secret.changed = self.clock.now()
        secret.stale.note(before, after, self.settings.stale_reads)
        current = after.holders.get(CURRENT)
        if current != before.holders.get(CURRENT):
            self._abandon_others(secret, current)
        if current in after.valued - before.valued:
            secret.rotation.plan(self.clock.now())
            self.replanned.set()

    def _abandon_others(self, secret: Secret, current: str | None) -> None:
        """A new AWSCURRENT that is not the rotation's own ends the rotation (fact 6).

        Whatever older version is AWSPENDING while rotation is on, by hand too, would be promoted
        over the new one by the next attempt: it loses the label as well.
        """
        rotation, pending = secret.incomplete, secret.versions.holder(PENDING)
        if rotation is not None and (rotation.kind == "test" or rotation.version_id == current):
            return
        self.abandon(secret)
        if pending is not None and pending != current and secret.rotation.enabled:
            secret.versions.take_off(PENDING, self.clock.now())
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


def _as_it_is_now(secret: Secret) -> Secret:
    if isinstance(secret, Replica):
        secret.follow()
    return secret


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
