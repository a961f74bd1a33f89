"""Outages in which a target refuses every login, made by an administrator's own means."""

from psycopg import sql

from local.targets import Target
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers.faults import Faults, status
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from tests.faults.state import users

FOR_EVER = 10**6
UNAUTHORIZED = 401


def start_outage(target: Target, faults: Faults) -> None:
    """Have every login of the secret's users, or every key, refused until `end_outage`.

    Raises TypeError for a target that has no such switch.
    """
    match target:
        case PostgresTarget():
            _each_role(target, "NOLOGIN")
        case MySQLTarget():
            _each_account(target, "LOCK")
        case IssuerTarget():
            faults.next("*", status(UNAUTHORIZED), times=FOR_EVER)
        case _:
            raise TypeError(target.title)


def end_outage(target: Target, faults: Faults) -> None:
    """Undo `start_outage`."""
    match target:
        case PostgresTarget():
            _each_role(target, "LOGIN")
        case MySQLTarget():
            _each_account(target, "UNLOCK")
        case _:
            faults.clear()


def _each_role(target: PostgresTarget, option: str) -> None:
    for name in users(target):
        with target.admin() as admin:
            role = sql.Identifier(name)
            admin.execute(sql.SQL("ALTER ROLE {} {}").format(role, sql.SQL(option)))


def _each_account(target: MySQLTarget, option: str) -> None:
    for name in users(target):
        with target.admin() as admin, admin.cursor() as cursor:
            cursor.execute(f"ALTER USER %s@'%%' ACCOUNT {option}", (name,))
