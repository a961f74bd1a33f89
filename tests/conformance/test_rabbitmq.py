import pytest

from local.servers import Server
from rotators.http_api_key.testing import RabbitMqTarget
from tests.conformance.suite import RotationSuite
from tests.lab import Secret


class TestRabbitMQ(RotationSuite):
    @pytest.fixture
    def target(self, rabbitmq_server: Server) -> RabbitMqTarget:
        return RabbitMqTarget(rabbitmq_server)

    def move_away(self, secret: Secret) -> None:
        secret.move_issuer("https://127.0.0.1:1/api")

    def test_tags_are_kept(self, secret: Secret, target: RabbitMqTarget) -> None:
        assert secret.rotate().state == "succeeded"
        assert target.tags() == ["management"]
