import pytest

from local.issuers import Issuer
from local.targets import IssuerTarget
from tests.conformance.suite import RotationSuite


class TestJupyterHub(RotationSuite):
    installs = False

    @pytest.fixture
    def target(self, jupyterhub: Issuer) -> IssuerTarget:
        return IssuerTarget(jupyterhub, "JupyterHub")


class TestDemoIssuer(RotationSuite):
    installs = False

    @pytest.fixture
    def target(self, demo_issuer: Issuer) -> IssuerTarget:
        return IssuerTarget(demo_issuer)
