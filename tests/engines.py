"""The targets of the databases by the engine of a server; another engine is a KeyError."""

from collections.abc import Mapping

from psycopg import sql

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


def change_by_hand(
    target: PostgresTarget | MySQLTarget, password: str, username: str | None = None
) -> None:
    """Somebody gives the target's user, or another one, a password that is in no secret."""
    user = username or str(target.document["username"])
    if isinstance(target, PostgresTarget):
        alter = sql.SQL("ALTER ROLE {} PASSWORD {}")
        with target.admin() as admin:
            admin.execute(alter.format(sql.Identifier(user), sql.Literal(password)))
    else:
        with target.admin() as connection, connection.cursor() as cursor:
            cursor.execute("ALTER USER %s@'%%' IDENTIFIED BY %s", (user, password))
