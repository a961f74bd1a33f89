"""A secret as it stands in the middle of a rotation begun elsewhere; no operation of the API."""

from collections.abc import Mapping

from local.functions.home import ARN_PREFIX, name_of
from local.secrets_manager.arn import SECRET
from local.secrets_manager.rotation import Rotation
from local.secrets_manager.state import MAX_TOKEN, MIN_TOKEN, ServiceState
from local.secrets_manager.versions import CURRENT, PENDING


def name_in_full(arn: str) -> str:
    """The secret's name, without the six characters the service adds; raises ValueError."""
    match = SECRET.fullmatch(arn)
    if match is None or match["suffix"] is None:
        raise ValueError(f"{arn!r} is not the full ARN of a secret")
    return match["name"]


def adopt(state: ServiceState, event: Mapping[str, str], function: str) -> None:
    """Give the secret that the event's ARN names that very ARN, and begin the event's rotation.

    As RotateSecret does before the first step (fact 1), but no step is run.
    Raises ValueError where the event is not of a rotation that could begin, and what the API
    would answer for an unknown secret.
    """
    arn, token = event["SecretId"], event["ClientRequestToken"]
    if not MIN_TOKEN <= len(token) <= MAX_TOKEN:
        raise ValueError(f"ClientRequestToken must be {MIN_TOKEN}-{MAX_TOKEN} characters long")
    with state.hold_lock():
        secret = state.find({"SecretId": name_in_full(arn)})
        is_rotating = secret.versions.holder(PENDING) not in (None, secret.versions.holder(CURRENT))
        if secret.versions.get(token) is not None or is_rotating:
            raise ValueError(f"{secret.name} has that version, or another rotation, already")
        secret.arn = arn
        secret.rotation.configure(ARN_PREFIX + name_of(function), None)
        rotation = Rotation(token, "rotation")
        rotation.token = event.get("RotationToken") or rotation.token
        state.abandon(secret)
        with state.changing(secret):
            secret.versions.put(token, None, [PENDING], state.clock.now())
        secret.incomplete = rotation
