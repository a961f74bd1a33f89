"""JupyterHub's tokens as strangers have them: with groups, with an end, inheriting, and capped."""

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from local.targets import create
from rotators.http_api_key.description.reader import read_description
from rotators.http_api_key.description.sources import SHIPPED
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers.issuer import ask, issue, key_ids, listed, tokens
from rotators.http_api_key.testing.issuers.jupyterhub.hub import Hub
from shared.errors import Forbidden, Misconfigured, Rejected, RotationError, TargetMismatch
from shared.protocol.event import Step
from tests.lab import Lab, LabSecret

Make = Callable[..., LabSecret]
REPORTS = "custom:reports:read"


@pytest.fixture
def hub(jupyterhub: Hub) -> Hub:
    """The hub with an owner that no other test has."""
    return jupyterhub.with_owner(f"app-{secrets.token_hex(4)}")


@pytest.fixture
def member(hub: Hub) -> Hub:
    """The hub whose owner is in a group, and has its rights by that."""
    hub.join()
    return hub


@pytest.fixture
def capped(hub: Hub) -> Iterator[Hub]:
    """The hub, on which a limit of a test does not stay."""
    yield hub
    hub.limit(0)


@pytest.fixture
def make(lab: Lab) -> Make:
    """The secret of a token that was made by hand like this."""

    def make(hub: Hub, **wish: object) -> LabSecret:
        return lab.secret(IssuerTarget(hub, "JupyterHub", **wish))

    return make


def scopes(hub: Hub, secret: LabSecret) -> set[str]:
    """What the current token may do at the moment."""
    reply = ask(hub, "GET", "/user", secret.value()["api_key"])
    return set(reply.document["scopes"])


def lifetime(hub: Hub, secret: LabSecret) -> float | None:
    """The seconds from the current token's issue to its end."""
    token = listed(hub, secret.value()["key_id"])
    if token["expires_at"] is None:
        return None
    begin, end = (datetime.fromisoformat(token[name]) for name in ("created", "expires_at"))
    return (end - begin).total_seconds()


def rotate(secret: LabSecret) -> None:
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error


def nothing_is_issued(
    hub: Hub, secret: LabSecret, kind: type[RotationError], words: str
) -> RotationError:
    """A rotation ends in createSecret like this: there is no new token, and the current one is."""
    before, current = key_ids(hub), secret.value()
    event = secret.begin()
    with pytest.raises(kind, match=words) as caught:
        secret.step(event, Step.CREATE)
    assert key_ids(hub) <= before
    assert secret.target.accepts(current) or kind is Rejected
    secret.abandon(event)
    assert secret.value() == current
    return caught.value


# --- scopes ---


def test_scopes_and_lifetime_stay_over_many_rotations(member: Hub, make: Make) -> None:
    secret = make(member, scopes=[REPORTS, "read:users:name!user"], expires_in=86400)
    before = scopes(member, secret)
    assert REPORTS in before
    for _ in range(6):
        rotate(secret)
        assert scopes(member, secret) == before
        # The hub notes the two times some milliseconds apart.
        assert lifetime(member, secret) == pytest.approx(86400, abs=0.4)
    assert set(secret.value()["key_scopes"]) == before


def test_a_group_that_was_left_for_a_while(member: Hub, make: Make) -> None:
    secret = make(member, scopes=[REPORTS, "read:users:name!user"])
    before = scopes(member, secret)
    rotate(secret)
    member.leave()
    words = rf"key '{secret.value()['key_id']}' .*has lost '{REPORTS}' .*'key_scopes'"
    error = nothing_is_issued(member, secret, TargetMismatch, words)
    assert error.field == "key_scopes"
    member.join()
    rotate(secret)
    assert scopes(member, secret) == before


def test_a_group_that_is_left_for_good(member: Hub, make: Make) -> None:
    """The message's other advice: the field is taken out, and the rest is gone on with."""
    secret = make(member, scopes=[REPORTS])
    rotate(secret)
    member.leave()
    error = nothing_is_issued(member, secret, TargetMismatch, "has lost")
    assert "take 'key_scopes' out of the secret" in error.do
    value = secret.value()
    del value["key_scopes"]
    secret.store(value)
    rotate(secret)
    assert REPORTS not in secret.value()["key_scopes"]
    member.join()
    assert REPORTS not in scopes(member, secret)


def test_what_was_asked_for_counts_from_the_first_rotation(member: Hub, make: Make) -> None:
    """Where the secret says it: the list tells only what it comes to at the moment."""
    secret = make(member, scopes=[REPORTS])
    asked = sorted(scopes(member, secret))
    secret.store({**secret.value(), "key_scopes": asked})
    member.leave()
    nothing_is_issued(member, secret, TargetMismatch, f"has lost '{REPORTS}'")
    member.join()
    rotate(secret)
    assert secret.value()["key_scopes"] == asked


