"""Login: parsed from a secret's JSON and rendered to it, with unknown keys kept.

The JSON is what the AWS rotation functions accept; see docs/secrets.md for every field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from shared.document.fields import Fields
from shared.document.form import with_fields
from shared.errors import MalformedSecret
from shared.secret import Secret

# The names by which a secret may say which of its fields is which.
LOGIN_FIELDS = frozenset(
    {"engine", "host", "port", "username", "password", "dbname", "ssl", "tls_host", "masterarn"}
)
CLONE = "_clone"  # what AWS's functions append to the name of an alternating user


@dataclass(frozen=True, slots=True)
class Login:
    """A database user's way in. `document` is the JSON it came from, values in it included.

    tls: False only where the secret and the function's setting both say so.
    tls_host: the name that the server's certificate must have, where that is not `host`.
    """

    username: str
    password: Secret
    host: str
    port: int
    dbname: str | None
    tls: bool
    document: Mapping[str, object] = field(repr=False)
    tls_host: str | None = None

    @classmethod
    def parse(cls, document: Mapping[str, object], *, default_port: int) -> Self:
        """Raises MalformedSecret naming the field.

        `port` may be a string of digits and `ssl` a bool or one of its words, as tutorials have
        them.
        """
        fields = Fields(document)
        return cls(
            username=fields.text("username"),
            password=Secret(fields.text("password")),
            host=fields.host("host"),
            port=fields.port("port", default=default_port),
            dbname=fields.name("dbname"),
            tls=fields.flag("ssl", default=True),
            document=document,
            tls_host=fields.optional_host("tls_host"),
        )

    def render(self) -> dict[str, object]:
        """The document again, with this user and password in it."""
        login = {"username": self.username, "password": self.password.reveal()}
        return with_fields(self.document, login)

    def with_password(self, password: Secret) -> Self:
        """The same user at the same place, with another password."""
        return replace(self, password=password)

    @property
    def twin(self) -> str:
        """The name this user alternates with: `app` and `app_clone`."""
        name = self.username.removesuffix(CLONE)
        return name if name and name != self.username else self.username + CLONE

    @property
    def verified_host(self) -> str:
        """The name or address that the server's certificate must have, where it is looked at."""
        return (self.tls and self.tls_host) or self.host

    @property
    def address(self) -> str:
        """Who and where, for messages: `user 'app' at db:5432`."""
        return f"user {self.username!r} at {self.host}:{self.port}"

    def check_length(self, length: int, *, limit: int, engine: str) -> None:
        """Raises MalformedSecret where a server would refuse the user's name, or cut it short.

        length, limit: in the unit that this engine counts in.
        """
        if length > limit:
            raise MalformedSecret(
                f"the user name {self.username!r} is longer than {limit}, the limit of {engine}",
                do="correct 'username' in the secret; alternating users append '_clone' to it",
                field="username",
            )

    @property
    def target(self) -> tuple[str, int, str]:
        """What must not change in a rotation."""
        return self.host, self.port, self.username
