"""What an operator's `endLeaked` does: the credential of an older version ends, proven."""

import logging
from collections.abc import Mapping
from typing import Generic

from shared.aws.store import Store
from shared.document.form import names_of, naming
from shared.errors import Busy, InvalidEvent, MalformedSecret, RotationError, WrongStage
from shared.protocol.contract import Backend, C
from shared.protocol.event import RotationRequest, Step
from shared.protocol.operator import OperatorRequest
from shared.protocol.receipt import Receipt
from shared.protocol.stages import Stages, VersionState
from shared.protocol.ticket import StepAlreadyDone, StepTicket

LOG = logging.getLogger(f"rotation.{__name__}")


class Ending(Generic[C]):
    """One secret's leaked credential, which a rotation has replaced.

    The version in use takes the part of the pending one, as in a finishSecret that comes again.
    """

    def __init__(self, backend: Backend[C], store: Store, asked: OperatorRequest) -> None:
        self._backend = backend
        self._store = store
        self._asked = asked
        request = RotationRequest(Step.FINISH, asked.secret_id, asked.version, None)
        self._stages = Stages(store, request)
        self._ticket = StepTicket(backend, store, request, self._stages)
        self._ticket.leaked_version_id = asked.leaked

    def run(self) -> Mapping[str, object]:
        """What was ended, and how it was refused then; raises RotationError."""
        self._require_replaced()
        leaked, receipt = self._leaked(), Receipt()
        LOG.warning("the credential of version %s is said to have leaked", self._asked.leaked)
        try:
            self._backend.end_leaked(leaked, self._ticket, receipt)
            if any(each["at"] for each in receipt.ended):
                self._require_unovertaken()
        except StepAlreadyDone:
            raise self._overtaken() from None
        except RotationError as error:
            error.rename_fields(self._ticket.names)
            raise
        return receipt.as_json()

    def _require_unovertaken(self) -> None:
        """Raises Busy where a rotation has begun meanwhile: what ended may have been its own."""
        try:
            self._ticket.ensure_still_this_rotation(again=True)
        except StepAlreadyDone:
            raise Busy(
                f"a rotation of {self._store.arn} has begun meanwhile, and the credential that it "
                "makes may have been ended with the leaked one",
                do="ask again once that rotation is over, with the id of the version in use then; "
                "only if its credential is refused, first move AWSCURRENT back to version "
                f"{self._asked.version}, and rotate again",
                field="VersionId",
            ) from None

    def _require_replaced(self) -> None:
        """Raises WrongStage where the version is not in use, or not all rotations are over."""
        if self._asked.leaked == self._asked.version:
            raise WrongStage(
                f"version {self._asked.leaked} is in use: nothing has replaced its credential",
                do="rotate first, then ask with the id of the version that is in use then",
                field="LeakedVersionId",
            )
        if self._stages.look_at_labels() is not VersionState.CURRENT or not self._stages.is_newest:
            raise self._overtaken()

    def _overtaken(self) -> WrongStage:
        return WrongStage(
            f"version {self._asked.version} of {self._store.arn} is not the one in use, or a "
            "rotation has not ended",
            do="ask again with the id of the version in use, once no rotation is under way",
            field="VersionId",
        )

    def _leaked(self) -> C:
        version = self._store.find(self._asked.leaked)
        if version is None:
            raise InvalidEvent(
                f"{self._store.arn} has no version {self._asked.leaked} with a value",
                do="list its versions with `aws secretsmanager list-secret-version-ids "
                "--include-deprecated`; where it is gone, end its credential at the target",
                field="LeakedVersionId",
            )
        try:
            with naming(names_of(version.document)):
                return self._backend.parse(version.document)
        except MalformedSecret as malformed:
            raise malformed.of_version(self._asked.leaked) from None
