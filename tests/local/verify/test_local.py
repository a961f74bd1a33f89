"""The local service passes all that the referee asks, rule by rule."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from local.processes.children import free_port
from local.secrets_manager import SecretsManager
from local.verify import rules
from local.verify.__main__ import app
from local.verify.cost import CALLS, SECRETS
from local.verify.place import Place
from local.verify.registry import Check
from local.verify.verdict import Outcome, Result


@pytest.mark.parametrize("check", rules.checks(), ids=lambda each: f"{each.number}-{each.name}")
def test_the_rule_holds(asked: Callable[[Check], Result], check: Check) -> None:
    result = asked(check)
    assert result.outcome is Outcome.HOLDS, result.seen


def test_nothing_is_left_of_the_checks(place: Place) -> None:
    for region in (place.region, place.other_region):
        client = place.client("secretsmanager", region)
        assert client.list_secrets(IncludePlannedDeletion=True)["SecretList"] == []


def test_no_more_is_made_than_is_announced_on_aws(running: SecretsManager) -> None:
    checks = len(rules.checks())
    made = [call for call in running.calls if call.operation == "CreateSecret"]
    assert len(made) <= SECRETS * checks
    assert len(running.calls) <= CALLS * checks


def test_another_service_is_asked_by_its_url(running: SecretsManager) -> None:
    """All but rotations: no function can be deployed there."""
    only = ("--only", "4", "--only", "12", "--only", "30")
    ran = CliRunner().invoke(app, ["--endpoint", running.endpoint, "--output", "json", *only])
    assert ran.exit_code == 0, ran.output
    outcomes = {fact["fact"]: fact["outcome"] for fact in json.loads(ran.stdout)}
    assert outcomes == {4: Outcome.CANNOT, 12: Outcome.HOLDS, 30: Outcome.HOLDS}
    assert "functions are not run there" in ran.stdout


def test_where_nobody_answers_nothing_is_asked() -> None:
    ran = CliRunner().invoke(app, ["--endpoint", f"http://127.0.0.1:{free_port()}"])
    assert ran.exit_code == 2
    assert "Not asked: Could not connect" in ran.output
