"""What every strategy knows of a database: its secrets, and which stored password is accepted."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Generic

from shared.credentials import Login
from shared.errors import Rejected, RejectedByPolicy, TargetMismatch
from shared.fields import Fields
from shared.passwords import PasswordPolicy
from shared.protocol.candidates import stored_candidates
from shared.protocol.contract import Directory, Engine, S, Ticket
from shared.secret import Secret
from shared.settings import Settings

LOG = logging.getLogger(f"rotation.{__name__}")


class DatabaseBackend(Generic[S]):
    """The part of a Backend that does not depend on the strategy.

    directory: who knows where the databases of admin secrets without `host` are; None for nobody.
    """

    def __init__(
        self,
        engine: Engine[S],
        environment: Mapping[str, str],
        *,
        directory: Directory | None = None,
    ) -> None:
        self.engine = engine
        self.name = engine.name
        self.policy = PasswordPolicy.from_environment(environment)
        self._allow_unencrypted = Settings(environment).flag("ALLOW_UNENCRYPTED", default=False)
        self._directory = directory

    def parse(self, document: Mapping[str, object], /) -> Login:
        """Raises MalformedSecret, or TargetMismatch for another kind of database."""
        self._check_kind(document, of="the secret")
        login = Login.parse(
            document,
            default_port=self.engine.default_port,
            allow_unencrypted=self._allow_unencrypted,
        )
        self.engine.check(login)
        return login

    def render(self, credential: Login, /) -> dict[str, object]:
        """The secret's JSON with this user and password."""
        return credential.render()

    def discard(self, created: Login, ticket: Ticket[Login], /) -> None:
        """Nothing: a password that was never installed leaves no trace."""

    def admin(self, user: Login, ticket: Ticket[Login]) -> Login:
        """The login in the secret that `masterarn` names.

        Only for the server that the user is on, or whose data it is a replica of: whoever may
        write the secret could otherwise have the admin log in elsewhere, or change a user there.
        Raises TargetMismatch.
        """
        arn = Fields(user.document).text("masterarn")
        document = ticket.read_secret(arn)
        self._check_kind(document, of="the admin's secret")
        fields = Fields(document, of="the admin's secret")
        if document.get("host") is not None or self._directory is None:
            host = fields.host("host")
            port = fields.port("port", default=self.engine.default_port)
        else:  # RDS keeps a user name and a password only
            host, port = self._directory.address(ticket.tags_of(arn))
        same = (host.lower(), port) == (user.host.lower(), user.port)
        if not same and not self._is_replica(user.host, of=host):
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

    def _is_replica(self, host: str, *, of: str) -> bool:
        return host != of and self._directory is not None and self._directory.same_data(host, of)

    @contextmanager
    def log_in_with_first_accepted(
        self, candidates: Iterator[tuple[Login, str]], user: Login
    ) -> Iterator[tuple[Login, S]]:
        """Log in with the first of the logins that the server accepts; raises Rejected.

        candidates: each with what a warning calls it; taken one by one, as later ones cost calls
        to AWS. Falls from one to the next only on Rejected, never on Unreachable.
        """
        with ExitStack() as stack:
            login, session = self._first_accepted(candidates, user, stack)
            # Here and not in the loop: what the block raises, such as Rejected of an admin's
            # password, is not about this login.
            yield login, session

    def _first_accepted(
        self, candidates: Iterator[tuple[Login, str]], user: Login, stack: ExitStack
    ) -> tuple[Login, S]:
        first_refusal: Rejected | None = None
        for login, source in candidates:
            if source:
                LOG.warning("labelled passwords are rejected: trying %s", source)
            try:
                return login, stack.enter_context(self.engine.connect(login))
            except Rejected as rejected:
                first_refusal = first_refusal or rejected
        advice = f"{first_refusal.do}; " if first_refusal else ""
        raise Rejected(
            f"{self.name} rejected every stored password of {user.address}",
            do=f"{advice}if the password was changed by hand, store that one with "
            "PutSecretValue and rotate again",
            field="password",
        )

    def is_due(self, pending: Login, accepted: Login) -> bool:
        """Whether setSecret has something to do for a user that logged in as `accepted`."""
        return accepted.password != pending.password or not self.engine.atomic

    def set_password(self, session: S, pending: Login, accepted: Login, by: S | None) -> None:
        """Have the session's user accept `pending` and no other password."""
        try:
            session.set_password(pending.password, by=by)
        except RejectedByPolicy:
            # The machine gives a refused version up; it must not where that one is accepted.
            if accepted.password != pending.password:
                raise

    def _check_kind(self, document: Mapping[str, object], *, of: str) -> None:
        kind = Fields(document, of=of).optional_text("engine")
        if kind is not None and kind not in self.engine.secret_engines:
            kinds = ", ".join(sorted(self.engine.secret_engines))
            raise TargetMismatch(
                f"field 'engine' of {of} is not one this function rotates ({kinds})",
                do="attach the function made for this engine, or correct 'engine'",
                field="engine",
            )


def login_candidates(
    ticket: Ticket[Login], *labelled: Login, users: tuple[Login, ...]
) -> Iterator[tuple[Login, str]]:
    """The stored logins of these users, the `labelled` ones first; see stored_candidates."""
    targets = [user.target for user in users]
    return stored_candidates(
        ticket,
        [(login, "") for login in labelled],
        belongs=lambda login: login.target in targets,
        identity=lambda login: (login.username, login.password),
    )
