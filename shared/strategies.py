"""Backends made from any database Engine."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from shared.contract import Engine, Session, Ticket
from shared.credentials import Login
from shared.errors import GIVE_UP, MalformedSecret, Rejected, TargetMismatch
from shared.fields import Fields
from shared.passwords import PasswordPolicy
from shared.secret import Secret

LOG = logging.getLogger(f"rotation.{__name__}")


class SingleUser:
    """The user changes its own password: simple, and the old password ends at setSecret.

    Clients that log in between setSecret and finishSecret with AWSCURRENT are refused; they must
    fetch the secret again and retry.
    """

    def __init__(self, engine: Engine, policy: PasswordPolicy) -> None:
        self._engine = engine
        self._policy = policy
        self.name = engine.name

    def parse(self, document: Mapping[str, object], /) -> Login:
        """Raises MalformedSecret, or TargetMismatch for another kind of database."""
        kind = Fields(document).optional_text("engine")
        if kind is not None and kind not in self._engine.secret_engines:
            kinds = ", ".join(sorted(self._engine.secret_engines))
            raise TargetMismatch(
                f"secret field 'engine' is not one this function rotates ({kinds})",
                do="attach the function made for this engine, or correct 'engine'",
                field="engine",
            )
        login = Login.parse(document, default_port=self._engine.default_port)
        if self._engine.username_length(login.username) > self._engine.max_username:
            raise MalformedSecret(
                f"secret field 'username' is longer than {self._engine.max_username}, "
                f"the limit of {self._engine.name}",
                do="correct it in the secret",
                field="username",
            )
        return login

    def render(self, credential: Login, /) -> dict[str, object]:
        """The secret's JSON with this password."""
        return credential.render()

    def mint(self, current: Login, _ticket: Ticket[Login], /) -> Login:
        """The same user with a new password, which is nowhere in the target yet."""
        return current.with_password(self._policy.make())

    def discard(self, minted: Login, ticket: Ticket[Login], /) -> None:
        """Nothing: a password that was never installed leaves no trace."""

    def install(self, pending: Login, ticket: Ticket[Login], /) -> None:
        """Log in with whichever stored password is live, and set the pending one."""
        with ExitStack() as stack:
            login, session = self._first_accepted(pending, ticket, stack)
            if login.password != pending.password:
                session.set_password(pending.username, pending.password)

    def verify(self, pending: Login, _ticket: Ticket[Login], /) -> None:
        """Log in with the pending password and run a query."""
        with self._engine.connect(pending) as session:
            session.ping()

    def _first_accepted(
        self, pending: Login, ticket: Ticket[Login], stack: ExitStack
    ) -> tuple[Login, Session]:
        rejections: list[Rejected] = []
        for login in self._candidates(pending, ticket):
            try:
                return login, stack.enter_context(self._engine.connect(login))
            except Rejected as rejected:
                rejections.append(rejected)
        raise Rejected(
            f"{self._engine.name} rejected every stored password of {pending.address}",
            do=f"{rejections[0].do}; if the password was changed by hand, store that one with "
            "PutSecretValue and rotate again",
            field="password",
        )

    def _candidates(self, pending: Login, ticket: Ticket[Login]) -> Iterator[Login]:
        # The current one first: in a normal rotation it is live, so nothing is ever refused.
        current = ticket.current()
        if current.target != pending.target:
            raise TargetMismatch(
                "host, port or user name differ between the pending and the current version",
                do=GIVE_UP,
                field="host",
            )
        tried: list[Secret] = []
        for login, source in self._stored(current, pending, ticket):
            if login.target == pending.target and login.password not in tried:
                tried.append(login.password)
                if source:
                    LOG.warning("labelled passwords are rejected: trying %s", source)
                yield login

    @staticmethod
    def _stored(
        current: Login, pending: Login, ticket: Ticket[Login]
    ) -> Iterator[tuple[Login, str]]:
        yield current, ""
        yield pending, ""
        previous = ticket.previous()
        if previous is not None:
            yield previous, "the previous one"
        for stray in ticket.strays():
            yield stray, "one of a version without a label"
