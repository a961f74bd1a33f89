"""A MariaDB account's passwords: the entries of its list of authentications.

MariaDB writes statements to its logs as they come, so it gets hashes, made here.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence

from rotators.mysql.connection import Connection, verbatim
from rotators.mysql.error_numbers import ErrorNumber
from rotators.mysql.errors import OTHER_PLUGIN, overlap_forbidden
from rotators.mysql.rights.tokens import Token, split_at, to_sql, tokenize
from shared.secret import Secret

LOG = logging.getLogger(f"rotation.{__name__}")

NATIVE = "mysql_native_password"
# What may follow the list of authentications in SHOW CREATE USER.
_FOLLOWING_CLAUSES = ("REQUIRE", "WITH", "ACCOUNT", "PASSWORD")


def native_password_hash(password: Secret) -> str:
    """Return what mysql_native_password stores: `*` and hex(SHA1(SHA1(password))), upper case.

    Source: MariaDB documentation, "Authentication Plugin - mysql_native_password".
    """
    # The server's format, not a choice: what is hashed is long and random.
    once = hashlib.sha1(password.reveal().encode()).digest()  # noqa: S324 - MySQL's own hash
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324 - the same


class Entries:
    """The entries, each as SQL: `mysql_native_password USING '*...'`, `unix_socket`."""

    def __init__(self, created: str) -> None:
        """Read them from what SHOW CREATE USER answered; none where that is empty."""
        self.all = [to_sql(entry) for entry in _entries(tokenize(created))]

    @property
    def native_hashes(self) -> list[str]:
        """The hashes of the entries that are passwords as this driver sends them."""
        return [entry.split("'")[1] for entry in self.all if _is_native(entry) and "'" in entry]

    def with_native(self, hashes: Iterable[str]) -> str:
        """Return all of them again as SQL, with these hashes in place of the present ones."""
        first = next((i for i, entry in enumerate(self.all) if _is_native(entry)), 0)
        others = [entry for entry in self.all if not _is_native(entry)]
        native = [f"{NATIVE} USING '{hashed}'" for hashed in dict.fromkeys(hashes)]
        return " OR ".join([*others[:first], *native, *others[first:]])


def _is_native(entry: str) -> bool:
    return entry == NATIVE or entry.startswith(f"{NATIVE} ")


def _entries(created: Sequence[Token]) -> list[list[Token]]:
    """Read `CREATE USER ... IDENTIFIED BY PASSWORD '*...'` or `... VIA a USING '...' OR b`."""
    start = next((i for i, token in enumerate(created) if token.is_word("IDENTIFIED")), None)
    if start is None:
        return []
    if created[start + 1].is_word("BY"):
        return [tokenize(f"{NATIVE} USING {created[start + 3].text}")]
    rest = created[start + 2 :]
    end = next((i for i, token in enumerate(rest) if token.is_word(*_FOLLOWING_CLAUSES)), len(rest))
    return split_at(rest[:end], "OR")


class MariaDBPasswords:
    """The passwords of the account that logged in; `admin` sets them, where one is given.

    Every method raises Misconfigured where the first entry is of another plugin.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, password: Secret, admin: Connection | None) -> None:
        """Let only this password be accepted; warns where there is no right to end others."""
        hashed = native_password_hash(password)
        entries = self._read()
        if admin is not None:
            self._write_as_admin(admin, entries.with_native([hashed]))
        elif len(entries.native_hashes) <= 1:
            self._connection.run("SET PASSWORD = %s", hashed)
        elif not self._write_own(entries.with_native([hashed])):
            self._connection.run("SET PASSWORD = %s", hashed)
            LOG.warning(
                "another password of %s stays accepted, which it has no right to end: have an"
                " admin run ALTER USER %s IDENTIFIED VIA with one entry",
                self._connection.login.address,
                self._connection.account,
            )

    def add(self, password: Secret, admin: Connection | None) -> None:
        """Let this password and the session's own be accepted, and no third."""
        accepted = (password, self._connection.login.password)
        hashes = [native_password_hash(each) for each in accepted]
        self._write(self._read().with_native(hashes), admin)

    def end_others(self, password: Secret, admin: Connection | None) -> None:
        """Let only this password, which is one of the entries, be accepted."""
        entries, hashed = self._read(), native_password_hash(password)
        if entries.native_hashes != [hashed]:
            self._write(entries.with_native([hashed]), admin)

    def _read(self) -> Entries:
        ((created,),) = self._connection.run("SHOW CREATE USER %s@%s", *self._connection.account)
        entries = Entries(str(created))
        # SET PASSWORD sets the first entry, whatever its plugin makes of a hash.
        if not entries.all or not _is_native(entries.all[0]):
            raise OTHER_PLUGIN.error(f"mysql {self._connection.login.address}")
        return entries

    def _write(self, entries: str, admin: Connection | None) -> None:
        """Set the entries; raises Forbidden where there is no right to."""
        if admin is not None:
            self._write_as_admin(admin, entries)
        elif not self._write_own(entries):
            raise overlap_forbidden(
                self._connection.login, f"GRANT CREATE USER ON *.* TO {self._connection.account}"
            )

    def _write_own(self, entries: str) -> bool:
        """Set the entries; False where the account has no right to."""
        no_right = (ErrorNumber.SPECIFIC_ACCESS_DENIED_ERROR,)
        account = self._connection.account
        return self._connection.run_expecting(_alter(entries), *account, errors=no_right) is None

    def _write_as_admin(self, admin: Connection, entries: str) -> None:
        admin.run_as_admin(_alter(entries), self._connection.account)


def _alter(entries: str) -> str:
    return f"ALTER USER %s@%s IDENTIFIED VIA {verbatim(entries)}"
