"""A MariaDB account's passwords: the entries of its list of authentications.

MariaDB writes statements to its logs as they come, so it gets hashes, made here.
"""

import logging

from rotators.mysql.connection import Connection, verbatim
from rotators.mysql.error_numbers import ErrorNumber
from rotators.mysql.errors import no_second_entry, other_plugin, overlap_forbidden
from rotators.mysql.passwords.entries import Entries
from rotators.mysql.plugins.stored import STORED
from rotators.mysql.rights.held import HeldRights
from shared.errors import RotationError
from shared.secret import Secret

LOG = logging.getLogger(f"rotation.{__name__}")


class MariaDBPasswords:
    """The passwords of the account that logged in; `admin` sets them, where one is given.

    Every method raises Misconfigured where no entry is a password.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, password: Secret, admin: Connection | None) -> None:
        """Let only this password be accepted; warns where there is no right to end others.

        Raises Misconfigured, changing nothing, where that would leave the session's own accepted by
        another plugin.
        """
        entries = self._read()
        if admin is not None:
            self._write_as_admin(admin, entries.with_passwords(password))
        elif entries.all[0].plugin in STORED and len(entries.passwords) == 1:
            self._set_first(entries, password)
        elif not self._write_own(entries.with_passwords(password)):
            self._require_first(entries)
            self._set_first(entries, password)
            LOG.warning(
                "another password of %s stays accepted, which it has no right to end: have an"
                " admin run ALTER USER %s IDENTIFIED BY '<the new password>'",
                self._connection.login.address,
                self._connection.account,
            )

    def check_settable(self, admin: Connection | None) -> None:
        """Raise where no entry is a password, or this user may not set the one that is."""
        entries = self._read()
        if admin is None and len(entries.all) > 1 and self._lacks_to_alter():
            self._require_first(entries)

    def check_may_add(self) -> None:
        """Raise Forbidden where the account has no right to a second password, as far as shows."""
        if self._lacks_to_alter():
            raise self._overlap_forbidden()

    def check_two(self) -> None:
        """Raise Forbidden where the account's plugin has no second password."""
        if not self._read().take_two:
            raise no_second_entry(self._connection.login, str(self._connection.account))

    def may_be_two(self) -> bool:
        """Whether there is more than one, which the account itself is shown."""
        return len(self._read().passwords) > 1

    def add(self, password: Secret, admin: Connection | None) -> None:
        """Let this password and the session's own be accepted, and no third."""
        own = self._connection.login.password
        self._write(self._read().with_passwords(password, own), admin)

    def end_others(self, password: Secret, admin: Connection | None) -> None:
        """Let only this password, which is one of the entries, be accepted."""
        entries = self._read()
        if not entries.accept_only(password):
            self._write(entries.with_passwords(password), admin)

    def _read(self) -> Entries:
        ((created,),) = self._connection.run("SHOW CREATE USER %s@%s", *self._connection.account)
        entries = Entries(str(created))
        if not entries.passwords:
            raise self._other_plugin(entries)
        return entries

    def _require_first(self, entries: Entries) -> None:
        """Raise where the account's own right, to set the first entry, is not enough."""
        first, *others = entries.all
        left = [other for other in others if other.is_of(self._connection.login.password)]
        # SET PASSWORD sets the first entry, whatever its plugin makes of a hash.
        if first.plugin not in STORED or any(other.plugin != first.plugin for other in left):
            raise self._other_plugin(entries)

    def _other_plugin(self, entries: Entries) -> RotationError:
        plugins = " OR ".join(dict.fromkeys(entry.plugin for entry in entries.all)) or "no plugin"
        where = f"mysql {self._connection.login.address}"
        return other_plugin(where, str(self._connection.account), plugins)

    def _set_first(self, entries: Entries, password: Secret) -> None:
        self._connection.run("SET PASSWORD = %s", STORED[entries.all[0].plugin].make(password))

    def _write(self, entries: str, admin: Connection | None) -> None:
        """Set the entries; raises Forbidden where there is no right to."""
        if admin is not None:
            self._write_as_admin(admin, entries)
        elif not self._write_own(entries):
            raise self._overlap_forbidden()

    def _overlap_forbidden(self) -> RotationError:
        grant = f"GRANT CREATE USER ON *.* TO {self._connection.account}"
        return overlap_forbidden(self._connection.login, grant)

    def _lacks_to_alter(self) -> bool:
        return HeldRights(self._connection).lacks_to_change_accounts()

    def _write_own(self, entries: str) -> bool:
        """Set the entries; False where the account has no right to."""
        no_right = (ErrorNumber.SPECIFIC_ACCESS_DENIED_ERROR,)
        account = self._connection.account
        return self._connection.run_expecting(_alter(entries), *account, errors=no_right) is None

    def _write_as_admin(self, admin: Connection, entries: str) -> None:
        admin.run_as_admin(_alter(entries), self._connection.account)


def _alter(entries: str) -> str:
    return f"ALTER USER %s@%s IDENTIFIED VIA {verbatim(entries)}"