def test_who_may_write_the_secret_does_not_widen_the_token(member: Hub, make: Make) -> None:
    secret = make(member, scopes=["read:users:name!user"])
    for more in (REPORTS, "inherit", "tokens!user"):
        secret.store({**secret.value(), "key_scopes": ["read:users:name!user", more]})
        nothing_is_issued(member, secret, TargetMismatch, "has lost")


def test_the_secret_may_say_less(member: Hub, make: Make) -> None:
    secret = make(member, scopes=[REPORTS])
    own = sorted(scopes(member, secret) - {REPORTS})
    secret.store({**secret.value(), "key_scopes": own})
    rotate(secret)
    assert sorted(scopes(member, secret)) == own


# --- tokens that inherit ---


@pytest.mark.parametrize("said", [None, ["inherit"]])
def test_a_token_that_inherits_goes_on_to_inherit(
    hub: Hub, make: Make, said: list[str] | None
) -> None:
    secret = make(hub, expires_in=3600)
    if said:
        secret.store({**secret.value(), "key_scopes": said})
    for _ in range(2):
        before = scopes(hub, secret)
        rotate(secret)
        assert scopes(hub, secret) == before
    assert "inherit" in secret.value()["key_scopes"]
    hub.join()
    assert scopes(hub, secret) == before | {
        REPORTS,
        "list:users!group=readers",
        "read:users:name!group=readers",
    }
    rotate(secret)
    assert REPORTS in scopes(hub, secret)


def test_a_token_that_inherits_outlives_a_group_where_the_secret_says_so(
    member: Hub, make: Make
) -> None:
    secret = make(member, expires_in=3600)
    rotate(secret)
    member.leave()
    nothing_is_issued(member, secret, TargetMismatch, "has lost")
    secret.store({**secret.value(), "key_scopes": ["inherit"]})
    rotate(secret)
    assert secret.value()["key_scopes"] == ["inherit"]
    member.join()
    assert REPORTS in scopes(member, secret)


def test_a_token_that_only_seems_to_inherit_is_not_widened(member: Hub, make: Make) -> None:
    """It may issue tokens, but has not the rights that its owner has by the group."""
    secret = make(member, scopes=["self"])
    before = scopes(member, secret)
    nothing_is_issued(member, secret, Misconfigured, "the secret's 'key_scopes'")
    # The message's advice:
    secret.store({**secret.value(), "key_scopes": sorted(before)})
    rotate(secret)
    assert scopes(member, secret) == before


# --- how long a token lasts ---


def test_a_limit_below_the_tokens_lifetime(capped: Hub, make: Make) -> None:
    secret = make(capped, scopes=[], expires_in=7200)
    rotate(secret)
    capped.limit(3600)
    words = "token_expires_in_max_seconds is less than the lifetime"
    error = nothing_is_issued(capped, secret, Misconfigured, words)
    assert "kept.lifetime" in error.do
    capped.limit(7200)
    rotate(secret)
    assert lifetime(capped, secret) == pytest.approx(7200, abs=0.4)


def test_a_limit_for_tokens_that_had_no_end(capped: Hub, make: Make) -> None:
    """JupyterHub gives them one then, and says so in its answer only."""
    secret = make(capped, scopes=[])
    rotate(secret)
    assert lifetime(capped, secret) is None
    capped.limit(3600)
    nothing_is_issued(capped, secret, TargetMismatch, "ends at a date")
    capped.limit(0)
    rotate(secret)
    assert lifetime(capped, secret) is None


def test_a_token_that_has_expired(hub: Hub, make: Make) -> None:
    secret = make(hub, scopes=[], expires_in=1)
    while secret.target.accepts(secret.value()):
        pass
    error = nothing_is_issued(hub, secret, Rejected, "rejected the key")
    assert error.field == "api_key"


# --- whose token it is ---


def test_the_id_of_another_token_is_not_believed(hub: Hub, make: Make) -> None:
    secret = make(hub, scopes=[])
    other_id, other = issue(hub, "somebody else's", scopes=[])
    for _ in range(2):
        secret.store({**secret.value(), "key_id": other_id})
        error = nothing_is_issued(hub, secret, TargetMismatch, "says the key is not")
        assert error.field == "key_id"
    assert ask(hub, "GET", "/user", other).document["token_id"] == other_id


def test_a_first_value_that_a_plan_puts_back(
    hub: Hub, make: Make, output: Callable[[], str]
) -> None:
    """The token in it was revoked long ago; the one before it, which is live, is gone on from."""
    secret = make(hub, scopes=[], expires_in=86400)
    first = secret.value()
    rotate(secret)
    rotate(secret)
    assert not secret.target.accepts(first)
    live = secret.value()
    secret.store(first)
    rotate(secret)
    assert "AWSCURRENT is not accepted" in output()
    assert lifetime(hub, secret) == pytest.approx(86400, abs=0.4)
    assert secret.target.accepts(live)
    rotate(secret)
    assert not secret.target.accepts(live)
    assert len(key_ids(hub)) == 2


