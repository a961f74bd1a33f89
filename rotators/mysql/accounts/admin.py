"""What an administrator does to one account of a pair, but for its rights."""

from rotators.mysql.accounts.catalog import PASSWORD_PLUGINS, Part, Standing, making, mark_on, read
from rotators.mysql.connection import Account, Wire, verbatim
from rotators.mysql.errors import name_too_long
from rotators.mysql.passwords.mariadb import Entries, native_password_hash
from rotators.mysql.rights.grants import Rights, fingerprint
from shared.secret import Secret

_TOO_LONG, _USED_BEFORE = 1470, 3638
_MYSQL_NAME = 32  # characters
_MARK = "GRANT SELECT ON {} TO %s@%s"
_UNMARK = "REVOKE SELECT ON {} FROM %s@%s"


class Admin:
    """The statements, on the administrator's connection; raise Forbidden with what it lacks."""

    def __init__(self, wire: Wire) -> None:
        self._by = wire

    def create(self, account: Account, plugin: str, part: Part, password: Secret) -> Standing:
        """A new account that nobody can log in as until `let_in`."""
        if not self._by.mariadb and len(account.user) > _MYSQL_NAME:
            # Found out in parsing: the slow log would have the statement as it came.
            raise name_too_long(account.user, mariadb=False)
        how, *value = self._identified(Entries(""), password, plugin)
        create = f"CREATE USER %s@%s IDENTIFIED {how} REQUIRE {making(part)}"
        refused = self._by.order(create, account, *value, among=(_TOO_LONG,))
        if refused:
            raise name_too_long(account.user, mariadb=True)
        return read(self._by, account)

    def mark(self, standing: Standing, part: Part, rights: Rights) -> None:
        """Replace the mark; for a moment there are two, and then neither proves anything."""
        new, account = (part, fingerprint(rights)), standing.account
        if new not in standing.marks:
            self._mark(_MARK.format(mark_on(*new)), account)
        for old in standing.marks - {new}:
            self._mark(_UNMARK.format(mark_on(*old)), account)

    def let_in(self, twin: Standing, password: Secret, more: str = "") -> None:
        """The password and the options in one statement."""
        alter, account = "ALTER USER %s@%s", twin.account
        how, *value = self._identified(twin.entries, password, twin.plugin)
        again = self._by.order(
            f"{alter} IDENTIFIED {how}{more}", account, *value, among=(_USED_BEFORE,)
        )
        if again and more:  # an earlier attempt set the password: the history has it
            self._by.order(alter + more, account)
        if self._by.has_dual_passwords:
            self._by.order(f"{alter} DISCARD OLD PASSWORD", account)

    def lock(self, account: Account) -> None:
        """Let nobody log in as it: unlike DROP USER, that ends nothing it is the definer of."""
        self._by.order("ALTER USER %s@%s ACCOUNT LOCK", account)

    def _identified(self, entries: Entries, password: Secret, plugin: str) -> tuple[str, ...]:
        """What follows IDENTIFIED, and its value."""
        if self._by.mariadb:
            return (f"VIA {verbatim(entries.with_native([native_password_hash(password)]))}",)
        with_plugin = f"WITH {plugin} " if plugin in PASSWORD_PLUGINS else ""
        return f"{with_plugin}BY %s", password.reveal()

    def _mark(self, statement: str, account: Account) -> None:
        self._by.order(statement, account, needs=self._to_mark)

    def _to_mark(self) -> str:
        # Where a right on everything may be revoked in part, % is no pattern.
        exact = self._by.run("SHOW VARIABLES LIKE 'partial_revokes'")
        on = "*.*" if exact and exact[0][1] == "ON" else "`rotation %`.*"
        return f"SELECT ON {on} TO {{}} WITH GRANT OPTION"
