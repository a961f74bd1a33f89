"""What is compared: each strategy of each engine, and what AWS's functions take for the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from local.servers import mariadb, mysql, postgres
from local.system import Place
from local.targets import (
    MySQLAlternatingTarget,
    MySQLTarget,
    PostgresAlternatingTarget,
    PostgresTarget,
    Target,
)


class Name(StrEnum):
    """The engines and strategies, as `--only` takes them."""

    POSTGRES = "postgres"
    POSTGRES_SHORT_GAP = "postgres-short-gap"
    POSTGRES_ALTERNATING = "postgres-alternating"
    MYSQL = "mysql"
    MYSQL_OVERLAP = "mysql-overlap"
    MYSQL_ALTERNATING = "mysql-alternating"
    MARIADB = "mariadb"
    MARIADB_OVERLAP = "mariadb-overlap"
    MARIADB_ALTERNATING = "mariadb-alternating"


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

CASES: Mapping[Name, Case] = {
    Name.POSTGRES: Case(
        "single", lambda place: PostgresTarget(place.server(postgres), "single"), 672
    ),
    Name.POSTGRES_SHORT_GAP: Case(
        "single, short gap",
        lambda place: PostgresTarget(place.server(postgres), "short", _SHORT_GAP),
        672,
    ),
    Name.POSTGRES_ALTERNATING: Case(
        "alternating",
        lambda place: PostgresAlternatingTarget(place.server(postgres), "pair"),
        0,
        seamless=True,
    ),
    Name.MYSQL: Case("single", lambda place: MySQLTarget(place.server(mysql), "single"), 690),
    Name.MYSQL_OVERLAP: Case(
        "single, overlap",
        lambda place: MySQLTarget(place.server(mysql), "overlap", _OVERLAP),
        690,
        seamless=True,
    ),
    Name.MYSQL_ALTERNATING: Case(
        "alternating",
        lambda place: MySQLAlternatingTarget(place.server(mysql), "pair"),
        0,
        seamless=True,
    ),
    Name.MARIADB: Case("single", lambda place: MySQLTarget(place.server(mariadb), "single"), 714),
    Name.MARIADB_OVERLAP: Case(
        "single, overlap",
        lambda place: MySQLTarget(place.server(mariadb), "overlap", _OVERLAP),
        714,
        seamless=True,
    ),
    Name.MARIADB_ALTERNATING: Case(
        "alternating",
        lambda place: MySQLAlternatingTarget(place.server(mariadb), "pair"),
        0,
        seamless=True,
    ),
}
