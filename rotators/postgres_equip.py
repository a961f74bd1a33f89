"""Making one of two PostgreSQL roles the clone of the other, step by step."""

import logging

from psycopg import sql

from rotators.postgres_clones import Change, authority, changes, create, link
from rotators.postgres_roles import Connection, Pair, read_pair
from shared.errors import TargetMismatch

LOG = logging.getLogger(f"rotation.{__name__}")

_WHERE = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_database()::text"


def refusal(connection: Connection, pair: Pair, twin: str) -> TargetMismatch:
    """A role of that name is there, and nothing tells that it is this secret's to change."""
    clone = twin if pair.clone is None else pair.clone.name
    adopt = sql.SQL("GRANT {} TO {}").format(
        sql.Identifier(pair.original.name), sql.Identifier(clone)
    )
    return TargetMismatch(
        f"the role {twin!r} exists, and neither the server nor a stored password shows that it "
        "alternates with the secret's",
        do=f"if it is this application's own: {adopt.as_string(connection)}; if not, rotate "
        "another user, or rename one",
        field="username",
    )


def adopt(connection: Connection, pair: Pair) -> None:
    """Let the server show that the two belong together."""
    if pair.clone is not None:
        LOG.info("adopting %r as the clone of %r", pair.clone.name, pair.original.name)
        link(connection, pair.original.name, pair.clone.name).run(connection)


def follow(connection: Connection, me: str, twin: str) -> None:
    """Where `twin` is the clone, make it if need be, and let it follow its original."""
    pair = read_pair(connection, me, twin)
    if pair.clone is None:
        create(connection, twin).run(connection)
        link(connection, me, twin).run(connection)
        pair = read_pair(connection, me, twin)
    if not pair.linked:  # made by somebody since the caller looked
        raise refusal(connection, pair, twin)
    if pair.clone is None or pair.clone.name == me:
        return  # what the original may do is nobody's to change here
    for change in changes(connection, pair, pair.clone):
        change.run(connection)
    if pair.clone.owns and not pair.acts:
        LOG.warning(
            "%r owns objects, so it does not act as %r yet: they are handed over when it is "
            "the current user, at the next rotation",
            twin,
            me,
        )


def owes(connection: Connection, clone: str, original: str) -> bool:
    """Whether the clone owns something in this database and can give it away here."""
    replica, here = connection.execute(_WHERE).fetchall()[0]
    pair = read_pair(connection, clone, original)
    return replica is False and pair.clone is not None and here in pair.clone.owns


def hand_over(connection: Connection, clone: str, original: str) -> None:
    """Give the original what the clone, whose session this is, owns in this database."""
    statement = sql.SQL("REASSIGN OWNED BY {} TO {}").format(
        sql.Identifier(clone), sql.Identifier(original)
    )
    Change(f"the owner of what {clone!r} owns", statement, statement).run(connection)


def set_password(connection: Connection, username: str, statement: sql.Composed) -> None:
    """As an admin."""
    remedy = authority(connection, username) + sql.SQL(
        " -- and on RDS with rds.restrict_password_commands: GRANT rds_password TO {}"
    ).format(sql.Identifier(connection.info.user))
    Change(f"the password of {username!r}", statement, remedy).run(connection)
