"""Which service keeps the user of a secret, as the secret says."""

from rotators.valkey import nodes
from rotators.valkey.errors import FIELD as PERSISTENCE
from rotators.valkey.managed.elasticache import ElastiCacheUser
from rotators.valkey.managed.errors import FIELD
from rotators.valkey.managed.keeper import Keeper
from rotators.valkey.managed.memorydb import MemoryDbUser
from shared.credentials import Login
from shared.errors import MalformedSecret

USER_ID = "user_id"
SERVICES = ("elasticache", "memorydb")


def keeper_of(login: Login) -> Keeper | None:
    """None where the server's own list has the user; raises MalformedSecret."""
    service = login.document.get(FIELD)
    if service is None:
        return None
    if service not in SERVICES:
        raise _refusal(FIELD, f"is none of {' and '.join(SERVICES)}")
    for field in (nodes.FIELD, PERSISTENCE):
        if login.document.get(field) is not None:
            raise _refusal(field, f"is of a server's own users, and this one's are {service}'s")
    if service == "memorydb":
        return MemoryDbUser(login.username)
    user_id = login.document.get(USER_ID, login.username)
    if not isinstance(user_id, str) or not user_id:
        raise _refusal(USER_ID, "is not the id of a user")
    return ElastiCacheUser(user_id)


def _refusal(field: str, what: str) -> MalformedSecret:
    return MalformedSecret(
        f"field '{field}' of the secret {what}",
        do=f"correct '{field}' in the secret, or take it out",
        field=field,
    )
