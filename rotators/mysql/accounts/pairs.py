"""Two users that take turns, as the admin sees them, and which of them is the clone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rotators.mysql.account import Account
from rotators.mysql.accounts.catalog import AccountState, mark_object
from shared.credentials import CLONE
from shared.errors import TargetMismatch


@dataclass(frozen=True, slots=True)
class UserPair:
    """The user that logged in and its twin, account by account.

    Those of the two names that come from the same hosts belong together.

    logged_in: the account that the server let in; the user may have more, which may be somebody
    else's.
    logged_in_accounts, twin_accounts: all accounts of the two names, by host.
    adopted: whether only a stored password shows that the two belong together.
    """

    logged_in: AccountState
    logged_in_accounts: Mapping[str, AccountState]
    twin: str
    twin_accounts: Mapping[str, AccountState]
    adopted: bool = False

    @property
    def username(self) -> str:
        """The name of the user that logged in."""
        return self.logged_in.account.user

    @property
    def host(self) -> str:
        """The host of the account that logged in."""
        return self.logged_in.account.host

    @property
    def needs_proof(self) -> bool:
        """Whether the twin is there and no mark shows that the two belong together."""
        return bool(self.twin_accounts) and not (self._logged_in_as_clone or self._twin_marked)

    @property
    def twin_is_clone(self) -> bool:
        """Whether the twin is the clone, else the user that logged in is."""
        # AWS's functions copy marks too, from each to the other.
        both_marked = self._logged_in_as_clone and self._twin_marked
        if both_marked or self.adopted:
            return self.twin.endswith(CLONE)
        return not self._logged_in_as_clone

    def is_adopted(self, host: str) -> bool:
        """Whether a stored password shows that the accounts of this host belong together."""
        return self.adopted and host == self.host

    def rotated(self) -> list[AccountState]:
        """Return the logged-in user's accounts that a rotation is about.

        The one that logged in is the last, so that its twin's password works only when all else
        is done.
        """
        chosen = [
            state
            for host, state in self.logged_in_accounts.items()
            if host == self.host or (state.has_password and not state.locked)
        ]
        return sorted(chosen, key=lambda state: state.account.host == self.host)

    def not_shown_error(self, twin_hosts: Collection[str]) -> TargetMismatch:
        """Return the error of a twin that may be somebody else's, with the GRANTs that adopt it.

        twin_hosts: the hosts of those of its accounts that may be.
        """
        if self.twin.endswith(CLONE):
            clone, hosts = self.twin, twin_hosts
        else:
            clone, hosts = self.username, list(self.logged_in_accounts)
        adopt = "; ".join(
            f"GRANT SELECT ON {mark_object('clone')} TO {Account(clone, host)}" for host in hosts
        )
        return TargetMismatch(
            f"user {self.twin!r} is there already, and nothing shows that it is the twin of "
            f"{self.username!r}",
            do=f"if it is, adopt it: {adopt}; if not, rename one of them",
            field="username",
        )

    @property
    def _logged_in_as_clone(self) -> bool:
        # By the account that logged in, not by any of its name.
        return self.logged_in.part == "clone"

    @property
    def _twin_marked(self) -> bool:
        return any(state.part == "clone" for state in self.twin_accounts.values())
