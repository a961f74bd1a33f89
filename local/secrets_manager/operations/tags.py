"""TagResource and UntagResource, and what a tag may be (user guide, "Quotas")."""

from collections.abc import Iterable, Mapping

from local.secrets_manager import errors
from local.secrets_manager.state import Answer, Request, ServiceState

_MAX_TAGS = 50
_RESERVED = "aws:"


def tag_resource(state: ServiceState, request: Request) -> Answer:
    """TagResource: adds tags, and replaces the values of keys that are there."""
    secret = state.find(request)
    secret.tags = check((secret.tags or {}) | tags_of(request["Tags"]))
    secret.changed = state.clock.now()
    return {}


def untag_resource(state: ServiceState, request: Request) -> Answer:
    """UntagResource: a key that is not there is no error.

    After the last tag a list of none is left, as recorded on AWS (LocalStack's test_secret_tags).
    """
    secret = state.find(request)
    if secret.tags is not None:
        gone = set(request["TagKeys"])
        secret.tags = {key: value for key, value in secret.tags.items() if key not in gone}
        secret.changed = state.clock.now()
    return {}


def tags_of(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """A request's tags by key; refuses one without a key, and two with the same (chosen)."""
    tags: dict[str, str] = {}
    for tag in given:
        key = tag.get("Key")
        if key is None:
            raise errors.invalid_parameter("Invalid tag: a tag must have a key.")
        if key in tags:
            raise errors.invalid_parameter("Invalid tags: two tags have the same key.")
        if key.lower().startswith(_RESERVED):
            raise errors.invalid_parameter(
                f"Invalid tag key: the prefix {_RESERVED} is reserved for AWS."
            )
        tags[key] = tag.get("Value", "")
    return tags


def check(tags: dict[str, str]) -> dict[str, str]:
    """The tags, if a secret may have so many; that it is this error is chosen."""
    if len(tags) > _MAX_TAGS:
        raise errors.invalid_parameter(f"A secret can't have more than {_MAX_TAGS} tags.")
    return tags
