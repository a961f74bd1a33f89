"""What a service of AWS that keeps users is asked, whichever it is."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from rotators.valkey.managed.errors import Gone
from shared.aws.errors import Api
from shared.secret import Secret

ACTIVE = "active"
PASSWORDS = "password"
MOST_PASSWORDS = 2


@dataclass(frozen=True, slots=True)
class ManagedUser:
    """A user as its service shows it.

    name: that it logs in with; status: ACTIVE once every node has its passwords; kind: how it logs
    in, PASSWORDS or another word; passwords: how many it has; groups: the user groups or ACLs that
    it is in, by which caches have it.
    """

    name: str
    status: str
    kind: str
    passwords: int
    groups: Sequence[str]

    @classmethod
    def of(cls, shown: Sequence[Mapping[str, Any]], *, name: str, groups: str) -> "ManagedUser":
        """From what is shown of it, where these members have the name and the groups."""
        said = shown[0] if shown else {}
        authentication = said.get("Authentication", {})
        return cls(
            name=str(said.get(name, "")),
            status=str(said.get("Status", "")),
            kind=str(authentication.get("Type", "")),
            passwords=int(authentication.get("PasswordCount", 0)),
            groups=list(said.get(groups, [])),
        )


class Keeper(Protocol):
    """A service, and one user of it."""

    @property
    def user(self) -> str:
        """What messages call the user."""
        ...

    def look(self) -> ManagedUser:
        """As it is now; raises TargetMismatch where there is none, Forbidden, Unreachable."""
        ...

    def endpoints(self, groups: Sequence[str]) -> Collection[str]:
        """The host names of all caches that these groups are for; raises Forbidden, Unreachable."""
        ...

    def give(self, passwords: Sequence[Secret]) -> None:
        """Have it accept these and no others, which takes minutes.

        Raises Busy where it is being changed, RejectedByPolicy, Forbidden, Unreachable.
        """
        ...


def shown(
    api: Api, user: str, call: Callable[..., Mapping[str, Any]], name: str, /, **which: object
) -> Sequence[Mapping[str, Any]]:
    """What a call describes, in the member of this name: nothing of what is no longer there.

    A group or a cache that is being deleted is one that others still name.
    Raises TargetMismatch for a user that is not there, Forbidden, Unreachable.
    """
    with suppress(Gone), api.translate_errors(user):
        return list(call(**which).get(name, []))
    return []


def addresses(said: object) -> Collection[str]:
    """Every `Address` anywhere in an answer: of primaries, readers, nodes and whole clusters."""
    found: set[str] = set()
    if isinstance(said, list):
        found.update(*map(addresses, said))
    elif isinstance(said, dict):
        for name, value in said.items():
            found |= {str(value).lower()} if name == "Address" else set(addresses(value))
    return found
