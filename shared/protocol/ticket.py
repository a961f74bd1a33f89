"""What the machine lends a backend for one step: each value is read when first asked for."""

import time
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Generic

from shared.aws.schedule import day_due
from shared.aws.store import CURRENT, PENDING, Store
from shared.document.form import names_of, naming
from shared.errors import GIVE_UP, NEXT_ATTEMPT, Busy, MalformedSecret, WrongStage
from shared.protocol.contract import Backend, C
from shared.protocol.event import RotationRequest, Step
from shared.protocol.history import History, Stored
from shared.protocol.memory import Memory, of_rotation
from shared.protocol.reset import Reset
from shared.protocol.stages import Stages, VersionState

# A step is done within a second or two; one that was held up longer looks again before it acts.
FRESH_SECONDS = 3.0


class StepAlreadyDone(Exception):
    """Another copy of this step went on to the rotation's end; ends the step as a success."""


class StepTicket(Generic[C]):
    """One rotation's credentials, by what they are for and not by label: the Ticket.

    memory: what the process remembers of it, where that is not to be the rotation's own.
    """

    def __init__(
        self,
        backend: Backend[C],
        store: Store,
        request: RotationRequest,
        stages: Stages,
        memory: Memory | None = None,
    ) -> None:
        self.leaked_version_id = ""
        self._backend = backend
        self._store = store
        self._request = request
        self._stages = stages
        self._looked = time.monotonic()
        self._pending: C | None = None
        self._pending_created: datetime | None = None
        self._current: Stored[C] | None = None
        self._history = History(backend, store, stages)
        self._memory = memory or of_rotation(request.token, request.secret_id)
        self._memory.has_begun |= request.step is Step.CREATE
        self._tags: dict[str, Mapping[str, str]] = {}
        self._holder = request.token  # which version AWSCURRENT is to be on in finishSecret

    @property
    def secret_arn(self) -> str:
        """The secret being rotated, by the ARN in AWS's answers: an event may have part of it."""
        return self._store.arn

    @property
    def version_id(self) -> str:
        """The version being made."""
        return self._request.token

    def pending(self) -> C:
        """The credential being made, or just made; read once a step."""
        if self._pending is None:
            version = self._stages.value or self._store.read(self.version_id)
            self._pending = self._parse_pending(version.document)
            self._pending_created = version.created
        return self._pending

    def pending_age(self) -> float:
        """The seconds since the pending credential was stored; 0 where no step has read it."""
        if self._pending_created is None:
            return 0.0
        return max(0.0, (datetime.now(UTC) - self._pending_created).total_seconds())

    def pending_if_visible(self) -> C | None:
        """The pending credential where it is stored already, as far as can be seen now."""
        if self._pending is not None:
            return self._pending
        version = self._store.find(self.version_id)
        if version is not None:
            self._pending = self._parse_pending(version.document)
            self._pending_created = version.created
        return self._pending

    def current(self) -> C:
        """The credential in use now; read once a step. Raises StepAlreadyDone, Busy."""
        return self._read_current().credential

    @property
    def current_version_id(self) -> str:
        """The version that the current credential is of."""
        return self._read_current().version_id

    @property
    def current_created(self) -> datetime:
        """When that version was stored."""
        return self._read_current().created

    def previous(self) -> C | None:
        """The credential in use before; read once a step."""
        previous = self._history.previous()
        return previous.credential if previous else None

    def custom_labelled(self) -> Mapping[str, C | None]:
        """The credential of each version with a custom staging label, by the id of the version."""
        return self._history.custom_labelled()

    def unlabelled(self) -> Iterator[C]:
        """Credentials of versions without a label, newest first."""
        return (stored.credential for stored in self._history.unlabelled())

    def before(self) -> Iterator[tuple[C, datetime]]:
        """The previous credential, then those without a label, each with when it was stored."""
        return self._history.before()

    def others(self) -> Iterator[tuple[C, bool]]:
        """Credentials neither pending nor current, each with whether it may be in use all the same.

        Those come first, then the previous one, then the rest, newest first.
        """
        return self._history.around(self._read_current().created)

    def only_tests(self) -> bool:
        """Whether the pending credential is a copy of the current one (RotateImmediately=false).

        Reads the current one where no earlier step of this rotation ran in this process.
        """
        if self._memory.has_begun:
            return False
        return self._backend.render(self.pending()) == self._backend.render(self.current())

    def read_secret(self, arn: str, *, again: bool = False) -> Mapping[str, object]:
        """The JSON object in another secret; read once a rotation, or `again`."""
        secrets = self._memory.secrets
        if again or arn not in secrets:
            secrets[arn] = self._store.read_other(arn)
        return secrets[arn]

    @property
    def notes(self) -> MutableMapping[str, object]:
        """What earlier steps of this rotation have noted in this process, and may be lost."""
        return self._memory.notes

    @property
    def next_rotation(self) -> datetime | None:
        """When the secret is to be rotated next; known in createSecret only, and not of all."""
        return self._store.next_rotation

    @property
    def due(self) -> datetime:
        """See Ticket; what was stored by hand since the last rotation makes it no later."""
        return day_due(self.last_rotation or self.current_created, self._store.interval)

    @property
    def last_rotation(self) -> datetime | None:
        """When the rotation before ended; known in createSecret only, and not of all."""
        return self._store.last_rotated

    def is_rotating(self, arn: str) -> bool:
        """Whether another secret is in the middle of a rotation of its own."""
        return self._store.is_rotating(arn)

    def tags_of(self, arn: str) -> Mapping[str, str]:
        """Another secret's tags; read once a step."""
        if arn not in self._tags:
            self._tags[arn] = self._store.tags_of_other(arn)
        return self._tags[arn]

    def may_reset(self, reset: Reset) -> bool:
        """Whether the admin's secret has the tag of this rotation."""
        tag = self.tags_of(reset.admin).get(reset.tag(self.secret_arn))
        return tag == reset.word(self.version_id)

    def ensure_still_this_rotation(self, *, again: bool = False) -> None:
        """Look again, if the look that this step acts on is old: a step may be held up anywhere.

        Raises WrongStage where the version was given up, and StepAlreadyDone where it is current
        by now or, in finishSecret, is not any more or another rotation has begun.
        """
        if not again and time.monotonic() - self._looked < FRESH_SECONDS:
            return
        state = self._stages.look()
        if self._request.step is Step.FINISH:
            if self._stages.holder(CURRENT) != self._holder or not self._stages.is_newest:
                raise StepAlreadyDone
        elif state is VersionState.CURRENT:
            raise StepAlreadyDone
        elif state is VersionState.UNLABELLED:
            raise self.not_pending()
        self._looked = time.monotonic()

    def promote(self) -> None:
        """Move AWSCURRENT to this version; where another invocation did it first, be content."""
        holder = self._stages.holder(CURRENT) or self.current_version_id
        if self._store.promote(self.version_id, instead_of=holder):
            self._stages.note_promotion(holder)
        elif self._stages.look_at_labels() is not VersionState.CURRENT:
            raise Busy(
                f"AWSCURRENT of {self.secret_arn} was moved while this version was to get it",
                do=f"{NEXT_ATTEMPT}; do not move labels during a rotation",
            )

    def replace_current(self, document: Mapping[str, object]) -> None:
        """Store a further current version, in place of this one; nothing is put over another."""
        self.ensure_still_this_rotation(again=True)
        self._holder = self._store.put_current(document)

    @property
    def names(self) -> Mapping[str, str]:
        """What the secret calls its fields, where it has names of its own for them.

        Of the pending version, or else the current one, as far as this step has read either.
        """
        credential = self._pending
        if credential is None and self._current is not None:
            credential = self._current.credential
        return {} if credential is None else names_of(self._backend.render(credential))

    def not_pending(self) -> WrongStage:
        """The error for a rotation that was given up, or never begun."""
        return WrongStage(
            f"version {self.version_id} of {self.secret_arn} is not labelled AWSPENDING",
            do="start a rotation with RotateSecret; do not invoke the function by hand",
            field="ClientRequestToken",
        )

    def _read_current(self) -> Stored[C]:
        if self._current is not None:
            return self._current
        holder = self._stages.holder(CURRENT)
        version = self._store.read(holder) if holder else self._store.read_label(CURRENT)
        if version is None:
            raise MalformedSecret(
                f"{self.secret_arn} has no current value to rotate from",
                do="store the credential in use with PutSecretValue",
                field="SecretString",
            )
        if CURRENT not in version.labels:
            raise Busy(f"AWSCURRENT of {self.secret_arn} moved while it was read", do=NEXT_ATTEMPT)
        if version.version_id == self.version_id and self._request.step is not Step.FINISH:
            raise StepAlreadyDone
        credential = self._parse(version.document)
        self._current = Stored(credential, version.created, version.version_id)
        return self._current

    def _parse(self, document: Mapping[str, object]) -> C:
        with naming(names_of(document)):
            return self._backend.parse(document)

    def _parse_pending(self, document: Mapping[str, object]) -> C:
        try:
            return self._parse(document)
        except MalformedSecret as malformed:  # a version never changes: no retry mends it
            raise malformed.of_version(PENDING).then(GIVE_UP) from None
