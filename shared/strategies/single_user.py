"""SingleUser: one user whose password changes; the old one ends as the new one is set."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple

from shared.asked.grants import Grants
from shared.credentials import Login
from shared.errors import GIVE_UP, Permanent, Rejected, RotationError, TargetMismatch
from shared.protocol.contract import Ticket
from shared.protocol.expiry import REPLACED_AT_SET
from shared.protocol.findings import Findings, Link
from shared.protocol.receipt import Receipt
from shared.strategies.contract import Directory, Engine, S, Session
from shared.strategies.database import (
    DatabaseBackend,
    login_candidates,
    refuse_copy,
    refuse_unreplaced,
)
from shared.strategies.diagnosis import Seen
from shared.strategies.elsewhere import at_writer, is_elsewhere, seconds_for
from shared.strategies.leaks import Answer, leaked_login
from shared.strategies.options import ONE_PASSWORD, TWO_PASSWORDS, Options

LOG = logging.getLogger(f"rotation.{__name__}")
IS_BESIDE = "the old password lives on beside the new one"  # a note, where this process set it


class SingleUser(DatabaseBackend[S]):
    """The old password ends at setSecret.

    Clients that log in between setSecret and finishSecret with AWSCURRENT are then refused; they
    must fetch the secret again and retry.
    """

    two_passwords: ClassVar[bool] = False

    def __init__(
        self,
        engine: Engine[S],
        environment: Mapping[str, str],
        *,
        directory: Directory | None = None,
        longest_passwords: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        super().__init__(
            engine, environment, directory=directory, longest_passwords=longest_passwords
        )
        self.options = Grants(
            environment,
            TWO_PASSWORDS if self.two_passwords else ONE_PASSWORD,
            partial(Options.granted, engine=engine, two_passwords=self.two_passwords),
        )
        self.admin_sets = self.options.unasked.admin_sets

    @property
    def grants(self) -> tuple[Grants[Any], ...]:
        """The rules for passwords, and when the old one ends."""
        return (*super().grants, self.options)

    def create(self, current: Login, ticket: Ticket[Login], /) -> Login:
        """The same user with a new password, which is nowhere in the target yet."""
        self.check_wishes(current)
        if self.admin_sets:
            self.admins.login(current, ticket)  # a fault of its secret is told before the put
        return current.with_password(self.policies.granted(current.document).generate())

    def install(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """Log in with the first stored password that is accepted, and set the pending one."""
        current = ticket.current()
        self.check_pending(pending, current)
        # The current one first: in a normal rotation it is accepted, so nothing is ever refused.
        candidates = login_candidates(ticket, pending, current=current, pending=pending)
        look = partial(self.admins.session, pending, ticket) if self.admin_sets else None
        with self.resets.first_accepted(candidates, pending, ticket, look) as (accepted, session):
            if self.is_due(pending, accepted):
                with self.setter(pending, ticket) as (admin, by):
                    self.warn_of_readers(session, pending, ticket)
                    ticket.ensure_still_this_rotation()
                    change = Change(session, pending, accepted, admin, by)
                    replaced = self.set(change)
                    if accepted.password != pending.password:
                        ticket.notes[IS_BESIDE] = not replaced
                        if replaced:
                            self._prove_or_undo(change, ticket)
        if self.options_of(pending).short_gap:
            ticket.promote()

    def verify(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """Log in with the pending password and run a query."""
        self.check_tested_wishes(pending, ticket)
        with self.logins.session(pending) as session:
            session.ping()
            if ticket.only_tests():
                with self.setter(pending, ticket) as (_, by):
                    session.check_may_set_password(by=by)

    def end_old_credential(self, _ticket: Ticket[Login], /) -> str | None:
        """Ends nothing: the old password ended at setSecret."""
        return REPLACED_AT_SET

    def check_pending(self, pending: Login, current: Login, /) -> None:
        """Raise where it is the current one once more, or of another target."""
        refuse_copy(pending, current)
        if current.target != pending.target:
            raise TargetMismatch(
                "host, port or user name differ between the pending and the current version",
                do=GIVE_UP,
                field="host",
            )

    def check_rights(self, seen: Seen[S], findings: Findings, /) -> None:
        """Whether the admin, or the user itself, may set the password."""
        who = "the admin" if self.admin_sets else "the user itself"
        with findings.looking(Link.RIGHTS, f"{who} may set the password"):
            seen.session.check_may_set_password(by=seen.by)

    def end_leaked(self, leaked: Login, ticket: Ticket[Login], receipt: Receipt, /) -> None:
        """End the old password if it lives beside the new one, then the user's sessions."""
        current = ticket.pending()
        refuse_unreplaced(leaked, current, current.username)
        probe = leaked_login(leaked, current)
        with self.logins.session(current) as session, self.setter(current, ticket) as (admin, by):
            session.ping()
            what = f"the password of {leaked.address}"
            answer = self.leaks.use(at_writer(probe, admin), receipt)
            if answer is Answer.REFUSED:
                receipt.note_ended(what, by_rotation=True)
            elif answer is Answer.ACCEPTED or self.options_of(current).overlap:
                ticket.ensure_still_this_rotation(again=True)
                if self.end_beside(Change(session, current, current, admin, by)):
                    receipt.note_ended(what)
            self.leaks.look_beside(nullcontext(session), leaked, by, receipt)
        self.leaks.end_everywhere(current, admin, receipt)
        if answer is not Answer.REFUSED or is_elsewhere(admin, probe):
            self.leaks.use(probe, receipt, within=seconds_for(admin, probe))

    def end_beside(self, _change: "Change[S]") -> bool:
        """Let only the password be accepted that logged in; False where a user has one only."""
        return False

    def set(self, change: "Change[S]") -> bool:
        """Have the user accept the pending password; whether that ended the accepted one."""
        self.set_password(change.session, change.pending, change.accepted, change.by)
        return True

    def warn_of_readers(self, _session: S, _pending: Login, _ticket: Ticket[Login]) -> None:
        """Of nobody: no older password than the current one is accepted."""

    def options_of(self, pending: Login) -> Options:
        """How the password of this version changes, as it asks and may."""
        return self.options.granted_or_unasked(pending.document)

    def _prove_or_undo(self, change: "Change[S]", ticket: Ticket[Login]) -> None:
        """Log in anew, as clients will: what lets them in may be a pooler, which knows less."""
        try:
            self.prove(change.pending, by=change.admin)
        except Permanent as problem:
            unproven = problem
        else:
            return
        # Not on an outage, which says nothing of the password: the next attempt goes on from
        # it. Nor where another copy of this step has promoted it meanwhile.
        ticket.ensure_still_this_rotation(again=True)
        LOG.warning("the pending password does not work: putting the old one back")
        try:
            change.session.set_password(change.accepted.password, by=change.by)
        except RotationError as failed:
            LOG.warning("the old password could not be put back: %s", failed)
            outcome = "the server keeps it, so clients with AWSCURRENT are refused"
        else:
            outcome = "the old one is back"
        raise _unproven(unproven, outcome, pooled=_is_pooled(change.session))

    @contextmanager
    def setter(
        self, user: Login, ticket: Ticket[Login]
    ) -> Iterator[tuple[Login, S] | tuple[None, None]]:
        """The admin and its session, where that one sets the user's password; None where not."""
        if not self.admin_sets:
            yield None, None
            return
        with self.admins.session(user, ticket) as admin_and_session:
            yield admin_and_session


class Change(NamedTuple, Generic[S]):
    """A password to be set: in whose session, for which login, by which admin if any."""

    session: S
    pending: Login
    accepted: Login
    admin: Login | None
    by: S | None


def _is_pooled(session: Session) -> bool:
    try:
        return session.is_pooled
    except RotationError:  # which is not what the operator is to hear of
        return False


def _unproven(problem: Permanent, outcome: str, *, pooled: bool) -> Permanent:
    """The error of a password that the server has taken, and that does not let in."""
    do = problem.do
    if pooled and isinstance(problem, Rejected):
        do = (
            "what answers there is a pooler or a proxy, and not the server: let it ask the server "
            "for passwords (PgBouncer: auth_query), or let 'host' and 'port' be the server's"
        )
    what = f"{problem.what}: a new login with the password that was just set fails; {outcome}"
    return type(problem)(what, do=do, field=problem.field)
