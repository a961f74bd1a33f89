"""TagResource and UntagResource."""

from local.secrets_manager.state import Answer, Request, ServiceState


def tag_resource(state: ServiceState, request: Request) -> Answer:
    """TagResource: adds tags, and replaces the values of keys that are there."""
    secret = state.find(request)
    secret.tags |= {tag["Key"]: tag.get("Value", "") for tag in request["Tags"]}
    return {}


def untag_resource(state: ServiceState, request: Request) -> Answer:
    """UntagResource: keys that are not there are no error."""
    secret = state.find(request)
    for key in request["TagKeys"]:
        secret.tags.pop(key, None)
    return {}
