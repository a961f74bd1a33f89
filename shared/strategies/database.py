"""What every strategy knows of a database: its secrets, its logins, and how a login is proved."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Generic

from shared.asked.grants import Grants, check_wishes
from shared.asked.passwords import PASSWORD_RULES, password_policy
from shared.asked.wishes import asked_length, place_of, unknown_first
from shared.credentials import LOGIN_FIELDS, Login
from shared.document.fields import Fields
from shared.document.form import names_of, naming, read_text, require_known
from shared.errors import (
    MalformedSecret,
    PendingUnusable,
    Rejected,
    RejectedByPolicy,
    TargetMismatch,
)
from shared.patience import retried
from shared.protocol.candidates import Candidate, stored_candidates
from shared.protocol.contract import StoredVersion, Ticket
from shared.protocol.findings import Findings
from shared.protocol.readers import Hold
from shared.protocol.reset import Reset
from shared.settings import Settings
from shared.strategies.admins import Admins
from shared.strategies.contract import Directory, Engine, S
from shared.strategies.diagnosis import DatabaseDiagnosis, Seen
from shared.strategies.elsewhere import seconds_for
from shared.strategies.leaks import Leaks
from shared.strategies.logins import Logins
from shared.strategies.resets import Resets

LOG = logging.getLogger(f"rotation.{__name__}")


class DatabaseBackend(Generic[S]):
    """The part of a Backend that does not depend on the strategy.

    admin_sets: whether an admin makes the changes.
    directory: who knows where the databases of admin secrets without `host` are; None for nobody.
    longest_passwords: the most characters that a secret may ask for, by what its `engine` is.
    """

    admin_sets: bool = True

    def __init__(
        self,
        engine: Engine[S],
        environment: Mapping[str, str],
        *,
        directory: Directory | None = None,
        longest_passwords: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.engine = engine
        self.name = engine.name
        self.policies = Grants(environment, PASSWORD_RULES, password_policy)
        self.logins = Logins(engine)
        self.leaks = Leaks(self.logins)
        self.longest_passwords = longest_passwords
        self.hold = Hold.from_environment(environment)
        self.admins = Admins(engine, self.logins, directory)
        self.resets = Resets(self.logins, self.admins, self.prove)
        self._allow_unencrypted = Settings(environment).flag("ALLOW_UNENCRYPTED", default=False)

    def parse(self, document: Mapping[str, object], /) -> Login:
        """The login in a JSON object, or in a plain string that is a connection URL.

        Raises MalformedSecret, or TargetMismatch for another kind of database.
        """
        document = read_text(document, of="the secret")
        askable = {each for one in self.grants for each in one.variables}
        with unknown_first(document, askable), naming(names_of(document)):
            require_known(document, LOGIN_FIELDS, of="the secret")
            Fields(document).require_engine(self.engine.secret_engines)
            login = Login.parse(document, default_port=self.engine.default_port)
            self.engine.check(login)
            if not (login.tls or self._allow_unencrypted):
                raise MalformedSecret(
                    "secret field 'ssl' switches TLS off, which this function does not allow",
                    do="remove 'ssl' or set it to true, and enable TLS on the server; only where "
                    "that cannot be, set ALLOW_UNENCRYPTED=true on the function",
                    field="ssl",
                )
        return login

    @property
    def grants(self) -> tuple[Grants[Any], ...]:
        """What a secret may ask for: a strategy that has more adds its own."""
        return (self.policies,)

    def check_wishes(self, current: Login) -> None:
        """Raises MalformedSecret where the secret asks for more than it may: see createSecret.

        Not in `parse`: settings of the function may change, and what an older version holds is a
        way out of a lockout all the same.
        """
        check_wishes(current.document, self.grants)
        engine, length = current.document.get("engine"), asked_length(current.document)
        longest = self.longest_passwords.get(str(engine))
        if length is not None and longest is not None and length > longest:
            place = place_of("PASSWORD_LENGTH")
            raise MalformedSecret(
                f"field '{place}' of the secret is more than the {longest} that {engine} takes",
                do=f"ask for {longest} or less, or correct 'engine' if the server is another",
                field=place,
            )

    def check_tested_wishes(self, pending: Login, ticket: Ticket[Login]) -> None:
        """The same for a secret that is only tested, as the next rotation would refuse it.

        A rotation that has begun goes on: see Grants.granted_or_unasked.
        """
        try:
            self.check_wishes(pending)
        except MalformedSecret:
            if ticket.only_tests():
                raise

    def render(self, credential: Login, /) -> dict[str, object]:
        """The secret's JSON with this user and password.

        Raises MalformedSecret where a connection URL in it cannot hold them.
        """
        document = credential.render()
        self.engine.check(replace(credential, document=document))
        return document

    def discard(self, created: Login, ticket: Ticket[Login], /) -> None:
        """Nothing: a password that was never installed leaves no trace."""

    def diagnose(
        self,
        versions: Sequence[StoredVersion[Login]],
        ticket: Ticket[Login],
        findings: Findings,
        /,
    ) -> None:
        """Log in with what is stored, as setSecret would, and look at what it needs beside."""
        DatabaseDiagnosis(self, versions, ticket, findings).run()

    def targets_of(self, user: Login, /) -> Sequence[tuple[str, int, str]]:
        """Those whose stored logins setSecret may try."""
        return (user.target,)

    def expects(self, _login: Login, _let_in: Sequence[Login], /) -> bool:
        """Whether this login is to be accepted as well, beside those that are."""
        return False

    def check_pending(self, pending: Login, current: Login, /) -> None:
        """Raises PendingUnusable, and TargetMismatch where the two do not go together."""
        raise NotImplementedError

    def check_rights(self, seen: Seen[S], findings: Findings, /) -> None:
        """Tell, changing nothing, whether a rotation has the rights that it needs."""
        raise NotImplementedError

    def reset_of(self, credential: Login, /) -> Reset | None:
        """By the admin, also where the user sets its own password otherwise."""
        return self.resets.of(credential)

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

    def prove(self, pending: Login, *, by: Login | None = None) -> None:
        """Log in anew with the pending password; raises what that fails with.

        by: the admin who set it; of another host, where the user's is a replica of it, which is
        given time to learn of it.
        """

        def log_in() -> None:
            with self.logins.session(pending) as session:
                session.ping()

        retried(log_in, on=Rejected, within=seconds_for(by, pending))


def login_candidates(
    ticket: Ticket[Login],
    *users: Login,
    current: Login | None = None,
    pending: Login | None = None,
) -> Iterator[Candidate[Login]]:
    """The stored logins of these users, these two first; see stored_candidates."""
    targets = [user.target for user in users]
    return stored_candidates(
        ticket,
        (current, pending),
        belongs=lambda login: login.target in targets,
        identity=lambda login: (login.username, login.password),
    )


def refuse_copy(pending: Login, current: Login) -> None:
    """Raise PendingUnusable for a pending version that is the current one once more."""
    if (pending.target, pending.password) == (current.target, current.password):
        raise PendingUnusable(
            "the pending version has the password of the current one, so nothing would be rotated",
            do="do not move labels or copy versions by hand",
            field="password",
        )


def refuse_unreplaced(leaked: Login, current: Login, *users: str) -> None:
    """Raise TargetMismatch where the current login has not replaced the leaked one.

    users: the names that the leaked login may have.
    """
    if (leaked.host, leaked.port) != (current.host, current.port) or leaked.username not in users:
        raise TargetMismatch(
            f"the leaked version is of {leaked.address}, and the one in use of {current.address}",
            do="change that user's password on its server, and end its sessions there",
            field="LeakedVersionId",
        )
    if leaked.username == current.username and leaked.password == current.password:
        raise TargetMismatch(
            "the leaked version has the password of the one in use, so nothing has replaced it",
            do="rotate, then ask again",
            field="LeakedVersionId",
        )
