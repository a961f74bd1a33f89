"""A function's own answer, and the policy that lets it be invoked, whatever these say."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from local.secrets_manager import SecretsManager
from rotctl.aws import functions, secrets
from rotctl.aws.permission import Permission
from rotctl.aws.session import Aws
from rotctl.healing.case import Case
from rotctl.healing.verdict import judge
from rotctl.links.answer import Answer, ask
from rotctl.links.chain import look
from rotctl.links.check import Check, Health, Link
from rotctl.links.function import of_function, of_policy
from tests.rotctl.healing.chains import FUNCTION, SECRET

ARN = "arn:aws:lambda:us-east-1:123456789012:function:Mine"
FINDING = {"link": "login", "state": "ok", "what": "accepted", "do": "", "of": "AWSCURRENT",
           "code": "", "field": None}  # fmt: skip


class InvalidEvent(Exception):
    """What a function raises that does not know the event."""


def failing(error: Exception) -> Callable[..., object]:
    def fail(_event: object, _context: object) -> object:
        raise error

    return fail


def denied(code: str) -> dict[str, object]:
    what = f"secretsmanager:GetSecretValue for arn:aws:x: it was refused ({code})"
    return {**FINDING, "link": "value", "state": "broken", "what": what, "code": "Forbidden"}


@pytest.fixture(scope="module")
def service() -> Iterator[SecretsManager]:
    with SecretsManager() as running:
        running.client().create_secret(Name="app", SecretString="{}")
        with mock.patch.dict("os.environ", {**running.environment, **running.neighbours}):
            yield running


@pytest.mark.parametrize(
    ("answers", "link", "health", "what"),
    [
        (lambda *_: {"findings": [FINDING], "complete": True}, "login", "ok", "accepted"),
        (lambda *_: {"findings": [{**FINDING, "link": "new"}]}, "new", "ok", "accepted"),
        (lambda *_: {"findings": [denied("DecryptionFailure")]}, "key", "broken", "GetSecretValue"),
        (lambda *_: {"findings": [denied("AccessDenied")]}, "role", "broken", "GetSecretValue"),
        (lambda *_: {"findings": [denied("NoSuchThing")]}, "value", "broken", "GetSecretValue"),
        (lambda *_: None, "settings", "unknown", "the function is none of these"),
        (failing(InvalidEvent("diagnose: no step; do")), "settings", "unknown", "too old"),
        (failing(KeyError("x")), "settings", "broken", "'x'"),
    ],
)
def test_whatever_a_function_answers_is_told(
    service: SecretsManager, answers: Callable[..., object], link: str, health: str, what: str
) -> None:
    arn = service.add_function("Mine", answers)
    secret = secrets.Secret("app", "arn:aws:x", arn, True, "", None, None, None, None, None)  # type: ignore[arg-type] # noqa: FBT003 what is not looked at
    asked = functions.Function("Mine", "Mine", "", is_ours=True)
    (check,) = ask(Aws(), secret, asked).checks
    assert (check.link, check.health) == (link, health)
    assert what in check.what


def test_another_function_is_not_asked(service: SecretsManager) -> None:
    asked: list[object] = []
    arn = service.add_function("Foreign", lambda event, _context: asked.append(event))
    service.client().rotate_secret(SecretId="app", RotationLambdaARN=arn, RotateImmediately=False)
    service.wait_for_rotation("app")
    known = len(asked)
    seen = look(Aws(), functions.Functions(Aws()), "app")
    assert len(asked) == known
    verdict = judge(seen)
    assert verdict.case is Case.UNPROVEN
    assert "rotctl adopt" in verdict.do


def test_of_several_findings_of_a_version_the_worst_counts() -> None:
    checks = [Check(Link.VALUE, health, str(health), of="AWSPENDING") for health in Health]
    seen = Answer(checks).of_version(Link.VALUE, "AWSPENDING")
    assert seen is not None
    assert seen.health is Health.BROKEN


@pytest.mark.parametrize(
    ("conditions", "health"),
    [
        ({"StringEquals": {"AWS:SourceAccount": "123456789012"}}, Health.OK),
        ({"StringEquals": {"AWS:SourceAccount": "999999999999"}}, Health.BROKEN),
        ({"Bool": {"aws:SecureTransport": "true"}}, Health.UNKNOWN),
        ({}, Health.WARNING),
    ],
)
def test_who_may_invoke_it(conditions: dict[str, object], health: Health) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "secretsmanager.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Condition": conditions,
    }
    seen = of_policy(SECRET, FUNCTION, Permission((statement,)))
    assert seen.health is health
    assert of_policy(SECRET, FUNCTION, Permission(None)).health is Health.UNKNOWN
    alias = f"{ARN}:live"
    do = of_policy(replace(SECRET, function=alias), FUNCTION, Permission(())).do
    assert f"`aws lambda add-permission --function-name {alias} " in do


@pytest.mark.parametrize(
    ("more", "health", "what"),
    [
        ({"State": "Active"}, Health.OK, "Mine, postgres single user"),
        (
            {"State": "Failed", "StateReasonCode": "SubnetOutOfIPAddresses"},
            *(Health.BROKEN, "Mine: its state is Failed (SubnetOutOfIPAddresses)"),
        ),
        (
            {"LastUpdateStatus": "Failed"},
            *(Health.WARNING, "Mine: its last update failed (no reason), so it is as before"),
        ),
    ],
)
def test_a_function_that_lambda_cannot_run_says_so_and_one_that_it_can_is_not_broken(
    more: dict[str, Any], health: Health, what: str
) -> None:
    answer = {"Handler": "rotators.postgres.single_user", "Role": "arn:aws:iam::1:role/r", **more}
    with mock.patch.object(Aws, "call", return_value=answer):
        found = of_function(SECRET, functions.Functions(Aws())[ARN])
    assert found.health is health
    assert found.what.startswith(what)
