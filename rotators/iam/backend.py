"""The Backend of access keys: that of any issuer's keys, which waits until the old one is idle."""

from collections.abc import Mapping

from rotators.iam.issuer import IamIssuer
from shared.keys.backend import ApiKeyBackend
from shared.protocol.readers import VARIABLE


class AccessKeys(ApiKeyBackend):
    """Rotates access keys of IAM users.

    Where nothing else is said, a key that is in use is waited for: a user has two keys at most, so
    the next one takes the place of the older one, which is deleted and never comes back.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        waiting = {**environment, VARIABLE: environment.get(VARIABLE) or "hold"}
        super().__init__(IamIssuer.from_environment(environment), waiting)
