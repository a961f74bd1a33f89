"""What a diagnosis looks at in a database: the logins, the admin, and the strategy's own checks."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from shared.credentials import Login
from shared.errors import Rejected, RotationError, Unreachable, Untrusted
from shared.protocol.candidates import Candidate
from shared.protocol.contract import StoredVersion, Ticket
from shared.protocol.findings import Finding, Findings, Link, State
from shared.strategies.contract import LastingSession, S
from shared.strategies.told import ADMIN, ToldAdmin, ToldLogins

if TYPE_CHECKING:
    from shared.strategies.database import DatabaseBackend

_COUNTED = "a refusal may count towards a lock"


@dataclass(slots=True)
class Seen(Generic[S]):
    """A stored login that is accepted, with what its strategy may look at its target by.

    let_in: all stored logins that are known to be accepted, this one first.
    by: the admin's session, where the strategy has an admin make the changes.
    """

    login: Login
    session: S
    let_in: Sequence[Login]
    by: S | None


class DatabaseDiagnosis(Generic[S]):
    """Of one secret by its strategy; versions: see Backend.diagnose."""

    def __init__(
        self,
        strategy: "DatabaseBackend[S]",
        versions: Sequence[StoredVersion[Login]],
        ticket: Ticket[Login],
        findings: Findings,
    ) -> None:
        self._strategy = strategy
        self._versions = versions
        self._ticket = ticket
        self._findings = findings
        self._user = versions[0].credential
        self._targets = strategy.targets_of(self._user)
        self._logins = ToldLogins(strategy.engine, self._tell)
        self._stack = ExitStack()
        self._admin = ToldAdmin(strategy, self._user, ticket, findings, self._stack)
        self._told: set[str] = set()  # versions
        self._let_in: list[Login] = []
        self._accepted = ""  # the first version of these
        self._has_told_way = False
        self._problem: RotationError | None = None  # of the last login

    def run(self) -> None:
        """Look at all of it."""
        self._look_at_values()
        with self._stack:
            found = self._search()
            if isinstance(self._problem, Unreachable | Untrusted):
                self._admin.look_at_secret()
                why = "the way to the target is broken"
            else:
                self._look_behind(found)
                why = self._why_untried()
        self._tell_untried(why)

    def _look_at_values(self) -> None:
        """What the secret asks for, and whether the pending version goes with the current one."""
        current = next((each for each in self._versions if each.is_current), None)
        pending = next((each for each in self._versions if each.is_pending), None)
        if current is None:
            return
        with self._findings.looking(Link.VALUE, of=current.of):
            self._strategy.check_wishes(current.credential)
        # A copy is what RotateImmediately=false has tested.
        if pending is not None and pending.credential != current.credential:
            with self._findings.looking(Link.VALUE, of=pending.of):
                self._strategy.check_pending(pending.credential, current.credential)

    def _look_behind(self, found: S | None) -> None:
        """At what a rotation needs beside a stored login that is accepted."""
        # Where none is, an admin that the function does not use yet may be the way out.
        if self._strategy.admin_sets or (found is None and ADMIN in self._user.document):
            self._admin.open()
        if found is None or (self._strategy.admin_sets and self._admin.by is None):
            why = "no stored login is accepted" if found is None else "the admin is not let in"
            for link in (Link.RIGHTS, Link.STRATEGY):
                self._findings.add(Finding(link, State.UNKNOWN, f"not looked at: {why}"))
            return
        if isinstance(found, LastingSession):
            with self._findings.looking(Link.STRATEGY, otherwise=State.WARNING):
                found.check_lasts(self._ticket.next_rotation)
        by = self._admin.by
        if by is not None:
            self._try_others(by)
        seen = Seen(self._let_in[0], found, self._let_in, by)
        self._strategy.check_rights(seen, self._findings)

    # --- logins ---

    def _search(self) -> S | None:
        """The session of the first login that is accepted, by the search of setSecret."""
        look = self._admin.look if self._strategy.admin_sets else None
        found = self._logins.first_accepted(self._candidates(), self._user, look)
        with self._findings.looking(Link.LOGIN):
            try:
                return self._stack.enter_context(found)[1]
            except RotationError as error:
                # All others are told already; this one sums up.
                if isinstance(error, Rejected) and error is not self._admin.problem:
                    raise
        return None

    def _candidates(self) -> Iterator[Candidate[Login]]:
        given: list[Login] = []
        for version in self._versions:
            login = version.credential
            if login.target in self._targets and not any(_same(login, each) for each in given):
                given.append(login)
                yield Candidate(login, version.of, version.is_likely)

    def _try_others(self, by: S) -> None:
        """Log in with what the strategy leaves accepted beside, where that can lock nobody out."""
        for version in self._versions:
            login = version.credential
            if version.of in self._told or not self._strategy.expects(login, self._let_in):
                continue
            if login.target not in self._targets:
                continue
            look = self._findings.looking(Link.LOGIN, of=version.of, otherwise=State.WARNING)
            with look as looked:
                if by.is_worth_trying(login, blindly=False):
                    with suppress(RotationError), ExitStack() as stack:
                        self._logins.enter(login, stack)
            if looked.problem is not None:
                self._told.add(version.of)

    def _tell(self, login: Login, problem: RotationError | None) -> None:
        """How a login ended, of every version that holds it."""
        if not self._has_told_way:
            self._tell_of_way(login, problem)
        self._problem = problem
        if isinstance(problem, Unreachable | Untrusted):
            self._findings.refused(Link.LOGIN, problem)
            return
        state = State.WARNING if self._let_in else State.BROKEN
        if problem is None:
            self._let_in.append(login)
        for version in self._versions:
            if _same(version.credential, login):
                self._told.add(version.of)
                if problem is None:
                    self._accepted = self._accepted or version.of
                    self._findings.add(Finding(Link.LOGIN, State.OK, "accepted", of=version.of))
                else:
                    self._findings.refused(Link.LOGIN, problem, version.of, state)

    def _tell_of_way(self, login: Login, problem: RotationError | None) -> None:
        """All else than a refusal as wrong may come before TLS, from anybody on the way."""
        if not isinstance(problem, Rejected | Untrusted | None):
            return
        self._has_told_way = True
        where = f"{login.host}:{login.port}"
        self._findings.add(Finding(Link.ENDPOINT, State.OK, f"{where} answers"))
        if isinstance(problem, Untrusted):
            return
        if login.tls:
            proven = f"{where} has proved that it is {login.verified_host}"
            self._findings.add(Finding(Link.TLS, State.OK, proven))
        else:
            plain = "nothing is encrypted, nor who answers proved: 'ssl' switches TLS off"
            do = "enable TLS on the server, and take 'ssl' out of the secret"
            self._findings.add(Finding(Link.TLS, State.WARNING, plain, do, field="ssl"))

    def _tell_untried(self, why: str) -> None:
        for version in self._versions:
            if version.of not in self._told:
                is_of_target = version.credential.target in self._targets
                reason = why if is_of_target else "it is of another host, port or user"
                what = f"not tried: {reason}"
                self._findings.add(Finding(Link.LOGIN, State.UNKNOWN, what, of=version.of))

    def _why_untried(self) -> str:
        if self._let_in:
            return f"{self._accepted} is accepted, and {_COUNTED}"
        if isinstance(self._problem, Rejected) and self._admin.by is not None:
            return f"the server shows that it would be refused, or that {_COUNTED}"
        if isinstance(self._problem, Rejected):
            return f"it is not likely to be in use, and {_COUNTED}"
        return "the login before it failed otherwise than by its password"


def _same(one: Login, other: Login) -> bool:
    return (one.target, one.password) == (other.target, other.password)
