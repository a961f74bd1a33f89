"""A MariaDB account's passwords: the entries of its list of authentications.

MariaDB writes statements to its logs as they come, so it gets hashes, made here.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence

from rotators.mysql.connection import Wire, verbatim
from rotators.mysql.errors import OTHER_PLUGIN, overlap_forbidden
from rotators.mysql.rights.tokens import Token, spelled, split, tokens
from shared.secret import Secret

LOG = logging.getLogger(f"rotation.{__name__}")

NATIVE = "mysql_native_password"
_DENIED = 1227
# What ends the list of authentications in SHOW CREATE USER.
_AFTER = ("REQUIRE", "WITH", "ACCOUNT", "PASSWORD")


def native_password_hash(password: Secret) -> str:
    """What mysql_native_password stores: `*` and hex(SHA1(SHA1(password))), upper case.

    Source: MariaDB documentation, "Authentication Plugin - mysql_native_password".
    """
    # The server's format, not a choice: what is hashed is long and random.
    once = hashlib.sha1(password.reveal().encode()).digest()  # noqa: S324 - MySQL's own hash
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324 - the same


class Entries:
    """The entries, each as SQL: `mysql_native_password USING '*...'`, `unix_socket`."""

    def __init__(self, created: str) -> None:
        self.all = [spelled(each) for each in _entries(tokens(created))]

    @property
    def native(self) -> list[str]:
        """The hashes of the entries that are passwords as this driver sends them."""
        return [each.split("'")[1] for each in self.all if _is_native(each) and "'" in each]

    def with_native(self, hashes: Iterable[str]) -> str:
        """All of them again as SQL, with these hashes in place of the present ones."""
        first = next((i for i, each in enumerate(self.all) if _is_native(each)), 0)
        others = [each for each in self.all if not _is_native(each)]
        made = [f"{NATIVE} USING '{each}'" for each in dict.fromkeys(hashes)]
        return " OR ".join([*others[:first], *made, *others[first:]])


def _is_native(entry: str) -> bool:
    return entry == NATIVE or entry.startswith(f"{NATIVE} ")


def _entries(created: Sequence[Token]) -> list[list[Token]]:
    """Of `CREATE USER ... IDENTIFIED BY PASSWORD '*...'` or `... VIA a USING '...' OR b`."""
    start = next((i for i, token in enumerate(created) if token.says("IDENTIFIED")), None)
    if start is None:
        return []
    if created[start + 1].says("BY"):
        return [tokens(f"{NATIVE} USING {created[start + 3].text}")]
    rest = created[start + 2 :]
    end = next((i for i, token in enumerate(rest) if token.says(*_AFTER)), len(rest))
    return split(rest[:end], "OR")


class MariaDBPasswords:
    """Of the account that logged in; `by` is the admin's connection where that one sets them."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def replace(self, password: Secret, by: Wire | None) -> None:
        """Let only this password be accepted."""
        new = native_password_hash(password)
        entries = self._read()
        if by is not None:
            self._write_by(by, entries.with_native([new]))
        elif len(entries.native) <= 1:
            self._wire.run("SET PASSWORD = %s", new)
        elif self._write_refused(entries.with_native([new])):
            self._wire.run("SET PASSWORD = %s", new)
            LOG.warning(
                "another password of %s stays accepted, which it has no right to end: have an"
                " admin run ALTER USER %s IDENTIFIED VIA with one entry",
                self._wire.login.address,
                self._wire.account,
            )

    def add(self, password: Secret, by: Wire | None) -> None:
        """Let this password and the session's own be accepted, and no third."""
        mine = self._wire.login.password
        both = [native_password_hash(each) for each in (password, mine)]
        self._write_or_raise(self._read().with_native(both), by)

    def keep(self, password: Secret, by: Wire | None) -> None:
        """Let only this password, which is one of the entries, be accepted."""
        entries, one = self._read(), native_password_hash(password)
        if entries.native != [one]:
            self._write_or_raise(entries.with_native([one]), by)

    def _read(self) -> Entries:
        ((created,),) = self._wire.run("SHOW CREATE USER %s@%s", *self._wire.account)
        entries = Entries(str(created))
        # SET PASSWORD sets the first entry, whatever its plugin makes of a hash.
        if not entries.all or not _is_native(entries.all[0]):
            raise OTHER_PLUGIN.error(f"mysql {self._wire.login.address}")
        return entries

    def _write_or_raise(self, entries: str, by: Wire | None) -> None:
        if by is not None:
            self._write_by(by, entries)
        elif self._write_refused(entries):
            raise overlap_forbidden(
                self._wire.login, f"GRANT CREATE USER ON *.* TO {self._wire.account}"
            )

    def _write_refused(self, entries: str) -> int:
        return self._wire.refused(_alter(entries), *self._wire.account, among=(_DENIED,))

    def _write_by(self, by: Wire, entries: str) -> None:
        by.order(_alter(entries), self._wire.account)


def _alter(entries: str) -> str:
    return f"ALTER USER %s@%s IDENTIFIED VIA {verbatim(entries)}"
