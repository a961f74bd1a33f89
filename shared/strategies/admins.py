"""The admin of a database user: the login in the secret that `masterarn` names."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Generic

from shared.asked.passwords import PASSWORD_RULES
from shared.asked.wishes import refuse_unknown
from shared.aws.names import region_of
from shared.credentials import LOGIN_FIELDS, Login
from shared.document.advice import place_of
from shared.document.fields import Fields
from shared.document.form import names_of, naming, read_text, require_known
from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    Forbidden,
    InvalidEvent,
    MalformedSecret,
    Permanent,
    Rejected,
    TargetMismatch,
)
from shared.protocol.contract import Ticket
from shared.secret import Secret
from shared.strategies.contract import Directory, Engine, S
from shared.strategies.logins import Logins
from shared.strategies.options import TWO_PASSWORDS

_FIELD = "masterarn"
_STORE = "store the admin's password in {} with PutSecretValue"
# It may be rotated itself, by another function, and then asks for what that allows.
_ASKABLE = (*PASSWORD_RULES, *TWO_PASSWORDS)


class Admins(Generic[S]):
    """Finds a user's admin, and logs in as it.

    directory: who knows where the databases of admin secrets without `host` are; None for nobody.
    Every error is told as one about the admin's secret, by the field `masterarn`.
    """

    def __init__(self, engine: Engine[S], logins: Logins[S], directory: Directory | None) -> None:
        self._engine = engine
        self._logins = logins
        self._directory = directory

    def login(self, user: Login, ticket: Ticket[Login], *, again: bool = False) -> Login:
        """The admin's login; `again` reads its secret anew.

        Only for the server that the user is on, or whose data it is a replica of: whoever may
        write the secret could otherwise have the admin log in elsewhere, or change a user there.
        Raises MalformedSecret, TargetMismatch, and what reading the secret fails with.
        """
        arn = _arn(user, ticket)
        of = f"the admin's secret {arn}"
        with _reading(arn):
            document = read_text(ticket.read_secret(arn, again=again), of=of)
        refuse_unknown(document, _ASKABLE, of=of)
        with naming(names_of(document)):
            require_known(document, LOGIN_FIELDS, of=of)
            fields = Fields(document, of=of)
            fields.require_engine(self._engine.secret_engines)
            host, port = self._address(fields, user, ticket)
            login = Login(
                username=fields.text("username"),
                password=Secret(fields.text("password")),
                host=host,
                port=port,
                dbname=fields.name("dbname"),
                # Who may write the rotated secret does not decide how the admin's password travels.
                tls=user.tls or fields.flag("ssl", default=True),
                document=document,
                tls_host=fields.optional_host("tls_host"),
            )
            self._engine.check(login)
        self._require_same_server(login, user)
        return login

    def _address(self, fields: Fields, user: Login, ticket: Ticket[Login]) -> tuple[str, int]:
        """Where the admin logs in: as its secret says, or RDS, which keeps a login only there."""
        if fields.document.get("host") is not None or self._directory is None:
            return fields.host("host"), fields.port("port", default=self._engine.default_port)
        arn = str(user.document[_FIELD])
        with naming({_FIELD: _field(user)}), _reading(arn):
            return self._directory.address(ticket.tags_of(arn))

    @contextmanager
    def session(self, user: Login, ticket: Ticket[Login]) -> Iterator[tuple[Login, S]]:
        """Log in as the admin; raises as `login` and as logging in does."""
        with ExitStack() as stack:
            # Here and not around the block: what that raises is about the user.
            yield self._enter(user, ticket, stack)

    def _enter(self, user: Login, ticket: Ticket[Login], stack: ExitStack) -> tuple[Login, S]:
        login = self.login(user, ticket)
        arn = str(user.document[_FIELD])
        try:
            with _logging_in(login, user):
                return login, self._logins.enter(login, stack)
        except Rejected as rejected:
            refusal = rejected
        # An earlier step may have read it, and the admin may be rotated itself.
        fresh = self.login(user, ticket, again=True)
        if fresh.password != login.password:
            with _logging_in(fresh, user):
                return fresh, self._logins.enter(fresh, stack)
        if ticket.is_rotating(arn):
            raise Busy(
                f"{refusal.what}: {arn} is being rotated itself",
                do=f"{NEXT_ATTEMPT}; if it goes on, end that rotation first",
                field=_FIELD,
            )
        raise refusal

    def _require_same_server(self, admin: Login, user: Login) -> None:
        if (admin.host, admin.port) == (user.host, user.port):
            return
        elsewhere = admin.host != user.host
        # By the names that their certificates have: nobody but the server itself has one of RDS's.
        names = (user.verified_host, admin.verified_host)
        if elsewhere and self._directory and self._directory.same_data(*names):
            return
        raise TargetMismatch(
            f"the admin's secret is for {admin.host}:{admin.port}, which is neither {user.host}:"
            f"{user.port} nor, for Amazon RDS, what that is a replica or reader of",
            do=f"correct '{_FIELD}', or 'host' and 'port' in one of the secrets",
            field=_FIELD,
        )


def _arn(user: Login, ticket: Ticket[Login]) -> str:
    """The ARN of the admin's secret, in this region: a function can read no other.

    Raises MalformedSecret, without what is no ARN: it may be another field's value, by a slip.
    """
    arn = Fields(user.document).text(_FIELD)
    there, here = region_of(arn), region_of(ticket.secret_arn)
    if there is None:
        raise MalformedSecret(
            f"field '{_FIELD}' of the secret is not the ARN of a secret",
            do=f"let '{_FIELD}' be the ARN of the admin's secret",
            field=_FIELD,
        )
    if here and there != here:
        raise MalformedSecret(
            f"field '{_FIELD}' of the secret names a secret in {there}, and this one is in {here}",
            do=f"replicate the admin's secret to {here}, and name the replica",
            field=_FIELD,
        )
    return arn


@contextmanager
def _reading(arn: str) -> Iterator[None]:
    """Tell why the admin's secret cannot be read by the field that names it."""
    try:
        yield
    except (InvalidEvent, Forbidden) as error:
        what, do, denied = error.what, error.do, isinstance(error, Forbidden)
    else:
        return
    if denied:
        raise Forbidden(what, do=do, field=_FIELD)
    raise MalformedSecret(
        f"there is no secret to read for field '{_FIELD}' ({what})",
        do=f"let '{_FIELD}' be the ARN of the admin's secret, or restore {arn}",
        field=_FIELD,
    )


@contextmanager
def _logging_in(admin: Login, user: Login) -> Iterator[None]:
    """Tell why the admin is not let in as an error about its secret."""
    arn = str(user.document[_FIELD])
    try:
        with naming(names_of(admin.document)):
            yield
    except Permanent as error:
        do = _STORE.format(arn) if isinstance(error, Rejected) else error.do
        what = f"{error.what}, for the admin's login in {arn}"
        problem = type(error)(what, do=do, field=_field(user)).rename_fields({})
    else:
        return
    raise problem


def _field(user: Login) -> str:
    """What the user's secret calls the field that names the admin's."""
    return place_of(user.document, _FIELD)[0]
