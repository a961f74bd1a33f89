"""A key's id is not believed: somebody else's key, whose id is stored beside ours, is not ended."""

import json
from collections.abc import Callable, Mapping

import pytest

from shared.errors import MalformedSecret, Rejected, TargetMismatch
from shared.protocol.event import Step
from tests.issuers.conftest import NewStub
from tests.issuers.examples import NAMES, Documentation
from tests.issuers.stubbed import StubTarget
from tests.lab import Lab

ISSUED = [name for name in NAMES if Documentation.read(name).operation("issue")]
# What shows of each that the id is not of the key, and how that is told.
TOLD: Mapping[str, type[Exception]] = {
    "cloudflare": TargetMismatch,  # the probe answers the id
    "confluent": Rejected,  # the id is the user name
    "datadog": TargetMismatch,
    "gitlab": TargetMismatch,
    "mongodb-atlas": TargetMismatch,  # the list shows an end of it
    "okta": TargetMismatch,
    "openai": TargetMismatch,
    "sendgrid": MalformedSecret,  # the key begins with its id
    "twilio": Rejected,
    "twilio-restricted": Rejected,
}


def with_others_id(name: str, new_stub: NewStub) -> StubTarget:
    """A target whose secret has its own key, and the id of somebody else's in the same account."""
    stub = new_stub(name)
    others, own = stub.first_key("of somebody else"), stub.first_key()
    return StubTarget(name, stub, first={**own, "id": others["id"]})


@pytest.mark.parametrize("name", ISSUED)
def test_somebody_elses_key_is_never_revoked(name: str, lab: Lab, new_stub: NewStub) -> None:
    target = with_others_id(name, new_stub)
    others = target.stub.keys[0]
    secret = lab.secret(target)
    for _ in range(3):
        if secret.rotate().state == "failed":
            secret.abandon({"ClientRequestToken": secret.holder("AWSPENDING") or ""})
    assert target.stub.accepts(others["key"])
    assert not target.stub.strange


@pytest.mark.parametrize("name", TOLD)
def test_the_wrong_id_is_told_before_anything_is_made(
    name: str, lab: Lab, new_stub: NewStub
) -> None:
    target = with_others_id(name, new_stub)
    secret = lab.secret(target)
    with pytest.raises(TOLD[name]):
        secret.step(secret.begin(), Step.CREATE)
    assert not {"issue", "revoke"} & set(target.stub.met)


def test_every_issuer_that_binds_tells_it() -> None:
    assert {*TOLD, "grafana"} == set(ISSUED)


def test_grafana_shows_nothing_so_a_key_of_no_label_is_left_and_told(
    lab: Lab, new_stub: NewStub, output: Callable[[], str]
) -> None:
    target = with_others_id("grafana", new_stub)
    own = target.stub.keys[1]
    secret = lab.secret(target)
    assert secret.rotate().state == "succeeded"
    assert secret.rotate().state == "succeeded"
    assert [key["id"] for key in target.stub.keys[:2]] == [own["id"] - 1, own["id"]]
    assert f"key '{target.stub.keys[0]['id']}' is not revoked: nothing shows" in output()


BOUND_BY = {
    "mongodb-atlas": ("list", "read", "shown"),
    "okta": ("list", "read", "shown"),
    "openai": ("list", "read", "shown"),
    "sendgrid": ("carries",),
}


@pytest.mark.parametrize("name", BOUND_BY)
def test_without_what_binds_them_the_first_key_is_left(
    name: str, lab: Lab, new_stub: NewStub
) -> None:
    target = StubTarget(name, new_stub(name))
    described = json.loads(json.dumps(target.described))
    place = described
    *outer, last = BOUND_BY[name]
    for member in outer:
        place = place[member]
    del place[last]
    target.settings = {**target.settings, "ISSUER": json.dumps(described)}
    secret = lab.secret(target)
    first = secret.value()
    secret.rotate()
    secret.rotate()
    assert target.accepts(first)
