"""A session of one user: at the node of `host`, and at every other node as it is needed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import ClassVar, Self

from rotators.valkey.clients import OtherSessions, may_not_end, sessions_of
from rotators.valkey.connection import Place
from rotators.valkey.members import Enter, Members
from rotators.valkey.node import Node
from rotators.valkey.persistence import Persistence
from rotators.valkey.users import check_changes_users, exchange, give, hashed, read_user
from shared.credentials import Login
from shared.errors import Forbidden, LockedOut, Misconfigured, RotationError
from shared.secret import Secret


class ValkeySession:
    """Logged in at the main node; `by` is the admin's session, where that one makes changes."""

    is_pooled: ClassVar[bool] = False  # a proxy would have to know the users itself

    def __init__(self, main: Node, login: Login, enter: Enter) -> None:
        self.members = Members(main, login, enter)
        self._username = login.username
        self._persistence = Persistence.of(login)
        self._ending: dict[Place, OtherSessions] = {}

    def ping(self) -> None:
        """At every node, and with a login there: a node may have another password.

        A user that may not PING has been let in all the same.
        """
        with ExitStack() as stack:
            for node in self.members.nodes(stack):
                node.run_expecting("PING", errors=frozenset({"NOPERM"}))

    def set_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Have every node accept it and no other.

        First beside the one that is accepted, at the main node last; once it is everywhere, the
        other one ends, at the main node first. So whatever password the main node accepts after a
        crash is accepted by all.
        """
        with self._changing(password, by) as (*others, main):
            if others and self.members.holds != password:
                self._exchange([*others, main], [self.members.holds, password])
            self._exchange([main, *others], [password])
            self.members.holds = password
            self._persistence.tell(main, self._username)

    def add_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Have every node accept it beside the one that this session logged in with."""
        with self._changing(password, by) as (*others, main):
            self._exchange([*others, main], [self.members.holds, password])
            self._persistence.tell(main, self._username)

    def end_other_passwords(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Have every node accept only this password, which logged in."""
        self.set_password(password, by=by)

    def check_may_set_password(self, /, *, by: Self | None = None) -> None:
        """At every node, by a change of nothing, and that it could be saved, as far as shows."""
        with ExitStack() as stack:
            for node in self.members.agreeing_actors(stack, _members(by)):
                check_changes_users(node, self._username)
                self._persistence.check(node, self._username)

    def check_may_add_password(self, /, *, by: Self | None = None) -> None:
        """As `check_may_set_password`, which looks at it already: it takes the same rights."""

    def may_have_two(self) -> bool:
        """Whether it has a second password; True also where that does not show."""
        try:
            user = read_user(self.members.main, self._username)
        except RotationError:
            return True
        return user is None or len(user.hashes) > 1

    def reset_password(
        self, username: str, password: Secret, /, *, twin: str | None = None
    ) -> bool:
        """Of an admin's session: at every node of the admin's; nobody has a twin here."""
        del twin
        with ExitStack() as stack:
            found = [(node, read_user(node, username)) for node in self.members.nodes(stack)]
            for node, user in found:
                if user is None or not user.hashes:
                    return False
                if "on" not in user.flags:
                    raise LockedOut(
                        f"valkey user {username!r} at {node.place}: the user is off",
                        do=f"ACL SETUSER {username} on",
                        field="username",
                    )
                self._save_for_reset(node, username)
            for node, _ in found:
                give(node, username, password)
                self._save_for_reset(node, username)
        return True

    def _save_for_reset(self, node: Node, username: str) -> None:
        """As this session's own secret has it, which is the admin's."""
        try:
            self._persistence.save(node, username)
        except Misconfigured as unsaved:
            do = unsaved.do.replace("in the secret", "in the admin's secret")
            raise Misconfigured(unsaved.what, do=do, field=unsaved.field) from None

    def is_worth_trying(self, login: Login, /, *, blindly: bool = True) -> bool:
        """Whether the main node shows that it is accepted; no refusal is counted here."""
        try:
            user = read_user(self.members.main, login.username)
        except RotationError:
            return blindly
        return user is not None and user.lets_in(login.password)

    def sessions_of(self, username: str, /, *, lasting: float = 0.0) -> Sequence[str]:
        """Those at every node; raises Forbidden with the rule that ends that.

        By connections of their own: a list that is too long is not to end what this session is for.
        """
        with ExitStack() as stack:
            nodes = self.members.anew(stack)
            return [each for node in nodes for each in sessions_of(node, username, lasting)]

    def end_other_sessions(self) -> Mapping[str, str]:
        """End the user's sessions at every node that began before the first such call."""
        found: dict[str, str] = {}
        refusing: list[Node] = []
        with ExitStack() as stack:
            for node in self.members.nodes(stack):
                ending = self._ending.setdefault(node.place, OtherSessions(self._username))
                try:
                    found |= ending.end(node)
                except Forbidden:
                    refusing.append(node)
        if refusing:
            raise may_not_end(refusing, self._username)
        return found

    def others_accepting(self, password: Secret, /, *, by: Self | None = None) -> Mapping[str, str]:
        """The other nodes whose user of this name has it; raises Forbidden."""
        found: dict[str, str] = {}
        with ExitStack() as stack:
            for node in self.members.actors(stack, _members(by))[:-1]:
                user = read_user(node, self._username)
                if user is not None and hashed(password) in user.hashes:
                    rule = f"ACL SETUSER {self._username} !<the SHA-256 of that password>"
                    found[f"{self._username!r} at {node.place}"] = f"there, {rule}"
        return found

    @contextmanager
    def _changing(self, password: Secret, by: Self | None) -> Iterator[list[Node]]:
        """The nodes to change, once each has shown that it can save its users."""
        with ExitStack() as stack:
            actors = self.members.agreeing_actors(stack, _members(by), password)
            for node in actors:
                self._persistence.save(node, self._username)
            yield actors

    def _exchange(self, actors: Sequence[Node], keep: Sequence[Secret]) -> None:
        for node in actors:
            exchange(node, self._username, holds=self.members.holds, keep=keep)
            self._persistence.save(node, self._username)


def _members(by: ValkeySession | None) -> Members | None:
    return None if by is None else by.members
