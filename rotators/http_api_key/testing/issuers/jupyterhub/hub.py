"""The hub as its keeper changes it while it runs: users, groups, and how long keys may last.

Source: JupyterHub documentation, "REST API".
"""

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Self
from urllib.parse import quote

from local.network.api import UnexpectedAnswerError
from rotators.http_api_key.testing.issuers.issuer import Issuer, ask

READERS = "readers"  # a group whose members may list it, and have `custom:reports:read`
_DONE = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub(Issuer):
    """A running JupyterHub; keeper: the key of who manages its users and groups."""

    keeper: str = field(repr=False)

    def with_owner(self, name: str) -> Self:
        """The same hub with a new user of this name as the owner."""
        self._change("POST", f"/users/{quote(name, safe='')}")
        return replace(self, owner=name)

    def join(self) -> None:
        """Put the owner into READERS."""
        self._change("POST", f"/groups/{READERS}/users", {"users": [self.owner]})

    def leave(self) -> None:
        """Take the owner out of READERS."""
        self._change("DELETE", f"/groups/{READERS}/users", {"users": [self.owner]})

    def limit(self, seconds: int) -> None:
        """Let keys that are issued from now on last no longer than this; 0: as long as asked."""
        self._change("PUT", "/limits", {"seconds": seconds})

    def _change(self, method: str, path: str, body: object = None) -> None:
        status = ask(self, method, path, self.keeper, body).status
        if status not in _DONE:
            raise UnexpectedAnswerError(f"JupyterHub answered HTTP {status} to a change")
