"""What a stack tells: alarms, the topic, its metrics, the saved query, its outputs."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from local import template
from local.build import artifacts
from local.functions.home import LambdaContext
from shared.errors import RotationError
from shared.handler import Handler
from tests.deploy.stack.deployed import (
    ACCOUNT,
    FUNCTIONS,
    NETWORK,
    REGION,
    STACK,
    WATCHERS,
    Stack,
    deploy,
    function_arn,
)
from tests.deploy.stack.ways import every_way

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
NAMESPACE = f"SecretRotation/{STACK}"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
WATCHED = {
    "AlarmTopicArn": TOPIC,
    "TellRotations": "true",
    "CheckDaily": "true",
    "RenewReaders": "true",
}
FAILED = ("RotationFailed", "RotationAbandoned", "TestRotationFailed")


def function() -> Handler:
    """One that other tests do not share: what it makes of this environment it keeps."""
    return replace(template.handler("PostgresSingleUser"))


def context() -> LambdaContext:
    """Of an invocation that begins now."""
    return LambdaContext(function_name="f", timeout=60, memory_limit_in_mb="256")


def test_the_topic_is_told_when_an_alarm_begins_and_when_it_is_over() -> None:
    told, silent = deploy(AlarmTopicArn=TOPIC), deploy()
    assert len(told.of_type("AWS::CloudWatch::Alarm")) == 2 * len(FUNCTIONS) + 1
    for alarm in told.of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]
    for alarm in silent.of_type("AWS::CloudWatch::Alarm").values():
        assert not {"AlarmActions", "OKActions"} & alarm.keys()


# --- the service's own events ---


def sends(stack: Stack, name: str, secret: str, rule: str = "RotationEvents") -> bool:
    """Whether the stack's rule passes on such an event."""
    pattern = json.loads(stack.properties(rule)["EventPattern"])
    assert pattern["source"] == ["aws.secretsmanager"]
    assert pattern["detail-type"] == ["AWS Service Event via CloudTrail"]
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret}-AbCdEf"
    wildcards = [each["wildcard"] for each in pattern["detail"]["additionalEventData"]["SecretId"]]
    words = (re.escape(each).replace(r"\*", ".*") for each in wildcards)
    return name in pattern["detail"]["eventName"] and any(re.fullmatch(each, arn) for each in words)


def test_the_topic_is_told_of_rotations_and_tests_that_failed() -> None:
    """The events that there are: fact 24."""
    stack = deploy(AlarmTopicArn=TOPIC)
    for name in FAILED:
        assert sends(stack, name, "orders")
    for name in ("RotationSucceeded", "RotationStarted", "TestRotationSucceeded"):
        assert not sends(stack, name, "orders")
    (target,) = stack.properties("RotationEvents")["Targets"]
    assert target["Arn"] == function_arn("RotationTeller")
    told_to = stack.properties("RotationTeller")["Environment"]["Variables"]
    assert told_to == {"TOPIC_ARN": TOPIC}
    assert not deploy().of_type("AWS::Events::Rule")


def test_successes_are_told_only_where_that_is_asked_for() -> None:
    stack = deploy(AlarmTopicArn=TOPIC, TellSuccesses="true")
    for name in (*FAILED, "RotationSucceeded"):
        assert sends(stack, name, "orders")
    assert not sends(stack, "TestRotationSucceeded", "orders")


def test_the_daily_check_is_of_the_stacks_functions_every_hour() -> None:
    stack = deploy(
        AlarmTopicArn=TOPIC, CheckDaily="true", SecretPrefixes="a/,b/", SecretTagValue="production"
    )
    hours = stack.properties("DailyCheckHours")
    assert hours["ScheduleExpression"] == "cron(0 * * * ? *)"
    assert [each["Arn"] for each in hours["Targets"]] == [function_arn("DailyCheck")]
    assert stack.properties("DailyCheck")["Environment"]["Variables"] == {
        "TOPIC_ARN": TOPIC,
        "SECRET_PREFIXES": "a/,b/",
        "SECRET_TAG_VALUE": "production",
        "FUNCTION_ARNS": ",".join(map(function_arn, FUNCTIONS)),
    }
    assert "DailyCheck" not in deploy(AlarmTopicArn=TOPIC).resources
    alone = deploy("HttpApiKey", AlarmTopicArn=TOPIC, CheckDaily="true").properties("DailyCheck")
    assert alone["Environment"]["Variables"]["FUNCTION_ARNS"] == function_arn("HttpApiKey")


