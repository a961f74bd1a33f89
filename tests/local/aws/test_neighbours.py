"""What other services of AWS know of rotations and functions, by boto3 and by HTTP."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import urllib3
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.aws import pattern
from local.functions.home import Configuration, InProcess
from local.functions.logged import events_in
from local.functions.written import captured
from local.sam.endpoint import LambdaEndpoint
from local.secrets_manager import SecretsManager
from local.secrets_manager.errors import Refusal
from tests.local.secrets_manager.test_any_request import ODD, members

LOGGER = logging.getLogger("tests.local.aws")
GROUP = "/aws/lambda/Tells"
PREFIXES = {
    "logs": "Logs_20140328.",
    "cloudtrail": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.",
    "ssm": "AmazonSSM.",
}
OFFERED = (("logs", "FilterLogEvents"), ("cloudtrail", "LookupEvents"), ("ssm", "GetParameter"))


def tells(event: dict[str, Any], _context: object) -> None:
    sys.stdout.write(json.dumps({"step": event["Step"], "secret": event["SecretId"]}) + "\n")
    LOGGER.warning("logged, and no JSON")
    if event["Step"] == "setSecret":
        raise RuntimeError("no")


@pytest.fixture(scope="module")
def service() -> Iterator[SecretsManager]:
    """It has run one rotation, which failed in setSecret, and one test."""
    handler = logging.StreamHandler(sys.stdout)
    LOGGER.addHandler(handler)
    with captured(), SecretsManager(InProcess({"Tells": tells}), retries=0) as running:
        running.client().create_secret(Name="app", SecretString="hidden")
        assert running.rotate("app", "Tells").state == "failed"
        yield running
    LOGGER.removeHandler(handler)


def client(service: SecretsManager, name: str, region: str = "us-east-1") -> Any:  # noqa: ANN401 made at run time
    session = botocore.session.Session()
    session.set_credentials("local", "local")
    return session.create_client(name, region, endpoint_url=service.endpoint)


def refused(code: str, call: Any, **request: Any) -> None:  # noqa: ANN401 the API's own parameters
    with pytest.raises(ClientError) as raised:
        call(**request)
    assert raised.value.response["Error"]["Code"] == code


def test_a_function_is_configured_as_its_home_says(service: SecretsManager) -> None:
    aws = client(service, "lambda")
    for name in ("Tells", service.function_arn("Tells")):
        found = aws.get_function_configuration(FunctionName=name)
        assert (found["FunctionName"], found["Timeout"]) == ("Tells", 30)
        assert found["Handler"].endswith(".tells")
        assert found["LoggingConfig"]["LogGroup"] == GROUP
    refused("ResourceNotFoundException", aws.get_function_configuration, FunctionName="None")
    refused("UnknownOperationException", aws.list_functions)
    refused("UnknownOperationException", aws.get_function, FunctionName="Tells")
    given = {"FunctionName": "Tells", "Qualifier": "1"}
    refused("InvalidParameterException", aws.get_function_configuration, **given)


def test_a_function_is_configured_as_a_test_says(service: SecretsManager) -> None:
    network = {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    handler, tags = "lambda_function.lambda_handler", {"a": "b"}
    said = Configuration(handler, 30, 128, "python3.9", network, tags)
    home = InProcess({}, beside=service.home)
    home.add("Said", tells, said)
    with SecretsManager(home) as other:
        aws = client(other, "lambda")
        found = aws.get_function_configuration(FunctionName="Said")
        assert (found["Handler"], found["Runtime"]) == (handler, "python3.9")
        assert found["VpcConfig"] == network
        assert aws.list_tags(Resource=other.function_arn("Said"))["Tags"] == tags
        assert aws.list_tags(Resource=other.function_arn("Tells"))["Tags"] == {}
        none = other.function_arn("None")
        refused("ResourceNotFoundException", aws.list_tags, Resource=none)


def test_a_function_may_be_invoked_by_secrets_manager_until_that_is_taken_from_it(
    service: SecretsManager,
) -> None:
    aws = client(service, "lambda")
    secrets = service.client()
    arn = service.function_arn("Tells")
    account = arn.split(":")[4]
    given = {
        "Effect": "Allow",
        "Principal": {"Service": "secretsmanager.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Condition": {"StringEquals": {"AWS:SourceAccount": account}},
        "Resource": arn,
    }
    (statement,) = json.loads(aws.get_policy(FunctionName="Tells")["Policy"])["Statement"]
    assert statement == {"Sid": "Invocation", **given}
    service.permissions.remove_all("Tells")
    refused("ResourceNotFoundException", aws.get_policy, FunctionName=arn)
    attached = {"SecretId": "app", "RotationLambdaARN": arn}
    refused("AccessDeniedException", secrets.rotate_secret, **attached)
    request = {
        "FunctionName": "Tells",
        "StatementId": "again",
        "Action": "lambda:InvokeFunction",
        "Principal": "secretsmanager.amazonaws.com",
    }
    added = aws.add_permission(**request, SourceAccount=account)
    assert json.loads(added["Statement"]) == {"Sid": "again", **given}
    refused("ResourceConflictException", aws.add_permission, **request)
    refused("InvalidParameterException", aws.add_permission, **request, EventSourceToken="x")
    of = f"arn:aws:secretsmanager:us-east-1:{account}:secret:app"
    added = aws.add_permission(**{**request, "StatementId": "narrow"}, SourceArn=of)
    assert json.loads(added["Statement"])["Condition"] == {"ArnLike": {"AWS:SourceArn": of}}
    refused("ResourceNotFoundException", aws.get_policy, FunctionName="None")


def test_the_stacks_parameters_have_the_functions_arns(service: SecretsManager) -> None:
    aws = client(service, "ssm")
    found = aws.get_parameter(Name="/secret-rotators/TellsArn")["Parameter"]
    assert found["Value"] == service.function_arn("Tells")
    for name in ("/secret-rotators/NoneArn", "/other/TellsArn", "TellsArn"):
        refused("ParameterNotFound", aws.get_parameter, Name=name)


def test_the_log_has_what_the_function_wrote_by_either_way(service: SecretsManager) -> None:
    aws = client(service, "logs")
    messages = [each["message"] for each in aws.filter_log_events(logGroupName=GROUP)["events"]]
    assert [json.loads(each)["step"] for each in messages[::2]] == ["createSecret", "setSecret"]
    assert set(messages[1::2]) == {"logged, and no JSON"}
    pages: list[dict[str, Any]] = []
    token: dict[str, Any] = {}
    while len(pages) < 4:
        page = aws.filter_log_events(logGroupName=GROUP, limit=1, **token)
        pages += page["events"]
        token = {"nextToken": page.get("nextToken")}
    assert [each["message"] for each in pages] == messages
    assert token == {"nextToken": None}
    before = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
    assert aws.filter_log_events(logGroupName=GROUP, endTime=before)["events"] == []
    found = aws.filter_log_events(logGroupName=GROUP, filterPattern='{ $.step = "setSecret" }')
    assert [json.loads(each["message"])["step"] for each in found["events"]] == ["setSecret"]
    for code, request in (
        ("ResourceNotFoundException", {"logGroupName": "/aws/lambda/None"}),
        ("InvalidParameterException", {"logGroupName": GROUP, "nextToken": "bad"}),
        ("InvalidParameterException", {"logGroupName": GROUP, "logStreamNamePrefix": "a"}),
        ("InvalidParameterException", {"logGroupName": GROUP, "filterPattern": "ERROR"}),
    ):
        refused(code, aws.filter_log_events, **request)


LINE = '{"a": "1", "b": "x", "n": 1}'


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ('{ $.a = "1" }', True),
        ('{$.a="1"&&$.b="x"}', True),
        ('{ $.a = "1" && $.b = "y" }', False),
        ('{ $.a = "2" || $.b = "x" }', True),
        ('{ $.c = "1" }', False),
    ],
)
def test_a_pattern_is_the_equality_of_members(text: str, *, matches: bool) -> None:
    assert pattern.read(text)(LINE) is matches
    assert pattern.read(text)("{no JSON") is (not text)


@pytest.mark.parametrize(
    "text",
    [
        "ERROR",
        "{",
        "{ $.a = 1 }",
        '{ $.a = "1*" }',
        '{ $.a = "1" && $.b = "2" || $.c = "3" }',
    ],
)
def test_any_other_pattern_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="not offered"):
        pattern.read(text)


def test_the_trail_has_the_events_of_a_rotation(service: SecretsManager) -> None:
    aws = client(service, "cloudtrail")
    events = aws.lookup_events()["Events"]
    assert [each["EventName"] for each in events] == ["RotationFailed", "RotationStarted"]
    by = [{"AttributeKey": "EventName", "AttributeValue": "RotationFailed"}]
    (failed,) = aws.lookup_events(LookupAttributes=by)["Events"]
    event = json.loads(failed["CloudTrailEvent"])
    arn = event["additionalEventData"]["SecretId"]
    (outcome,) = service.outcomes(arn)
    assert event["requestID"] == f"Rotation-{arn}-{outcome.version_id}"
    assert event["errorMessage"].endswith("during setSecret step")
    assert "hidden" not in failed["CloudTrailEvent"]
    first = aws.lookup_events(MaxResults=1)
    assert first["Events"] + aws.lookup_events(NextToken=first["NextToken"])["Events"] == events
    assert client(service, "cloudtrail", "eu-west-1").lookup_events()["Events"] == []
    later = failed["EventTime"] + timedelta(minutes=1)
    assert aws.lookup_events(StartTime=later)["Events"] == []
    of_others = [{"AttributeKey": "EventSource", "AttributeValue": "s3.amazonaws.com"}]
    assert aws.lookup_events(LookupAttributes=of_others)["Events"] == []
    for code, request in (
        ("InvalidLookupAttributesException", {"LookupAttributes": by * 2}),
        ("InvalidTimeRangeException", {"StartTime": later, "EndTime": datetime(2020, 1, 1)}),  # noqa: DTZ001
        ("InvalidNextTokenException", {"NextToken": "bad"}),
        ("InvalidParameterException", {"EventCategory": "insight"}),
        (
            "InvalidParameterException",
            {"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": arn}]},
        ),
    ):
        refused(code, aws.lookup_events, **request)


@pytest.mark.parametrize(("name", "operation"), OFFERED)
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_request_is_answered_or_refused(
    service: SecretsManager, name: str, operation: str, data: st.DataObject
) -> None:
    shape = botocore.session.Session().get_service_model(name).operation_model(operation)
    assert shape.input_shape is not None
    request = data.draw(st.one_of(members(shape.input_shape), ODD))
    with urllib3.PoolManager(retries=False) as http:
        reply = http.request(
            "POST",
            service.endpoint,
            headers={"X-Amz-Target": f"{PREFIXES[name]}{operation}"},
            body=json.dumps(request),
        )
    assert reply.status in {200, 400}, reply.data


@pytest.mark.parametrize(
    ("name", "operation", "request_"),
    [
        ("secretsmanager", "list_secrets", {}),
        ("lambda", "get_function_configuration", {"FunctionName": "Tells"}),
        ("lambda", "get_policy", {"FunctionName": "Tells"}),
        ("ssm", "get_parameter", {"Name": "/secret-rotators/TellsArn"}),
        ("logs", "filter_log_events", {"logGroupName": GROUP}),
        ("cloudtrail", "lookup_events", {}),
    ],
)
def test_what_the_settings_refuse_is_refused_and_every_call_is_counted(
    service: SecretsManager, name: str, operation: str, request_: dict[str, str]
) -> None:
    asked = "".join(map(str.capitalize, operation.split("_")))
    service.settings.refused = {asked: "AccessDeniedException"}
    refused("AccessDeniedException", getattr(client(service, name), operation), **request_)
    service.settings.refused = {}
    assert getattr(client(service, name), operation)(**request_)
    last = service.calls[-2:]
    assert [(call.operation, call.error) for call in last] == [
        (asked, "AccessDeniedException"),
        (asked, None),
    ]


def test_a_home_that_cannot_say_is_not_guessed_about() -> None:
    with SecretsManager(LambdaEndpoint("http://127.0.0.1:1")) as elsewhere:
        call = client(elsewhere, "lambda").get_function_configuration
        refused("InvalidParameterException", call, FunctionName="Any")


def test_functions_beside_are_said_by_their_home(service: SecretsManager) -> None:
    home = InProcess({"Own": tells}, beside=service.home)
    assert home.configuration("Tells") == InProcess({"Tells": tells}).configuration("Tells")
    assert home.configuration("None") is None
    assert len(home.log_events("Tells")) == 4
    assert home.log_events("Own") == ()


def test_a_line_of_the_emulators_log_has_the_time_of_one_before_it(tmp_path: Path) -> None:
    log = tmp_path / "function.log"
    assert events_in(log) == ()
    line = json.dumps({"timestamp": "2026-11-21 01:39:13,175+0000", "step": "setSecret"})
    log.write_text(f"START\n{line}\n{{no JSON\n")
    assert [(event.time, event.message) for event in events_in(log)] == [
        (0.0, "START"),
        (1795225153.175, line),
        (1795225153.175, "{no JSON"),
    ]
