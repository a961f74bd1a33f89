"""All nodes of one user's secret, logged in to: as itself, or as who makes changes there."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from typing import Self, TypeAlias

from rotators.valkey.connection import Place
from rotators.valkey.node import Node
from rotators.valkey.nodes import FIELD, other_places, require_same_nodes
from rotators.valkey.users import rotated_user
from shared.credentials import Login
from shared.errors import Rejected, TargetMismatch
from shared.secret import Secret

Enter: TypeAlias = Callable[[Place, Login, Secret], AbstractContextManager[Node]]


class Members:
    """main: the node of `host`, which is logged in to already; holds: the password that it accepts.

    An admin's password goes to nodes that its own secret names and to no others: whoever may write
    the user's could otherwise have it sent anywhere.
    """

    def __init__(self, main: Node, login: Login, enter: Enter) -> None:
        self.main = main
        self.login = login
        self.holds = login.password
        self.enter = enter

    def nodes(self, stack: ExitStack, *also: Secret) -> list[Node]:
        """Every node, the main one last; `also`: passwords to try after the one that it holds.

        Raises TargetMismatch of a node that has none of them.
        """
        return [*(self._node(each, stack, also) for each in other_places(self.login)), self.main]

    def anew(self, stack: ExitStack) -> list[Node]:
        """The same by connections of their own, to the main node as well."""
        places = [*other_places(self.login), self.main.place]
        return [self._node(each, stack, ()) for each in places]

    def actors(self, stack: ExitStack, by: Self | None, *also: Secret) -> list[Node]:
        """The nodes of the user's secret, each as who makes changes there, the main one last.

        by: those of the admin, where that one makes them.
        Raises TargetMismatch where an admin's secret names other nodes.
        """
        if by is None:
            return self.nodes(stack, *also)
        require_same_nodes(self.login, by.login)
        return by.nodes(stack)

    def agreeing_actors(self, stack: ExitStack, by: Self | None, *also: Secret) -> list[Node]:
        """The same; raises TargetMismatch of a node where the user has no password that is known.

        Of the user's own logins the login shows it, and of an admin's the user's passwords do.
        """
        actors = self.actors(stack, by, *also)
        for node in actors[:-1] if by is not None else ():
            user = rotated_user(node, self.login.username)
            if not any(user.lets_in(each) for each in (self.holds, *also)):
                raise self._differs(node.place)
        return actors

    def _node(self, place: Place, stack: ExitStack, also: Sequence[Secret]) -> Node:
        for password in (self.holds, *also):
            with suppress(Rejected):
                return stack.enter_context(self.enter(place, self.login, password))
        raise self._differs(place)

    def _differs(self, place: Place) -> TargetMismatch:
        main, user = self.main.place, self.login.username
        return TargetMismatch(
            f"valkey user {user!r} at {place}: the node does not accept what {main} accepts",
            do=f"there, ACL SETUSER {user} on resetpass #<each password that ACL GETUSER {user} "
            f"shows at {main}>, with the rights shown there where the user is new, and ACL SAVE",
            field=FIELD,
        )
