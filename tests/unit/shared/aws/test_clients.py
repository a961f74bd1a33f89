"""Where the functions' clients call: AWS, or the endpoint that the stack has made for them."""

from collections.abc import Iterator

import pytest

from shared.aws import clients

VARIABLE = "AWS_ENDPOINT_URL_SECRETS_MANAGER"
ENDPOINT = "https://vpce-0123-abcd.secretsmanager.us-east-1.vpce.amazonaws.com"


@pytest.fixture(autouse=True)
def _in_a_region(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With clients of its own, and nothing of the lab's."""
    for name in ("AWS_ENDPOINT_URL", VARIABLE, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for cached in (clients.client, clients._session):
        cached.cache_clear()
    yield
    for cached in (clients.client, clients._session):
        cached.cache_clear()


def test_the_stacks_endpoint_is_called_for_secrets_manager_and_for_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, ENDPOINT)
    assert clients.client("secretsmanager").meta.endpoint_url == ENDPOINT
    assert clients.client("rds").meta.endpoint_url == "https://rds.us-east-1.amazonaws.com"


def test_without_one_aws_is_called() -> None:
    usual = "https://secretsmanager.us-east-1.amazonaws.com"
    assert clients.client("secretsmanager").meta.endpoint_url == usual
