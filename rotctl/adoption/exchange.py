"""The exchange of functions, secret by secret: attached by a test, and put back where it fails."""

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from rotctl.adoption.journal import Entry, Journal, State
from rotctl.aws import secrets
from rotctl.aws.functions import Functions, name_of
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.following import End, Ending, Follower, Watched
from rotctl.state.parallel import in_parallel
from rotctl.trouble import Trouble


@dataclass
class Exchange:
    """How a run goes: some `at_once`, each test for `limit` seconds at most.

    An entry is written before its secret is touched. What is interrupted stays begun, and a later
    run goes on from what the secret then has.
    """

    aws: Aws
    journal: Journal
    at_once: int
    limit: float
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._functions = Functions(self.aws)

    def move(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Each entry as its move has ended, as it comes."""
        return self._each(self._move, entries)

    def undo(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Each entry as it was put back, as it comes."""
        return self._each(self._undo, entries)

    def _each(self, work: Callable[[Entry], Entry], entries: Iterable[Entry]) -> Iterator[Entry]:
        def one(entry: Entry) -> Entry:
            if self._stop.is_set():
                return entry
            try:
                return work(entry)
            except Trouble as trouble:
                known = self.journal.entries[entry.arn]
                return self.journal.note(known, known.state, str(trouble))

        return in_parallel(one, entries, self.at_once, self._stop)

    def _move(self, entry: Entry) -> Entry:
        secret = secrets.described(self.aws, entry.arn)
        # Begun before, and interrupted: it is tested once more.
        is_again = entry.state is State.BEGUN and secret.function == entry.new
        if why := _unfit(secret, entry.new if is_again else entry.old):
            return self.journal.note(entry, entry.state if is_again else State.LEFT, why)
        if not is_again:
            entry = replace(entry, rules=secret.rules)
        entry = self.journal.note(entry, State.BEGUN)
        try:
            ending = self._test(secret, entry, entry.new)
        except Trouble as trouble:
            if secrets.described(self.aws, entry.arn).function != entry.old:
                raise
            return self.journal.note(entry, State.LEFT, str(trouble))
        if ending.end is End.DONE:
            return self._moved(entry)
        if ending.end is End.UNFINISHED:
            return self.journal.note(entry, State.BEGUN, "its test has not ended")
        return self._put_back(secret, entry, ending.progress.message or _UNKNOWN)

    def _moved(self, entry: Entry) -> Entry:
        """Look whether all else is as it was."""
        secret = secrets.described(self.aws, entry.arn)
        if (secret.function, secret.rules) == (entry.new, entry.rules):
            return self.journal.note(entry, State.MOVED)
        why = f"it has the function {name_of(secret.function)} and the schedule {secret.schedule}"
        return self.journal.note(entry, State.BEGUN, f"{why}, which somebody has set meanwhile")

    def _put_back(self, secret: Secret, entry: Entry, why: str) -> Entry:
        try:
            self._test(secret, entry, entry.old)
        except Trouble as trouble:
            what = f"{why}; it could not be put back: {trouble.what}"
            raise Trouble(what, do=trouble.do) from None
        return self.journal.note(entry, State.BACK, why)

    def _undo(self, entry: Entry) -> Entry:
        secret = secrets.described(self.aws, entry.arn)
        if secret.function == entry.old:
            is_open = entry.state in {State.BEGUN, State.MOVED}
            return self.journal.note(entry, State.BACK) if is_open else entry
        if why := _unfit(secret, entry.new):
            return self.journal.note(entry, entry.state, why)
        self._test(secret, entry, entry.old)
        return self.journal.note(entry, State.BACK)

    def _test(self, secret: Secret, entry: Entry, arn: str) -> Ending:
        """Attach the function, and follow its test to the end; raises Trouble.

        How a function that is not ours tested is not known: its lines are its own.
        """
        function, version, now = self._functions[arn], str(uuid.uuid4()), self.aws.now
        secrets.exchange(self.aws, entry.arn, arn, entry.rules, version)
        if not function.is_ours:
            function = replace(function, log_group="")
        follower = Follower(self.aws, self.limit, lambda _text: None, self._stop)
        return follower.follow(Watched(secret, function, version, now, test=True))


_UNKNOWN = (
    "no line of the function says how its test ended: it was killed, timed out or not started;"
    " see its log group"
)


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
