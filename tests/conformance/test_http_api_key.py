import json

import pytest

from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from tests.conformance.remote import RemoteSuite
from tests.issuers.described import BESIDE, CHOSEN, EXAMPLES, SELF, ShopTarget, target_of
from tests.issuers.keyshop import Keyshop
from tests.issuers.scripted import Stub
from tests.lab import LabSecret


class IssuerSuite(RemoteSuite):
    def move(self, secret: LabSecret, port: int) -> None:
        secret.move_issuer(f"https://127.0.0.1:{port}/api")


class TestJupyterHub(IssuerSuite):
    @pytest.fixture
    def target(self, jupyterhub: Issuer) -> IssuerTarget:
        return IssuerTarget(jupyterhub, "JupyterHub")


class TestDemoIssuer(IssuerSuite):
    @pytest.fixture
    def target(self, demo_issuer: Issuer) -> IssuerTarget:
        return IssuerTarget(demo_issuer)


class DescribedSuite(RemoteSuite):
    """An example of docs/issuers.md; `way` and `number` say which."""

    way: str
    number = 0

    @pytest.fixture
    def target(self, shop: Keyshop, stub: Stub) -> ShopTarget:
        return target_of(EXAMPLES[self.way][self.number], shop, stub, {})

    def move(self, secret: LabSecret, port: int) -> None:
        url = f"https://127.0.0.1:{port}"
        value = secret.value()
        if "admin_secret_arn" in value:
            secret.lab.client.put_secret_value(
                SecretId=value["admin_secret_arn"],
                SecretString=json.dumps({"issuer_url": url, "inline": True, "api_key": "x"}),
            )
        secret.store({**value, "issuer": {**value["issuer"], "base": url}})


class TestIssuedByAnAdmin(DescribedSuite):
    way = BESIDE


class TestIssuedByTheKeyItself(DescribedSuite):
    way = SELF
    credential = frozenset({"secret_key", "secret_key_id", "publishable_key"})


class TestChosenAndSetByAnAdmin(DescribedSuite):
    way = CHOSEN


class TestChosenAndSetByTheUser(DescribedSuite):
    way, number = CHOSEN, 1
