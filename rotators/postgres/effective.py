"""The role that a session's statements are run as, at first and after what poolers do to it."""

import logging
from typing import NamedTuple

from rotators.postgres.connection import Connection
from shared.errors import TargetMismatch

LOG = logging.getLogger(f"rotation.{__name__}")

# Since these, SET SESSION AUTHORIZATION DEFAULT leaves what a role's setting of `role` says
# (release notes of November 2024); 11 and older forget it in every release.
_MENDED_BY = {12: 21, 13: 17, 14: 14, 15: 9, 16: 5, 17: 1}

_EFFECTIVE = "SELECT current_user::pg_catalog.text, pg_catalog.current_database()::pg_catalog.text"
# DISCARD ALL itself may not be in a transaction.
_BEFORE_AND_AFTER_RESET = (
    f"{_EFFECTIVE}; SAVEPOINT as_it_was; SET SESSION AUTHORIZATION DEFAULT; RESET ALL;"
    f" {_EFFECTIVE}; ROLLBACK TO SAVEPOINT as_it_was"
)


class EffectiveRole(NamedTuple):
    """The role that a session's statements are run as, and the database that it is in."""

    role: str
    database: str


def effective_roles(connection: Connection) -> tuple[EffectiveRole, EffectiveRole]:
    """Return it as the server set the session up, and as that part of DISCARD ALL does.

    That part is undone at once. Read it before the session sets anything that could change it.
    """
    results = connection.execute(_BEFORE_AND_AFTER_RESET).results()
    before, after = (row for result in results if result.description for row in result)
    return EffectiveRole(*map(str, before)), EffectiveRole(*map(str, after))


def verify_reset(connection: Connection, clone: str, acts_as: str, expected: str) -> None:
    """Verify that the clone acts as it did when a pooler has reset its session.

    acts_as: the role then. Raises TargetMismatch where a newer release of the server's version
    keeps it; where there is none, writes a warning.
    """
    if acts_as == expected:
        return
    version, release = divmod(connection.info.server_version, 10000)
    if version not in _MENDED_BY:
        LOG.warning(
            "after DISCARD ALL %r acts as %r, not as %r, and no release of PostgreSQL %s mends it",
            clone, acts_as, expected, version,
        )  # fmt: skip
        return
    raise TargetMismatch(
        f"after DISCARD ALL, which poolers and some drivers send, {clone!r} acts as {acts_as!r}, "
        f"not as {expected!r}, on PostgreSQL {version}.{release}",
        do=f"update the server to {version}.{_MENDED_BY[version]} or newer and rotate again, or "
        "rotate a single user",
        field="host",
    )
