"""Issuers that refuse, fail, or are not what they should be."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.servers.certificates import Authority
from local.template import handler
from rotators.http_api_key.http import network
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer, faults
from rotators.http_api_key.testing.issuers.faults import Fault, Faults
from rotators.http_api_key.testing.issuers.issuer import ask, issue, key_ids, tokens
from shared.aws.store import Store
from shared.errors import (
    Busy,
    Forbidden,
    MalformedSecret,
    Misconfigured,
    Rejected,
    RotationError,
    TargetMismatch,
    Throttled,
    Unreachable,
    Untrusted,
)
from shared.protocol.event import Step
from tests.issuers.issuing import manager
from tests.lab import Lab, LabSecret

TOKENS = "/users/app/tokens"


@pytest.fixture
def secret(lab: Lab, demo_issuer: Issuer) -> LabSecret:
    return lab.secret(IssuerTarget(demo_issuer))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[LabSecret], None]:
    monkeypatch.setattr(network, "ANSWER_SECONDS", 0.5)
    fresh = handler("HttpApiKey", {"LOG_LEVEL": "INFO"})
    return lambda secret: secret.step(secret.begin(), Step.CREATE, fresh)


FaultCase = tuple[Fault, type[RotationError], str | None]
FAULTS: list[FaultCase] = [
    # The hub says 403: whatever answered does not know its tokens.
    (faults.status(401), Forbidden, "admin_secret_arn"),
    (faults.status(403), Forbidden, "admin_secret_arn"),
    (faults.status(404), TargetMismatch, "owner"),
    (faults.status(408), Unreachable, None),
    (faults.status(429, retry_after=7), Throttled, None),
    (faults.status(500), Unreachable, None),
    (faults.status(503), Unreachable, None),
    (faults.status(418), Misconfigured, "issuer_url"),
    (faults.redirect("https://elsewhere.invalid/"), Misconfigured, "issuer_url"),
    (faults.garbage, Misconfigured, "issuer_url"),
    (faults.huge, Misconfigured, "issuer_url"),
    (faults.truncated, Misconfigured, "issuer_url"),
    (faults.cut_short, Unreachable, "issuer_url"),
    (faults.reset, Unreachable, "issuer_url"),
    (faults.lost, Unreachable, "issuer_url"),
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("case", FAULTS)
def test_createsecret_meets_a_fault(
    secret: LabSecret, issuer_faults: Faults, method: str, case: FaultCase
) -> None:
    """Listing keys is a GET, issuing one a POST."""
    fault, kind, field = case
    event = secret.begin()
    labels, before = secret.labels(), secret.value()
    issuer_faults.next(method, fault, path=TOKENS)
    with pytest.raises(kind) as caught:
        secret.step(event, Step.CREATE)
    error = caught.value
    assert issuer_faults.left() == 0
    assert (error.code, error.field) == (kind.code, field)
    assert error.retryable is (kind in (Throttled, Unreachable))
    assert (error.__cause__, error.__context__) == (None, None)
    assert (secret.labels(), secret.value()) == (labels, before)
    assert secret.target.accepts(before)
    # The service's next attempt goes through, and the one after clears what this one lost.
    secret.steps(event)
    assert secret.rotate().state == "succeeded"
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("GET", r"issuer\.list\.read\.keys \(`api_tokens`\)"),
        ("POST", r"issuer\.issue\.read\.key \(`token`\)"),
    ],
)
def test_an_answer_without_what_is_read_names_the_place_and_the_expression(
    secret: LabSecret, issuer_faults: Faults, method: str, place: str
) -> None:
    event = secret.begin()
    issuer_faults.next(method, faults.not_an_object, path=TOKENS)
    with pytest.raises(
        Misconfigured, match=f"{place} finds nothing in the answer .HTTP 20"
    ) as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.field == place.partition(" ")[0].replace("\\", "")
    secret.steps(event)


def test_no_orphan_is_left_of_a_lost_answer(secret: LabSecret, issuer_faults: Faults) -> None:
    assert isinstance(secret.target, IssuerTarget)
    issuer = secret.target.issuer
    others = key_ids(issuer) - {secret.value()["key_id"]}
    event = secret.begin()
    issuer_faults.next("POST", faults.lost, path=TOKENS)
    with pytest.raises(Unreachable):
        secret.step(event, Step.CREATE)
    assert len(key_ids(issuer) - others) == 2  # the lost one is there, and nobody knows its value
    secret.steps(event)
    secret.rotate()
    held = {secret.value("AWSCURRENT")["key_id"], secret.value("AWSPREVIOUS")["key_id"]}
    assert key_ids(issuer) - others == held


def test_a_refused_put_leaves_no_key(secret: LabSecret) -> None:
    assert isinstance(secret.target, IssuerTarget)
    before = key_ids(secret.target.issuer)
    event = secret.begin()
    for _ in range(3):
        with pytest.raises(Forbidden):
            secret.step({**event, "RotationToken": str(uuid.uuid4())}, Step.CREATE)
    assert key_ids(secret.target.issuer) == before
    secret.steps(event)
    assert secret.target.accepts(secret.value())


def test_the_first_key_is_revoked_though_the_secret_was_edited_between(secret: LabSecret) -> None:
    by_hand = secret.value()
    secret.rotate()
    secret.store({**secret.value(), "note": "edited in the console"})
    secret.rotate()
    assert not secret.target.accepts(by_hand)


def test_an_edit_that_another_read_does_not_see_yet_revokes_nothing(
    secret: LabSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DescribeSecret of before the last rotation: current and previous are the other way round."""
    secret.rotate()
    event = secret.begin()
    describe = Store._describe
    swap = {"AWSCURRENT": "AWSPREVIOUS", "AWSPREVIOUS": "AWSCURRENT"}

    def stale(store: Store) -> dict[str, frozenset[str]]:
        labels = describe(store)
        return {v: frozenset(swap.get(label, label) for label in on) for v, on in labels.items()}

    monkeypatch.setattr(Store, "_describe", stale)
    with pytest.raises(Busy, match="moved"):
        secret.step(event, Step.CREATE)
    assert secret.target.accepts(secret.value())


