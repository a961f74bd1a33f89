"""What every strategy knows of a database: its secrets, and which stored password is live."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from shared.aws.rds import Rds
from shared.credentials import Login
from shared.errors import MalformedSecret, Rejected, TargetMismatch
from shared.fields import Fields
from shared.passwords import PasswordPolicy
from shared.protocol.contract import Engine, Session, Ticket
from shared.secret import Secret
from shared.settings import Settings

LOG = logging.getLogger(f"rotation.{__name__}")


class Database:
    """The part of a Backend that does not depend on the strategy."""

    def __init__(self, engine: Engine, environment: Mapping[str, str]) -> None:
        self.engine = engine
        self.name = engine.name
        self.policy = PasswordPolicy.from_environment(environment)
        self._allow_unencrypted = Settings(environment).flag("ALLOW_UNENCRYPTED", default=False)
        self._rds = Rds()

    def parse(self, document: Mapping[str, object], /) -> Login:
        """Raises MalformedSecret, or TargetMismatch for another kind of database."""
        self._check_kind(document, of="the secret")
        login = Login.parse(
            document,
            default_port=self.engine.default_port,
            allow_unencrypted=self._allow_unencrypted,
        )
        self.check_length(login.username)
        return login

    def render(self, credential: Login, /) -> dict[str, object]:
        """The secret's JSON with this user and password."""
        return credential.render()

    def discard(self, minted: Login, ticket: Ticket[Login], /) -> None:
        """Nothing: a password that was never installed leaves no trace."""

    def check_length(self, username: str) -> None:
        """Raises MalformedSecret where the server would refuse the name, or cut it short."""
        if self.engine.username_length(username) > self.engine.max_username:
            raise MalformedSecret(
                f"the user name {username!r} is longer than {self.engine.max_username}, "
                f"the limit of {self.engine.name}",
                do="correct 'username' in the secret; alternating users append '_clone' to it",
                field="username",
            )

    def admin(self, user: Login, ticket: Ticket[Login]) -> Login:
        """The login in the secret that `masterarn` names.

        Only for the server that the user is on, or whose data it is a replica of: whoever may
        write the secret could otherwise have the admin log in elsewhere, or change a user there.
        Raises TargetMismatch.
        """
        arn = Fields(user.document).text("masterarn")
        document = ticket.open(arn)
        self._check_kind(document, of="the admin's secret")
        fields = Fields(document, of="the admin's secret")
        if document.get("host") is not None:
            host = fields.host("host")
            port = fields.port("port", default=self.engine.default_port)
        else:  # RDS keeps a user name and a password only
            host, port = self._rds.address(ticket.tags(arn))
        same = (host.lower(), port) == (user.host.lower(), user.port)
        if not same and not (host != user.host and self._rds.same_data(user.host, host)):
            raise TargetMismatch(
                f"the admin's secret is for {host}:{port}, which is neither {user.host}:"
                f"{user.port} nor, for Amazon RDS, what that is a replica or reader of",
                do="correct 'masterarn', or 'host' and 'port' in one of the secrets",
                field="masterarn",
            )
        return Login(
            username=fields.text("username"),
            password=Secret(fields.text("password")),
            host=host,
            port=port,
            dbname=fields.optional_text("dbname"),
            # Who may write the rotated secret does not decide how the admin's password travels.
            tls=user.tls or fields.flag("ssl", default=True),
            document=document,
        )

    @contextmanager
    def accepted(
        self, candidates: Iterator[tuple[Login, str]], whom: Login
    ) -> Iterator[tuple[Login, Session]]:
        """Log in with the first of the logins that the server accepts; raises Rejected.

        Falls from one to the next only on Rejected, never on Unreachable.
        """
        refusal: Rejected | None = None
        with ExitStack() as stack:
            for login, source in candidates:
                if source:
                    LOG.warning("labelled passwords are rejected: trying %s", source)
                try:
                    session = stack.enter_context(self.engine.connect(login))
                except Rejected as rejected:
                    refusal = refusal or rejected
                else:
                    yield login, session
                    return
        told = f"{refusal.do}; " if refusal else ""
        raise Rejected(
            f"{self.name} rejected every stored password of {whom.address}",
            do=f"{told}if the password was changed by hand, store that one with "
            "PutSecretValue and rotate again",
            field="password",
        )

    def _check_kind(self, document: Mapping[str, object], *, of: str) -> None:
        kind = Fields(document, of=of).optional_text("engine")
        if kind is not None and kind not in self.engine.secret_engines:
            kinds = ", ".join(sorted(self.engine.secret_engines))
            raise TargetMismatch(
                f"field 'engine' of {of} is not one this function rotates ({kinds})",
                do="attach the function made for this engine, or correct 'engine'",
                field="engine",
            )


def stored(
    ticket: Ticket[Login], *labelled: Login, users: tuple[Login, ...]
) -> Iterator[tuple[Login, str]]:
    """The stored logins of these users, each with what a warning calls it; none twice.

    First the `labelled` ones, then the previous one, then those of versions without a label.
    """
    targets = [user.target for user in users]
    tried: list[tuple[str, Secret]] = []
    for login, source in _every(ticket, labelled):
        if login.target in targets and (login.username, login.password) not in tried:
            tried.append((login.username, login.password))
            yield login, source


def _every(ticket: Ticket[Login], labelled: tuple[Login, ...]) -> Iterator[tuple[Login, str]]:
    for login in labelled:
        yield login, ""
    previous = ticket.previous()
    if previous is not None:
        yield previous, "the previous one"
    for stray in ticket.strays():
        yield stray, "one of a version without a label"
