"""Issuers' own ways: what each is known for, and what a secret adapts of a description."""

from datetime import timedelta

import pytest

from shared.errors import MalformedSecret, Rejected, TargetMismatch
from shared.protocol.event import Step
from tests.issuers.conftest import NewStub
from tests.issuers.stub_keys import lifetime_of
from tests.issuers.stubbed import StubTarget
from tests.lab import Lab, LabSecret


def rotate(secret: LabSecret, strange: list[str]) -> None:
    outcome = secret.rotate()
    assert outcome.state == "succeeded", (outcome.error, strange)


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
    newest = lifetime_of(stub.keys[-1])
    assert newest is not None
    assert timedelta(days=13) < newest <= timedelta(days=14)
    assert stub.accepts(others["key"])


@pytest.mark.parametrize(("days", "every", "rotations"), [(14, 7, 17), (3, 1, 6)])
def test_gitlabs_days_stay_as_many(
    days: int, every: int, rotations: int, lab: Lab, new_stub: NewStub
) -> None:
    """Each was a day shorter than the one before, since a date has no time of day."""
    stub = new_stub("gitlab")
    first = stub.first_key(lifetime=timedelta(days=days))
    secret = lab.secret(StubTarget("gitlab", stub, first=first))
    for _ in range(rotations):
        rotate(secret, stub.strange)
        newest = lifetime_of(stub.keys[-1])
        assert newest is not None
        assert timedelta(days=days - 1) < newest <= timedelta(days=days)
        for key in stub.keys:  # as if the next rotation were so many days later
            key["created"] -= timedelta(days=every)
            key["expires"] -= timedelta(days=every)


def test_group_tokens_are_rotated_by_the_same_description(lab: Lab, new_stub: NewStub) -> None:
    path = {"/projects/<project_id>/": "/groups/<group_id>/"}
    stub = new_stub("gitlab", **path)
    adapted = {
        "use": "gitlab",
        "fields": {"project_id": "group_id"},
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


def test_a_gitlab_that_lists_inactive_tokens(lab: Lab, new_stub: NewStub) -> None:
    """As some releases do, which do not know the query `state`."""
    stub = new_stub("gitlab")
    stub.lists_expired = True
    old = stub.first_key("of somebody", lifetime=timedelta(days=-2))
    first = stub.first_key()
    secret = lab.secret(StubTarget("gitlab", stub, first=first))
    for _ in range(2):
        rotate(secret, stub.strange)
    assert old in stub.keys
    assert len(stub.keys) == 3


def other_slot(name: str) -> str:
    return "Key2" if name == "Key1" else "Key1"


def test_azure_says_which_slot_is_in_use(lab: Lab, new_stub: NewStub) -> None:
    """A wrong name in the secret would have had the only key regenerated that clients use."""
    stub = new_stub("azure-openai")
    first = stub.first_key()
    wrong = {**first, "slot": other_slot(first["slot"])}
    secret = lab.secret(StubTarget("azure-openai", stub, first=wrong))
    rotate(secret, stub.strange)
    assert stub.accepts(first["key"])
    assert secret.value()["key_name"] == wrong["slot"]


def test_azure_regenerates_nothing_for_a_key_in_neither_slot(lab: Lab, new_stub: NewStub) -> None:
    stub = new_stub("azure-openai")
    first = {**stub.first_key(), "key": "of another resource"}
    secret = lab.secret(StubTarget("azure-openai", stub, first=first))
    with pytest.raises(Rejected):
        secret.step(secret.begin(), Step.CREATE)
    assert "replace" not in stub.met
