"""The acts of a plan; each looks again first, and stops where the world has changed meanwhile."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rotctl.aws import secrets, versions
from rotctl.aws.functions import Functions
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.healing.plan import Act, Step
from rotctl.state import labels
from rotctl.state.following import End, Follower
from rotctl.state.starting import start
from rotctl.trouble import Trouble


@dataclass
class Acts:
    """Does the steps for one secret; `tell` gets each line, `limit` is a rotation's seconds."""

    aws: Aws
    functions: Functions
    tell: Callable[[str], None]
    limit: float

    def take(self, step: Step, before: Secret) -> bool:
        """Whether it was done to its end; before: the secret as the plan, or the last step, saw it.

        Raises Trouble where the secret is not so any more, or AWS refuses.
        """
        self._require_unchanged(before)
        match step.act:
            case Act.GIVE_UP:
                versions.move(self.aws, before, labels.PENDING, off=step.subject)
            case Act.MOVE_BACK:
                current = before.labels[labels.CURRENT]
                versions.move(self.aws, before, labels.CURRENT, off=current, to=step.subject)
            case Act.ROTATE:
                return self._rotate(before)
            case Act.SWITCH_ON:
                return self._rotate(before, test=True)
            case Act.RESET:
                # An attempt that hangs has its token already.
                token = labels.pending(before.labels) or str(uuid.uuid4())
                with self._reset_allowed(step.subject, before, token):
                    return self._rotate(before, token=token)
        return True

    def _require_unchanged(self, before: Secret) -> None:
        now = secrets.described(self.aws, before.arn)
        if (now.labels, now.enabled) != (before.labels, before.enabled):
            raise Trouble(
                f"{before.name}: its labels, or whether it rotates, changed meanwhile",
                do=f"see `rotctl diagnose {before.name}`, then run this again",
            )

    def _rotate(self, before: Secret, *, test: bool = False, token: str = "") -> bool:
        begun = start(*(self.aws, self.functions, before), test=test, switch_on=True, version=token)
        follower = Follower(self.aws, self.limit, self.tell, threading.Event())
        ending = follower.follow(begun.watched)
        if ending.end is End.FAILED:
            failure = ending.progress
            self.tell(f"failed at {failure.step}, {failure.code}; {failure.action}")
        elif ending.end is not End.DONE:
            self.tell(f"{ending.end}; see the log group {begun.watched.function.log_group}")
        return ending.end is End.DONE

    @contextmanager
    def _reset_allowed(self, admin: str, secret: Secret, token: str) -> Iterator[None]:
        try:
            versions.allow_reset(self.aws, admin, secret, token)
            yield
        finally:
            versions.end_reset(self.aws, admin, secret)
