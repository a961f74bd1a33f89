"""SingleUserWithOverlap: a single user whose old password may live on beside the new one."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import ClassVar

from shared.credentials import Login
from shared.errors import Forbidden
from shared.protocol.contract import Ticket
from shared.protocol.expiry import AT_NEXT_SET, ENDED, REPLACED_AT_SET
from shared.protocol.findings import Findings, Link, State
from shared.protocol.readers import Readers, warn_of
from shared.strategies.contract import OverlapSession
from shared.strategies.diagnosis import Seen
from shared.strategies.elsewhere import at_writer, is_elsewhere
from shared.strategies.seeing import readers_of_older
from shared.strategies.single_user import IS_BESIDE, Change, SingleUser

LOG = logging.getLogger(f"rotation.{__name__}")
_ENDS_ON_FINISH = "the old password ends on finish"


class SingleUserWithOverlap(SingleUser[OverlapSession]):
    """With PASSWORD_OVERLAP no client is refused: AWSCURRENT works until the next rotation."""

    two_passwords: ClassVar[bool] = True

    def create(self, current: Login, ticket: Ticket[Login], /) -> Login:
        """As a single user, once nobody is found who uses the password before `current`."""
        created = super().create(current, ticket)
        if self._outlives(current):
            self.hold.wait(ticket, partial(self._readers, current, ticket))
        return created

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
                # Added before; AWSCURRENT was refused, so there is nothing else to keep.
                return False if self.engine.atomic else super().set(change)
            try:
                with self._at_writer(change.session, change.accepted, change.admin) as session:
                    session.add_password(change.pending.password, by=change.by)
            except Forbidden as forbidden:
                self.go_on_without_overlap(forbidden)
            else:
                if is_elsewhere(change.admin, change.pending):
                    self.prove(change.pending, by=change.admin)
                return False
        return super().set(change)

    def go_on_without_overlap(self, forbidden: Forbidden) -> None:
        """Say that the old password ends now: a second one takes a right of its own."""
        LOG.warning("PASSWORD_OVERLAP is not kept, AWSCURRENT ends now: %s", forbidden)

    def expects(self, _login: Login, let_in: Sequence[Login], /) -> bool:
        """Two passwords of the user at most, and where the old one outlives its rotation."""
        return self._outlives(let_in[0]) and len(let_in) < len(("old", "new"))

    def check_rights(self, seen: Seen[OverlapSession], findings: Findings, /) -> None:
        """As a single user; and whether it may have two, without which a rotation does all else."""
        super().check_rights(seen, findings)
        if self.options_of(seen.login).overlap:
            two = "the user may have two passwords"
            with findings.looking(Link.STRATEGY, two, otherwise=State.WARNING):
                seen.session.check_may_add_password(by=seen.by)

    def end_old_credential(self, ticket: Ticket[Login], /) -> str | None:
        """End the old password, where it has lived beside the new one for long enough."""
        if ticket.notes.get(_ENDS_ON_FINISH) is False:
            return _left_to_end(ticket)
        pending = ticket.pending()
        if not self._ends_on_finish(pending):
            return _left_to_end(ticket)
        with self.logins.session(pending) as session, self.setter(pending, ticket) as (admin, by):
            try:
                self.end_beside(Change(session, pending, pending, admin, by))
            except Forbidden as forbidden:
                LOG.warning("OLD_PASSWORD_ENDS=on-finish is not kept: %s", forbidden)
                return _left_to_end(ticket)
        return ENDED if ticket.notes.get(IS_BESIDE) else _left_to_end(ticket)

    def end_beside(self, change: Change[OverlapSession]) -> bool:
        """Let only the password be accepted that logged in; raises Forbidden."""
        with self._at_writer(change.session, change.accepted, change.admin) as there:
            there.end_other_passwords(change.accepted.password, by=change.by)
        return True

    def warn_of_readers(
        self, session: OverlapSession, pending: Login, ticket: Ticket[Login]
    ) -> None:
        """Of those that are logged in since before the current password was stored."""
        if self._outlives(pending):
            warn_of(partial(readers_of_older, session, pending, ticket))

    def _readers(self, current: Login, ticket: Ticket[Login]) -> Readers:
        with self.logins.session(current) as session:
            return readers_of_older(session, current, ticket)

    def _outlives(self, login: Login) -> bool:
        """Whether a password lives on until the rotation after the one that replaces it."""
        options = self.options_of(login)
        return options.overlap and not options.ends_on_finish

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


def _left_to_end(ticket: Ticket[Login]) -> str | None:
    """When a password ends that finishSecret does not end, if this process has set the new one."""
    beside = ticket.notes.get(IS_BESIDE)
    if beside is None:
        return None
    return AT_NEXT_SET if beside else REPLACED_AT_SET
