"""The key labels of a description: each secret's own, and those that could be another's."""

import pytest

from local.servers.certificates import Authority
from rotators.http_api_key.account.manager import Manager
from rotators.http_api_key.issuer import HttpIssuer
from tests.fake_ticket import ARN, FakeTicket

URL = "https://hub.test/hub/api"


def manager(authority: Authority, label: str, arn: str = ARN) -> Manager:
    issuer = HttpIssuer(authority.ca, {})
    document = {
        "issuer": {"use": "jupyterhub", "label": label},
        "issuer_url": URL,
        "owner": "app",
        "key_id": "1",
        "api_key": "any",
        "admin_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:any-AbCdEf",
    }
    admin = {"issuer_url": URL, "api_key": "any"}
    return issuer.manage(issuer.parse(document), FakeTicket(admin_secret=admin, secret_arn=arn))


@pytest.mark.parametrize("label", ["{arn} {version}", "by us (tag {tag}) {version}"])
def test_a_key_label_of_any_secret_is_known(authority: Authority, label: str) -> None:
    first = manager(authority, label)
    other = manager(authority, label, ARN.replace("app", "other"))
    assert first.key_label("v1") != other.key_label("v1")
    for issued in (first, other):
        assert first.is_key_label(issued.key_label("v1"))


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("{arn} {version}", "by hand"),
        ("{arn} {version}", "arn:aws:secretsmanager "),
        ("{tag}.{version}", "0123456789abcdef0123-v1"),
        ("{tag}.{version}", "of 0123456789abcdef0123.v1"),
        ("{tag}.{version}", "0123456789abcdef0123."),
    ],
)
def test_other_words_are_not(authority: Authority, label: str, written: str) -> None:
    assert not manager(authority, label).is_key_label(written)
