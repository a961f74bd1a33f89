"""What must hold of a target after any crash, checked with the tests' own clients."""

from collections.abc import Iterable
from typing import Any

from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers.issuer import Issuer, ask, tokens
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.credentials import CLONE
from tests.faults.cases import RotationCase
from tests.issuers.described import ShopTarget
from tests.lab import LabSecret


def lockout_problem(secret: LabSecret, case: RotationCase) -> str:
    """Which login that the case promises is refused right after a crash; empty if none is."""
    if secret.target.accepts(secret.value()):
        return ""
    if case.seamless or secret.target.overlaps:
        return "AWSCURRENT is refused"
    labelled = any(_is_accepted(secret, version) for version in secret.labels())
    if case.outlives and not labelled and not secret.accepted_versions():
        return "no stored version is accepted"
    return ""


def assert_rotation_finished(
    secret: LabSecret, current: str, previous: str | None, abandoned: Iterable[str]
) -> None:
    """Assert what holds after every finished rotation: labels, logins, rights, and no orphans.

    abandoned: versions of rotations that never finished, which must be refused.
    """
    assert secret.holder("AWSCURRENT") == current
    assert secret.holder("AWSPREVIOUS") == previous
    assert secret.holder("AWSPENDING") in (None, current)
    expected = {current, previous} if secret.target.overlaps else {current}
    known = {current, previous, *abandoned} - {None}
    accepted = {each for each in known if each and _is_accepted(secret, each)}
    assert accepted == expected - {None}
    assert orphans(secret) == set()
    assert missing_rights(secret) == []


def _is_accepted(secret: LabSecret, version: str) -> bool:
    try:
        document = secret.version(version)
    except secret.lab.client.exceptions.ResourceNotFoundException:
        return False  # abandoned before it had a value, or pruned
    return secret.target.accepts(document)


def orphans(secret: LabSecret) -> set[str]:
    """Users and keys made for this secret that neither AWSCURRENT nor AWSPREVIOUS holds."""
    target = secret.target
    versions = [secret.value(label) for label in ("AWSCURRENT", "AWSPREVIOUS")]
    if isinstance(target, IssuerTarget):
        keys = {key["id"] for key in _keys(target.issuer) if secret.arn in str(key["note"])}
        return keys - {str(version["key_id"]) for version in versions}
    if isinstance(target, ShopTarget):
        values = {str(version[target.key_field]) for version in versions}
        made = {str(key["secret"]) for key in target.shop.keys.values()}
        return made - values if target.overlaps else set()
    if not isinstance(target, PostgresTarget | MySQLTarget):
        return set()
    name = str(target.document["username"])
    return users(target) - ({name, name + CLONE} if target.takes_turns else {name})


def _keys(issuer: Issuer) -> list[dict[str, Any]]:
    listed = ask(issuer, "GET", tokens(issuer.owner), issuer.admin).document["api_tokens"]
    return list(listed)


def users(target: PostgresTarget | MySQLTarget) -> set[str]:
    """The users of the server whose names begin with this secret's username."""
    name = str(target.document["username"])
    if isinstance(target, PostgresTarget):
        with target.admin() as connection:
            rows = connection.execute(
                "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s) AND rolname <> %s",
                [name, f"{name}_group"],
            )
            return {str(row[0]) for row in rows}
    with target.admin() as admin, admin.cursor() as cursor:
        cursor.execute("SELECT user FROM mysql.user WHERE LEFT(user, %s) = %s", (len(name), name))
        return {str(row[0]) for row in cursor.fetchall()}


def missing_rights(secret: LabSecret) -> list[str]:
    """The rights and limits that the target was made with and AWSCURRENT's user lacks."""
    target, value = secret.target, secret.value()
    if isinstance(target, PostgresAlternatingTarget):
        return _postgres_missing_rights(target, value)
    if isinstance(target, MySQLAlternatingTarget):
        return _mysql_missing_rights(target, value)
    return []


def _postgres_missing_rights(target: PostgresAlternatingTarget, value: dict[str, Any]) -> list[str]:
    original = str(target.document["username"])
    with target.open(value) as connection:
        ((member, acts, limit, timeout),) = connection.execute(
            "SELECT pg_has_role(session_user, %s, 'MEMBER'),"
            " pg_has_role(session_user, %s, 'USAGE'),"
            " (SELECT rolconnlimit FROM pg_roles WHERE rolname = session_user),"
            " current_setting('statement_timeout')",
            [f"{original}_group", original],
        )
    has = {"group": member, "original": acts, "limit": limit == 90, "timeout": timeout == "1min"}
    return [name for name, there in has.items() if not there]


def _mysql_missing_rights(target: MySQLAlternatingTarget, value: dict[str, Any]) -> list[str]:
    with target.open(value) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW GRANTS")
        granted = " ".join(str(row[0]) for row in cursor.fetchall())
    with target.admin() as admin, admin.cursor() as cursor:
        cursor.execute(
            "SELECT max_user_connections FROM mysql.user WHERE user = %s", (value["username"],)
        )
        limits = cursor.fetchall()
    has = {
        "SELECT, INSERT": "GRANT SELECT, INSERT ON `orders`.*" in granted,
        "limit": limits == ((90,),),
    }
    return [name for name, there in has.items() if not there]
