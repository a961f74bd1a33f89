"""What a successor has of the key before it: as much, as long, and of the same kind, or none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import MalformedSecret, Misconfigured, TargetMismatch
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
    (Case("sendgrid", {"scopes": []}), "has no scopes that the issuer shows"),
    (Case("twilio", {"policy": POLICY}), "is a Restricted one"),
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


def test_the_secret_cannot_ask_for_more_than_the_key_has(lab: Lab, new_stub: NewStub) -> None:
    """SendGrid's scopes and Atlas's lifetime were taken from the secret, which others may write."""
    stub = new_stub("sendgrid")
    first = stub.first_key(scopes=["mail.send"])
    more = {"scopes": ["mail.send", "api_keys.create"]}
    secret = lab.secret(StubTarget("sendgrid", stub, first=first, more=more))
    with pytest.raises(TargetMismatch, match=r"has lost .*api_keys\.create"):
        secret.step(secret.begin(), Step.CREATE)
    stub = new_stub("mongodb-atlas")
    first = stub.first_key(lifetime=timedelta(hours=8))
    hours = {"secret_expires_after_hours": 8760}
    secret = lab.secret(StubTarget("mongodb-atlas", stub, first=first, more=hours))
    rotate(secret, stub.strange)
    assert lifetime_of(stub.keys[-1]) == timedelta(hours=8)


def test_scopes_that_were_taken_away_are_told(lab: Lab, new_stub: NewStub) -> None:
    stub = new_stub("sendgrid")
    first = stub.first_key(scopes=["mail.send", "alerts.read"])
    secret = lab.secret(StubTarget("sendgrid", stub, first=first))
    rotate(secret, stub.strange)
    assert set(secret.value()["scopes"]) == {"mail.send", "alerts.read"}
    stub.keys[-1]["scopes"] = ["mail.send"]
    with pytest.raises(TargetMismatch, match=r"has lost .*alerts\.read"):
        secret.step(secret.begin(), Step.CREATE)


def test_a_list_with_expired_and_revoked_tokens_is_no_hindrance(
    lab: Lab, new_stub: NewStub
) -> None:
    stub = new_stub("grafana")
    stub.first_key("of somebody", lifetime=timedelta(days=-1))
    first = stub.first_key()
    secret = lab.secret(StubTarget("grafana", stub, first=first))
    rotate(secret, stub.strange)
    rotate(secret, stub.strange)
    assert [key["label"] for key in stub.keys[:2]] == ["of somebody", "made by hand"]


def test_a_new_atlas_secret_cuts_the_old_one_to_seven_days(lab: Lab, new_stub: NewStub) -> None:
    """As documented; what comes after is issued for as long as the first was."""
    stub = new_stub("mongodb-atlas")
    first = stub.first_key(lifetime=timedelta(days=90))
    secret = lab.secret(StubTarget("mongodb-atlas", stub, first=first))
    rotate(secret, stub.strange)
    old, new = stub.keys
    cut_to = lifetime_of(old)
    assert cut_to is not None
    assert cut_to <= timedelta(days=7, minutes=1)
    assert lifetime_of(new) == timedelta(days=90)


def test_a_rotated_token_has_its_own_lifetime_and_not_anothers(lab: Lab, new_stub: NewStub) -> None:
    stub = new_stub("gitlab-rotate")
    others = stub.first_key("of somebody else", lifetime=timedelta(days=300))
    first = stub.first_key(lifetime=timedelta(days=14))
    secret = lab.secret(StubTarget("gitlab-rotate", stub, first=first))
    rotate(secret, stub.strange)
    assert in_issuers_unit("gitlab-rotate", lifetime_of(stub.keys[-1])) == 14
    assert stub.accepts(others["key"])


def test_group_tokens_are_rotated_by_the_same_description(lab: Lab, new_stub: NewStub) -> None:
    path = {"/projects/<project_id>/": "/groups/<group_id>/"}
    stub = new_stub("gitlab", **path)
    adapted = {
        "use": "gitlab",
        "fields": {"owner_id": "group_id"},
        "values": {"owner_type": "groups"},
    }
    more = {"group_id": "<group_id>"}
    secret = lab.secret(StubTarget("gitlab", stub, issuer=adapted, more=more))
    rotate(secret, stub.strange)
    assert not stub.strange


def test_who_owns_a_gitlab_token_is_no_path(lab: Lab, new_stub: NewStub) -> None:
    stub = new_stub("gitlab")
    secret = lab.secret(StubTarget("gitlab", stub, more={"owner_type": "users/1/.."}))
    with pytest.raises(MalformedSecret, match="owner_type"):
        secret.step(secret.begin(), Step.CREATE)
    assert not stub.met
    assert not stub.strange


def test_an_azure_resource_behind_a_custom_subdomain(lab: Lab, new_stub: NewStub) -> None:
    stub = new_stub("azure-openai", **{"aoairesource.openai": "my-ai.openai"})
    adapted = {"use": "azure-openai", "fields": {"subdomain": "subdomain"}}
    more = {"subdomain": "my-ai"}
    secret = lab.secret(StubTarget("azure-openai", stub, issuer=adapted, more=more))
    rotate(secret, stub.strange)
    assert not stub.strange


def test_an_auth0_tenant_behind_a_custom_domain(lab: Lab, new_stub: NewStub) -> None:
    """Everything is asked there, but the Management API is called by the tenant's own domain."""
    custom = {"https://your-tenant.auth0.com/oauth": "https://login.example.org/oauth"}
    custom["https://your-tenant.auth0.com/api/v2/clients"] = (
        "https://login.example.org/api/v2/clients"
    )
    stub = new_stub("auth0", **custom)
    adapted = {"use": "auth0", "fields": {"tenant_domain": "tenant_domain"}}
    more = {"domain": "login.example.org", "tenant_domain": "your-tenant.auth0.com"}
    secret = lab.secret(StubTarget("auth0", stub, issuer=adapted, more=more))
    rotate(secret, stub.strange)
    assert not stub.strange
