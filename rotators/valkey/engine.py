"""Valkey and Redis as an Engine: users of the server's own lists, on every node."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import ClassVar, Self

from rotators.valkey.connection import Place
from rotators.valkey.managed.naming import keeper_of
from rotators.valkey.managed.session import ManagedSession
from rotators.valkey.node import Node
from rotators.valkey.nodes import main_place, other_places
from rotators.valkey.persistence import Persistence
from rotators.valkey.session import ValkeySession
from shared.credentials import Login
from shared.errors import MalformedSecret
from shared.secret import Secret
from shared.tls import DatabaseAuthorities

_NOT_IN_NAMES = " \t\n\v\f\r"


class ValkeyEngine:
    """Valkey, and Redis 6 and newer: alone, with replicas, or as a cluster."""

    name: ClassVar[str] = "valkey"
    secret_engines: ClassVar[frozenset[str]] = frozenset({"valkey", "valkeys", "redis", "rediss"})
    default_port: ClassVar[int] = 6379
    changes_itself: ClassVar[bool] = True  # who may at all may change every user
    atomic: ClassVar[bool] = False  # changed, then saved; and node by node

    def __init__(self, authorities: DatabaseAuthorities) -> None:
        self._authorities = authorities

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Trusting what TLS_CA_BUNDLE says; raises Misconfigured."""
        return cls(DatabaseAuthorities.from_environment(environment))

    def check(self, login: Login, /) -> None:
        """Raise MalformedSecret for a name that no user can have, for `nodes` and `persistence`.

        And where TLS is switched off: the password would be sent in clear.
        """
        if any(each in _NOT_IN_NAMES for each in login.username):
            raise MalformedSecret(
                f"the user name {login.username!r} has white space in it, which no user's has",
                do="correct 'username' in the secret",
                field="username",
            )
        if not login.tls:
            raise MalformedSecret(
                "secret field 'ssl' switches TLS off, so the server would be sent the password in "
                "clear",
                do="remove 'ssl' or set it to true, and enable TLS on the server",
                field="ssl",
            )
        if keeper_of(login) is None:
            other_places(login)
            Persistence.of(login)

    @contextmanager
    def connect(self, login: Login, /) -> Iterator[ValkeySession]:
        """Log in at the main node; raises Rejected or Unreachable, and never confuses them."""
        with self._enter(main_place(login), login, login.password) as main:
            keeper = keeper_of(login)
            if keeper is None:
                yield ValkeySession(main, login, self._enter)
            else:
                yield ManagedSession(main, login, self._enter, keeper)

    def _enter(self, place: Place, login: Login, password: Secret) -> AbstractContextManager[Node]:
        return Node.logged_in(place, login, password, self._authorities.context(place.name))
