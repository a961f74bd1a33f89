"""Logging in: to a target that may be waking, and with the stored password that it accepts."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Generic

from shared.credentials import Login
from shared.deadline import time_left
from shared.errors import LockedOut, Rejected
from shared.patience import retried
from shared.protocol.candidates import Candidate
from shared.strategies.contract import Engine, S
from shared.translation import NoAnswer

LOG = logging.getLogger(f"rotation.{__name__}")

# At most, and at most half of the time that is left: what comes after has to have its own.
WAKING_SECONDS = 25.0
# Refusals of one user after which an admin is asked whether a guess is worth another. It is fewer
# than the least that servers are told to count to.
BLIND_REFUSALS = 2
# Refusals of one user at most where no admin can be asked.
MAX_REFUSALS = 4


class Logins(Generic[S]):
    """Logs in to the databases of one engine."""

    def __init__(self, engine: Engine[S]) -> None:
        self._engine = engine
        self.name = engine.name

    @contextmanager
    def session(self, login: Login) -> Iterator[S]:
        """Log in, trying again while there is no answer; raises as Engine.connect does.

        Only connecting is tried again, and never a statement.
        """
        with ExitStack() as stack:
            # Here and not in the loop: what the block raises is not about logging in.
            yield self.enter(login, stack)

    @contextmanager
    def first_accepted(
        self, candidates: Iterator[Candidate[Login]], user: Login, look: "Look[S] | None" = None
    ) -> Iterator[tuple[Login, S]]:
        """Log in with the first of the logins that the server accepts.

        candidates: taken one by one, as later ones cost calls to AWS. look: an admin's session,
        where there is one. Falls from one to the next on Rejected alone.

        Raises Rejected; and LockedOut, which tells both, at the first answer that is a lock.
        """
        with ExitStack() as stack:
            yield _Search(self, user, look).run(candidates, stack)

    def enter(self, login: Login, stack: ExitStack) -> S:
        """As `session`, which ends with the stack."""
        return retried(
            lambda: stack.enter_context(self._engine.connect(login)),
            on=NoAnswer,
            within=min(WAKING_SECONDS, time_left() / 2),
        )


_BY_HAND = (
    "if the password was changed by hand, store that one with PutSecretValue and rotate again"
)
_RESTORED = (
    "if the database was restored from a backup, move AWSCURRENT back to the version whose password"
    " it has: an older one is not tried where a server may count refusals"
)
# An admin's login and session.
Look = Callable[[], AbstractContextManager[tuple[Login, S]]]


class _Search(Generic[S]):
    """One search for the login that a server accepts, which may count what it refuses."""

    def __init__(self, logins: Logins[S], user: Login, look: Look[S] | None) -> None:
        self._logins = logins
        self._user = user
        self._look = look
        self._by: S | None = None
        self._refusals: Counter[str] = Counter()  # by user
        self._rejected: list[str] = []  # versions
        self._first: Rejected | None = None

    def run(self, candidates: Iterator[Candidate[Login]], stack: ExitStack) -> tuple[Login, S]:
        """Return the first login that is accepted, with its session."""
        all_tried = True
        for candidate in candidates:
            if not self._may_try(candidate, stack):
                all_tried = False
                if self._look is None:  # nor any later one
                    break
                continue
            session = self._try(candidate, stack)
            if session is not None:
                return candidate.credential, session
        raise self._rejected_all(all_tried=all_tried)

    def _may_try(self, candidate: Candidate[Login], stack: ExitStack) -> bool:
        login = candidate.credential
        refusals = self._refusals[login.username]
        if candidate.is_likely and refusals < BLIND_REFUSALS:
            return True
        if self._look is None:
            return candidate.is_likely and refusals < MAX_REFUSALS
        if self._by is None:
            _, self._by = stack.enter_context(self._look())
        return self._by.is_worth_trying(login)

    def _try(self, candidate: Candidate[Login], stack: ExitStack) -> S | None:
        """Return the session, None where the login is rejected."""
        login, version, _ = candidate
        if self._rejected:
            LOG.warning("rejected: %s; trying %s", self._named_rejected(), version)
        try:
            return self._logins.enter(login, stack)
        except Rejected as rejected:
            self._refusals[login.username] += 1
            self._rejected.append(version)
            self._first = self._first or rejected
            return None
        except LockedOut as locked:
            if not self._rejected:
                raise
            what = f"{locked.what}, after it rejected the password of {self._named_rejected()}"
            problem = LockedOut(what, do=locked.do, field=locked.field)
        raise problem

    def _rejected_all(self, *, all_tried: bool) -> Rejected:
        of = f" ({self._named_rejected()})" if self._rejected else ""
        advice = [self._first.do, _BY_HAND] if self._first else [_BY_HAND]
        if not all_tried:
            advice.append(_RESTORED)
        return Rejected(
            f"{self._logins.name} rejected every stored password of {self._user.address} that may "
            f"be in use{of}",
            do="; ".join(advice),
            field="password",
        )

    def _named_rejected(self) -> str:
        return ", ".join(dict.fromkeys(self._rejected))
