"""Whether a password may be tried on a PostgreSQL role, by what an admin sees of the role."""

import base64
import hashlib
import hmac
import re

import psycopg

from rotators.postgres.connection import Connection
from shared.credentials import Login
from shared.secret import Secret

# A module that bans a role after so many refused logins; 0 where it does not, or is not there.
_BANS_AFTER = "SELECT coalesce(current_setting('credcheck.max_auth_failure', true), '0')::int"
_VERIFIER = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
_SCRAM = re.compile(r"SCRAM-SHA-256\$(\d+):([\w+/=]+)\$([\w+/=]+):[\w+/=]+")


def is_worth_trying(connection: Connection, login: Login, *, blindly: bool) -> bool:
    """Return False where the login would be refused, or may be and the server counts refusals.

    Unless `blindly`, also where it cannot be told whether it would be.
    In the caller's transaction, which goes on where a right is missing.
    """
    verdict = _matches(connection, login)
    if verdict is None:
        if not blindly:
            return False
        ((bans_after,),) = connection.execute(_BANS_AFTER).fetchall()
        return bans_after == 0
    return verdict


def _matches(connection: Connection, login: Login) -> bool | None:
    """Whether the password is the role's; None where this admin cannot tell."""
    try:
        with connection.transaction():  # a savepoint
            row = connection.execute(_VERIFIER, [login.username]).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
    if row is None or row[0] is None:
        return False
    return _is_of(str(row[0]), login.username, login.password)


def _is_of(verifier: str, role: str, password: Secret) -> bool | None:
    if found := _SCRAM.fullmatch(verifier):
        if not password.reveal().isascii():  # which SASLprep would change before it is hashed
            return None
        rounds, salt, stored = int(found[1]), base64.b64decode(found[2]), base64.b64decode(found[3])
        salted = hashlib.pbkdf2_hmac("sha256", password.reveal().encode(), salt, rounds)
        key = hmac.digest(salted, b"Client Key", "sha256")  # RFC 5802, section 3
        return hmac.compare_digest(hashlib.sha256(key).digest(), stored)
    if verifier.startswith("md5"):
        made = hashlib.md5(password.reveal().encode() + role.encode(), usedforsecurity=False)
        return hmac.compare_digest("md5" + made.hexdigest(), verifier)
    return None
