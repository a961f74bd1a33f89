"""AlternatingUsers: two users with the same rights take turns, so neither's password ends early."""

import logging
from dataclasses import replace
from functools import partial

from shared.credentials import Login
from shared.errors import GIVE_UP, MalformedSecret, Rejected, TargetMismatch
from shared.patience import tries
from shared.protocol.contract import PairSession, Ticket
from shared.strategies.database import DatabaseBackend, login_candidates

LOG = logging.getLogger(f"rotation.{__name__}")

# How long a replica may take to learn of a password that its primary was given.
REPLICA_SECONDS = 10.0


class AlternatingUsers(DatabaseBackend[PairSession]):
    """`app` and `app_clone`: the one that is not in use gets a new password and the other's rights.

    An admin, whose secret is named by `masterarn`, makes the changes.
    """

    def create(self, current: Login, _ticket: Ticket[Login], /) -> Login:
        """The other user with a new password, which is nowhere in the target yet."""
        other = replace(current, username=current.twin, password=self.policy.generate())
        self.engine.check(other)
        if other.twin != current.username:  # it would go on to a third user, and to its password
            raise MalformedSecret(
                f"the user name {current.username!r} ends in '_clone' twice, so it has no turn "
                f"with {current.twin!r}",
                do="rename the user, or rotate it with the single-user function",
                field="username",
            )
        return other

    def install(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """Have the admin let the pending user log in and do what the current one can."""
        current = ticket.current()
        if pending.target != (current.host, current.port, current.twin):
            raise TargetMismatch(
                "the pending version is not of the current version's host and port, or not of "
                f"the user that alternates with {current.username!r}",
                do=GIVE_UP,
                field="username",
            )
        # One of the two users proves itself first: whoever may write the secret could otherwise
        # have the admin change any user's password.
        candidates = login_candidates(ticket, current, pending, users=(current, pending))
        with self.log_in_with_first_accepted(candidates, current) as (accepted, session):
            admin = self.admin(pending, ticket)
            with self.engine.connect(admin) as by:
                ticket.ensure_still_this_rotation()
                if accepted.username == current.username:
                    session.provision_twin(
                        pending.username,
                        pending.password,
                        by=by,
                        proves_ownership=partial(self._is_owned, pending, ticket),
                    )
                elif self.is_due(pending, accepted):
                    LOG.warning("the current user is not let in: the other one takes over")
                    self.set_password(session, pending, accepted, by)
        if admin.host != pending.host:
            self._wait_for_replica(pending)

    def verify(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """Log in with the pending password, and compare what its user can do."""
        with self.engine.connect(pending) as session:
            session.ping()
            try:
                session.verify_same_rights(pending.twin)
            except TargetMismatch:
                # A user that is not let in can do nothing that the pending one could not.
                if not self._is_tested_only(pending, ticket) and self._lets_in(ticket.current()):
                    raise

    def end_old_credential(self, ticket: Ticket[Login], /) -> None:
        """Nothing: the other user's password ends when it is its turn."""

    @staticmethod
    def _is_tested_only(pending: Login, ticket: Ticket[Login]) -> bool:
        """Whether this rotation only tests (RotateImmediately=false), by a copy of AWSCURRENT."""
        return ticket.current().username == pending.username

    def _lets_in(self, login: Login) -> bool:
        try:
            with self.engine.connect(login):
                return True
        except Rejected:
            return False

    def _is_owned(self, user: Login, ticket: Ticket[Login]) -> bool:
        """Whether a stored password of the user works: it was rotated by this secret before."""
        candidates = login_candidates(ticket, users=(user,))
        try:
            with self.log_in_with_first_accepted(candidates, user):
                return True
        except Rejected:
            return False

    def _wait_for_replica(self, pending: Login) -> None:
        refusal: Rejected | None = None
        for _ in tries(REPLICA_SECONDS):
            try:
                with self.engine.connect(pending):
                    return
            except Rejected as rejected:
                refusal = rejected
        if refusal is not None:
            raise refusal
