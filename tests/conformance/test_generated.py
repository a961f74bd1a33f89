import pytest

from rotators.generated.testing import KEYRING, WEBHOOK, GeneratedTarget
from tests.conformance.suite import RotationSuite


class TestKeyring(RotationSuite):
    credential = frozenset({"keyring"})

    @pytest.fixture
    def target(self) -> GeneratedTarget:
        return GeneratedTarget("keyring", KEYRING)


class TestWebhookSecret(RotationSuite):
    seamless = True
    credential = frozenset({"signing_secret"})

    @pytest.fixture
    def target(self) -> GeneratedTarget:
        return GeneratedTarget("signing_secret", WEBHOOK)
