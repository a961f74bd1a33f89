"""What an operator's `diagnose` does: the backend's own checks, which change nothing."""

from collections.abc import Mapping
from typing import Generic

from shared.aws.store import CURRENT, PENDING, Store
from shared.protocol.contract import Backend, C
from shared.protocol.event import RotationRequest, Step
from shared.protocol.findings import Findings
from shared.protocol.stages import Stages
from shared.protocol.ticket import StepTicket


class Diagnosis(Generic[C]):
    """One secret's, as its function sees it."""

    def __init__(self, backend: Backend[C], store: Store) -> None:
        self._backend = backend
        self._store = store

    def run(self) -> Mapping[str, object]:
        """`findings`, and whether all was looked at; raises RotationError if nothing could be."""
        findings = Findings()
        labels = self._store.valued_labels()
        by_label = {label: version for version, each in labels.items() for label in each}
        subject = by_label.get(PENDING) or by_label.get(CURRENT, "")
        request = RotationRequest(Step.FINISH, self._store.secret_id, subject, None)
        stages = Stages(self._store, request)
        stages.look_at_labels()
        ticket = StepTicket(self._backend, self._store, request, stages)
        self._backend.diagnose(ticket, findings)
        reset = self._backend.reset_of(ticket.pending())
        told = {"reset": reset.as_json(ticket.secret_arn)} if reset else {}
        return {"findings": [each.as_json() for each in findings.made], "complete": True, **told}
