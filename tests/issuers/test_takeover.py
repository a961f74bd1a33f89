"""What a successor has of the key before it: as much, as long, and of the same kind, or none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import Misconfigured, TargetMismatch
from shared.protocol.event import Step
from tests.issuers.conftest import NewStub
from tests.issuers.stub_keys import lifetime_of, rights_of
from tests.issuers.stubbed import StubTarget
from tests.lab import Lab, LabSecret

POLICY = {"allow": ["/twilio/messaging/messages/create", "/twilio/iam/api-keys/read"]}


@dataclass(frozen=True)
class Case:
    """A first key that somebody made by hand; lifetime: None for what the examples show."""

    name: str
    rights: Mapping[str, Any] = field(default_factory=dict)
    lifetime: timedelta | None = None

    def __str__(self) -> str:
        words = [self.name, *self.rights, str(self.lifetime.days) if self.lifetime else ""]
        return "-".join(filter(None, words))

    def target(self, new_stub: NewStub) -> StubTarget:
        stub = new_stub(self.name)
        first = stub.first_key(lifetime=self.lifetime, **self.rights)
        return StubTarget(self.name, stub, first=first)


KEPT = [
    Case("cloudflare", {"condition": None}),
    Case("cloudflare", {"condition": {"request_ip": {"in": ["198.51.100.0/24"]}}}),
    Case("cloudflare", {"not_before": "2030-01-01T00:00:00Z"}),
    Case("cloudflare", lifetime=timedelta(days=14)),
    Case("confluent"),
    Case("datadog", {"category": None, "remote_config": False}),
    Case("datadog", {"category": "agents", "remote_config": True}),
    Case("gitlab", lifetime=timedelta(days=14)),
    Case("gitlab", {"scopes": ["read_api", "read_registry"], "level": 20}, timedelta(days=3)),
    Case("gitlab-personal", lifetime=timedelta(days=14)),
    Case("gitlab-rotate", lifetime=timedelta(days=14)),
    Case("grafana"),
    Case("grafana", lifetime=timedelta(days=7)),
    Case("mongodb-atlas", lifetime=timedelta(hours=8)),
    Case("mongodb-atlas", lifetime=timedelta(days=365)),
    Case("okta"),
    Case("openai"),
    Case("openai", lifetime=timedelta(days=30)),
    Case("sendgrid", {"scopes": ["mail.send"]}),
    Case("sendgrid", {"scopes": ["mail.send", "2fa_required", "sender_verification_eligible"]}),
    Case("twilio"),
    Case("twilio-restricted", {"policy": POLICY}),
]


def rotate(secret: LabSecret, stub_strange: list[str]) -> None:
    outcome = secret.rotate()
    assert outcome.state == "succeeded", (outcome.error, stub_strange)


def in_issuers_unit(name: str, lifetime: timedelta | None) -> object:
    """A lifetime in the unit in which the issuer ends keys."""
    unit = timedelta(days=1) if name.startswith("gitlab") else timedelta(minutes=1)
    return lifetime and -(-lifetime // unit)


@pytest.mark.parametrize("case", KEPT, ids=str)
def test_a_successor_is_as_the_first_key(case: Case, lab: Lab, new_stub: NewStub) -> None:
    target = case.target(new_stub)
    stub, first = target.stub, target.stub.keys[0]
    rights, lifetime = without_added(rights_of(first)), lifetime_of(first)
    secret = lab.secret(target)
    for _ in range(3):
        rotate(secret, stub.strange)
        newest = stub.keys[-1]
        assert without_added(rights_of(newest)) == rights
        assert in_issuers_unit(case.name, lifetime_of(newest)) == in_issuers_unit(
            case.name, lifetime
        )
    assert not stub.strange


def without_added(rights: Mapping[str, Any]) -> dict[str, Any]:
    """The rights without the scopes that SendGrid adds to every key by itself."""
    found = dict(rights)
    if isinstance(found.get("scopes"), list):
        added = {"2fa_required", "sender_verification_eligible"}
        found["scopes"] = [scope for scope in found["scopes"] if scope not in added]
    return found


REFUSED = [
    (Case("confluent", {"resource": {"id": "lkc-1", "kind": "Cluster"}}), "is bound to a resource"),
    (Case("confluent", {"resource": {"id": "global", "kind": "Global"}}), "is bound to a resource"),
    (Case("sendgrid", {"scopes": []}), "is one whose scopes the issuer does not show"),
    (Case("twilio", {"policy": POLICY}), "is a Restricted one"),
    (Case("twilio", {"main": True}), "is a Main one"),
    (Case("twilio-restricted", {"policy": None}), "is no Restricted one"),
]


@pytest.mark.parametrize(("case", "words"), REFUSED, ids=[str(case) for case, _ in REFUSED])
def test_what_no_successor_would_be_is_refused_before_anything_is_made(
    case: Case, words: str, lab: Lab, new_stub: NewStub
) -> None:
    target = case.target(new_stub)
    secret = lab.secret(target)
    with pytest.raises(TargetMismatch, match=f"{words}, which its successor would not be"):
        secret.step(secret.begin(), Step.CREATE)
    assert not {"issue", "replace", "revoke"} & set(target.stub.met)
    assert len(target.stub.keys) == 1


CAPPED = [
    Case("gitlab", lifetime=timedelta(days=400)),
    Case("grafana", lifetime=timedelta(days=90)),
    Case("openai", lifetime=timedelta(days=500)),
]


@pytest.mark.parametrize("case", CAPPED, ids=str)
def test_a_cap_that_came_after_the_first_key_is_named(
    case: Case, lab: Lab, new_stub: NewStub
) -> None:
    target = case.target(new_stub)
    secret = lab.secret(target)
    with pytest.raises(Misconfigured, match=r"HTTP 400.*kept\.(lifetime|ends)"):
        secret.step(secret.begin(), Step.CREATE)
    assert len(target.stub.keys) == 1


Document = dict[str, Any]


def without(document: Document, path: str) -> str:
    """The description as ISSUER, without the member at this path."""
    described = json.loads(json.dumps(document))
    *outer, last = path.split(".")
    place = described
    for name in outer:
        place = place[name]
    del place[last]
    return json.dumps(described)


NEEDED = [
    (Case("cloudflare"), "issue.body.condition"),
    (Case("confluent", {"resource": {"id": "lkc-1", "kind": "Cluster"}}), "list.refuse"),
    (Case("datadog"), "issue.body.data.attributes.category"),
    (Case("datadog"), "issue.body.data.attributes.remote_config_read_enabled"),
    (Case("twilio", {"policy": POLICY}), "inspect"),
    (Case("twilio", {"main": True}), "inspect"),
    (Case("twilio-restricted", {"policy": None}), "inspect.refuse"),
]


@pytest.mark.parametrize(("case", "path"), NEEDED, ids=[f"{case}-{path}" for case, path in NEEDED])
def test_without_it_a_successor_is_another(
    case: Case, path: str, lab: Lab, new_stub: NewStub
) -> None:
    """So that what the tests above show is shown by this member of the description."""
    target = case.target(new_stub)
    target.settings = {**target.settings, "ISSUER": without(target.described, path)}
    rights = rights_of(target.stub.keys[0])
    outcome = lab.secret(target).rotate()
    is_another = rights_of(target.stub.keys[-1]) != rights
    assert is_another or outcome.state == "failed"
    assert is_another or path == "inspect.refuse"


ENDLESS = {"grafana": "issue.body.secondsToLive", "openai": "issue.body.expires_in_seconds"}


@pytest.mark.parametrize("name", ENDLESS)
def test_without_a_lifetime_a_key_that_ends_is_refused(
    name: str, lab: Lab, new_stub: NewStub
) -> None:
    target = Case(name, lifetime=timedelta(days=7)).target(new_stub)
    described = without(target.described, ENDLESS[name])
    target.settings = {**target.settings, "ISSUER": described}
    secret = lab.secret(target)
    with pytest.raises(TargetMismatch, match="ends at a date, and its successor would not"):
        secret.step(secret.begin(), Step.CREATE)
    assert len(target.stub.keys) == 1
