"""How a server keeps its users over a restart, as the secret says."""

import logging
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Self

from rotators.valkey.connection import NO_ACL_FILE
from rotators.valkey.errors import FIELD, WITHOUT_ACL_FILE
from rotators.valkey.node import Node, Refused, pairs
from rotators.valkey.users import RIGHTS, lacking
from shared.credentials import Login
from shared.errors import ErrorRow, MalformedSecret

LOG = logging.getLogger(f"rotation.{__name__}")

_UNSHOWN = frozenset({"NOPERM", "ERR"})  # no right to look, or a server without the command


class Persistence(Enum):
    """What `persistence` in the secret says; an aclfile where it says nothing."""

    ACL_FILE = "aclfile"
    CONFIG = "config"
    NONE = "none"

    @classmethod
    def of(cls, login: Login) -> Self:
        """Raises MalformedSecret."""
        value = login.document.get(FIELD)
        if value is None:
            return cls("aclfile")
        try:
            return cls(value)
        except ValueError:
            pass
        raise MalformedSecret(
            f"field '{FIELD}' of the secret is none of aclfile, config and none",
            do=f"correct '{FIELD}' in the secret, or take it out for aclfile",
            field=FIELD,
        )

    def save(self, node: Node, username: str) -> None:
        """Have the node write its users down, as `username` changes.

        Asked before a change too, as what cannot be saved is not to be changed.
        Raises Forbidden, and Misconfigured where it cannot.
        """
        missing = self._missing(node, username)
        if self is Persistence.ACL_FILE:
            node.run("ACL", "SAVE", missing=missing)
        elif self is Persistence.CONFIG:
            # With an aclfile the other file would have no users, and the server would not say so.
            node.run_expecting("ACL", "SAVE", errors=frozenset({NO_ACL_FILE}), missing=missing)
            node.run("CONFIG", "REWRITE", missing=missing)

    def tell(self, node: Node, username: str) -> None:
        """Say it where the change is lost at a restart, as the secret has it."""
        if self is Persistence.NONE:
            LOG.warning(
                "users are not saved at %s, as the secret says: a restart brings the old password "
                "of %r back",
                node.place,
                username,
            )

    def check(self, node: Node, username: str) -> None:
        """Raise as `save` would, saving nothing, as far as shows."""
        for words in _COMMANDS[self]:
            answer = node.run_expecting("ACL", "DRYRUN", node.username, *words, errors=_UNSHOWN)
            if not isinstance(answer, Refused) and answer != "OK":
                raise self._missing(node, username).error(f"valkey {node.where}")
        if self is Persistence.ACL_FILE:
            told = node.run_expecting("CONFIG", "GET", "aclfile", errors=_UNSHOWN)
            if not isinstance(told, Refused) and pairs(told).get("aclfile") == "":
                raise WITHOUT_ACL_FILE.error(f"valkey {node.where}")

    def _missing(self, node: Node, username: str) -> ErrorRow:
        if self is Persistence.CONFIG:
            return lacking("the user may not save", node, username, f"{RIGHTS} +config|rewrite")
        return lacking("the user may not save users", node, username)


_COMMANDS: Mapping[Persistence, Sequence[tuple[str, str]]] = {
    Persistence.ACL_FILE: [("ACL", "SAVE")],
    Persistence.CONFIG: [("ACL", "SAVE"), ("CONFIG", "REWRITE")],
    Persistence.NONE: [],
}