@pytest.mark.parametrize("function", WATCHERS)
def test_what_tells_is_in_no_network_has_a_log_and_an_alarm_and_one_rule_invokes_it(
    function: str,
) -> None:
    stack = deploy(**NETWORK, **WATCHED, LogRetentionDays="30", LogKmsKeyArn=KEY)
    properties = stack.properties(function)
    assert "VpcConfig" not in properties
    assert properties["LoggingConfig"] == {
        "LogGroup": f"LogGroup-of-{function}Logs",
        "LogFormat": "JSON",
    }
    assert stack.properties(f"{function}Logs") == {"RetentionInDays": "30", "KmsKeyId": KEY}
    alarm = stack.properties(f"{function}Errors")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": f"Function-of-{function}"}]
    assert (alarm["MetricName"], alarm["AlarmActions"]) == ("Errors", [TOPIC])
    if function == "ReaderRenewer":
        return  # by the state machine's role
    invocation = stack.properties(f"{function}Invocation")
    assert invocation["Principal"] == "events.amazonaws.com"
    rules = {
        f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"
        for name, rule in stack.of_type("AWS::Events::Rule").items()
        if rule["Targets"][0]["Arn"] == function_arn(function)
    }
    assert {invocation["SourceArn"]} == rules


def test_a_stack_may_leave_rotations_to_another_and_keeps_its_alarms() -> None:
    told = deploy(AlarmTopicArn=TOPIC)
    left = deploy(AlarmTopicArn=TOPIC, TellRotations="false")
    assert told.of_type("AWS::Events::Rule")
    assert not left.of_type("AWS::Events::Rule")
    kept = left.of_type("AWS::CloudWatch::Alarm")
    own = told.of_type("AWS::CloudWatch::Alarm")
    assert own.keys() - kept.keys() == {"RotationTellerErrors"}
    assert kept.items() <= own.items()
    assert not deploy(TellRotations="true").of_type("AWS::Events::Rule")


def test_with_prefixes_it_is_told_of_their_secrets_only() -> None:
    stack = deploy(AlarmTopicArn=TOPIC, SecretPrefixes="orders-,/billing/")
    for name in FAILED:
        assert sends(stack, name, "orders-db")
        assert sends(stack, name, "/billing/mysql")
        assert not sends(stack, name, "users-db")
        assert not sends(stack, name, "my-orders-db")


def test_a_prefix_is_looked_for_in_the_name_and_nowhere_else_in_the_arn() -> None:
    """Whatever part of an ARN it is the beginning of."""
    stack = deploy(AlarmTopicArn=TOPIC, SecretPrefixes=f"arn,aws,secret,s,{REGION},{ACCOUNT}")
    assert not sends(stack, "RotationFailed", "orders")
    assert sends(stack, "RotationFailed", "secret-orders")


def test_the_rule_takes_as_many_prefixes_as_the_page_says() -> None:
    """2,048 characters of a pattern: EventBridge user guide, quotas."""
    page = (artifacts.ROOT / "docs" / "deploying.md").read_text()
    (said,) = re.findall(r"(\d+) prefixes of ten characters each, or (\d+) of twenty", page)
    for many, each in zip(map(int, said), (10, 20), strict=True):
        prefixes = ",".join(f"p{number:0{each - 1}}" for number in range(many))
        stack = deploy(AlarmTopicArn=TOPIC, SecretPrefixes=prefixes, TellSuccesses="true")
        pattern = stack.properties("RotationEvents")["EventPattern"]
        assert 2048 * 0.95 < len(pattern) <= 2048


# --- the renewal of readers ---


