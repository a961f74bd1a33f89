"""What a key that takes the place of another takes over of it."""

from collections.abc import Mapping

from shared.errors import TargetMismatch
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyManager


def inherited(manager: KeyManager, accepted: ApiKey) -> Mapping[str, object]:
    """What the issuer tells of the accepted key for its successor; see KeyManager.inspect.

    Raises TargetMismatch where it tells of each key by its id, and of none with this one's.
    """
    if not manager.inherits:
        return {}
    listed = manager.listed()
    found = next(iter(listed), None)
    if found is not None and found.key_id:  # else it tells of the account, and has no ids
        found = next((each for each in listed if each.key_id == accepted.key_id), None)
        if found is None:
            raise TargetMismatch(
                f"the issuer does not list the key of {accepted.account.owner!r} by the id in the "
                "secret, so what its successor is to have is not known",
                do=f"store the id of the key in '{accepted.fields['key']}' with PutSecretValue",
                field=accepted.fields.get("id"),
            )
    return manager.inspect(found, accepted).kept if found else {}
