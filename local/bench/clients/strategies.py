"""What is rotated while clients use it: each strategy of each kind of target."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.bench.cases import CASES, ComparedStrategy
from local.bench.clients.issuer import WAYS, bench_issuer
from local.bench.clients.keys import KeyTarget
from local.bench.clients.where import Where
from local.servers import mysql
from local.targets import DatabaseTarget, Place, Target
from rotators.mysql.testing import MySQLTarget

_SHORT = ComparedStrategy("", 0, mysql, MySQLTarget, "short", {"SHORT_GAP": "true"})
_CASES = {**CASES, "mysql-short-gap": _SHORT}


@dataclass(frozen=True, slots=True)
class Strategy:
    """case: a user of local/bench/cases.py, or the way of a key.

    kills: the steps at whose end the function is killed, by turns.
    """

    title: str
    case: str
    kills: tuple[str, ...] = ("setSecret", "testSecret", "finishSecret")

    def target(self, place: Place) -> Target:
        """It, where its server runs."""
        if self.case in WAYS:
            return KeyTarget(place.running(bench_issuer), self.case)
        return _CASES[self.case].target(place)


def where(target: Target, secret: str, environment: dict[str, str]) -> Where:
    """Where its clients find it."""
    if isinstance(target, KeyTarget):
        url = f"{target.issuer.url}/me"
        return Where("http", secret, environment, target.issuer.authority.ca, url=url)
    if not isinstance(target, DatabaseTarget):
        raise TypeError("a target of the bench is a database's user or a key")
    server = target.server
    at = server.host, server.port, server.database
    return Where(server.engine, secret, environment, server.ca, *at)


_AT_ONCE = ("createSecret", "testSecret", "finishSecret")
STRATEGIES: Mapping[str, Strategy] = {
    "postgres": Strategy("PostgreSQL, single", "postgres"),
    "postgres-short-gap": Strategy("PostgreSQL, single, short gap", "postgres-short-gap"),
    "postgres-alternating": Strategy("PostgreSQL, alternating", "postgres-alternating"),
    "mysql": Strategy("MySQL, single", "mysql"),
    "mysql-short-gap": Strategy("MySQL, single, short gap", "mysql-short-gap"),
    "mysql-overlap": Strategy("MySQL, single, overlap", "mysql-overlap"),
    "mysql-alternating": Strategy("MySQL, alternating", "mysql-alternating"),
    "mariadb": Strategy("MariaDB, single", "mariadb"),
    "mariadb-alternating": Strategy("MariaDB, alternating", "mariadb-alternating"),
    "http-issue": Strategy("HTTP, beside", "issue", _AT_ONCE),
    "http-replace": Strategy("HTTP, replaced", "replace", _AT_ONCE),
    "http-slots": Strategy("HTTP, two slots", "slots", _AT_ONCE),
    "http-set": Strategy("HTTP, set", "set"),
}
