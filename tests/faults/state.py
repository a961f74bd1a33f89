"""What must hold of a target after any crash, asked with clients of its own."""

from collections.abc import Iterable
from typing import Any

from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers.issuer import Issuer, ask, tokens
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.credentials import CLONE
from tests.faults.cases import Case
from tests.issuers.described import ShopTarget
from tests.lab import LabSecret


def way_in(secret: LabSecret, case: Case) -> str:
    """What is wrong right after a crash; empty if the stored versions let in who they should."""
    if secret.target.accepts(secret.value()):
        return ""
    if case.seamless or secret.target.overlaps:
        return "AWSCURRENT is refused"
    labelled = any(_accepted(secret, version) for version in secret.labels())
    if case.outlives and not labelled and not secret.accepted_versions():
        return "no stored version is accepted"
    return ""


def settled(secret: LabSecret, current: str, previous: str | None, given_up: Iterable[str]) -> None:
    """The end of a rotation, whatever happened on the way: labels, target, rights, nothing left."""
    assert secret.holder("AWSCURRENT") == current
    assert secret.holder("AWSPREVIOUS") == previous
    assert secret.holder("AWSPENDING") in (None, current)
    live = {current, previous} if secret.target.overlaps else {current}
    known = {current, previous, *given_up} - {None}
    accepted = {each for each in known if each and _accepted(secret, each)}
    assert accepted == live - {None}
    assert orphans(secret) == set()
    assert lacks(secret) == []


def _accepted(secret: LabSecret, version: str) -> bool:
    try:
        document = secret.version(version)
    except secret.lab.client.exceptions.ResourceNotFoundException:
        return False  # given up before it had a value, or pruned
    return secret.target.accepts(document)


def orphans(secret: LabSecret) -> set[str]:
    """Users and keys made for this secret which neither of its two versions holds."""
    target = secret.target
    versions = [secret.value(label) for label in ("AWSCURRENT", "AWSPREVIOUS")]
    if isinstance(target, IssuerTarget):
        ours = {key["id"] for key in _keys(target.issuer) if secret.arn in str(key["note"])}
        return ours - {str(version["key_id"]) for version in versions}
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
    """The users of the server whose names begin as this secret's does."""
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


def lacks(secret: LabSecret) -> list[str]:
    """The rights that the target was made with and that AWSCURRENT's user does not have."""
    target, value = secret.target, secret.value()
    if isinstance(target, PostgresAlternatingTarget):
        return _postgres_lacks(target, value)
    if isinstance(target, MySQLAlternatingTarget):
        return _mysql_lacks(target, value)
    return []


def _postgres_lacks(target: PostgresAlternatingTarget, value: dict[str, Any]) -> list[str]:
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


def _mysql_lacks(target: MySQLAlternatingTarget, value: dict[str, Any]) -> list[str]:
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
