"""Keys of every strategy, rotated step by step under an application that goes on asking."""

import secrets

import httpx
import pytest
import requests
from rotating.http import basic, bearer, header

from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers.jupyterhub.hub import Hub
from shared.protocol.event import Step
from tests.clients.http.conftest import Opened
from tests.issuers.described import BESIDE, CHOSEN, EXAMPLES, REPLACED, SLOTS, Make
from tests.issuers.scripted import Stub
from tests.lab import Lab


@pytest.mark.parametrize(
    ("example", "field"),
    [
        (BESIDE, "api_key"),
        (REPLACED, "client_secret"),
        (SLOTS, "account_key"),
        (CHOSEN, "password"),
    ],
    ids=["issue", "replace", "slots", "set"],
)
def test_no_rejection_is_seen_after_any_step_of_two_rotations(
    make: Make, opened: Opened, stub: Stub, example: str, field: str
) -> None:
    secret = make(EXAMPLES[example][0])
    ask = opened(secret, bearer(field))
    url = f"{stub.url}/use"
    before = [ask("GET", url).before]
    for _ in range(2):
        event = secret.begin()
        for step in Step:
            secret.step(event, step)
            answer = ask("GET", url)
            assert answer.status == 200
            before.append(answer.before)
    assert before[0] == []
    assert len([each for each in before if each]) <= 2, "once a rotation"
    assert max(map(len, before)) <= 2


def test_user_and_password_are_of_one_version(make: Make, opened: Opened, stub: Stub) -> None:
    secret = make(EXAMPLES[CHOSEN][0])
    ask = opened(secret, basic())
    url = f"{stub.url}/whoami"
    assert ask("GET", url).before == []
    secret.steps_before(secret.begin(), Step.TEST)
    assert ask("GET", url).before == [401]
    assert ask("GET", url).before == []


def is_forbidden(answer: requests.Response | httpx.Response) -> bool:
    """What JupyterHub says to a token that it does not know; a right that is lacking has a name."""
    return answer.status_code == 403 and answer.json().get("message") in (None, "Forbidden")


def test_a_token_of_jupyterhub_that_ended_while_the_application_slept(
    lab: Lab, jupyterhub: Hub, opened: Opened
) -> None:
    hub = jupyterhub.with_owner(f"app-{secrets.token_hex(4)}")
    secret = lab.secret(IssuerTarget(hub))
    ask = opened(secret, header("Authorization", prefix="token "), rejected=is_forbidden)
    assert ask("GET", f"{hub.url}/user").status == 200
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    assert ask("GET", f"{hub.url}/user").before == [403]
    assert ask("GET", f"{hub.url}/users").before == [], "of a right that is lacking"
