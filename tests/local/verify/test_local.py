"""The local service passes all that the referee asks, rule by rule."""

import pytest

from local.verify import rules
from local.verify.cost import CALLS, SECRETS
from local.verify.place import Place
from local.verify.registry import Check
from local.verify.verdict import Outcome, ask


@pytest.mark.parametrize("check", rules.checks(), ids=lambda each: f"{each.number}-{each.name}")
def test_the_rule_holds(place: Place, check: Check) -> None:
    result = ask(place, check)
    assert result.outcome is Outcome.HOLDS, result.seen
    made = [each for each in result.exchanges if each["operation"] == "CreateSecret"]
    assert len(made) <= SECRETS  # what is announced before it is made on AWS
    assert len(result.exchanges) <= CALLS


def test_nothing_is_left_of_the_checks(place: Place) -> None:
    for region in (place.region, place.other_region):
        client = place.client("secretsmanager", region)
        assert client.list_secrets(IncludePlannedDeletion=True)["SecretList"] == []
