"""Resets: a user whom no stored password lets in gets one by the admin, if its keeper says so."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Generic, Protocol

from shared.credentials import Login
from shared.errors import (
    Misconfigured,
    Rejected,
    RejectedByPolicy,
    RotationError,
    TargetMismatch,
)
from shared.protocol.candidates import Candidate
from shared.protocol.contract import Ticket
from shared.protocol.reset import Reset
from shared.strategies.admins import Admins
from shared.strategies.contract import S
from shared.strategies.logins import Logins, Look

LOG = logging.getLogger(f"rotation.{__name__}")


class Prove(Protocol):
    """DatabaseBackend.prove."""

    def __call__(self, login: Login, /, *, by: Login | None) -> None:
        """Log in anew; raises what that fails with."""
        ...


class Resets(Generic[S]):
    """Those of one backend."""

    def __init__(self, logins: Logins[S], admins: Admins[S], prove: Prove) -> None:
        self._logins = logins
        self._admins = admins
        self._prove = prove

    def of(self, user: Login) -> Reset | None:
        """What may be reset, the same for both of a pair; None where the secret names no admin."""
        admin = user.document.get("masterarn")
        if not isinstance(admin, str):
            return None
        original = replace(user, username=min(user.username, user.twin, key=len))
        return Reset(admin, f"{self._logins.name} {original.address}")

    @contextmanager
    def first_accepted(
        self,
        candidates: Iterator[Candidate[Login]],
        user: Login,
        ticket: Ticket[Login],
        look: Look[S] | None,
    ) -> Iterator[tuple[Login, S]]:
        """As Logins.first_accepted; where no login is, a reset that is allowed is done first."""
        with ExitStack() as stack:
            # Here and not around the block: what that raises is not about logging in.
            yield self._enter(candidates, user, ticket, look, stack)

    def _enter(
        self,
        candidates: Iterator[Candidate[Login]],
        user: Login,
        ticket: Ticket[Login],
        look: Look[S] | None,
        stack: ExitStack,
    ) -> tuple[Login, S]:
        try:
            return stack.enter_context(self._logins.first_accepted(candidates, user, look))
        except Rejected as rejected:
            refusal = rejected
        reset = self.of(user)
        if reset is None or not ticket.may_reset(reset):
            raise refusal
        login = self._reset(ticket)
        return login, self._logins.enter(login, stack)

    def _reset(self, ticket: Ticket[Login]) -> Login:
        """Have the admin let the current user in: with the pending password, if it is to have it.

        Raises TargetMismatch where there is no such user, and as the admin's session.
        """
        current, pending = ticket.current(), ticket.pending()
        login = pending if pending.username == current.username else current
        with self._admins.session(login, ticket) as (admin, by):
            ticket.ensure_still_this_rotation(again=True)
            LOG.warning(
                "no stored password is accepted: going on, as the admin's secret allows a reset"
            )
            try:
                is_there = by.reset_password(login.username, login.password)
            except RejectedByPolicy as refusal:
                if login is pending:
                    raise
                problem: RotationError = Misconfigured(
                    f"{refusal.what}: {login.address} does not get the stored password back",
                    do="set another one as an administrator, and store it with PutSecretValue",
                    field="password",
                )
            else:
                if is_there:
                    self._prove(login, by=admin)
                    return login
                problem = TargetMismatch(
                    f"{self._logins.name} {login.address}: there is no such user",
                    do="correct 'username' in the secret, or create the user",
                    field="username",
                )
        raise problem
