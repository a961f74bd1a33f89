"""A credential that has leaked: replaced by a rotation, then ended and tried by the function.

Where it stands is read from the labels each time, so that an interrupted run can be gone on with.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rotctl.aws import functions, logs, secrets
from rotctl.aws.functions import Functions
from rotctl.aws.logs import StepLine
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.following import End, Ending, Follower, Watched
from rotctl.state.starting import start
from rotctl.trouble import Denied, Trouble

_TASK = "endLeaked"
_TOLD = {"ended", "left", "unseen", "sessions", "refused"}
# One that had not ended, and one that ends what that one has left in use.
_ROTATIONS = 2


@dataclass
class Leak:
    """The version that has leaked, of one secret; `tell` gets each line of its rotation.

    version: the one in use once it was replaced. steps: those of the rotations. answer: what the
    function did, as docs/rotctl.md has it.
    """

    aws: Aws
    secret: Secret
    leaked: str
    limit: float
    tell: Callable[[str], None]
    began: datetime
    version: str | None = None
    rotated: datetime | None = None
    steps: list[StepLine] = field(default_factory=list)
    answer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_proven(self) -> bool:
        """Whether the leaked credential was used and refused, and nothing is left to end."""
        refused = self.answer.get("refused") or {}
        return bool(refused.get("proven")) and not self.answer.get("left")

    def replace(self) -> tuple[Watched, Ending] | None:
        """Rotate until another version is in use and no rotation is under way.

        None when that is so, else the rotation that did not end well. Raises Trouble.
        """
        for _ in range(_ROTATIONS):
            if self._is_replaced():
                return None
            begun = start(self.aws, Functions(self.aws), self.secret, test=False)
            again = ", which had not ended and is attempted again" if begun.again else ""
            self.tell(f"rotating to version {begun.watched.version}{again}")
            follower = Follower(self.aws, self.limit, self.tell, threading.Event())
            ending = follower.follow(begun.watched)
            self.steps += self._lines(begun.watched)
            if ending.end is not End.DONE:
                return begun.watched, ending
            self.rotated = self.aws.now
        if not self._is_replaced():
            raise Trouble(
                f"{self.secret.name!r}: another rotation began meanwhile",
                do="run this again, once it has ended",
            )
        return None

    def end(self) -> None:
        """Have the function end it, and prove it; raises Failed with what keeps it from that."""
        version = str(self.version)
        self.answer = functions.ask(
            self.aws, self.secret, _TASK, VersionId=version, LeakedVersionId=self.leaked
        )
        if not self.answer.keys() >= _TOLD:
            self.answer = {}
            raise Trouble(
                f"the function of {self.secret.name!r} does not say what it did",
                do="deploy this release of it, then run this again",
            )

    def _is_replaced(self) -> bool:
        self.secret = secrets.described(self.aws, self.secret.arn)
        self.version = labels.current(self.secret.labels)
        pending = labels.pending(self.secret.labels)
        return pending is None and self.version not in {None, self.leaked}

    def _lines(self, watched: Watched) -> list[StepLine]:
        group = watched.function.log_group
        try:
            return logs.of_version(self.aws, group, watched.version, watched.began)
        except Denied:  # the follower has told it
            return []
