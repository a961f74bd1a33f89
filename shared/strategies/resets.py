"""Resets: a user whom no stored password lets in gets one by the admin, if its keeper says so."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Generic, Protocol

from shared.aws.names import region_of
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
        """What may be reset: the very user that gets a password; None where no admin is named.

        user: the one of AWSCURRENT, as setSecret finds it.
        """
        admin = user.document.get("masterarn")
        # What is no ARN may be another field's value, by a slip, and is not told.
        if not isinstance(admin, str) or region_of(admin) is None:
            return None
        return Reset(admin, f"{self._logins.name} {user.address}")

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
        if reset is None or not reset.is_allowed(ticket.may_reset, refusal):
            raise refusal
        login = self._reset(ticket)
        return login, self._logins.enter(login, stack)

    def _reset(self, ticket: Ticket[Login]) -> Login:
        """Have the admin let the current user in: with the pending password, if it is to have it.

        Raises TargetMismatch where there is no such user, or of a pair where the server does not
        show it to be one; and as the admin's session.
        """
        current, pending = ticket.current(), ticket.pending()
        is_single = pending.username == current.username
        login, twin = (pending, None) if is_single else (current, pending.username)
        with self._admins.session(login, ticket) as (admin, by):
            ticket.ensure_still_this_rotation(again=True)
            LOG.warning(
                "no stored password is accepted: going on, as the admin's secret allows a reset"
            )
            try:
                is_there = by.reset_password(login.username, login.password, twin=twin)
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
                    f"{self._logins.name} {login.address}: there is no such user with a password",
                    do="correct 'username' in the secret, or create the user",
                    field="username",
                )
        raise problem