def test_a_new_key_has_the_rights_and_the_lifetime_of_the_old(lab: Lab, jupyterhub: Issuer) -> None:
    target = IssuerTarget(jupyterhub)
    limits = {"scopes": ["read:users:name!user"], "expires_in": 3600}
    reply = ask(
        jupyterhub, "POST", tokens(jupyterhub.owner), jupyterhub.admin, {"note": "narrow", **limits}
    )
    target.document |= {"key_id": reply.document["id"], "api_key": reply.document["token"]}
    secret = lab.secret(target)
    first = _listed(jupyterhub, secret)
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    now = _listed(jupyterhub, secret)
    assert now["id"] != first["id"]
    assert set(now["scopes"]) == set(first["scopes"])
    assert "read:users:name!user=app" in now["scopes"]
    assert "inherit" not in now["scopes"]
    assert now["expires_at"] is not None


def test_a_key_that_is_not_accepted_any_more_is_not_replaced_by_one_with_more_rights(
    secret: LabSecret, demo_issuer: Issuer
) -> None:
    manager(demo_issuer).revoke(secret.value()["key_id"])
    before = key_ids(demo_issuer)
    with pytest.raises(Rejected, match="store the accepted key") as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "api_key"
    assert key_ids(demo_issuer) == before


def test_keys_of_others_are_never_touched(secret: LabSecret, demo_issuer: Issuer) -> None:
    by_hand, _ = issue(demo_issuer, "made by a person")
    same_owner, _ = issue(demo_issuer, f"{secret.arn}-of-another-secret some-version")
    for _ in range(3):
        assert secret.rotate().state == "succeeded"
    assert {by_hand, same_owner} <= key_ids(demo_issuer)


def test_testsecret_of_a_key_that_is_revoked(secret: LabSecret, demo_issuer: Issuer) -> None:
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    pending = secret.version(event["ClientRequestToken"])
    manager(demo_issuer).revoke(pending["key_id"])
    with pytest.raises(Rejected, match="AWSPENDING") as caught:
        secret.step(event, Step.TEST)
    assert caught.value.field == "api_key"
    assert pending["api_key"] not in str(caught.value)


def test_testsecret_of_somebody_elses_key(secret: LabSecret, demo_issuer: Issuer) -> None:
    secret.store({**secret.value(), "owner": demo_issuer.other_owner})
    outcome = secret.rotate(RotateImmediately=False)
    assert outcome.error is not None
    assert outcome.error.error_type == "TargetMismatch"


