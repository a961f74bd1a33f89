"""The acts of a plan; each looks again first, and stops where the world has changed meanwhile."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from rotctl import clock
from rotctl.aws import secrets, tags, versions
from rotctl.aws.functions import Functions
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.healing.plan import Act, Step
from rotctl.links.answer import Reset
from rotctl.state import labels
from rotctl.state.following import End, Follower
from rotctl.state.standing import Standing, State
from rotctl.state.starting import start
from rotctl.state.unfinished import unfinished
from rotctl.trouble import Trouble

# AWS's own tests look for a moved label ten times, half a second apart.
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0)

# A label that moves under a running attempt breaks it.
_MOVES = (Act.GIVE_UP, Act.MOVE_BACK)


@dataclass
class Acts:
    """Does the steps for one secret; `tell` gets each line, `limit` is a rotation's seconds.

    planned: where the rotation stood as the plan was made.
    """

    aws: Aws
    functions: Functions
    planned: Standing
    tell: Callable[[str], None]
    limit: float

    def take(self, step: Step, before: Secret) -> Secret | None:
        """The secret after it, or None where a rotation did not end well.

        before: the secret as the plan, or the step before, saw it. Raises Trouble where it is not
        so any more, or AWS refuses.
        """
        self._require_unchanged(before)
        if step.act in _MOVES:
            self._require_still(before)
        match step.act:
            case Act.GIVE_UP:
                versions.move(self.aws, before, labels.PENDING, off=step.version)
                return self._moved(before)
            case Act.MOVE_BACK:
                current = before.labels[labels.CURRENT]
                versions.move(self.aws, before, labels.CURRENT, off=current, to=step.version)
                return self._moved(before)
            case Act.ROTATE:
                done = self._rotate(before)
            case Act.SWITCH_ON:
                done = self._rotate(before, test=True)
            case Act.RESET:
                done = step.reset is not None and self._reset(before, step.reset)
        return secrets.described(self.aws, before.arn) if done else None

    def _moved(self, before: Secret) -> Secret:
        """Once its description shows it, which may take a moment; as it is then, if it does not."""
        for pause in _PAUSES:
            now = secrets.described(self.aws, before.arn)
            if now.labels != before.labels:
                break
            time.sleep(pause)
        return now

    def _require_unchanged(self, before: Secret) -> None:
        now = secrets.described(self.aws, before.arn)
        if (now.labels, now.enabled) != (before.labels, before.enabled):
            raise Trouble(
                f"{before.name}: its labels, or whether it rotates, changed meanwhile",
                do=f"see `rotctl diagnose {before.name}`, then run this again",
            )

    def _require_still(self, before: Secret) -> None:
        """An attempt of somebody else's changes no label until it ends."""
        if labels.pending(before.labels) is None:
            return
        function, now = self.functions[before.function], clock.now()
        stands = unfinished(self.aws, before, function, now)
        if stands.state is State.ROTATING or stands.progress.last != self.planned.progress.last:
            raise Trouble(
                f"{before.name}: its rotation was attempted again meanwhile",
                do=f"see `rotctl diagnose {before.name}`, then run this again",
            )

    def _rotate(self, before: Secret, *, test: bool = False, version: str = "") -> bool:
        begun = start(
            *(self.aws, self.functions, before), test=test, switch_on=True, version=version
        )
        follower = Follower(self.aws, self.limit, self.tell, threading.Event())
        ending = follower.follow(begun.watched)
        if ending.end is End.FAILED:
            failure = ending.progress
            self.tell(f"failed at {failure.step}, {failure.code}; {failure.action}")
        elif ending.end is not End.DONE:
            self.tell(f"{ending.end}; see the log group {begun.watched.function.log_group}")
        return ending.end is End.DONE

    def _reset(self, before: Secret, reset: Reset) -> bool:
        # A rotation that hangs has its version already.
        version = labels.pending(before.labels) or str(uuid.uuid4())
        try:
            tags.put(self.aws, reset.admin, reset.tag, f"{version}:{reset.proof}")
            return self._rotate(before, version=version)
        finally:
            tags.take_off(self.aws, reset.admin, reset.tag)
