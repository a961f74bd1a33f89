"""What the server is, by what it executes: its greeting and VERSION() may say anything.

A greeting comes from poolers and gateways too, and before TLS; `--version` fakes both.
"""

from typing import NamedTuple

from rotators.mysql.account import Account

# MariaDB alone executes what is in /*M! */, and leaves out what is for MySQL 5.7 to 9; each goes by
# the version that it was built as. MySQL keeps two passwords since 8.0.14.
# Sources: MariaDB documentation, "Comment Syntax"; MySQL Reference Manual, "Comments".
FACTS = (
    "SELECT CURRENT_USER(), CONNECTION_ID(), /*M! 1 + */ 0, /*!50706 1 + */ 0, /*!80014 1 + */ 0"
)
_THREAD_ID = 1 << 32  # the greeting has that much of it


class ServerFacts(NamedTuple):
    """What the server answers of itself in a session.

    effective_account: the account whose rights the session has, whatever name it logged in with.
    known: whether it executes what MySQL or MariaDB does; where not, nothing else can be relied on.
    pooled: whether the session is another one than the one that was greeted.
    """

    effective_account: Account
    known: bool
    mariadb: bool
    has_dual_passwords: bool
    pooled: bool

    @classmethod
    def parse(cls, row: tuple[object, ...], greeted: int) -> "ServerFacts":
        """Return what the row that answers FACTS says; greeted: the id in the greeting."""
        account, session, mariadb, mysql, dual = row
        return cls(
            effective_account=Account.parse(str(account)),
            known=1 in (mariadb, mysql),
            mariadb=mariadb == 1,
            has_dual_passwords=mariadb != 1 and dual == 1,
            pooled=int(str(session)) % _THREAD_ID != greeted % _THREAD_ID,
        )
