"""What is compared: each strategy of each engine, and what AWS's functions take for the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local.servers import mariadb, mysql, postgres
from local.targets import Place, Target
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget


@dataclass(frozen=True, slots=True)
class Case:
    """One of them.

    seamless: no login is to fail; reference: ms of failed logins a rotation of AWS's functions,
    which have nothing between single and alternating users.
    """

    strategy: str
    target: Callable[[Place], Target]
    reference: int
    seamless: bool = False


_SHORT_GAP = {"SHORT_GAP": "true"}
_OVERLAP = {"PASSWORD_OVERLAP": "true"}

CASES: Mapping[str, Case] = {
    "postgres": Case(
        "single", lambda place: PostgresTarget(place.running(postgres), "single"), 672
    ),
    "postgres-short-gap": Case(
        "single, short gap",
        lambda place: PostgresTarget(place.running(postgres), "short", _SHORT_GAP),
        672,
    ),
    "postgres-alternating": Case(
        "alternating",
        lambda place: PostgresAlternatingTarget(place.running(postgres), "pair"),
        0,
        seamless=True,
    ),
    "mysql": Case("single", lambda place: MySQLTarget(place.running(mysql), "single"), 690),
    "mysql-overlap": Case(
        "single, overlap",
        lambda place: MySQLTarget(place.running(mysql), "overlap", _OVERLAP),
        690,
        seamless=True,
    ),
    "mysql-alternating": Case(
        "alternating",
        lambda place: MySQLAlternatingTarget(place.running(mysql), "pair"),
        0,
        seamless=True,
    ),
    "mariadb": Case("single", lambda place: MySQLTarget(place.running(mariadb), "single"), 714),
    "mariadb-overlap": Case(
        "single, overlap",
        lambda place: MySQLTarget(place.running(mariadb), "overlap", _OVERLAP),
        714,
        seamless=True,
    ),
    "mariadb-alternating": Case(
        "alternating",
        lambda place: MySQLAlternatingTarget(place.running(mariadb), "pair"),
        0,
        seamless=True,
    ),
}
