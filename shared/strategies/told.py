"""Logins, and an admin's, that a diagnosis is told of as each ends."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING, Generic

from shared.credentials import Login
from shared.errors import RotationError
from shared.protocol.contract import Ticket
from shared.protocol.findings import Finding, Findings, Link, State
from shared.strategies.contract import Engine, S
from shared.strategies.logins import Logins

if TYPE_CHECKING:
    from shared.strategies.database import DatabaseBackend

ADMIN = "masterarn"  # the field that names the admin's secret


class ToldLogins(Logins[S]):
    """Logins that tell how each ended, as it ends."""

    def __init__(
        self, engine: Engine[S], tell: Callable[[Login, RotationError | None], None]
    ) -> None:
        super().__init__(engine)
        self._tell = tell

    def enter(self, login: Login, stack: ExitStack) -> S:
        """As Logins does."""
        try:
            session = super().enter(login, stack)
        except RotationError as error:
            self._tell(login, error)
            raise
        self._tell(login, None)
        return session


class ToldAdmin(Generic[S]):
    """The user's admin, logged in once, when first asked for.

    by: its session, once it is let in. problem: why it is not.
    """

    def __init__(
        self,
        strategy: "DatabaseBackend[S]",
        user: Login,
        ticket: Ticket[Login],
        findings: Findings,
        stack: ExitStack,
    ) -> None:
        self._strategy = strategy
        self._user = user
        self._ticket = ticket
        self._findings = findings
        self._stack = stack
        self._login: Login | None = None
        self.by: S | None = None
        self.problem: RotationError | None = None

    def look(self) -> AbstractContextManager[tuple[Login, S]]:
        """As setSecret's search looks; raises what it found before."""
        self.open()
        if self._login is None or self.by is None:
            raise self.problem or AssertionError
        return nullcontext((self._login, self.by))

    def open(self) -> None:
        """Log in, and tell how that ended."""
        if self.by is not None or self.problem is not None:
            return
        state = State.BROKEN if self._strategy.admin_sets else State.WARNING
        with self._findings.looking(Link.ADMIN, otherwise=state) as look:
            session = self._strategy.admins.session(self._user, self._ticket)
            self._login, self.by = self._stack.enter_context(session)
        self.problem = look.problem
        if look.problem is None:
            self._tell(State.OK, "is accepted")

    def look_at_secret(self) -> None:
        """Where nobody can log in: whether the admin's secret can be used."""
        if not self._strategy.admin_sets:
            return
        with self._findings.looking(Link.ADMIN) as look:
            self._strategy.admins.login(self._user, self._ticket)
        if look.problem is None:
            self._tell(State.UNKNOWN, "can be read, and was not tried")

    def _tell(self, state: State, how: str) -> None:
        what = f"the admin's login in {self._user.document[ADMIN]} {how}"
        field = self._findings.names.get(ADMIN, ADMIN)
        self._findings.add(Finding(Link.ADMIN, state, what, field=field))
