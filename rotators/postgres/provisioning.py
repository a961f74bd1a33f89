"""Making one of two PostgreSQL roles the clone of the other, step by step."""

import logging
from typing import LiteralString

from psycopg import sql

from rotators.postgres.clones import Change, authority, changes, create, link
from rotators.postgres.roles import Connection, Pair, read_pair
from shared.errors import TargetMismatch

LOG = logging.getLogger(f"rotation.{__name__}")

_WHERE = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_database()::pg_catalog.text"
# Whoever reads or writes a table that is waited for waits behind.
_BRIEFLY = "SET LOCAL lock_timeout = '500ms'"


def make(
    connection: Connection,
    me: str,
    twin: str,
    *,
    proven: bool = False,
    made: bool = False,
) -> TargetMismatch | None:
    """Let `twin` have what the other of the pair has.

    Does nothing and returns the refusal where it is not `proven` to be this secret's, nor shown by
    the server. made: it was, by this very transaction.
    """
    pair = read_pair(connection, me, twin, made=made)
    if pair is None:
        create(connection, twin).run(connection)
        return make(connection, me, twin, proven=True, made=True)
    if not (proven or pair.proven_to(me)):
        return _refusal(connection, pair, me)
    _follow(connection, pair, me)
    return None


def _refusal(connection: Connection, pair: Pair, me: str) -> TargetMismatch:
    clone, original = pair.clone.name, pair.original.name
    adopt: list[LiteralString] = ["GRANT {original} TO {clone}"]
    where = ""
    if clone != me:
        if pair.clone.owns:  # acting as the original, it could not use them any more
            adopt.append("REASSIGN OWNED BY {clone} TO {original}")
            where = f" (REASSIGN in each of the databases {', '.join(map(repr, pair.clone.owns))})"
        adopt.append("ALTER ROLE {clone} SET role = {name}")
    statements = sql.SQL("; ".join(adopt)).format(
        clone=sql.Identifier(clone), original=sql.Identifier(original), name=sql.Literal(original)
    )
    twin = original if clone == me else clone
    return TargetMismatch(
        f"the role {twin!r} exists, and neither the server nor a stored password shows that it "
        "alternates with the secret's",
        do=f"if it is this application's own: {statements.as_string(connection)}{where}; if not, "
        "rotate another user, or rename one",
        field="username",
    )


def _follow(connection: Connection, pair: Pair, me: str) -> None:
    clone = pair.clone
    # What the original may do is nobody's to change here.
    for change in link(connection, pair) if clone.name == me else changes(connection, pair):
        change.run(connection)
    if clone.name != me and clone.owns and not pair.acts:
        LOG.warning(
            "%r owns objects, so it does not act as %r yet: they are handed over when it is "
            "the current user, at the next rotation",
            clone.name,
            pair.original.name,
        )


def owes(connection: Connection, me: str, twin: str) -> bool:
    """Whether `me`, as the clone of `twin`, owns something here and can give it away here."""
    replica, here = connection.execute(_WHERE).fetchall()[0]
    pair = None if replica else read_pair(connection, me, twin)
    if pair is None or pair.clone.name != me or not pair.proven_to(me):
        return False
    return here in pair.clone.owns


def hand_over(connection: Connection, clone: str, original: str) -> None:
    """Give the original what the clone, whose session this is, owns in this database."""
    statement = sql.SQL("REASSIGN OWNED BY {} TO {}").format(
        sql.Identifier(clone), sql.Identifier(original)
    )
    connection.execute(_BRIEFLY)
    Change(f"the owner of what {clone!r} owns", statement, statement).run(connection)


def set_password(connection: Connection, username: str, statement: sql.Composed) -> None:
    """As an admin, or the user's own."""
    admin = sql.Identifier(connection.info.user)
    rds = sql.SQL("GRANT rds_password TO {}").format(admin)
    advice = ""
    if connection.info.user == username:
        advice = (
            "let the role change its own password (on RDS with rds.restrict_password_commands: "
            f"{rds.as_string(connection)}), or have the admin do it: ADMIN_SETS_PASSWORD"
        )
    remedy = authority(connection, username) + sql.SQL(
        " -- for a superuser: ALTER ROLE {} SUPERUSER"
        " -- and on RDS with rds.restrict_password_commands: {}"
    ).format(admin, rds)
    Change(f"the password of {username!r}", statement, remedy, advice=advice).run(connection)
