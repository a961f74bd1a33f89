"""SingleUserWithOverlap: a single user whose old password may live on beside the new one."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from shared.credentials import Login
from shared.errors import Forbidden
from shared.protocol.contract import Ticket
from shared.strategies.contract import OverlapSession
from shared.strategies.elsewhere import at_writer, is_elsewhere
from shared.strategies.single_user import Change, SingleUser

LOG = logging.getLogger(f"rotation.{__name__}")
_ENDS_ON_FINISH = "the old password ends on finish"


class SingleUserWithOverlap(SingleUser[OverlapSession]):
    """With PASSWORD_OVERLAP no client is refused: AWSCURRENT works until the next rotation."""

    two_passwords: ClassVar[bool] = True

    def install(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """As a single user; notes what finishSecret would have to read the version for."""
        ticket.notes[_ENDS_ON_FINISH] = self._ends_on_finish(pending)
        super().install(pending, ticket)

    def verify(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """As a single user; notes the same."""
        ticket.notes[_ENDS_ON_FINISH] = self._ends_on_finish(pending)
        super().verify(pending, ticket)

    def set(self, change: Change[OverlapSession]) -> bool:
        """Beside the accepted one, where that is asked for and allowed."""
        if self.options_of(change.pending).overlap:
            if change.accepted.password == change.pending.password:
                return False  # added before, which is at once or not at all
            try:
                with self._at_writer(change.session, change.accepted, change.admin) as session:
                    session.add_password(change.pending.password, by=change.by)
            except Forbidden as forbidden:
                LOG.warning("PASSWORD_OVERLAP is not kept, AWSCURRENT ends now: %s", forbidden)
            else:
                if is_elsewhere(change.admin, change.pending):
                    self.prove(change.pending, by=change.admin)
                return False
        return super().set(change)

    def end_old_credential(self, ticket: Ticket[Login], /) -> None:
        """End the old password, where it has lived beside the new one for long enough."""
        if ticket.notes.get(_ENDS_ON_FINISH) is False:
            return
        pending = ticket.pending()
        if not self._ends_on_finish(pending):
            return
        with self.logins.session(pending) as session, self.setter(pending, ticket) as (admin, by):
            try:
                self.end_beside(Change(session, pending, pending, admin, by))
            except Forbidden as forbidden:
                LOG.warning("OLD_PASSWORD_ENDS=on-finish is not kept: %s", forbidden)

    def end_beside(self, change: Change[OverlapSession]) -> bool:
        """Let only the password be accepted that logged in; raises Forbidden."""
        with self._at_writer(change.session, change.accepted, change.admin) as there:
            there.end_other_passwords(change.accepted.password, by=change.by)
        return True

    def _ends_on_finish(self, pending: Login) -> bool:
        options = self.options_of(pending)
        return options.overlap and options.ends_on_finish

    @contextmanager
    def _at_writer(
        self, session: OverlapSession, login: Login, admin: Login | None
    ) -> Iterator[OverlapSession]:
        """The session, or one where the admin is: of two passwords, a replica changes neither."""
        if not is_elsewhere(admin, login):
            yield session
            return
        with self.logins.session(at_writer(login, admin)) as there:
            yield there
