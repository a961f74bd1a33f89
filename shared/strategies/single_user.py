"""SingleUser: one user whose password changes; the old one ends as the new one is set."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from shared.credentials import Login
from shared.errors import GIVE_UP, Permanent, TargetMismatch
from shared.protocol.contract import Directory, Engine, S, Ticket
from shared.strategies.database import DatabaseBackend, login_candidates
from shared.strategies.options import Options

LOG = logging.getLogger(f"rotation.{__name__}")


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
    ) -> None:
        super().__init__(engine, environment, directory=directory)
        self.options = Options.from_environment(
            environment, engine, two_passwords=self.two_passwords
        )

    def create(self, current: Login, _ticket: Ticket[Login], /) -> Login:
        """The same user with a new password, which is nowhere in the target yet."""
        return current.with_password(self.policy.generate())

    def install(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """Log in with the first stored password that is accepted, and set the pending one."""
        current = ticket.current()
        if current.target != pending.target:
            raise TargetMismatch(
                "host, port or user name differ between the pending and the current version",
                do=GIVE_UP,
                field="host",
            )
        # The current one first: in a normal rotation it is accepted, so nothing is ever refused.
        candidates = login_candidates(ticket, current, pending, users=(pending,))
        with self.log_in_with_first_accepted(candidates, pending) as (accepted, session):
            if self.is_due(pending, accepted):
                with self.setter(pending, ticket) as by:
                    ticket.ensure_still_this_rotation()
                    self.set_password(session, pending, accepted, by)
                    if self.options.short_gap and accepted.password != pending.password:
                        self._prove_or_undo(session, pending, accepted, by, ticket)
        if self.options.short_gap:
            ticket.promote()

    def verify(self, pending: Login, _ticket: Ticket[Login], /) -> None:
        """Log in with the pending password and run a query."""
        with self.engine.connect(pending) as session:
            session.ping()

    def end_old_credential(self, ticket: Ticket[Login], /) -> None:
        """Nothing: the old password ended at setSecret."""

    def _prove_or_undo(
        self,
        session: S,
        pending: Login,
        accepted: Login,
        by: S | None,
        ticket: Ticket[Login],
    ) -> None:
        try:
            with self.engine.connect(pending) as fresh:
                fresh.ping()
        except Permanent:
            # Not on an outage, which says nothing of the password: the next attempt goes on from
            # it. Nor where another copy of this step has promoted it meanwhile.
            ticket.ensure_still_this_rotation(again=True)
            LOG.warning("the pending password does not work: putting the old one back")
            session.set_password(accepted.password, by=by)
            raise

    @contextmanager
    def setter(self, user: Login, ticket: Ticket[Login]) -> Iterator[S | None]:
        """The admin's session, where that one sets the user's password; None where not."""
        if not self.options.admin_sets:
            yield None
            return
        with self.engine.connect(self.admin(user, ticket)) as session:
            yield session
