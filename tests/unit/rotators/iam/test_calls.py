"""Where IAM and STS are, by the region that Lambda gives; nothing is sent."""

import pytest

from rotators.iam.aws.calls import Calls
from shared.tls import RDS_AUTHORITIES

ENVIRONMENT = {"TLS_CA_BUNDLE": str(RDS_AUTHORITIES)}


@pytest.mark.parametrize(
    ("region", "iam", "sts"),
    [
        ("us-east-1", "iam.amazonaws.com", "sts.us-east-1.amazonaws.com"),
        ("eu-central-1", "iam.amazonaws.com", "sts.eu-central-1.amazonaws.com"),
        ("us-gov-west-1", "iam.us-gov.amazonaws.com", "sts.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "iam.cn-north-1.amazonaws.com.cn", "sts.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_sts_is_the_regions_own_and_iam_the_partitions(
    region: str, iam: str, sts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, region)
    calls = Calls(ENVIRONMENT)
    assert calls._client("iam").meta.endpoint_url == f"https://{iam}"
    assert calls._client("sts").meta.endpoint_url == f"https://{sts}"


def test_another_endpoint_may_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    calls = Calls({**ENVIRONMENT, "AWS_ENDPOINT_URL_IAM": "https://localhost:1"})
    assert calls._client("iam").meta.endpoint_url == "https://localhost:1"
