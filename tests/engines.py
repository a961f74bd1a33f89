"""The targets of the databases by the engine of a server; another engine is a KeyError."""

from collections.abc import Mapping

from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget

SINGLE: Mapping[str, type[PostgresTarget | MySQLTarget]] = {
    "postgres": PostgresTarget,
    "mysql": MySQLTarget,
    "mariadb": MySQLTarget,
}
ALTERNATING: Mapping[str, type[PostgresAlternatingTarget | MySQLAlternatingTarget]] = {
    "postgres": PostgresAlternatingTarget,
    "mysql": MySQLAlternatingTarget,
    "mariadb": MySQLAlternatingTarget,
}
