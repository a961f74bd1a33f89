"""What a diagnosis tells of a key, of who may issue the next, and of what stands in its way."""

import json
from typing import Any

import pytest

from rotators.http_api_key.http.network import Network
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer, faults
from rotators.http_api_key.testing.issuers.faults import Fault, Faults
from rotators.http_api_key.testing.issuers.issuer import ask, issue, key_ids, tokens
from shared.protocol.event import Step
from tests.issuers.described import CHOSEN, EXAMPLES, SLOTS, Make
from tests.issuers.keyshop import Keyshop
from tests.lab import Lab, LabSecret

TOKENS = "/users/app/tokens"


@pytest.fixture
def secret(lab: Lab, demo_issuer: Issuer) -> LabSecret:
    return lab.secret(IssuerTarget(demo_issuer))


def revoke(issuer: Issuer, key_id: object) -> None:
    """As a person would."""
    ask(issuer, "DELETE", f"{tokens(issuer.owner)}/{key_id}", issuer.admin)


def test_nothing_is_made_or_ended(secret: LabSecret, demo_issuer: Issuer) -> None:
    secret.rotate()
    event = secret.begin()
    for step in (None, Step.CREATE, Step.SET):
        if step is not None:
            secret.step(event, step)
        before = key_ids(demo_issuer)
        told = secret.diagnose()
        assert told.bad == ([] if step else [("value", "warning", "AWSPENDING", "")])
        assert key_ids(demo_issuer) == before
    assert [told.state_of_login(each) for each in ("AWSCURRENT", "AWSPENDING")] == ["ok", "ok"]
    assert told.of("rights")["state"] == "ok"
    assert str(secret.value()["admin_secret_arn"]) in told.of("admin")["what"]
    assert told.of("strategy")["state"] == "ok"


def test_a_key_that_was_revoked_by_hand_is_told_and_the_live_one_found(
    secret: LabSecret, demo_issuer: Issuer
) -> None:
    secret.rotate()
    revoke(demo_issuer, secret.value()["key_id"])
    told = secret.diagnose()
    assert ("login", "broken", "AWSCURRENT", "Rejected") in told.bad
    assert told.state_of_login("AWSPREVIOUS") == "ok"
    assert secret.rotate().state == "succeeded"
    for label in ("AWSCURRENT", "AWSPREVIOUS"):
        revoke(demo_issuer, secret.value(label)["key_id"])
    told = secret.diagnose()
    assert told.state_of_login("AWSPREVIOUS") == "broken"
    (live,) = (each["of"] for each in told.findings if each["what"] == "accepted")
    assert secret.target.accepts(secret.version(str(live)))  # the first one, made by hand
    revoke(demo_issuer, secret.version(str(live))["key_id"])
    told = secret.diagnose()
    assert told.of("strategy")["state"] == "unknown"
    assert told.of("admin")["state"] == "ok"  # who can make the next one all the same


def test_each_key_is_asked_about_once(secret: LabSecret, monkeypatch: pytest.MonkeyPatch) -> None:
    secret.rotate()
    secret.store({**secret.value(), "api_key": "no key of the issuer's"})
    once, asked = Network._once, []

    def counted(network: Network, call: Any, url: str) -> Any:  # noqa: ANN401 - as it is
        asked.append((call.method, url, repr(sorted(call.headers.items()))))
        return once(network, call, url)

    monkeypatch.setattr(Network, "_once", counted)
    assert secret.diagnose().state_of_login("AWSPREVIOUS") == "ok"
    probes = [each for each in asked if each[1].endswith("/user")]
    assert len(probes) == len(set(probes)) == 2
    assert {each[0] for each in asked} == {"GET"}


@pytest.mark.parametrize(
    ("fault", "link", "code"),
    [
        (faults.status(401), "rights", "Forbidden"),  # it does not tell which of the two it is
        (faults.status(404), "rights", "TargetMismatch"),
        (faults.status(429), "rights", "Throttled"),
        (faults.reset, "endpoint", "Unreachable"),
    ],
)
def test_what_the_list_is_refused_with_is_told(
    secret: LabSecret, issuer_faults: Faults, fault: Fault, link: str, code: str
) -> None:
    for _ in range(8):
        issuer_faults.next("GET", fault, path=TOKENS)
    told = secret.diagnose()
    assert (link, "broken", "", code) in told.bad
    assert told.state_of_login("AWSCURRENT") == "ok"


@pytest.mark.parametrize(
    "setting", [{"ISSUER_HOSTS": "elsewhere.example.org"}, {"ALLOW_PRIVATE_ISSUERS": "false"}]
)
def test_of_an_issuer_that_is_not_called_nothing_is_told(
    lab: Lab, demo_issuer: Issuer, setting: dict[str, str]
) -> None:
    target = IssuerTarget(demo_issuer)
    target.settings = {**target.settings, **setting}
    told = lab.secret(target).diagnose()
    assert ("login", "broken", "AWSCURRENT", "Misconfigured") in told.bad
    assert not {"endpoint", "tls"} & {each["link"] for each in told.findings}


def test_an_admins_secret_that_allows_another_use_is_told(secret: LabSecret) -> None:
    arn = str(secret.value()["admin_secret_arn"])
    admin = json.loads(secret.lab.client.get_secret_value(SecretId=arn)["SecretString"])
    secret.lab.client.put_secret_value(
        SecretId=arn, SecretString=json.dumps({**admin, "allow": [{"secret": "another"}]})
    )
    told = secret.diagnose()
    assert ("admin", "broken", "", "TargetMismatch") in told.bad
    assert told.state_of_login("AWSCURRENT") == "ok"


def test_the_id_of_another_key_is_told(secret: LabSecret, demo_issuer: Issuer) -> None:
    other, _ = issue(demo_issuer, "another", scopes=[])
    revoke(demo_issuer, other)
    secret.store({**secret.value(), "key_id": other})
    told = secret.diagnose()
    assert told.bad == [("login", "broken", "AWSCURRENT", "TargetMismatch")]
    assert told.state_of_login("AWSPREVIOUS") == "unknown"  # the same key, with its own id


def test_a_key_that_ends_before_the_next_rotation_is_warned_of(
    lab: Lab, demo_issuer: Issuer
) -> None:
    secret = lab.secret(IssuerTarget(demo_issuer, expires_in=3600))
    secret.rotate(RotateImmediately=False)  # which makes the schedule
    (warned,) = (each for each in secret.diagnose().findings if each["state"] == "warning")
    assert warned["link"] == "strategy"
    assert "the key in use ends at" in warned["what"]


def test_a_slot_that_a_custom_label_holds_is_told(make: Make) -> None:
    secret = make(EXAMPLES[SLOTS][0])
    secret.rotate()
    secret.move_label("CANARY", secret.holder("AWSCURRENT") or "")
    secret.rotate()
    told = secret.diagnose()
    assert told.bad == [("strategy", "broken", "", "Misconfigured")]
    assert "other slot" in told.of("strategy")["what"]


def test_a_chosen_key_that_was_stored_by_mistake_is_told_and_the_one_that_is_set(
    make: Make, shop: Keyshop
) -> None:
    secret = make(EXAMPLES[CHOSEN][0])
    secret.rotate()
    value = secret.value()
    field = value["issuer"]["fields"]["key"]
    secret.store({**value, field: "never set"})
    told = secret.diagnose()
    assert told.state_of_login("AWSCURRENT") == "broken"
    assert told.state_of_login("AWSPREVIOUS") == "ok"
    assert shop.accepts(value[field])
