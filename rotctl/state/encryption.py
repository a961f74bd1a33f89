"""Whether the key that encrypts a secret works, is rotated, and is nobody else's to use."""

from rotctl.aws.keys import Key
from rotctl.state.exposure import is_public
from rotctl.state.finding import Finding, broken, ok, warning

_ABOUT = "key"
_GOES_ON = {
    "Disabled": "switch it on: `aws kms enable-key --key-id {id}`",
    "PendingDeletion": "keep it: `aws kms cancel-key-deletion --key-id {id}`, then"
    " `aws kms enable-key --key-id {id}`",
}


def encryption(key: Key | None) -> Finding:
    """How the key is; None for aws/secretsmanager."""
    if key is None or key.is_aws_own:
        return ok(_ABOUT, "aws/secretsmanager")
    if key.is_gone:
        return broken(
            _ABOUT,
            f"its key {key.id} is not there",
            "correct it: `aws secretsmanager update-secret --kms-key-id`, with the value once more",
        )
    if not key.state:
        return warning(_ABOUT, f"its key {key.id} was not seen: {key.unseen}", "ask who may see it")
    if key.state != "Enabled":
        do = _GOES_ON.get(key.state, "see `aws kms describe-key --key-id {id}`").format(id=key.id)
        return broken(_ABOUT, f"its key {key.id} is {key.state}, so nobody can read it", do)
    return _enabled(key)


def _enabled(key: Key) -> Finding:
    if key.policy is not None and is_public(key.policy):
        return broken(
            _ABOUT,
            f"the policy of its key {key.id} lets everybody in",
            "name who may use it, or add a condition: `aws kms put-key-policy`",
        )
    if key.rotates is False:
        return warning(
            _ABOUT,
            f"its key {key.id} is never rotated itself",
            f"switch that on: `aws kms enable-key-rotation --key-id {key.id}`",
        )
    return ok(_ABOUT, f"customer key {key.id}")