def test_another_users_token_is_not_this_owners(hub: Hub, jupyterhub: Hub, make: Make) -> None:
    secret = make(hub, scopes=[])
    other_id, other = issue(jupyterhub, "another user's", scopes=[])
    secret.store({**secret.value(), "key_id": other_id, "api_key": other})
    error = nothing_is_issued(hub, secret, TargetMismatch, "says the key is not")
    assert error.field == "owner"
    assert ask(hub, "GET", "/user", other).document["token_id"] == other_id


@pytest.mark.parametrize(
    "changed",
    [
        {"oauth_client": "Server at /user/app/"},
        {"session_id": "c0ffee"},
    ],
)
def test_what_is_bound_to_a_login_or_a_server_is_refused(
    hub: Hub, changed: dict[str, object]
) -> None:
    """As JupyterHub makes them for a browser's session and for a notebook server."""
    described = read_description(json.loads((SHIPPED / "jupyterhub.json").read_text()), "issuer")
    key_id, _ = issue(hub, "made by hand", scopes=[])
    token: dict[str, Any] = listed(hub, key_id)
    assert described.list is not None
    ((condition, phrase),) = described.list.refuse
    assert phrase == "is bound to a login or a server"
    assert changed.keys() <= token.keys()
    assert not condition.holds(token)
    assert condition.holds({**token, **changed})


# --- who asks ---


def make_admin(secret: LabSecret, key: str) -> None:
    """Let another key issue the secret's tokens."""
    admin = {"issuer_url": secret.value()["issuer_url"], "api_key": key}
    arn = create(secret.lab.client, f"test/admin-{secrets.token_hex(4)}", admin)
    secret.store({**secret.value(), "admin_secret_arn": arn})


def test_a_wrong_admins_token(hub: Hub, make: Make) -> None:
    secret = make(hub, scopes=[])
    make_admin(secret, secrets.token_hex(16))
    error = nothing_is_issued(hub, secret, Rejected, "rejected the admin's key")
    assert error.field == "admin_secret_arn"


def test_an_admin_without_the_scope(hub: Hub, make: Make) -> None:
    secret = make(hub, scopes=[])
    make_admin(secret, hub.keeper)
    words = "refused the admin's key a right .*its scopes are without 'tokens'"
    error = nothing_is_issued(hub, secret, Forbidden, words)
    assert error.field == "admin_secret_arn"


def test_the_scope_for_one_owner_is_enough(hub: Hub, make: Make) -> None:
    secret = make(hub, scopes=[])
    _, admin = issue(hub, "of the admin", scopes=[f"tokens!user={hub.owner}"])
    make_admin(secret, admin)
    first = secret.value()
    rotate(secret)
    rotate(secret)
    assert not secret.target.accepts(first)


def test_an_admin_for_other_owners(hub: Hub, jupyterhub: Hub, make: Make) -> None:
    secret = make(hub, scopes=[])
    _, others_admin = issue(jupyterhub, "of another owner", scopes=["tokens!user"])
    make_admin(secret, others_admin)
    words = "its scopes 'tokens' are for other owners, or there is no such owner"
    error = nothing_is_issued(hub, secret, TargetMismatch, words)
    assert error.field == "owner"


def test_a_hub_that_does_not_say_which_token_asks(hub: Hub) -> None:
    """As JupyterHub did not until 5.0."""
    described = read_description(json.loads((SHIPPED / "jupyterhub.json").read_text()), "issuer")
    _, key = issue(hub, "any", scopes=[])
    model = ask(hub, "GET", "/user", key).document
    assert described.probe.reason(model) is None
    del model["token_id"]
    reason = described.probe.reason(model)
    assert reason is not None
    assert "JupyterHub 5.0" in reason


def test_the_hub_answers_what_is_described(hub: Hub) -> None:
    """So that a new release's other words are noticed here."""
    described = read_description(json.loads((SHIPPED / "jupyterhub.json").read_text()), "issuer")
    assert described.list is not None
    _, small = issue(hub, "may not list", scopes=[])
    wrong, path = secrets.token_hex(16), tokens(hub.owner)
    for request, method, where, key, meaning in (
        (described.probe, "GET", "/user", wrong, "rejected"),
        (described.probe, "GET", path, small, "authenticated"),
        (described.list, "GET", path, wrong, "rejected"),
        (described.renew, "POST", path, wrong, "rejected"),
        (described.list, "GET", path, small, None),
        (described.renew, "POST", path, small, None),
    ):
        reply = ask(hub, method, where, key, {} if method == "POST" else None)
        assert reply.status == 403
        assert request.outcome(reply.status, reply.document) == meaning