def test_a_renewal_begins_after_a_rotation_of_the_same_secrets_that_succeeded() -> None:
    stack = deploy(AlarmTopicArn=TOPIC, RenewReaders="true", SecretPrefixes="orders-,/billing/")
    for name in (*FAILED, "RotationStarted", "TestRotationSucceeded"):
        assert not sends(stack, name, "orders-db", "ReaderRenewalEvents")
    for secret, sent in (("orders-db", True), ("/billing/x", True), ("users-db", False)):
        assert sends(stack, "RotationSucceeded", secret, "ReaderRenewalEvents") is sent
    (target,) = stack.properties("ReaderRenewalEvents")["Targets"]
    assert target["Arn"].endswith(":stateMachine:ReaderRenewal")
    assert target["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/ReaderRenewalStartRole"
    told = stack.properties("ReaderRenewer")["Environment"]["Variables"]
    assert told == {"TOPIC_ARN": TOPIC, "TELL_SUCCESSES": "false"}


def test_the_state_machine_waits_as_the_page_says_and_tells_what_no_task_could_do() -> None:
    stack = deploy(AlarmTopicArn=TOPIC, RenewReaders="true")
    definition = stack.properties("ReaderRenewal")["Definition"]
    states = definition["States"]
    waits = {name: each["Seconds"] for name, each in states.items() if each["Type"] == "Wait"}
    assert waits == {"Settle": 60, "Queue": 60, "Pause": 30}
    tasks = {name: each for name, each in states.items() if each["Type"] == "Task"}
    for name, each in tasks.items():
        assert each["Resource"] == function_arn("ReaderRenewer")
        assert each["Parameters"]["task"] == name
        (retry,) = each["Retry"]
        assert retry["ErrorEquals"][0] == "Passing"
        assert retry["MaxAttempts"] == 6
        assert each["TimeoutSeconds"] > stack.properties("ReaderRenewer")["Timeout"]
        told = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell"}]
        assert each.get("Catch", []) == (told if name != "Tell" else [])
    # Longer than it may wait for its turn: what it begins then has twelve hours.
    assert definition["TimeoutSeconds"] == 18 * 3600


def test_a_renewal_that_ended_untold_alarms_and_without_the_parameter_there_is_none() -> None:
    stack = deploy(AlarmTopicArn=TOPIC, RenewReaders="true", TellRotations="false")
    assert "RotationTeller" not in stack.resources
    alarm = stack.properties("ReaderRenewalErrors")
    assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]
    names = {each["Id"]: each.get("MetricStat", {}).get("Metric") for each in alarm["Metrics"]}
    assert {each["MetricName"] for each in names.values() if each} == {
        *("ExecutionsFailed", "ExecutionsTimedOut"),
    }
    machine = stack.properties("ReaderRenewalEvents")["Targets"][0]["Arn"]
    for metric in filter(None, names.values()):
        assert metric["Dimensions"] == [{"Name": "StateMachineArn", "Value": machine}]
    unstarted = stack.properties("ReaderRenewalUnstarted")
    assert unstarted["AlarmActions"] == unstarted["OKActions"] == [TOPIC]
    assert (unstarted["Namespace"], unstarted["MetricName"]) == ("AWS/Events", "FailedInvocations")
    rule = {"Name": "RuleName", "Value": "Rule-of-ReaderRenewalEvents"}
    assert unstarted["Dimensions"] == [rule]
    without = deploy(AlarmTopicArn=TOPIC, CheckDaily="true", TellSuccesses="true")
    assert not [name for name in without.resources if "Reader" in name]


# --- metrics ---


def measured(output: Callable[[], str]) -> dict[str, Any]:
    """The declaration of the metrics of a step that fails."""
    with pytest.raises(RotationError):
        function()({}, context())
    (metric,) = [json.loads(line) for line in output().splitlines() if '"_aws"' in line]
    (declared,) = metric["_aws"]["CloudWatchMetrics"]
    return dict(declared)


