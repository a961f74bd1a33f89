"""Two users with the same rights: which is the clone, that it follows, and the proof of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from rotators.mysql.accounts.admin import Admin
from rotators.mysql.accounts.catalog import Part, Standing, mark_on, read, standings
from rotators.mysql.connection import Account, Wire
from rotators.mysql.passwords.mariadb import Entries
from rotators.mysql.rights.changes import lacking, options
from rotators.mysql.rights.follow import follow, sample
from shared.credentials import CLONE
from shared.errors import Forbidden, TargetMismatch
from shared.secret import Secret


class Pair:
    """The user that logged in and its twin, seen and changed through an administrator.

    Account by account: those of one name that come from the same hosts belong together. The one
    that logged in comes last, so that its twin's password works only when all else is done.
    """

    def __init__(self, wire: Wire, twin: str, by: Wire, ours: Callable[[], bool]) -> None:
        self._me, self._twin, self._by = wire.account, twin, by
        self._admin, self._login = Admin(by), wire.login
        self._mine = standings(by, self._me.user)
        self._theirs = standings(by, twin)
        self._ours, self._adopted = ours, False
        self._twin_is_clone = self._prove()

    def equip(self, password: Secret) -> None:
        """Let the twin log in with this password and do all that this user can."""
        if self._twin_is_clone:
            self._make_clones(password)
        else:
            self._give_back(password)

    # --- who is who ---

    def _prove(self) -> bool:
        """Whether the twin is the clone; raises TargetMismatch where they are not such a pair."""
        me = self._mine.get(self._me.host)
        if me is None:
            raise TargetMismatch(
                f"the admin's server has no {self._me}, which logged in",
                do="correct 'masterarn', or wait until the account is replicated",
                field="masterarn",
            )
        # The account that logged in, not any of its name: that one may be somebody else's.
        i_am_clone = me.part == "clone"
        twin_is_clone = any(each.part == "clone" for each in self._theirs.values())
        if i_am_clone and twin_is_clone:  # AWS's functions copy marks too, from each to the other
            return self._twin.endswith(CLONE)
        if not i_am_clone and self._theirs and not twin_is_clone:
            if not self._ours():
                self._refuse(self._theirs)
            self._adopted = True
            return self._twin.endswith(CLONE)
        return not i_am_clone

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
                self._admin.lock(clone.account)
        for original in originals:
            if original.part is None:  # by which it is known when it is its turn
                self._admin.mark(original, "original", original.rights)
            self._make(original, "clone", password)

    def _is_adopted(self, host: str) -> bool:
        return self._adopted and host == self._me.host

    def _make(self, source: Standing, part: Part, password: Secret) -> None:
        """Rights, then the mark, then the password: a crash leaves no user that looks whole."""
        account = Account(self._twin, source.account.host)
        twin = self._theirs.get(account.host)
        if twin is None:
            twin = self._admin.create(account, source.plugin, part, password)
        rights = follow(self._by, twin, source.rights)
        self._admin.mark(twin, part, rights)
        unlock = " ACCOUNT UNLOCK" if twin.locked else ""
        alone = replace(twin, entries=Entries(""), plugin=source.plugin)
        self._admin.let_in(alone, password, options(twin.rights, rights) + unlock)

    # --- the twin is the original ---

    def _give_back(self, password: Secret) -> None:
        """Only its password changes, as its rights are the truth; one that is gone is made."""
        clones = [
            each
            for each in self._hosts(self._mine)
            if each.part == "clone" or self._is_adopted(each.account.host)
        ]
        if all(each.making for each in self._theirs.values()):  # or there is none
            for clone in clones:
                self._make(clone, "original", password)
            return
        self._require_original()
        pairs = [
            (clone, original)
            for clone in clones
            if (original := self._theirs.get(clone.account.host))
            and original.has_password
            and not original.locked
            and (original.marks or original.account.host == self._me.host)
        ]
        for clone, original in pairs:
            self._check_covered(clone, original)
        if self._adopted:  # not before the check: a mark says that its rights are the original's
            me = self._mine[self._me.host]
            self._admin.mark(me, "clone", me.rights)
        for _, original in pairs:
            self._admin.mark(original, "original", original.rights)
            self._admin.let_in(original, password)

    def _require_original(self) -> None:
        """Raises where there is none to let in, or where it may be somebody else's."""
        account = Account(self._twin, self._me.host)
        original, me = self._theirs.get(account.host), self._mine[self._me.host]
        if original is None:
            raise TargetMismatch(
                f"there is no account {account}, only others of that name",
                do=f"CREATE USER {account}, and GRANT it what {self._me} has",
                field="username",
            )
        by_hand = ("clone", "") in me.marks
        if not (original.marks or by_hand or self._adopted or self._ours()):
            self._refuse(self._theirs)
        if original.locked:
            raise Forbidden(
                f"the account {account} is locked",
                do=f"ALTER USER {account} ACCOUNT UNLOCK",
                field="username",
            )
        if not original.has_password:
            raise TargetMismatch(
                f"the account {account} does not log in with a password that can be rotated",
                do=f"ALTER USER {account}: its authentication plugin",
                field="username",
            )

    @staticmethod
    def _check_covered(clone: Standing, original: Standing) -> None:
        more = lacking(original.rights, clone.rights)
        if more and not clone.as_marked:
            raise TargetMismatch(
                f"{clone.account}, which is in use, may do what {original.account} may not: "
                f"{sample(more)}",
                do=f"GRANT it to {original.account}, whose rights the clone follows, or REVOKE it "
                f"from {clone.account}",
                field="username",
            )


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
