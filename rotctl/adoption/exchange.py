"""The exchange of functions, secret by secret: attached by a test, and put back where it fails."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from rotctl.adoption.journal import Entry, Journal
from rotctl.aws import secrets
from rotctl.aws.functions import Functions, Sight, name_of
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.attempt import NO_PROGRESS, Progress
from rotctl.state.fleet import Report, Result
from rotctl.state.following import End, Ending, Follower, Watched
from rotctl.trouble import Trouble

_NO_LINE = (
    "no line of the function says how its test ended: it was killed, timed out or never started;"
    " see its log group, and `rotctl history` in some minutes"
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """An entry is on the disk before its secret is touched.

    What is interrupted has not ended, and a later run goes on from what the secret then has.
    """

    aws: Aws
    functions: Functions
    journal: Journal
    follower: Follower

    def move(self, listed: Secret) -> Report:
        """Attach ours and have it test; put the other back where that fails; raises Trouble."""
        return self._noted(self._move, listed)

    def undo(self, listed: Secret) -> Report:
        """Attach the function of before, which tests by itself; raises Trouble."""
        return self._noted(self._undo, listed)

    def _noted(self, work: Callable[[Entry, Secret], Report], listed: Secret) -> Report:
        try:
            # As it is now: the list may be minutes old.
            secret = secrets.described(self.aws, listed.arn)
            return work(self.journal.entries[listed.arn], secret)
        except Trouble as trouble:
            entry = self.journal.entries[listed.arn]
            self.journal.note(entry, entry.result, str(trouble))
            raise

    def _move(self, entry: Entry, secret: Secret) -> Report:
        # Begun before, and interrupted: it is tested once more.
        is_again = entry.result is Result.OPEN and secret.function == entry.new
        if why := _unfit(secret, entry.new if is_again else entry.old):
            return self._ended(entry, secret, entry.result if is_again else Result.KEPT, why)
        if not is_again:
            entry = replace(entry, rules=secret.rules)
        entry = self.journal.note(entry, Result.OPEN)
        try:
            ending = self._test(entry, secret, entry.new)
        except Trouble as trouble:
            # Without AWS's answer it may have been attached, whatever a read says so soon.
            if not trouble.code or secrets.described(self.aws, entry.arn).function != entry.old:
                raise
            return self._ended(entry, secret, Result.KEPT, str(trouble))
        if ending.end is End.DONE:
            return self._moved(entry)
        if ending.end is End.UNFINISHED:
            return self._ended(entry, secret, Result.OPEN, "its test has not ended")
        return self._put_back(entry, secret, ending.progress)

    def _moved(self, entry: Entry) -> Report:
        """Look whether all else is as it was."""
        secret = secrets.described(self.aws, entry.arn)
        if (secret.function, secret.rules) == (entry.new, entry.rules):
            return self._ended(entry, secret, Result.MOVED)
        has = f"{name_of(secret.function)} and the schedule {secret.schedule}"
        why = f"its test passed, but Secrets Manager says that it has {has}, which was not given"
        return self._ended(entry, secret, Result.OPEN, why)

    def _put_back(self, entry: Entry, secret: Secret, failure: Progress) -> Report:
        why = failure.message or _NO_LINE
        try:
            self._test(entry, secret, entry.old)
        except Trouble as trouble:
            what = f"{why}; it could not be put back: {trouble.what}"
            then = f"{trouble.do}, then `rotctl adopt --undo {self.journal.path}`"
            raise Trouble(what, do=then) from None
        return self._ended(entry, secret, Result.BACK, why, failure)

    def _undo(self, entry: Entry, secret: Secret) -> Report:
        if secret.function != entry.old:
            if why := _unfit(secret, entry.new):
                return self._ended(entry, secret, entry.result, why)
            self._test(entry, secret, entry.old)
        return self._ended(entry, secret, Result.BACK)

    def _test(self, entry: Entry, secret: Secret, arn: str) -> Ending:
        """Attach the function, and follow its test to the end; raises Trouble.

        How a function that is not ours has tested is not known: its lines are its own.
        """
        function, version, now = self.functions[arn], str(uuid.uuid4()), self.aws.now
        if function.sight is Sight.GONE:
            raise Trouble(f"the function {function.name} is gone", do="deploy it again")
        secrets.attach(self.aws, secret, version, arn, entry.rules)
        if not function.is_ours:
            function = replace(function, log_group="")
        return self.follower.follow(Watched(secret, function, version, now, test=True))

    def _ended(
        self,
        entry: Entry,
        secret: Secret,
        result: Result,
        why: str = "",
        progress: Progress = NO_PROGRESS,
    ) -> Report:
        self.journal.note(entry, result, why)
        return Report(secret, result, why, progress=progress)


def _unfit(secret: Secret, function: str) -> str:
    """Why its function may not be exchanged now, if it should have this one."""
    if secret.deleted is not None:
        return "it is scheduled for deletion"
    if secret.function != function:
        has = name_of(secret.function) or "none"
        return f"its function is {has} now, and not {name_of(function)}"
    if not secret.enabled:
        return "its rotation is switched off, and this would switch it on"
    if labels.pending(secret.labels):
        return f"a rotation has not ended; see `rotctl status --prefix {secret.name}`"
    return ""
