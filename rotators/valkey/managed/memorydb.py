"""Users of MemoryDB: UpdateUser, for the user with a name; ACLs are what clusters have.

Source: Amazon MemoryDB API reference, "UpdateUser", "User" and "ACL".
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from rotators.valkey.managed.errors import MEMORYDB
from rotators.valkey.managed.keeper import ManagedUser, addresses, shown
from shared.aws import clients
from shared.secret import Secret


class MemoryDbUser:
    """See Keeper."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown = partial(shown, MEMORYDB, self.user)

    @property
    def user(self) -> str:
        """By its name, which one user has."""
        return f"MemoryDB user {self._name!r}"

    def look(self) -> ManagedUser:
        """DescribeUsers."""
        said = self._shown(self._sdk.describe_users, "Users", UserName=self._name)
        return ManagedUser.of(said, name="Name", groups="ACLNames")

    def endpoints(self, groups: Sequence[str]) -> Collection[str]:
        """Of clusters."""
        sdk, clusters = self._sdk, list[object]()
        for group in groups:
            for said in self._shown(sdk.describe_acls, "ACLs", ACLName=group):
                for name in said.get("Clusters", []):
                    which = {"ClusterName": name, "ShowShardDetails": True}
                    clusters += self._shown(sdk.describe_clusters, "Clusters", **which)
        return addresses(clusters)

    def give(self, passwords: Sequence[Secret]) -> None:
        """UpdateUser."""
        with MEMORYDB.translate_errors(self.user):
            self._sdk.update_user(
                UserName=self._name,
                AuthenticationMode={
                    "Type": "password",
                    "Passwords": [each.reveal() for each in passwords],
                },
            )

    @property
    def _sdk(self) -> Any:  # noqa: ANN401 - the SDK makes its clients' types at run time
        return clients.client("memorydb")
