"""SingleUser: one user whose password changes, with or without an overlap of the two."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from shared.credentials import Login
from shared.errors import GIVE_UP, Forbidden, Misconfigured, Permanent, TargetMismatch
from shared.protocol.contract import Engine, Session, Ticket
from shared.settings import Settings
from shared.strategies.database import Database, stored

LOG = logging.getLogger(f"rotation.{__name__}")


@dataclass(frozen=True, slots=True)
class Options:
    """How the password changes; all off is what AWS's own functions do."""

    admin_sets: bool  # the admin's session makes the change
    overlap: bool  # the current password goes on working beside the pending one
    ends_on_finish: bool  # with overlap: until finishSecret, not until the next rotation
    short_gap: bool  # setSecret verifies and promotes as well

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], engine: Engine) -> Self:
        """Raises Misconfigured naming the variable."""
        settings = Settings(environment)
        ends = settings.choice(
            "OLD_PASSWORD_ENDS", default="next-rotation", of=("next-rotation", "on-finish")
        )
        options = cls(
            admin_sets=settings.flag("ADMIN_SETS_PASSWORD", default=False),
            overlap=settings.flag("PASSWORD_OVERLAP", default=False),
            ends_on_finish=ends == "on-finish",
            short_gap=settings.flag("SHORT_GAP", default=False),
        )
        if options.overlap and not engine.supports_two_passwords:
            raise Misconfigured(
                f"a {engine.name} user has one password only, so PASSWORD_OVERLAP cannot be",
                do="unset it, and use alternating users or SHORT_GAP",
                field="PASSWORD_OVERLAP",
            )
        if options.overlap and options.short_gap:
            raise Misconfigured(
                "with PASSWORD_OVERLAP there is no gap that SHORT_GAP could shorten",
                do="unset one of the two",
                field="SHORT_GAP",
            )
        return options


class SingleUser(Database):
    """Without overlap, the old password ends at setSecret.

    Clients that log in between setSecret and finishSecret with AWSCURRENT are then refused; they
    must fetch the secret again and retry.
    """

    def __init__(self, engine: Engine, environment: Mapping[str, str]) -> None:
        super().__init__(engine, environment)
        self._options = Options.from_environment(environment, engine)

    def mint(self, current: Login, _ticket: Ticket[Login], /) -> Login:
        """The same user with a new password, which is nowhere in the target yet."""
        return current.with_password(self.policy.make())

    def install(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """Log in with whichever stored password is live, and set the pending one."""
        current = ticket.current()
        if current.target != pending.target:
            raise TargetMismatch(
                "host, port or user name differ between the pending and the current version",
                do=GIVE_UP,
                field="host",
            )
        # The current one first: in a normal rotation it is live, so nothing is ever refused.
        candidates = stored(ticket, current, pending, users=(pending,))
        with self.accepted(candidates, pending) as (live, session):
            if live.password != pending.password:
                with self._setter(pending, ticket) as by:
                    ticket.confirm()
                    self._set(session, pending, live, by)
                    if self._options.short_gap:
                        self._verify_or_undo(session, pending, live, by, ticket)
        if self._options.short_gap:
            ticket.promote()

    def verify(self, pending: Login, _ticket: Ticket[Login], /) -> None:
        """Log in with the pending password and run a query."""
        with self.engine.connect(pending) as session:
            session.ping()

    def settle(self, ticket: Ticket[Login], /) -> None:
        """End the old password, where it has lived beside the new one for long enough."""
        if not (self._options.overlap and self._options.ends_on_finish):
            return
        live = ticket.pending()
        with self.engine.connect(live) as session, self._setter(live, ticket) as by:
            try:
                session.end_other_passwords(live.password, by=by)
            except Forbidden as forbidden:
                LOG.warning("OLD_PASSWORD_ENDS=on-finish is not kept: %s", forbidden)

    def _set(self, session: Session, pending: Login, live: Login, by: Session | None) -> None:
        if self._options.overlap:
            try:
                session.set_password(pending.password, beside=live.password, by=by)
            except Forbidden as forbidden:
                LOG.warning("PASSWORD_OVERLAP is not kept, AWSCURRENT ends now: %s", forbidden)
            else:
                return
        session.set_password(pending.password, by=by)

    def _verify_or_undo(
        self,
        session: Session,
        pending: Login,
        live: Login,
        by: Session | None,
        ticket: Ticket[Login],
    ) -> None:
        try:
            with self.engine.connect(pending) as fresh:
                fresh.ping()
        except Permanent:
            # Not on an outage, which says nothing of the password: the next attempt goes on from
            # it. Nor where another copy of this step has promoted it meanwhile.
            ticket.confirm(again=True)
            LOG.warning("the pending password does not work: putting the old one back")
            session.set_password(live.password, by=by)
            raise

    @contextmanager
    def _setter(self, user: Login, ticket: Ticket[Login]) -> Iterator[Session | None]:
        if not self._options.admin_sets:
            yield None
            return
        with self.engine.connect(self.admin(user, ticket)) as session:
            yield session
