"""A key that is used though it was replaced: told as it ends, and waited for where that is asked.

The moment of its last use is a real JupyterHub's; only the dates of AWSCURRENT are moved.
"""

import copy
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers.issuer import ask, key_ids, listed
from rotators.http_api_key.testing.issuers.jupyterhub.hub import Hub
from shared.errors import Busy
from shared.keys import seeing
from shared.protocol.event import Step
from tests.issuers.described import BESIDE, EXAMPLES, Make
from tests.lab import Lab, LabSecret

MINUTE = timedelta(minutes=1)


@pytest.fixture
def secret(lab: Lab, jupyterhub: Hub) -> LabSecret:
    """One that has been rotated, and that is held while its older key is used."""
    target = IssuerTarget(jupyterhub.with_owner(f"read-{secrets.token_hex(4)}"))
    target.settings = {"OLD_CREDENTIAL_IN_USE": "hold"}
    secret = lab.secret(target)
    assert secret.rotate().state == "succeeded"
    return secret


def use(secret: LabSecret) -> str:
    """Somebody uses the older key, which gives its last use as the hub has it."""
    old = secret.value("AWSPREVIOUS")
    assert isinstance(secret.target, IssuerTarget)
    ask(secret.target.issuer, "GET", "/user", old["api_key"])
    moment = listed(secret.target.issuer, old["key_id"])["last_activity"]
    assert moment
    return f"key '{old['key_id']}', last used at {moment[:19]}"


def warnings(written: str) -> list[str]:
    lines = [json.loads(line) for line in written.splitlines() if '"WARNING"' in line]
    return [line["message"] for line in lines]


def test_who_used_it_before_all_clients_have_read_the_secret_again_is_nobody(
    secret: LabSecret,
) -> None:
    use(secret)
    secret.date_back(timedelta(hours=2) - MINUTE)
    assert secret.diagnose().bad == []
    secret.date_back(2 * MINUTE)
    assert [each[:2] for each in secret.diagnose().bad] == [("strategy", "warning")]
    secret.date_back(-2 * MINUTE)
    assert secret.rotate().state == "succeeded"


def test_a_rotation_waits_until_it_is_idle_or_for_so_long(
    secret: LabSecret, monkeypatch: pytest.MonkeyPatch, output: Callable[[], str]
) -> None:
    told = use(secret)
    secret.date_back(timedelta(days=37) - MINUTE)
    assert isinstance(secret.target, IssuerTarget)
    before, event = key_ids(secret.target.issuer), secret.begin()
    with pytest.raises(Busy) as caught:
        secret.step(event, Step.CREATE)
    assert told in caught.value.what
    assert key_ids(secret.target.issuer) == before
    versions = secret.lab.client.list_secret_version_ids(SecretId=secret.arn)["Versions"]
    assert event["ClientRequestToken"] not in {each["VersionId"] for each in versions}

    # The hub's clock stays: what is not used for so long is idle at once.
    monkeypatch.setattr(seeing, "IDLE", timedelta(0))
    secret.steps(event)
    (line,) = warnings(output())
    assert line.startswith(f"an older credential is still in use: {told}")
    assert line.endswith("; it is revoked as the next is issued")


def test_one_that_was_used_lately_is_revoked_once_the_time_is_over(
    secret: LabSecret, output: Callable[[], str]
) -> None:
    old = secret.value("AWSPREVIOUS")
    told = use(secret)
    secret.date_back(timedelta(days=38))  # the day on which it was due, and seven more
    assert secret.rotate().state == "succeeded"
    over, line = warnings(output())
    assert over.startswith("OLD_CREDENTIAL_IN_USE=hold is over since 20")
    assert told in line
    assert not secret.target.accepts(old)


@pytest.mark.parametrize(
    "reads",
    [{}, {"last_used": "name"}, {"last_used": "nowhere"}],
    ids=["nothing", "what is no time", "what no key has"],
)
def test_an_issuer_that_does_not_tell_holds_nothing_and_says_so(
    make: Make, output: Callable[[], str], reads: dict[str, str]
) -> None:
    example: Any = copy.deepcopy(EXAMPLES[BESIDE][0])
    example["issuer"]["list"]["read"] |= reads
    secret = make(example, OLD_CREDENTIAL_IN_USE="hold")
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    (line,) = (each for each in warnings(output()) if "OLD_CREDENTIAL_IN_USE" in each)
    problem = "the issuer's list does not tell when keys were last used, or not as a time"
    assert line.startswith(f"OLD_CREDENTIAL_IN_USE=hold is not kept: {problem}; let the")
