"""Users of ElastiCache: ModifyUser, for the user with an id; user groups are what caches have.

Source: Amazon ElastiCache API reference, "ModifyUser", "User" and "UserGroup".
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from rotators.valkey.managed.errors import ELASTICACHE
from rotators.valkey.managed.keeper import ManagedUser, addresses, shown
from shared.aws import clients
from shared.secret import Secret


class ElastiCacheUser:
    """See Keeper."""

    def __init__(self, user_id: str) -> None:
        self._id = user_id
        self._shown = partial(shown, ELASTICACHE, self.user)

    @property
    def user(self) -> str:
        """By its id: several users may have one name."""
        return f"ElastiCache user {self._id!r}"

    def look(self) -> ManagedUser:
        """DescribeUsers."""
        said = self._shown(self._sdk.describe_users, "Users", UserId=self._id)
        return ManagedUser.of(said, name="UserName", groups="UserGroupIds")

    def endpoints(self, groups: Sequence[str]) -> Collection[str]:
        """Of replication groups and serverless caches."""
        sdk, caches = self._sdk, list[object]()
        for group in groups:
            for said in self._shown(sdk.describe_user_groups, "UserGroups", UserGroupId=group):
                for name in said.get("ReplicationGroups", []):
                    which = {"ReplicationGroupId": name}
                    call = sdk.describe_replication_groups
                    caches += self._shown(call, "ReplicationGroups", **which)
                for name in said.get("ServerlessCaches", []):
                    which = {"ServerlessCacheName": name}
                    call = sdk.describe_serverless_caches
                    caches += self._shown(call, "ServerlessCaches", **which)
        return addresses(caches)

    def give(self, passwords: Sequence[Secret]) -> None:
        """ModifyUser."""
        with ELASTICACHE.translate_errors(self.user):
            self._sdk.modify_user(
                UserId=self._id,
                AuthenticationMode={
                    "Type": "password",
                    "Passwords": [each.reveal() for each in passwords],
                },
            )

    @property
    def _sdk(self) -> Any:  # noqa: ANN401 - the SDK makes its clients' types at run time
        return clients.client("elasticache")
