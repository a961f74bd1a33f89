import pytest

from local.servers.rabbitmq.broker import Broker
from rotators.http_api_key.testing import RabbitMqTarget
from tests.conformance.remote import RemoteSuite
from tests.lab import LabSecret


class TestRabbitMQ(RemoteSuite):
    @pytest.fixture
    def target(self, rabbitmq_server: Broker) -> RabbitMqTarget:
        return RabbitMqTarget(rabbitmq_server)

    def move(self, secret: LabSecret, port: int) -> None:
        secret.move_issuer(f"https://127.0.0.1:{port}/api")
