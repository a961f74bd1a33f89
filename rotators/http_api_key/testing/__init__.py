"""What this kind is tried with on one machine: issuers, and keys and users at them."""

from collections.abc import Mapping

from local.servers import etcd, influxdb
from local.servers.choice import ServerChoice
from local.servers.rabbitmq import RECIPE, rabbitmq
from local.targets import Offer
from rotators.http_api_key.testing.broker import RabbitMqTarget
from rotators.http_api_key.testing.issuers.demo import demo_issuer
from rotators.http_api_key.testing.keys import IssuerTarget

__all__ = ["SERVERS", "TARGETS", "IssuerTarget", "RabbitMqTarget"]

TARGETS: Mapping[str, Offer] = {
    "api-key": Offer(IssuerTarget.function, lambda place: IssuerTarget(place.running(demo_issuer))),
    "rabbitmq": Offer(
        RabbitMqTarget.function, lambda place: RabbitMqTarget(place.running(rabbitmq))
    ),
}
SERVERS: Mapping[str, ServerChoice] = {
    "rabbitmq": ServerChoice(RECIPE, rabbitmq, usual=False),
    # No description of these comes with it: single tests have them by one in the secret.
    "influxdb": ServerChoice(influxdb.RECIPE, influxdb.influxdb, usual=False),
    "etcd": ServerChoice(etcd.RECIPE, etcd.etcd, usual=False),
}
