"""A wrong key, a right one that only lacks a right, and an answer that tells neither."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from shared.errors import Forbidden, Rejected, RotationError, Unreachable
from shared.protocol.event import Step
from tests.issuers.conftest import NewStub
from tests.issuers.examples import NAMES, Documentation
from tests.issuers.stubbed import StubTarget
from tests.lab import Event, Lab, LabSecret

MADE = {"issue", "replace", "revoke"}


@dataclass(frozen=True)
class Answer:
    """A documented refusal of one operation of an issuer."""

    name: str
    operation: str
    answer: Mapping[str, Any]

    def __str__(self) -> str:
        says = self.answer.get("says", "")
        return f"{self.name}-{self.operation}-{self.answer['status']}-{says.replace(' ', '-')}"

    def secret(self, lab: Lab, new_stub: NewStub) -> LabSecret:
        target = StubTarget(self.name, new_stub(self.name))
        secret = lab.secret(target)
        target.stub.refusing[self.operation] = self.answer
        return secret


def documented(kind: str) -> list[Answer]:
    """The refusals of this kind that the issuers' documentations show."""
    return [
        Answer(name, operation.name, answer)
        for name in NAMES
        for operation in Documentation.read(name).operations
        for answer in operation.document.get(kind, ())
    ]


def create(secret: LabSecret) -> None:
    secret.step(secret.begin(), Step.CREATE)


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_key_is_rejected_before_anything_is_made(
    name: str, lab: Lab, new_stub: NewStub
) -> None:
    stub = new_stub(name)
    first = stub.first_key()
    # Neither at its beginning nor at its end, which lists show.
    other = "a" if first["key"][40] != "a" else "b"
    wrong = {**first, "key": f"{first['key'][:40]}{other}{first['key'][41:]}"}
    secret = lab.secret(StubTarget(name, stub, first=wrong))
    with pytest.raises(Rejected):
        create(secret)
    assert not MADE & set(stub.met)
    assert not stub.strange


@pytest.mark.parametrize("answer", documented("lacking"), ids=str)
def test_a_right_key_that_lacks_a_right_is_rotated(
    answer: Answer, lab: Lab, new_stub: NewStub
) -> None:
    secret = answer.secret(lab, new_stub)
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("answer", documented("untold"), ids=str)
def test_an_answer_that_tells_neither_ends_before_anything_is_made(
    answer: Answer, lab: Lab, new_stub: NewStub
) -> None:
    secret = answer.secret(lab, new_stub)
    with pytest.raises(Forbidden, match=answer.answer.get("says", "does not tell")):
        create(secret)
    target = secret.target
    assert isinstance(target, StubTarget)
    assert not MADE & set(target.stub.met)
    assert target.accepts(secret.value())


@pytest.mark.parametrize("answer", documented("denied"), ids=str)
def test_what_the_admin_lacks_is_told(answer: Answer, lab: Lab, new_stub: NewStub) -> None:
    secret = answer.secret(lab, new_stub)
    with pytest.raises(RotationError, match=answer.answer.get("says", "right")) as caught:
        create(secret)
    # Whose key is right, and only lacks a right, is not told that the key is wrong.
    is_wrong = answer.answer.get("is_wrong_key", False)
    assert isinstance(caught.value, Rejected if is_wrong else Forbidden)
    target = secret.target
    assert isinstance(target, StubTarget)
    assert target.accepts(secret.value())


FULL = {
    "mongodb-atlas": "HTTP 400",
    "okta": "the application has two secrets",
    "sendgrid": "an account may have 100 keys",
}


@pytest.mark.parametrize("name", FULL)
def test_as_many_keys_as_may_be(name: str, lab: Lab, new_stub: NewStub) -> None:
    """The rest is of somebody else, or was lost with its answer: no rotation ends it."""
    stub = new_stub(name)
    issue = stub.documentation.operation("issue")
    assert issue is not None
    first = stub.first_key()
    while len(stub.keys) < issue.document["at_most"]:
        stub.first_key("of somebody else")
    secret = lab.secret(StubTarget(name, stub, first=first))
    with pytest.raises(RotationError, match=FULL[name]):
        create(secret)
    assert len(stub.keys) == issue.document["at_most"]
    assert stub.accepts(first["key"])


SLOW = {"auth0", "confluent", "datadog", "sendgrid", "azure-openai"}


def created(name: str, lab: Lab, new_stub: NewStub) -> tuple[StubTarget, LabSecret, Event]:
    """A rotation whose createSecret is done."""
    target = StubTarget(name, new_stub(name))
    secret = lab.secret(target)
    event = secret.begin()
    secret.steps(event, Step.CREATE)
    return target, secret, event


@pytest.mark.parametrize("name", sorted(SLOW))
def test_a_new_key_that_is_not_known_yet_is_tried_again(
    name: str, lab: Lab, new_stub: NewStub
) -> None:
    target, secret, event = created(name, lab, new_stub)
    target.stub.slow = 2
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert target.accepts(secret.value())


@pytest.mark.parametrize("name", sorted(SLOW))
def test_a_new_key_that_is_not_known_for_longer_is_for_the_next_attempt(
    name: str, lab: Lab, new_stub: NewStub
) -> None:
    target, secret, event = created(name, lab, new_stub)
    target.stub.slow = 1000
    with pytest.raises(Unreachable):
        secret.step(event, Step.SET if "replace" in target.described else Step.TEST, timeout=3)
    target.stub.slow = 0
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert target.accepts(secret.value())
