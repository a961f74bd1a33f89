"""The cases of the fault tests: every function and strategy on every real server."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from local.targets import DatabaseTarget, Place, Target, registry
from rotators.http_api_key.testing import IssuerTarget
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from rotators.valkey.testing import ValkeyTarget, of_nodes
from tests.fixtures.replicas import wait_for_user
from tests.issuers.described import BESIDE, CHOSEN, EXAMPLES, REPLACED, SELF, SLOTS, target_of

Make = Callable[[pytest.FixtureRequest], Target]


@dataclass(frozen=True)
class RotationCase:
    """A way to rotate, and what it promises.

    seamless: AWSCURRENT is accepted whenever a step has ended or was killed.
    outlives: some stored version is accepted then. Only an issuer that returns the new key when
    it ends the old one cannot promise this, as a crash can lose its answer.
    replaces: each request to the issuer ends the key that the request before returned, so two
    copies at once can end each other's key; the next rotation recovers from that.
    first: each run is a user's first rotation, which makes its clone.
    late: how often a replica is asked, and so which calls are made, depends on how late it is.
    """

    name: str
    make: Make
    seamless: bool = False
    outlives: bool = True
    replaces: bool = False
    first: bool = False
    late: bool = False

    def __str__(self) -> str:
        return self.name


def _username() -> str:
    return f"app_{uuid.uuid4().hex[:10]}"


def _postgres(server: str, **settings: str) -> Make:
    return lambda request: PostgresTarget(request.getfixturevalue(server), _username(), settings)


def _postgres_pair(server: str) -> Make:
    return lambda request: PostgresAlternatingTarget(request.getfixturevalue(server), _username())


def _mysql(server: str, **settings: str) -> Make:
    return lambda request: MySQLTarget(request.getfixturevalue(server), _username(), settings)


def _mysql_pair(server: str) -> Make:
    return lambda request: MySQLAlternatingTarget(request.getfixturevalue(server), _username())


def _valkey(server: str, **settings: str) -> Make:
    def make(request: pytest.FixtureRequest) -> Target:
        place: Place = request.getfixturevalue("place")
        return ValkeyTarget(place.running(registry.servers()[server].run), _username(), settings)

    return make


def _valkey_replicas(**settings: str) -> Make:
    return lambda request: of_nodes(request.getfixturevalue("place"), _username(), settings)


def _pooled(make: Make) -> Make:
    """The same, where the secrets name a pooler."""

    def make_pooled(request: pytest.FixtureRequest) -> Target:
        target = make(request)
        assert isinstance(target, DatabaseTarget)
        target.name_pooler(request.getfixturevalue("pooled_postgres_server"))
        return target

    return make_pooled


def _read(make: Make, reader: str) -> Make:
    """The same, where the secret names a replica, which has the user already."""

    def make_read(request: pytest.FixtureRequest) -> Target:
        target, replica = make(request), request.getfixturevalue(reader)
        assert isinstance(target, DatabaseTarget)
        target.name_reader(replica)
        user, password = str(target.document["username"]), str(target.document["password"])
        wait_for_user(replica, user, password)
        return target

    return make_read


def _issuer(request: pytest.FixtureRequest) -> Target:
    return IssuerTarget(request.getfixturevalue("jupyterhub"), "JupyterHub")


def _described(way: str, number: int = 0, *, resets: bool = False) -> Make:
    def make(request: pytest.FixtureRequest) -> Target:
        shop, stub = request.getfixturevalue("shop"), request.getfixturevalue("stub")
        target = target_of(EXAMPLES[way][number], shop, stub, {})
        target.resets = resets
        return target

    return make


OVERLAP: Mapping[str, str] = {"PASSWORD_OVERLAP": "true"}
UNTIL_FINISH: Mapping[str, str] = {**OVERLAP, "OLD_PASSWORD_ENDS": "on-finish"}
BY_ADMIN: Mapping[str, str] = {"ADMIN_SETS_PASSWORD": "true"}
SHORT_GAP: Mapping[str, str] = {"SHORT_GAP": "true"}

POSTGRES = (
    RotationCase("PostgresSingleUser", _postgres("postgres_server")),
    RotationCase("PostgresSingleUser by admin", _postgres("postgres_server", **BY_ADMIN)),
    RotationCase("PostgresSingleUser short gap", _postgres("postgres_server", **SHORT_GAP)),
    *(
        RotationCase(
            f"PostgresAlternatingUsers {name}", _postgres_pair(server), seamless=True, first=first
        )
        for server, name, first in (
            ("postgres_server", "17, first", True),
            ("postgres_server", "17, next", False),
            ("postgres_15_server", "15, first", True),
        )
    ),
)
MYSQL = tuple(
    case
    for server, name in (("mariadb_server", "MariaDB"), ("mysql_server", "MySQL"))
    for case in (
        RotationCase(f"MySqlSingleUser {name}", _mysql(server)),
        RotationCase(f"MySqlSingleUser {name}, by admin", _mysql(server, **BY_ADMIN)),
        RotationCase(f"MySqlSingleUser {name}, overlap", _mysql(server, **OVERLAP), seamless=True),
        RotationCase(
            f"MySqlSingleUser {name}, overlap until finish",
            _mysql(server, **UNTIL_FINISH),
            seamless=True,
        ),
        RotationCase(f"MySqlSingleUser {name}, short gap", _mysql(server, **SHORT_GAP)),
        RotationCase(
            f"MySqlAlternatingUsers {name}, first", _mysql_pair(server), seamless=True, first=True
        ),
        RotationCase(f"MySqlAlternatingUsers {name}, next", _mysql_pair(server), seamless=True),
    )
)
VALKEY = (
    RotationCase("ValkeyUser Valkey", _valkey("valkey")),
    RotationCase("ValkeyUser Valkey, by admin", _valkey("valkey", **BY_ADMIN)),
    RotationCase(
        "ValkeyUser Redis, overlap until finish", _valkey("redis", **UNTIL_FINISH), seamless=True
    ),
    RotationCase(
        "ValkeyUser replicas, overlap by admin",
        _valkey_replicas(**OVERLAP, **BY_ADMIN),
        seamless=True,
    ),
)
# The secret names another server than the one that has the user.
ELSEWHERE = (
    RotationCase("PostgresSingleUser pooler", _pooled(_postgres("postgres_server"))),
    RotationCase(
        "PostgresAlternatingUsers pooler", _pooled(_postgres_pair("postgres_server")), seamless=True
    ),
    RotationCase(
        "PostgresSingleUser by admin, standby",
        _read(_postgres("postgres_writer", **BY_ADMIN), "postgres_reader"),
        late=True,
    ),
    RotationCase(
        "PostgresAlternatingUsers standby",
        _read(_postgres_pair("postgres_writer"), "postgres_reader"),
        seamless=True,
        late=True,
    ),
    RotationCase(
        "MySqlSingleUser MySQL, overlap by admin, replica",
        _read(_mysql("mysql_writer", **OVERLAP, **BY_ADMIN), "mysql_reader"),
        seamless=True,
        late=True,
    ),
)


def _offered(name: str) -> Make:
    return lambda request: registry.targets()[name].make(request.getfixturevalue("place"))


KEYS = (
    RotationCase("HttpApiKey JupyterHub", _issuer, seamless=True),
    RotationCase("HttpApiKey issued beside", _described(BESIDE), seamless=True),
    RotationCase("HttpApiKey issued by itself", _described(SELF), seamless=True),
    RotationCase("HttpApiKey two slots", _described(SLOTS), seamless=True, replaces=True),
    RotationCase("HttpApiKey chosen, by admin", _described(CHOSEN)),
    RotationCase("HttpApiKey chosen, by itself", _described(CHOSEN, 1)),
    # A crash can lose the only key, which without `resets` waits for a person.
    RotationCase(
        "HttpApiKey replaced", _described(REPLACED, resets=True), outlives=False, replaces=True
    ),
    RotationCase("IamAccessKey", _offered("iam"), seamless=True),
)


_COVERED = {case.name.split()[0] for case in (*POSTGRES, *MYSQL, *VALKEY, *KEYS)}
# Every function without a case above, on the targets that its kind declares.
OTHERS = tuple(
    RotationCase(f"{offer.function} {name}", _offered(name))
    for name, offer in registry.targets().items()
    if offer.function not in _COVERED
)
CASES = (*POSTGRES, *MYSQL, *VALKEY, *KEYS, *OTHERS)
