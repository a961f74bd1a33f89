"""What an operator asks a function for beside the four steps, by an invocation of their own.

Never in Secrets Manager's name: an event that has anything of its events is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from shared.errors import InvalidEvent
from shared.protocol.event import text


class Task(StrEnum):
    """What can be asked for, by the name in the event's `Step`."""

    DIAGNOSE = "diagnose"
    END_LEAKED = "endLeaked"


# What each event has beside `Step` and `SecretId`.
_VERSIONS: Mapping[Task, tuple[str, ...]] = {
    Task.DIAGNOSE: (),
    Task.END_LEAKED: ("VersionId", "LeakedVersionId"),
}


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """One task for one secret.

    secret_id: the secret's ARN. version, leaked: ids of versions, where the task is about them.
    """

    task: Task
    secret_id: str
    version: str = ""
    leaked: str = ""

    @classmethod
    def from_event(cls, event: object) -> Self | None:
        """None where the event asks for no task; raises InvalidEvent naming the field."""
        step = event.get("Step") if isinstance(event, Mapping) else None
        # A step of any other form is for the rotation's own reader to refuse.
        if not isinstance(event, Mapping) or not isinstance(step, str) or step not in set(Task):
            return None
        task = Task(step)
        known = ("SecretId", *_VERSIONS[task])
        for field in event:
            if field not in {"Step", *known}:
                raise InvalidEvent(
                    f"the event for {task.value!r} has a field that it cannot have",
                    do=f"give it 'Step', {', '.join(map(repr, known))} and no other",
                    field="event",
                )
        versions = [text(event, each, r"\S{32,64}", "a version's id") for each in _VERSIONS[task]]
        return cls(task, text(event, "SecretId", r"\S{1,2048}", "the secret's ARN"), *versions)
