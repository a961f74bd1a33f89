"""AlternatingUsers: two users with the same rights take turns, so neither's password ends early."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from shared.credentials import Login
from shared.errors import (
    GIVE_UP,
    Busy,
    MalformedSecret,
    Rejected,
    TargetMismatch,
)
from shared.protocol.contract import Ticket
from shared.protocol.expiry import AT_NEXT_SET
from shared.protocol.findings import Finding, Findings, Link, State
from shared.protocol.readers import Readers, tell, warn_of
from shared.protocol.receipt import Receipt
from shared.strategies.contract import PairSession
from shared.strategies.database import (
    DatabaseBackend,
    login_candidates,
    refuse_copy,
    refuse_unreplaced,
)
from shared.strategies.diagnosis import Seen
from shared.strategies.elsewhere import at_writer, is_elsewhere, seconds_for
from shared.strategies.leaks import Answer, leaked_login
from shared.strategies.seeing import readers_of_twin

LOG = logging.getLogger(f"rotation.{__name__}")
_IS_SET = "the other user has the pending password"  # a note, where this process set it


class AlternatingUsers(DatabaseBackend[PairSession]):
    """`app` and `app_clone`: the one that is not in use gets a new password and the other's rights.

    An admin, whose secret is named by `masterarn`, makes the changes.
    """

    def create(self, current: Login, ticket: Ticket[Login], /) -> Login:
        """The other user with a new password, which is nowhere in the target yet."""
        self.check_wishes(current)
        password = self.policies.granted(current.document).generate()
        other = replace(current, username=current.twin, password=password)
        self.engine.check(other)
        if other.twin != current.username:  # it would go on to a third user, and to its password
            raise MalformedSecret(
                f"the user name {current.username!r} ends in '_clone' twice, so it has no turn "
                f"with {current.twin!r}",
                do="rename the user, or rotate it with the single-user function",
                field="username",
            )
        self.admins.login(current, ticket)  # a fault of its secret is told before the put
        self.hold.wait(ticket, partial(self._readers, other, ticket))
        return other

    def install(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """Have the admin let the pending user log in and do what the current one can."""
        current = ticket.current()
        self.check_pending(pending, current)
        # One of the two users proves itself first: whoever may write the secret could otherwise
        # have the admin change any user's password.
        candidates = login_candidates(ticket, current, pending, current=current, pending=pending)
        look = partial(self.admins.session, pending, ticket)
        with (
            self.resets.first_accepted(candidates, current, ticket, look) as (accepted, session),
            look() as (admin, by),
        ):
            in_turn = accepted.username == current.username
            if in_turn:  # else this step itself is logged in as the other one
                warn_of(partial(self._older_readers, by, pending, ticket))
            ticket.ensure_still_this_rotation()
            if in_turn:
                session.provision_twin(
                    pending.username,
                    pending.password,
                    by=by,
                    proves_ownership=partial(self._is_owned, pending, ticket),
                )
                ticket.notes[_IS_SET] = True
            elif self.is_due(pending, accepted):
                LOG.warning("the current user is not let in: the other one takes over")
                self.set_password(session, pending, accepted, by)
        if is_elsewhere(admin, pending):
            self.prove(pending, by=admin)

    def verify(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """Log in with the pending password, and compare what its user can do."""
        self.check_tested_wishes(pending, ticket)
        with self.logins.session(pending) as session:
            only_tests = ticket.only_tests()
            if only_tests:
                with self.admins.session(pending, ticket) as (_, by):
                    session.check_twin(pending.twin, by=by)
            try:
                session.verify_same_rights(pending.twin)
            except TargetMismatch:
                # A user that is not let in can do nothing that the pending one could not.
                if not only_tests and self._lets_in(ticket.current()):
                    raise

    def end_old_credential(self, _ticket: Ticket[Login], /) -> str:
        """Ends nothing: the other user's password ends when it is its turn."""
        return AT_NEXT_SET

    def targets_of(self, user: Login, /) -> Sequence[tuple[str, int, str]]:
        """Those of both users."""
        return (user.target, _twins_target(user))

    def expects(self, login: Login, let_in: Sequence[Login], /) -> bool:
        """The other user's password lives until it is its turn."""
        return all(login.username != each.username for each in let_in)

    def check_pending(self, pending: Login, current: Login, /) -> None:
        """Raise where it is the current one once more, or not of the other user there."""
        refuse_copy(pending, current)
        if pending.target != _twins_target(current):
            raise TargetMismatch(
                "the pending version is not of the current version's host and port, or not of "
                f"the user that alternates with {current.username!r}",
                do=GIVE_UP,
                field="username",
            )

    def check_rights(self, seen: Seen[PairSession], findings: Findings, /) -> None:
        """Whether the other user is known as the secret's, and the admin may do all for it."""
        twin = seen.login.twin
        is_proved = any(each.username == twin for each in seen.let_in)
        if seen.by is None:
            return
        with findings.looking(Link.STRATEGY) as look:
            seen.session.check_twin(twin, by=seen.by, proves_ownership=lambda: is_proved)
        if look.problem is not None:
            return
        may = "the admin may give both users what a rotation gives them"
        findings.add(Finding(Link.RIGHTS, State.OK, may))
        pair = f"{twin!r} is, or can be made, the user that alternates with {seen.login.username!r}"
        with findings.looking(Link.STRATEGY, pair, otherwise=State.WARNING):
            if is_proved:  # else no rotation has made them the same yet
                seen.session.verify_same_rights(twin)
        with findings.looking(Link.STRATEGY, otherwise=State.UNKNOWN):
            if is_proved:
                tell(readers_of_twin(seen.by, twin))

    def end_leaked(self, leaked: Login, ticket: Ticket[Login], receipt: Receipt, /) -> None:
        """Give the other user a password that nobody knows; end the sessions of the leaked one.

        One that is refused was replaced when it was its user's turn again: nothing else changes.
        """
        current = ticket.pending()
        refuse_unreplaced(leaked, current, current.username, current.twin)
        self.prove(current)
        probe = leaked_login(leaked, current)
        what = f"the password of {leaked.address}"
        with self.admins.session(current, ticket) as (admin, by):
            answer = self.leaks.use(at_writer(probe, admin), receipt)
            user = self._let_in(probe, current, ticket) if answer is Answer.REFUSED else None
            if user is None:
                user = self._shut_out(probe, current, ticket, (admin, by))
                receipt.note_ended(what)
            else:
                receipt.note_ended(what, by_rotation=True)
            self.leaks.look_beside(self.logins.session(user), leaked, by, receipt)
        self.leaks.end_everywhere(user, admin, receipt)
        if answer is not Answer.REFUSED or is_elsewhere(admin, probe):
            self.leaks.use(probe, receipt, within=seconds_for(admin, probe))

    def _let_in(self, probe: Login, current: Login, ticket: Ticket[Login]) -> Login | None:
        """The login of the leaked user that clients may use today; None where there is none."""
        if probe.username == current.username:
            return current
        previous = ticket.previous()
        if previous is None or previous.target != probe.target:
            return None
        login = leaked_login(previous, current)
        return login if login.password != probe.password and self._lets_in(login) else None

    def _shut_out(
        self,
        probe: Login,
        current: Login,
        ticket: Ticket[Login],
        admin_and_session: tuple[Login, PairSession],
    ) -> Login:
        """Give the leaked user a new password, by the proofs of a rotation in which it is its turn.

        Returns the login, which ends with this invocation, as it is stored nowhere.
        """
        admin, by = admin_and_session
        password = self.policies.granted_or_unasked(current.document).generate()
        unknown = probe.with_password(password)
        with self.logins.session(current) as session:
            session.provision_twin(
                unknown.username,
                password,
                by=by,
                proves_ownership=partial(self._is_owned, unknown, ticket),
                in_turn=partial(ticket.ensure_still_this_rotation, again=True),
            )
        try:
            self.prove(unknown, by=admin)
        except Rejected as rejected:  # another copy of this task has set one of its own
            problem = rejected.what
        else:
            return unknown
        raise Busy(f"{problem}: another copy of this task may have set one", do="ask again")

    def _readers(self, other: Login, ticket: Ticket[Login]) -> Readers:
        with self.admins.session(other, ticket) as (_, by):
            return readers_of_twin(by, other.username)

    def _older_readers(self, by: PairSession, pending: Login, ticket: Ticket[Login]) -> Readers:
        """Of nobody where an earlier attempt has set the pending password: who is there may use it.

        What is set shows in this process, or to an admin that sees what passwords are.
        """
        readers = readers_of_twin(by, pending.username)
        is_set = readers.found and (
            ticket.notes.get(_IS_SET) or by.is_worth_trying(pending, blindly=False)
        )
        return Readers((), readers.end) if is_set else readers

    def _lets_in(self, login: Login) -> bool:
        try:
            with self.logins.session(login):
                return True
        except Rejected:
            return False

    def _is_owned(self, user: Login, ticket: Ticket[Login]) -> bool:
        """Whether a stored password of the user works: it was rotated by this secret before."""
        look = partial(self.admins.session, user, ticket)
        try:
            with self.logins.first_accepted(login_candidates(ticket, user), user, look):
                return True
        except Rejected:
            return False


def _twins_target(user: Login) -> tuple[str, int, str]:
    return user.host, user.port, user.twin
