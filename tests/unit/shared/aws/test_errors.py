"""What is common to AWS's APIs is told alike for each, and what is one's own for that one."""

from ssl import SSLCertVerificationError

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from shared.aws.errors import SECRETS_MANAGER, Api, NotFound
from shared.aws.rds_errors import RDS
from shared.errors import (
    Forbidden,
    InvalidEvent,
    MalformedSecret,
    Misconfigured,
    RotationError,
    Throttled,
    Unexpected,
    Unreachable,
    Untrusted,
)

CANARY = "canary"


def refusal(code: str, operation: str = "Describe", status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": CANARY}}
    return ClientError({**answer, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)  # type: ignore[typeddict-item]  # the keys that are read


def translate(api: Api, error: Exception, about: str = "") -> RotationError:
    with pytest.raises(RotationError) as caught, api.translate_errors(about):
        raise error
    assert CANARY not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    return caught.value


@pytest.mark.parametrize("api", [SECRETS_MANAGER, RDS], ids=lambda api: api.prefix)
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal("AccessDenied"), Forbidden),
        (refusal("AccessDeniedException"), Forbidden),
        (refusal("NotAuthorized"), Forbidden),
        (refusal("ExpiredTokenException"), Forbidden),
        (refusal("InvalidClientTokenId"), Forbidden),
        (refusal("ThrottlingException"), Throttled),
        (refusal("SlowDown"), Throttled),
        (refusal("RequestTimeout"), Unreachable),
        (refusal("", status=503), Unreachable),
        (refusal("Anything"), Misconfigured),
        (EndpointConnectionError(endpoint_url=CANARY), Unreachable),
        (NoCredentialsError(), Misconfigured),
        (ParamValidationError(report=CANARY), Unexpected),
    ],
    ids=repr,
)
def test_what_is_common_is_told_alike(
    api: Api, error: Exception, kind: type[RotationError]
) -> None:
    assert type(translate(api, error)) is kind


def test_a_refusal_says_which_call_it_was_and_about_what() -> None:
    error = translate(SECRETS_MANAGER, refusal("", "GetSecretValue", 500), "the-secret")
    assert error.what == (
        "secretsmanager:GetSecretValue for the-secret: the service failed (HTTP 500)"
    )


def test_a_defect_is_reported_with_what_the_line_has() -> None:
    """These are raised as ours, so no line before the step's own has a `where`."""
    error = translate(SECRETS_MANAGER, ParamValidationError(report=CANARY))
    assert error.do == "report it with this log line"


def test_the_same_code_may_be_one_apis_own() -> None:
    code = "ValidationException"
    assert type(translate(SECRETS_MANAGER, refusal(code, "PutSecretValue"))) is MalformedSecret
    assert type(translate(SECRETS_MANAGER, refusal(code, "GetSecretValue"))) is InvalidEvent
    assert type(translate(SECRETS_MANAGER, refusal(code, "DescribeSecret"))) is Misconfigured
    assert type(translate(SECRETS_MANAGER, refusal("ResourceNotFoundException"))) is NotFound


def test_each_has_its_own_route_and_its_own_rights() -> None:
    for error in (EndpointConnectionError(endpoint_url=CANARY), refusal("AccessDenied")):
        assert translate(SECRETS_MANAGER, error).do != translate(RDS, error).do


def test_a_certificate_that_is_not_trusted_is_no_broken_connection() -> None:
    unproven = SSLError(endpoint_url="https://canary", error=SSLCertVerificationError(CANARY))
    unproven.__cause__ = SSLCertVerificationError(CANARY)
    assert isinstance(translate(SECRETS_MANAGER, unproven), Untrusted)
    broken = SSLError(endpoint_url="https://canary", error=OSError(CANARY))
    assert isinstance(translate(SECRETS_MANAGER, broken), Unreachable)


def test_an_answer_that_breaks_off_is_worth_another_try() -> None:
    assert isinstance(translate(SECRETS_MANAGER, ResponseParserError(CANARY)), Unreachable)
