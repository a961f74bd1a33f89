"""A session of a user that AWS keeps: it logs in to the cache, and is changed by the service."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Self

from rotators.valkey.managed.keeper import (
    ACTIVE,
    MOST_PASSWORDS,
    PASSWORDS,
    Keeper,
    ManagedUser,
)
from rotators.valkey.members import Enter
from rotators.valkey.node import Node
from rotators.valkey.session import ValkeySession
from shared.credentials import Login
from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    Forbidden,
    Misconfigured,
    Rejected,
    RotationError,
    TargetMismatch,
)
from shared.patience import retried, tries
from shared.secret import Secret

# Minutes, as a rule; where the step has less time, the next attempt goes on.
ACTIVE_SECONDS = 600.0
_BY_ACCESS_STRING = "as who may change the user, add {} to its access string"


class ManagedSession(ValkeySession):
    """As ValkeySession; no admin is needed, as the function's role makes the changes."""

    def __init__(self, main: Node, login: Login, enter: Enter, keeper: Keeper) -> None:
        super().__init__(main, login, enter)
        self._keeper = keeper

    def ping(self) -> None:
        """And wait until every node has the passwords that the service was given; raises Busy."""
        super().ping()
        self._active()

    def set_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Have it accepted and no other.

        First beside the one that is accepted: nodes are told one after the other, and until all
        are, one login may meet another node than the next.
        """
        self.add_password(password, by=by)
        if self._active().passwords != 1:
            self._give([password])

    def add_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Have it accepted beside the one that this session logged in with.

        Nothing where an earlier attempt has asked for it, which its step had no time to wait for.
        """
        del by
        self._own_user()
        self._active()
        if self.members.holds != password and not self._lets_in(password):
            self._give([self.members.holds, password])
        self.members.holds = password

    def check_may_set_password(self, /, *, by: Self | None = None) -> None:
        """Whether it is this user; that the role may change it shows when it does."""
        del by
        self._own_user()

    def may_have_two(self) -> bool:
        """Whether the service says so; True also where it does not say."""
        try:
            return self._keeper.look().passwords >= MOST_PASSWORDS
        except RotationError:
            return True

    def reset_password(
        self, username: str, password: Secret, /, *, twin: str | None = None
    ) -> bool:
        """No admin of the cache can: who may call the service can without a rotation."""
        del username, password, twin
        raise Forbidden(
            f"{self._keeper.user}: its service resets a password, and no admin of the cache",
            do="set the password of AWSCURRENT by the service's own API",
        )

    def sessions_of(self, username: str, /, *, lasting: float = 0.0) -> Sequence[str]:
        """As ValkeySession; raises Forbidden with the rule for the user's access string."""
        try:
            return super().sessions_of(username, lasting=lasting)
        except Forbidden as forbidden:
            raise _of_access_string(forbidden, "+client|list") from None

    def end_other_sessions(self) -> Mapping[str, str]:
        """As ValkeySession, likewise."""
        try:
            return super().end_other_sessions()
        except Forbidden as forbidden:
            rules = "+client|list +client|kill +client|id"
            raise _of_access_string(forbidden, rules) from None

    def others_accepting(self, password: Secret, /, *, by: Self | None = None) -> Mapping[str, str]:
        """Nothing: every node has the user's passwords from the service."""
        del password, by
        return {}

    def _give(self, keep: Sequence[Secret]) -> None:
        # Another copy of this step may change it at the same time.
        retried(partial(self._keeper.give, keep), on=Busy, within=ACTIVE_SECONDS)
        self._active()

    def _lets_in(self, password: Secret) -> bool:
        """Whether the cache does, which the service does not show."""
        try:
            with self.members.enter(self.members.main.place, self.members.login, password):
                return True
        except Rejected:
            return False

    def _active(self) -> ManagedUser:
        """The user, once every node has its passwords; raises Busy where that takes too long."""
        status = ""
        for _ in tries(ACTIVE_SECONDS):
            user = self._keeper.look()
            if user.status == ACTIVE:
                return user
            status = user.status
        raise Busy(
            f"{self._keeper.user}: its nodes are still being told of a change, or it cannot be "
            f"changed (status {status!r})",
            do=f"{NEXT_ATTEMPT}, which goes on from there",
        )

    def _own_user(self) -> ManagedUser:
        """The user that this session is logged in as; raises TargetMismatch and Misconfigured.

        Whoever may write the secret could name another one, which the function may change as well:
        the name has to be the same, and the cache that let it in has to be one of the user's.
        """
        user = self._keeper.look()
        if user.name != self._username:
            raise TargetMismatch(
                f"{self._keeper.user}: it does not log in as {self._username!r}",
                do="let 'user_id' in the secret be the id of the user that 'username' names",
                field="user_id",
            )
        host = self.members.main.place.name
        if host.lower() not in self._keeper.endpoints(user.groups):
            raise TargetMismatch(
                f"{self._keeper.user}: no cache of its has the host {host!r}",
                do="let 'host' in the secret be an endpoint of a cache that has this user",
                field="host",
            )
        if user.kind != PASSWORDS:
            raise Misconfigured(
                f"{self._keeper.user}: it does not log in with a password",
                do="give the user a password, or stop rotating its secret",
                field="user_id",
            )
        return user


def _of_access_string(forbidden: Forbidden, rules: str) -> Forbidden:
    return Forbidden(forbidden.what, do=_BY_ACCESS_STRING.format(rules), field=forbidden.field)
