"""Two users with the same rights: which is the clone, that it follows, and the proof of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from rotators.mysql_accounts import (
    PASSWORD_PLUGINS,
    Part,
    Standing,
    making,
    mark_on,
    read,
    standings,
)
from rotators.mysql_changes import lacking, options
from rotators.mysql_connection import Account, Wire
from rotators.mysql_entries import Entries, native_password_hash
from rotators.mysql_errors import name_too_long
from rotators.mysql_follow import follow, sample
from rotators.mysql_passwords import MySQLPasswords
from rotators.mysql_rights import Rights, fingerprint
from shared.credentials import CLONE
from shared.errors import Forbidden, TargetMismatch
from shared.secret import Secret

_TOO_LONG, _USED_BEFORE = 1470, 3638
_DENIED = (1044, 1142, 1227)
_MYSQL_NAME = 32  # characters
_MARK = "GRANT SELECT ON {} TO %s@%s"
_UNMARK = "REVOKE SELECT ON {} FROM %s@%s"
_READ = "SELECT ON *.*"


class Pair:
    """The user that logged in and its twin, seen and changed through an administrator.

    Account by account: those of one name that come from the same hosts belong together. The one
    that logged in comes last, so that its twin's password works only when all else is done.
    """

    def __init__(self, wire: Wire, twin: str, by: Wire, ours: Callable[[], bool]) -> None:
        self._me, self._twin, self._by = wire.account, twin, by
        self._login = wire.login
        self._mine = standings(by, self._me.user)
        self._theirs = standings(by, twin)
        self._adopted = False
        self._twin_is_clone = self._prove(ours)

    def equip(self, password: Secret) -> None:
        """Let the twin log in with this password and do all that this user can."""
        if self._twin_is_clone:
            self._make_clones(password)
        else:
            self._give_back(password)

    # --- who is who ---

    def _prove(self, ours: Callable[[], bool]) -> bool:
        """Whether the twin is the clone; raises TargetMismatch where they are not such a pair."""
        mine, theirs = (
            any(standing.part == "clone" for standing in each.values())
            for each in (self._mine, self._theirs)
        )
        if mine and theirs:
            raise TargetMismatch(
                f"both {self._me.user!r} and {self._twin!r} are marked as the other's clone",
                do="SHOW GRANTS has it as a right on `rotation clone ...`: REVOKE it from one",
                field="username",
            )
        if not mine and self._theirs and not theirs:
            if not ours():
                self._refuse(self._theirs)
            self._adopted = True
            return self._twin.endswith(CLONE)
        return not mine

    def _refuse(self, strangers: dict[str, Standing]) -> NoReturn:
        clone = self._twin if self._twin.endswith(CLONE) else self._me.user
        hosts = strangers if clone == self._twin else self._mine
        adopt = "; ".join(
            f"GRANT SELECT ON {mark_on('clone')} TO {Account(clone, host)}" for host in hosts
        )
        raise TargetMismatch(
            f"user {self._twin!r} is there already, and nothing shows that it is the twin of "
            f"{self._me.user!r}",
            do=f"if it is, adopt it: {adopt}; if not, rename one of them",
            field="username",
        )

    def _hosts(self, standing: dict[str, Standing]) -> list[Standing]:
        """Those that a rotation is about, the one that logged in last."""
        chosen = [
            each
            for host, each in standing.items()
            if host == self._me.host or (each.has_password and not each.locked)
        ]
        return sorted(chosen, key=lambda each: each.account.host == self._me.host)

    # --- the twin is the clone ---

    def _make_clones(self, password: Secret) -> None:
        originals = [
            each
            for each in self._hosts(self._mine)
            if each.account == self._me or each.accepts(self._login.password)
        ]
        hosts = {each.account.host for each in originals}
        strangers = {
            host: each
            for host, each in self._theirs.items()
            if host in hosts and each.part != "clone" and not self._is_adopted(host)
        }
        if strangers:
            self._refuse(strangers)
        for host, clone in self._theirs.items():
            if host not in hosts and clone.part == "clone" and not clone.locked:
                self._run("ALTER USER %s@%s ACCOUNT LOCK", *clone.account)
        for original in originals:
            self._follow(original, "clone", password)

    def _is_adopted(self, host: str) -> bool:
        return self._adopted and host == self._me.host

    def _follow(self, source: Standing, part: Part, password: Secret) -> None:
        """Rights, then the mark, then the password: a crash leaves no user that looks whole."""
        account = Account(self._twin, source.account.host)
        twin = self._theirs.get(account.host) or self._create(account, source, part, password)
        rights = follow(self._by, twin, source.rights)
        self._mark(twin, part, rights)
        unlock = " ACCOUNT UNLOCK" if twin.locked else ""
        alone = replace(twin, entries=Entries(""))
        self._let_in(alone, password, options(twin.rights, rights) + unlock, source.plugin)

    def _create(self, account: Account, source: Standing, part: Part, password: Secret) -> Standing:
        if not self._by.mariadb and len(account.user) > _MYSQL_NAME:
            # Found out in parsing: the slow log would have the statement as it came.
            raise name_too_long(account.user, mariadb=False)
        how, *value = self._identified(Entries(""), password, source.plugin)
        create = f"CREATE USER %s@%s IDENTIFIED {how} REQUIRE {making(part)}"
        refused = self._run(create, *account, *value, among=(_TOO_LONG,))
        if refused:
            raise name_too_long(account.user, mariadb=True)
        return read(self._by, account)

    # --- the twin is the original ---

    def _give_back(self, password: Secret) -> None:
        """The original's rights are the truth already: only its password changes."""
        if self._adopted:
            me = self._mine[self._me.host]
            self._mark(me, "clone", me.rights)
        clones = [
            each
            for each in self._hosts(self._mine)
            if each.part == "clone" or self._is_adopted(each.account.host)
        ]
        if all(each.making for each in self._theirs.values()):  # or there is none
            for clone in clones:
                self._follow(clone, "original", password)
            return
        pairs = [
            (clone, original)
            for clone in clones
            if (original := self._theirs.get(clone.account.host))
            and original.has_password
            and not original.locked
        ]
        if not pairs:
            raise TargetMismatch(
                f"user {self._twin!r} has no account for any host of {self._me.user!r}",
                do=f"CREATE USER {Account(self._twin, self._me.host)}, or correct 'username'",
                field="username",
            )
        for clone, original in pairs:
            self._check_covered(clone, original)
        for _, original in pairs:
            self._mark(original, "original", original.rights)
            self._let_in(original, password, "", "")

    @staticmethod
    def _check_covered(clone: Standing, original: Standing) -> None:
        more = lacking(original.rights, clone.rights)
        if more and not clone.as_marked and any(digits for _, digits in clone.marks):
            raise TargetMismatch(
                f"{clone.account} was given what {original.account} has not: {sample(more)}",
                do=f"GRANT it to {original.account}, whose rights the clone follows, or REVOKE it "
                f"from {clone.account}",
                field="username",
            )

    # --- what both need ---

    def _mark(self, standing: Standing, part: Part, rights: Rights) -> None:
        """Replace the mark; for a moment there are two, and then neither proves anything."""
        new, account = (part, fingerprint(rights)), standing.account
        if new not in standing.marks:
            self._run(_MARK.format(mark_on(*new)), *account, needs=_READ)
        for old in standing.marks - {new}:
            self._run(_UNMARK.format(mark_on(*old)), *account, needs=_READ)

    def _let_in(self, twin: Standing, password: Secret, more: str, plugin: str) -> None:
        """The password and the options in one statement."""
        alter, account = "ALTER USER %s@%s", twin.account
        how, *value = self._identified(twin.entries, password, plugin)
        again = self._run(
            f"{alter} IDENTIFIED {how}{more}", *account, *value, among=(_USED_BEFORE,)
        )
        if again and more:  # an earlier attempt set the password: the history has it
            self._run(alter + more, *account)
        if not self._by.mariadb and self._by.version >= MySQLPasswords.SINCE:
            self._run(f"{alter} DISCARD OLD PASSWORD", *account)

    def _identified(self, entries: Entries, password: Secret, plugin: str) -> tuple[str, ...]:
        """What follows IDENTIFIED, and its value."""
        if self._by.mariadb:
            return (f"VIA {entries.with_native([native_password_hash(password)])}",)
        with_plugin = f"WITH {plugin} " if plugin in PASSWORD_PLUGINS else ""
        return f"{with_plugin}BY %s", password.reveal()

    def _run(
        self,
        statement: str,
        *values: str,
        among: tuple[int, ...] = (),
        needs: str = "CREATE USER ON *.*",
    ) -> int:
        """0, or the error's number where it is one of `among`; raises Forbidden."""
        refused = self._by.refused(statement, *values, among=(*among, *_DENIED))
        if refused in _DENIED:
            raise Forbidden(
                f"mysql {self._by.login.address} is no admin of {self._twin!r} (error {refused})",
                do=f"GRANT {needs} TO {self._by.taken_for} WITH GRANT OPTION",
                field="masterarn",
            )
        return refused


def match(wire: Wire, twin: str) -> None:
    """Prove from the user's own session that it can do what `equip` gave it."""
    wire.run("SET ROLE NONE")  # what its roles can do is theirs, and the same for both
    standing = read(wire, wire.account)
    if not standing.as_marked:
        problem = "has not the rights that setSecret gave it" if standing.marks else "has no mark"
        raise TargetMismatch(
            f"{wire.account} {problem}, so it may not be able to do what {twin!r} can",
            do="rotate again; who grants or revokes rights meanwhile has to do it for both users",
            field="username",
        )
