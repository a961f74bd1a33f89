"""What finishSecret's line says of the key before: for every way, and it is so."""

from collections.abc import Callable

import pytest

from shared.protocol import memory
from shared.protocol.event import Step
from tests.conformance.suite import told_of_the_old
from tests.integration.http_api_key.test_ending_keys import adapted
from tests.issuers.described import BESIDE, CHOSEN, EXAMPLES, REPLACED, SLOTS, Make

AT_CREATE = "it ends at the next rotation's createSecret"
ENDED = "it was ended at finishSecret"
Output = Callable[[], str]


@pytest.mark.parametrize(
    ("way", "ends", "words"),
    [
        (BESIDE, "next-rotation", AT_CREATE),
        (BESIDE, "on-finish", ENDED),
        (CHOSEN, "next-rotation", "it was replaced at setSecret"),
        (CHOSEN, "on-finish", "it was replaced at setSecret"),
        (REPLACED, "next-rotation", "it was replaced at createSecret"),
        (SLOTS, "next-rotation", AT_CREATE),
        (SLOTS, "on-finish", ENDED),
    ],
)
def test_when_the_key_before_ends(
    make: Make, output: Output, way: str, ends: str, words: str
) -> None:
    secret = make(EXAMPLES[way][0], OLD_KEY_ENDS=ends)
    assert secret.rotate().state == "succeeded"  # the next previous key is one that it issued
    before = secret.value()
    event = secret.begin()
    secret.steps(event)
    said = told_of_the_old(output())
    assert said == words
    assert secret.target.accepts(before) is said.startswith("it ends")
    # A process that knows only the version tells as much of it as that says.
    memory._last.clear()
    secret.step(event, Step.FINISH)
    again = told_of_the_old(output())
    assert again in ({"", words} if way == BESIDE else {words})
    if (way, ends) == (BESIDE, "next-rotation"):
        assert again == ""


def test_a_key_that_only_expires(make: Make, output: Output) -> None:
    secret = make(adapted(BESIDE, revoke="expires"))
    before = secret.value()
    event = secret.begin()
    secret.steps(event)
    assert told_of_the_old(output()) == "it is not revoked, and ends when it expires"
    assert secret.target.accepts(before)
