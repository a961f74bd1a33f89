"""Other sessions: who is logged in, and ending those of the user that is logged in itself."""

import math
from collections.abc import Callable, Mapping, Sequence

from rotators.mysql.connection import APPLICATION, AdminRight, Connection
from rotators.mysql.error_numbers import READING_DENIED, ErrorNumber
from rotators.mysql.errors import sessions_unshown
from shared.errors import Misconfigured, RotationError
from shared.patience import tries
from shared.protocol.readers import VARIABLE, session

# Who lacks PROCESS is shown the sessions of its own name only.
_SESSIONS = "SHOW PROCESSLIST"
_OWN = "SELECT CONNECTION_ID()"
# TIME is how long it has been idle, or in one statement: it has lasted for so long at least. On
# MySQL, not on MariaDB, a session may make it longer by SET timestamp.
_SEEN = (
    "SELECT id, host, user FROM information_schema.processlist"
    " WHERE user = %s AND id <> CONNECTION_ID() AND (%s = 0 OR time > %s)"
)
# Counted first: it is refused to who lacks PROCESS, who would be shown no sessions of others.
_SEEN_BY_ADMIN = (
    "SELECT id, host, user FROM (SELECT COUNT(*) FROM information_schema.innodb_cmpmem) AS may,"
    " information_schema.processlist"
    " WHERE user = %s AND id <> CONNECTION_ID() AND (%s = 0 OR time > %s)"
)
# Beyond the longer one only a session that has set its own is there still.
_IDLE_LIMIT = "SELECT GREATEST(@@GLOBAL.wait_timeout, @@GLOBAL.interactive_timeout)"
# A session shows its user's name, and its client's address, but not by which account it was let in.
_ACCOUNTS = "SELECT COUNT(*) FROM mysql.user WHERE user = %s AND host <> ''"
# Of a rotation that only logs in to prove a password, which takes as long as a login.
BRIEF_SECONDS = 0.5
# Everybody may read what those of its own account call themselves.
_NAMED = (
    "SELECT processlist_id, attr_value FROM performance_schema.{} WHERE attr_name = 'program_name'"
)


class OtherSessions:
    """Those that began before the first `end`; also a login that was under way then.

    A server numbers its sessions in the order in which they begin.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._until: int | None = None

    def end(self) -> Mapping[str, str]:
        """Tell them to end; gives those that are there, by id, each with the SQL.

        Raises RotationError.
        """
        user = self._connection.account.user
        ((own,),) = self._connection.run(_OWN)
        rows = self._connection.run(_SESSIONS)
        numbers = [int(str(row[0])) for row in rows if str(row[1]) == user]
        if self._until is None:
            self._until = max(numbers, default=0)
        others = [each for each in numbers if each <= self._until and each != int(str(own))]
        statements = {str(each): f"KILL CONNECTION {each:d}" for each in others}
        for statement in statements.values():
            self._connection.run_expecting(statement, errors=(ErrorNumber.NO_SUCH_THREAD,))
        return statements


def sessions_of(connection: Connection, user: str, lasting: float) -> Sequence[str]:
    """Return what messages call the sessions of the name, but for rotations' own; see Session.

    Raises Forbidden; Misconfigured where none is shown, and one that is idle would not be there.
    """
    is_own = user == connection.effective_account.user
    grant = AdminRight("PROCESS ON *.*").grant_to(connection.effective_account)
    unshown = _when_denied(connection, grant)
    seconds = str(math.ceil(lasting))
    statement = _SEEN if is_own else _SEEN_BY_ADMIN

    def look() -> dict[object, str]:
        rows = connection.run(statement, user, seconds, seconds, otherwise=unshown)
        # Unlike the server's comparison, names of users tell capital letters from small ones.
        return {number: str(host) for number, host, name in rows if name == user}

    found = look()
    if lasting and not found:
        _require_shown(connection, lasting)
    names = _read_names(connection, is_own=is_own) if found else {}
    if found and not names:
        found = _without_brief(found, look)
    accounts = _accounts_of(connection, user) if found else ""
    return [
        f"{session(user, _address(host), names.get(number, ''))}{accounts}"
        for number, host in found.items()
        if names.get(number) != APPLICATION
    ]


def _require_shown(connection: Connection, lasting: float) -> None:
    """Raise Misconfigured where the server ends sessions before they are so old."""
    ((limit,),) = connection.run(_IDLE_LIMIT)
    if lasting > int(str(limit)):
        raise Misconfigured(
            f"mysql {connection.login.address}: the server ends sessions that are idle for {limit} "
            "s, so it shows none that is as old as the password in use",
            do="let users alternate, as the server shows all sessions of the other one; or set "
            f"{VARIABLE} to warn",
            field=VARIABLE,
        )


def _accounts_of(connection: Connection, user: str) -> str:
    """Return the words for several accounts of the name, where they show."""
    try:
        ((number,),) = connection.run(_ACCOUNTS, user, otherwise=_when_denied(connection, ""))
    except RotationError:  # they are told without it
        return ""
    return f", by one of {number} accounts of that name" if int(str(number)) > 1 else ""


def _without_brief(
    found: dict[object, str], look: Callable[[], dict[object, str]]
) -> dict[object, str]:
    """Return those that stay for a while, where none says that it is a rotation's own."""
    for _ in tries(BRIEF_SECONDS):
        found = {number: host for number, host in look().items() if number in found}
    return found


def _read_names(connection: Connection, *, is_own: bool) -> Mapping[object, str]:
    """Return what sessions call themselves, by id; nothing where that is not shown."""
    table = "session_account_connect_attrs" if is_own else "session_connect_attrs"
    try:
        rows = connection.run(_NAMED.format(table), otherwise=_when_denied(connection, ""))
    except RotationError:  # they are told without it
        return {}
    return {number: str(name) for number, name in rows}


def _when_denied(connection: Connection, grant: str) -> Mapping[int, RotationError]:
    return {number: sessions_unshown(connection.login, grant) for number in READING_DENIED}


def _address(host: str) -> str:
    """Return it without the port, which is new with each session."""
    address, _, port = host.rpartition(":")
    return address if address and port.isdecimal() else host
