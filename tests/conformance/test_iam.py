import pytest

from local.targets import Place
from rotators.iam.testing import IamTarget, moto_iam
from tests.conformance.remote import RemoteSuite
from tests.lab import LabSecret


class TestAccessKey(RemoteSuite):
    credential = frozenset({"access_key_id", "secret_access_key"})

    @pytest.fixture
    def target(self, place: Place) -> IamTarget:
        return IamTarget(place.running(moto_iam))

    def move(self, secret: LabSecret, port: int) -> None:
        """No secret names where IAM is: the function's own settings do."""
        url = f"https://127.0.0.1:{port}"
        moved = {"AWS_ENDPOINT_URL_IAM": url, "AWS_ENDPOINT_URL_STS": url}
        target = secret.target
        assert isinstance(target, IamTarget)
        target.settings = {**target.settings, **moved}
        secret.function = secret.lab.functions.add(target)
