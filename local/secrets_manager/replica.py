"""A secret of another region as it is seen in this one (user guide, Replicate secrets)."""

import copy

from local.secrets_manager.arn import in_region
from local.secrets_manager.secret import Secret


class Replica(Secret):
    """All it says is the primary's, but for its region, its key, its dates and its rotation.

    It has no rotation: the primary's is the only one.
    """

    def __init__(self, primary: Secret, region: str, key: str | None, now: float) -> None:
        super().__init__("", region, {"Name": primary.name, "KmsKeyId": key}, now)
        self.arn = in_region(primary.arn, region)
        self.primary = primary
        self.primary_region = primary.primary_region
        self.follow()

    def follow(self) -> None:
        """Be as the primary is now: its versions with their labels, and its metadata."""
        self.description, self.changed = self.primary.description, self.primary.changed
        self.tags, self.policy = self.primary.tags, self.primary.policy
        self.versions, self.stale = self.primary.versions, self.primary.stale

    def promote(self) -> Secret:
        """A secret of its own that begins as this is now, without rotation."""
        secret = Secret("", "", {"Name": self.name}, self.created)
        secret.arn, secret.changed, secret.encryption = self.arn, self.changed, self.encryption
        secret.description, secret.policy = self.description, self.policy
        secret.accessed, secret.tags = self.accessed, self.tags
        secret.versions = copy.deepcopy(self.versions)
        return secret