def test_a_revocation_that_the_issuer_does_not_do_is_no_success(
    jupyterhub: Issuer, demo_issuer: Issuer
) -> None:
    """Both answer 404 to an admin without the right, as if the key were gone."""
    for issuer in (jupyterhub, demo_issuer):
        key_id, value = issue(issuer, "to be revoked")
        _, weak = issue(replace(issuer, owner=issuer.other_owner), "of another owner")
        with pytest.raises((Forbidden, TargetMismatch)):
            manager(issuer, admin=weak).revoke(key_id)
        assert key_id in key_ids(issuer)
        manager(issuer).revoke(key_id)
        manager(issuer).revoke(key_id)  # already gone is a success
        assert key_id not in key_ids(issuer)
        assert value


def test_an_issuer_that_never_answers(
    secret: LabSecret, issuer_faults: Faults, impatient: Callable[[LabSecret], None]
) -> None:
    issuer_faults.next("GET", faults.hang, path=TOKENS)
    with pytest.raises(Unreachable) as caught:
        impatient(secret)
    assert caught.value.field == "issuer_url"


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"issuer_url": "https://elsewhere.invalid/api"}, TargetMismatch, "issuer_url"),
        ({"issuer_url": "http://localhost/api"}, MalformedSecret, "issuer_url"),
        ({"owner": "nobody"}, TargetMismatch, "owner"),
        ({"owner": None}, MalformedSecret, "owner"),
        ({"admin_secret_arn": 7}, MalformedSecret, "admin_secret_arn"),
    ],
)
def test_a_secret_that_names_no_issuer_of_this_kind(
    secret: LabSecret, change: dict[str, Any], kind: type[RotationError], field: str
) -> None:
    good = secret.value()
    secret.store({**good, **change})
    with pytest.raises(kind) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert (caught.value.code, caught.value.field) == (kind.code, field)
    assert secret.target.accepts(good)


@pytest.mark.parametrize(
    ("host", "words"),
    [("127.0.0.1:1", "no answer"), ("no-such-host.invalid", "cannot be resolved")],
)
def test_an_issuer_that_is_not_there(secret: LabSecret, host: str, words: str) -> None:
    secret.move_issuer(f"https://{host}/api")
    with pytest.raises(Unreachable, match=words) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "issuer_url"


def test_the_admins_key_goes_to_its_own_issuer_only(secret: LabSecret, jupyterhub: Issuer) -> None:
    """Whoever may write the secret, but not the admin's, could else have the key sent anywhere."""
    secret.store({**secret.value(), "issuer_url": jupyterhub.url})
    before = jupyterhub.log.stat().st_size
    with pytest.raises(TargetMismatch, match="issuer_url"):
        secret.step(secret.begin(), Step.CREATE)
    assert jupyterhub.log.stat().st_size == before


def test_a_certificate_for_another_host(secret: LabSecret) -> None:
    url = str(secret.value()["issuer_url"])
    secret.move_issuer(url.replace("localhost", "0.0.0.0"))  # noqa: S104 - connected to, not bound
    with pytest.raises(Untrusted, match="another host") as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "issuer_url"


def test_another_authority(secret: LabSecret, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    distrusting = handler("HttpApiKey", {"TLS_CA_BUNDLE": str(other.ca)})
    with pytest.raises(Untrusted, match="not trusted") as caught:
        secret.step(secret.begin(), Step.CREATE, distrusting)
    assert caught.value.field == "TLS_CA_BUNDLE"


@pytest.mark.parametrize("value", ["not JSON", '{"key": "canary"}', '{"api_key": 7}'])
def test_an_admins_secret_without_a_key(secret: LabSecret, value: str) -> None:
    admin = str(secret.value()["admin_secret_arn"])
    secret.lab.client.put_secret_value(SecretId=admin, SecretString=value)
    with pytest.raises(MalformedSecret) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert "admin" in str(caught.value)
    assert "canary" not in str(caught.value)


def _listed(issuer: Issuer, secret: LabSecret) -> dict[str, Any]:
    """The current key as the issuer lists it."""
    listed = ask(issuer, "GET", tokens(issuer.owner), issuer.admin).document["api_tokens"]
    (key,) = [key for key in listed if key["id"] == secret.value()["key_id"]]
    return dict(key)