def test_the_dashboard_searches_the_metrics_that_this_stacks_functions_write(
    output: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = deploy()
    for function in FUNCTIONS:
        variables = stack.properties(function)["Environment"]["Variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == NAMESPACE
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    declared = measured(output)
    assert declared["Namespace"] == NAMESPACE
    # A name with other characters than letters and digits stands in quotes.
    series = f'{{"{NAMESPACE}",{",".join(declared["Dimensions"][0])}}}'
    widgets = json.loads(stack.properties("Overview")["DashboardBody"])["widgets"]
    searches = [each["properties"]["metrics"][0][0]["expression"] for each in widgets]
    assert len(searches) == 4
    names = {each["Name"] for each in declared["Metrics"]} | {"DaysSinceRotation"}
    for search in searches:
        assert series in search
        assert set(re.findall(r'MetricName="(\w+)"', search)) <= names


@pytest.mark.parametrize("given", [None, ""])
def test_outside_of_a_stack_the_namespace_is_the_plain_one(
    given: str | None, output: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE", raising=False)
    if given is not None:
        monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", given)
    assert measured(output)["Namespace"] == "SecretRotation"


# --- the saved query ---


def test_the_saved_query_asks_for_what_a_failed_step_writes(output: Callable[[], str]) -> None:
    event = {"SecretId": "a", "ClientRequestToken": "b" * 36, "Step": "setSecret"}
    with pytest.raises(RotationError):
        function()(event, context())
    lines = [json.loads(line) for line in output().splitlines()]
    (line,) = [each for each in lines if each.get("level") == "ERROR"]
    asked = deploy().properties("FailedSteps")
    assert 'filter level = "ERROR" and ispresent(code)' in asked["QueryString"]
    (fields,) = re.findall(r" by ([\w, ]+)$", asked["QueryString"], re.MULTILINE)
    (said,) = re.findall(r"latest\((\w+)\)", asked["QueryString"])
    assert {*fields.split(", "), said, "level", "code"} <= line.keys()


def test_it_looks_in_the_logs_of_the_stacks_functions() -> None:
    for stack in every_way():
        groups = stack.of_type("AWS::Logs::LogGroup").keys() - {f"{name}Logs" for name in WATCHERS}
        logs = [f"LogGroup-of-{name}" for name in groups]
        queries = list(stack.of_type("AWS::Logs::QueryDefinition").values())
        assert [sorted(each["LogGroupNames"]) for each in queries] == (
            [sorted(logs)] if logs else []
        )
        names = [each["Name"] for each in queries]
        told = stack.outputs.get("FailedStepsQuery")
        assert names == ([told["Value"]] if told else [])


# --- outputs ---


def test_every_function_has_its_outputs_and_its_parameter() -> None:
    for function in FUNCTIONS:
        stack = deploy(function)
        values = {name: each["Value"] for name, each in stack.outputs.items()}
        assert values == {
            f"{function}Arn": function_arn(function),
            f"{function}RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{function}Role",
            f"{function}LogGroup": f"LogGroup-of-{function}Logs",
            "FailedStepsQuery": f"{STACK}/failed steps by secret",
        }
        (parameter,) = stack.of_type("AWS::SSM::Parameter").values()
        assert parameter["Name"] == f"/{STACK}/{function}Arn"
        assert (parameter["Type"], parameter["Value"]) == ("String", function_arn(function))


def test_what_the_documents_read_of_a_stack_is_there() -> None:
    pages = [artifacts.ROOT / "README.md", *(artifacts.ROOT / "docs").rglob("*.md")]
    text = "\n".join(page.read_text() for page in pages)
    stack = deploy(**NETWORK, SecretsManagerEndpoint="true")
    asked = set(re.findall(r"OutputKey=='(\w+)'", text))
    assert asked
    assert asked <= stack.outputs.keys()
    named = set(re.findall(rf"--name (/{STACK}/\w+)", text))
    assert named
    assert named <= {each["Name"] for each in stack.of_type("AWS::SSM::Parameter").values()}


def test_every_output_but_a_name_to_read_is_exported() -> None:
    stack = deploy(**NETWORK, SecretsManagerEndpoint="true")
    for name, each in stack.outputs.items():
        if name != "FailedStepsQuery":
            assert each["Export"] == {"Name": f"{STACK}-{name}"}
    assert {"FunctionSecurityGroupId", "EndpointUrl"} <= stack.outputs.keys()
