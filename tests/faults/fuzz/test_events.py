"""Invalid and nearly valid events, given to the real handlers with the local Secrets Manager."""

import io
import json
import logging
from collections.abc import Iterator
from random import Random
from typing import Any, NoReturn

import pytest

from local import template
from local.functions.home import LambdaContext
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from shared.aws import store
from shared.handler import LOGGER, Handler
from shared.protocol.event import Step
from tests.faults.fuzz.mutations import CANARY, mutate, odd
from tests.faults.fuzz.oracle import EXAMPLES, Tally, fuzz, traces
from tests.fixtures.evidence import Evidence
from tests.lab import Lab

SHOWN = ("SecretId", "ClientRequestToken")
FIELDS = ("Step", "SecretId", "ClientRequestToken", "RotationToken", "secretid", "")
STRANGE: tuple[object, ...] = (
    None,
    7,
    "event",
    b"{}",
    [],
    [{}],
    {1},
    object(),
    Ellipsis,
    float("nan"),
    print,
    Step,
)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.TextIOWrapper]:
    """The functions' log, in strict UTF-8 as standard output; a line that is lost is an error."""

    def lost(*_: object) -> NoReturn:
        raise  # noqa: PLE0704 - the error that handleError was called for

    handler = LOGGER.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    monkeypatch.setattr(handler, "handleError", lost)
    lines = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    monkeypatch.setattr(logging.getLogger("rotation"), "propagate", False)  # to pytest's own
    before = handler.setStream(lines)
    yield lines
    handler.setStream(before)


def event(rng: Random, good: list[dict[str, Any]]) -> object:
    """An event that is nearly valid in one case of three, else of another shape or no JSON."""
    if rng.random() < 0.35:
        return mutate(rng, json.loads(json.dumps(rng.choice(good))), SHOWN)
    if rng.random() < 0.1:
        return rng.choice(STRANGE)
    if rng.random() < 0.1:
        return mutate(rng, [json.loads(json.dumps(rng.choice(good)))], SHOWN)
    names = rng.sample(FIELDS, rng.randrange(len(FIELDS)))
    document = {name: odd(rng, confidential=name not in SHOWN) for name in names}
    if rng.random() < 0.5:
        document["Step"] = rng.choice(list(Step))
    return document


def test_ten_thousand_events(
    lab: Lab,
    demo_issuer: Issuer,
    written: io.TextIOWrapper,
    evidence: Evidence,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "CONSISTENCY_SECONDS", 0)  # the local service is consistent at once
    secret = lab.secret(IssuerTarget(demo_issuer))
    done = secret.begin()
    secret.steps(done)
    begun = secret.begin()  # has no value, so its later steps must fail
    broken, still = lab.secret(IssuerTarget(demo_issuer)), lab.secret(IssuerTarget(demo_issuer))
    lab.client.put_secret_value(SecretId=broken.arn, SecretString=f'{{"password": "{CANARY}')
    token = f"{CANARY}{'0' * 36}"
    good = [{**done, "Step": step.value, "RotationToken": token} for step in Step]
    good += [{**begun, "Step": step.value, "RotationToken": token} for step in list(Step)[1:]]
    good += [{**broken.begin(), "Step": "createSecret", "RotationToken": token}]
    good += [{**done, "SecretId": still.arn, "Step": "createSecret"}]
    handlers: list[Handler] = [template.handler(name) for name in template.functions()]
    before = secret.labels(), secret.value(), secret.accepted_versions()

    def try_example(rng: Random, tally: Tally) -> None:
        given, handler = event(rng, good), rng.choice(handlers)
        context = LambdaContext(function_name="f", timeout=60, memory_limit_in_mb="256")
        error = tally.attempt(lambda: handler(given, context))
        assert error is None or (error.__cause__, error.__context__) == (None, None)

    tally = fuzz("events", EXAMPLES, try_example)
    assert (secret.labels(), secret.value(), secret.accepted_versions()) == before
    written.seek(0)
    assert not traces(written.read())
    tally.assert_varied(kinds=5, fields=8)
    evidence("fuzzing", "the event", examples=EXAMPLES, **tally.figures)
