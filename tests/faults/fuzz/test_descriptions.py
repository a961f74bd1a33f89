"""Descriptions of issuers with odd values in them: parsed, and used to rotate if accepted."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.servers.certificates import Authority
from shared import patience
from tests.faults.fuzz.cases import CASES, FuzzCase
from tests.faults.fuzz.issuer import answer_bytes, keys_over, rotate
from tests.faults.fuzz.mutations import as_text, mutate
from tests.faults.fuzz.oracle import EXAMPLES, Tally, fuzz, no_connections
from tests.faults.fuzz.samples import DESCRIPTION_SHOWN, quoted
from tests.fixtures.evidence import Evidence

# JMESPath's own warning about a literal in backticks.
QUIET = pytest.mark.filterwarnings(
    "ignore:deprecated string literal syntax:PendingDeprecationWarning"
)
SHOPS = [case for case in CASES if case.is_keyshop]


def placed(rng: Random, case: FuzzCase, described: Any) -> tuple[dict[str, Any], dict[str, str]]:  # noqa: ANN401 - any JSON
    """A secret and an environment, with the description in one of the places that allow it."""
    document = json.loads(case.document)
    match rng.randrange(8):
        case 0 | 1:
            text = as_text(rng, described) if rng.random() < 0.3 else json.dumps(described)
            return document, {"ISSUER": text, "ISSUER_HOSTS": "*"}
        case 2:
            return {**document, "issuer": as_text(rng, described)}, {}
        case 3 | 4 if isinstance(described, dict) and not case.is_keyshop:
            some = rng.sample(sorted(described), min(len(described), 2))
            used = {"use": case.name, **{name: described[name] for name in some}}
            return {**document, "issuer": used}, {"ISSUER_HOSTS": "*"}
    return {**document, "issuer": described}, {}


def try_example(ca: Path, rng: Random, tally: Tally) -> None:
    case = rng.choice(CASES if rng.random() < 0.5 else SHOPS)
    described = json.loads(case.description)
    if rng.random() < 0.95:
        described = mutate(rng, described, DESCRIPTION_SHOWN | quoted(described))
    document, environment = placed(rng, case, described)
    script = case.tolerant(case.answers())

    def do() -> None:
        keys = keys_over(lambda asked: answer_bytes(script(asked)), ca, environment)
        rotate(keys, document, case.admin)

    tally.attempt(do)


@pytest.fixture(autouse=True)
def _no_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "time_left", lambda: 0.0)


@QUIET
def test_ten_thousand_descriptions(authority: Authority, evidence: Evidence) -> None:
    with no_connections():
        tally = fuzz(
            "descriptions", EXAMPLES, lambda rng, tally: try_example(authority.ca, rng, tally)
        )
    tally.assert_varied(kinds=5, fields=200)
    evidence("fuzzing", "the issuer's description", examples=EXAMPLES, **tally.figures)


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(rng=st.randoms(use_true_random=False))
@QUIET
def test_what_hypothesis_can_shrink(authority: Authority, rng: Random) -> None:
    with no_connections():
        try_example(authority.ca, rng, Tally("descriptions"))
