"""What a wait may still take, and how a new key is waited for."""

import math
import threading

import pytest

from shared.deadline import MARGIN_SECONDS, deadline, time_left
from shared.errors import Rejected, Unreachable
from shared.keys.api_key import Account, ApiKey, Way
from shared.keys.contract import KeyIssuer
from shared.keys.propagation import probe
from shared.secret import Secret

KEY = ApiKey(Account("https://keys.test", "app"), Way.ISSUED, Secret("x"), None, {})


class Slow:
    """An issuer whose new key is rejected so many times."""

    name = "slow"

    def __init__(self, rejections: float, seconds: float) -> None:
        self.rejections, self.seconds, self.asked = rejections, seconds, 0

    def probe(self, _key: ApiKey, /) -> None:
        self.asked += 1
        if self.asked <= self.rejections:
            raise Rejected("no", do="look", field="api_key")

    def propagation(self, _key: ApiKey, /) -> float:
        return self.seconds


def count_probes(issuer: Slow) -> int:
    known: KeyIssuer = issuer  # type: ignore[assignment]  # of which two methods are needed
    probe(known, KEY)
    return issuer.asked


def test_the_time_left_is_known_in_every_thread_that_has_a_deadline() -> None:
    assert time_left() == math.inf
    found: list[float] = []

    def step() -> None:
        with deadline(60):
            found.append(time_left())
        found.append(time_left())

    step()
    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
    for inside, outside in (found[:2], found[2:]):
        assert 0 < inside <= 60 - 2 * MARGIN_SECONDS
        assert outside == math.inf


def test_a_new_key_is_tried_again_within_the_issuers_time() -> None:
    assert count_probes(Slow(rejections=2, seconds=5)) == 3


def test_without_that_it_is_tried_once() -> None:
    issuer = Slow(rejections=1, seconds=0)
    with pytest.raises(Rejected):
        count_probes(issuer)
    assert issuer.asked == 1


def test_the_steps_own_time_bounds_it() -> None:
    issuer = Slow(rejections=math.inf, seconds=600)
    with deadline(2 * MARGIN_SECONDS + 0.3), pytest.raises(Unreachable) as caught:
        count_probes(issuer)
    assert caught.value.retryable
    assert caught.value.field == "api_key"
    assert 1 < issuer.asked < 10


def test_after_all_of_the_issuers_time_it_is_rejected() -> None:
    issuer = Slow(rejections=math.inf, seconds=0.3)
    with deadline(60), pytest.raises(Rejected):
        count_probes(issuer)
    assert 1 < issuer.asked < 10
