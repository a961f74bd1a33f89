"""A leaked key: ended whatever OLD_KEY_ENDS says, and proved to be refused."""

import pytest

from tests.integration.strategies.test_leaks import end_leaked
from tests.issuers.described import BESIDE, CHOSEN, EXAMPLES, REPLACED, SELF, SLOTS, Make


@pytest.mark.parametrize("way", [BESIDE, SELF, SLOTS, REPLACED, CHOSEN])
def test_it_is_ended_now(make: Make, way: str) -> None:
    secret = make(EXAMPLES[way][0])
    leaked = secret.holder("AWSCURRENT") or ""
    assert secret.rotate().state == "succeeded"
    answer = end_leaked(secret, leaked)
    assert answer["refused"]["proven"], answer
    assert answer["sessions"] is None
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}
    assert secret.rotate().state == "succeeded"
