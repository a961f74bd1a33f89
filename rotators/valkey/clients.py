"""Who is logged in to a node, and the end of a user's sessions."""

from collections.abc import Mapping, Sequence

from rotators.valkey.connection import APPLICATION
from rotators.valkey.node import Node
from shared.errors import ErrorRow, Forbidden
from shared.protocol.readers import session

_MAY_NOT_SEE = ErrorRow(
    Forbidden, "the user is not shown who is logged in", "ACL SETUSER {user} +client|list"
)


def sessions_of(node: Node, username: str, lasting: float) -> Sequence[str]:
    """What messages call the sessions of the user, but for rotations' own; raises Forbidden."""
    return [
        session(username, each["addr"].rpartition(":")[0], each.get("name", ""))
        for each in _listed(node, username)
        if each.get("name") != APPLICATION and (not lasting or int(each.get("age", "0")) > lasting)
    ]


class OtherSessions:
    """Those of a user at one node that began before the first `end`.

    A server numbers its sessions in the order in which they begin.
    """

    def __init__(self, username: str) -> None:
        self._username = username
        self._until: int | None = None

    def end(self, node: Node) -> Mapping[str, str]:
        """Have them ended; gives those that were there, by place and id, each with the command.

        Raises Forbidden.
        """
        own = str(node.run("CLIENT", "ID"))
        found = _listed(node, self._username)
        numbers = [int(each["id"]) for each in found if each["id"] != own]
        if self._until is None:
            self._until = max(numbers, default=0)
        others = [each for each in numbers if each <= self._until]
        for each in others:
            # Without an error where it has ended meanwhile.
            node.run("CLIENT", "KILL", "ID", str(each))
        return {f"{node.place} {each}": f"CLIENT KILL ID {each}" for each in others}


def may_not_end(nodes: Sequence[Node], username: str) -> Forbidden:
    """What a person is told of the nodes whose sessions the user may not end."""
    places = ", ".join(str(node.place) for node in nodes)
    return Forbidden(
        f"valkey user {username!r} at {places}: the user may not end sessions",
        do=f"as an administrator of {places}, CLIENT KILL USER {username}; or, at the same, ACL "
        f"SETUSER {username} +client|list +client|kill +client|id, and ask again",
    )


def _listed(node: Node, username: str) -> list[dict[str, str]]:
    """The sessions of the user: a line each, of names and values."""
    text = node.run("CLIENT", "LIST", missing=_MAY_NOT_SEE)
    # By this one: a user's name may have a character that `splitlines` takes for an end as well.
    lines = text.split("\n") if isinstance(text, str) else []
    found = [dict(part.partition("=")[::2] for part in line.split(" ")) for line in lines]
    return [each for each in found if each.get("user") == username]
