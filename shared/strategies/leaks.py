"""What is left of a login that has leaked: its sessions, and the proof that it is refused."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import Generic

from shared.credentials import Login
from shared.errors import Rejected, RotationError, Unreachable
from shared.patience import retried, tries
from shared.protocol.receipt import Receipt
from shared.strategies.contract import S
from shared.strategies.elsewhere import at_writer, is_elsewhere
from shared.strategies.logins import Logins

# How long a session may take to end that was told to, and how long another copy of the task, which
# ends the sessions of this one, may be in the way.
SESSION_SECONDS = 5.0
_LIVES_ON = (
    "see what lets it in: a pooler or a proxy that keeps passwords of its own, or another account"
    " of the name; end that, and ask again"
)


class Answer(Enum):
    """What a target made of a leaked login."""

    REFUSED = auto()  # as wrong
    ACCEPTED = auto()
    UNKNOWN = auto()  # an outage, a lock: nothing is proven


def leaked_login(leaked: Login, current: Login) -> Login:
    """How the leaked user and password would be used today: by the way of the login in use.

    By that of its own version it may be refused for the way, such as one without TLS.
    """
    return replace(current, username=leaked.username, password=leaked.password)


class Leaks(Generic[S]):
    """Ends sessions, and tries leaked logins, of one engine; what comes goes into a Receipt."""

    def __init__(self, logins: Logins[S]) -> None:
        self._logins = logins

    def end_sessions(self, user: Login, receipt: Receipt) -> None:
        """End the sessions of a user that began before now, by the user itself.

        user: an accepted login of it. Ending one's own sessions takes no right.
        """
        ended: set[str] = set()
        try:
            end = partial(self._end, user, ended, receipt)
            retried(end, on=Unreachable, within=SESSION_SECONDS)
        except RotationError as error:
            receipt.note_left(f"sessions of {user.address}: {error.what}", error.do)
        receipt.note_sessions(len(ended))

    def end_everywhere(self, user: Login, admin: Login | None, receipt: Receipt) -> None:
        """The same at the user's host, and where its admin is, if that is another."""
        self.end_sessions(user, receipt)
        if is_elsewhere(admin, user):
            self.end_sessions(at_writer(user, admin), receipt)

    @staticmethod
    def look_beside(
        own: AbstractContextManager[S], leaked: Login, by: S | None, receipt: Receipt
    ) -> None:
        """Tell what else of the user's name accepts the leaked password, as far as shows.

        own: a session of that user.
        """
        try:
            with own as session:
                found = session.others_accepting(leaked.password, by=by)
        except RotationError as hidden:
            receipt.note_unseen(
                f"whether another account named {leaked.username!r} accepts the leaked password",
                hidden.do,
            )
            return
        for account, sql in found.items():
            receipt.note_left(f"the account {account} accepts the leaked password", sql)

    def _end(self, user: Login, ended: set[str], receipt: Receipt) -> None:
        with self._logins.session(user) as session:
            asked: Mapping[str, str] = {}
            for _ in tries(SESSION_SECONDS):
                asked = session.end_other_sessions()
                if not asked:
                    break
                ended.update(asked)
            ended.difference_update(asked)
            if asked:
                sql = "; ".join(asked.values())
                receipt.note_left(f"{len(asked)} sessions of {user.address} go on", sql)
            if session.is_pooled:
                receipt.note_left(
                    f"a pooler or a proxy answers at {user.host}:{user.port}: who had logged in to"
                    " it may be connected to it still",
                    "end its clients' connections there (PgBouncer: KILL <database>, then RESUME"
                    " <database>, on its admin console)",
                )

    def use(self, leaked: Login, receipt: Receipt, *, within: float = 0.0) -> Answer:
        """Use a leaked login, and again for so many seconds while it is accepted.

        A replica may take a while to know. Only one that is refused as wrong proves anything.
        """
        for _ in tries(within):
            try:
                with self._logins.session(leaked):
                    pass
            except Rejected as refusal:
                receipt.note_refusal(refusal)
                return Answer.REFUSED
            except RotationError as error:
                receipt.note_no_refusal(error)
                return Answer.UNKNOWN
        receipt.note_accepted(f"{self._logins.name} {leaked.address} is let in still", _LIVES_ON)
        return Answer.ACCEPTED
