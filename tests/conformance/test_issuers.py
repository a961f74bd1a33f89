import pytest

from local.issuers import Issuer
from local.targets import IssuerTarget
from tests.conformance.suite import RotationSuite
from tests.lab import Secret


class IssuerSuite(RotationSuite):
    installs = False

    def move_away(self, secret: Secret) -> None:
        secret.move_issuer("https://127.0.0.1:1/api")


class TestJupyterHub(IssuerSuite):
    @pytest.fixture
    def target(self, jupyterhub: Issuer) -> IssuerTarget:
        return IssuerTarget(jupyterhub, "JupyterHub")


class TestDemoIssuer(IssuerSuite):
    @pytest.fixture
    def target(self, demo_issuer: Issuer) -> IssuerTarget:
        return IssuerTarget(demo_issuer)
