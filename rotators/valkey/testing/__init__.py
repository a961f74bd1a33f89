"""What this kind is tried with on one machine: real Valkey and Redis, and users on them."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from local.servers.choice import ServerChoice
from local.targets import Offer, Place
from rotators.valkey.testing.server import recipe, valkey, with_replicas
from rotators.valkey.testing.users import ValkeyTarget

__all__ = ["SERVERS", "TARGETS", "ValkeyTarget", "of_nodes", "redis", "valkey", "with_replicas"]

redis = partial(valkey, engine="redis")


def of_nodes(
    place: Place, username: str = "app", settings: Mapping[str, str] = MappingProxyType({})
) -> ValkeyTarget:
    """A user of a primary and of its replicas."""
    primary, *replicas = place.running(with_replicas)
    return ValkeyTarget(primary, username, settings, others=replicas)


TARGETS: Mapping[str, Offer] = {
    "valkey": Offer(
        ValkeyTarget.function,
        lambda place: ValkeyTarget(place.running(valkey)),
    ),
    "redis": Offer(
        ValkeyTarget.function,
        lambda place: ValkeyTarget(place.running(redis)),
    ),
    "valkey-replicas": Offer(ValkeyTarget.function, of_nodes),
}
SERVERS: Mapping[str, ServerChoice] = {
    "valkey": ServerChoice(recipe("valkey"), valkey),
    "redis": ServerChoice(recipe("redis"), redis, usual=False),
}
