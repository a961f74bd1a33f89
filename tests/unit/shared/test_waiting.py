"""What a wait may still take, and how a new key is waited for."""

import math
import socket
import threading
from itertools import pairwise

import pytest

import shared.handler  # noqa: F401 - which bounds the look-ups of its process
from shared import lookup, patience
from shared.deadline import MARGIN_SECONDS, deadline, time_left
from shared.errors import Rejected, Unreachable
from shared.keys.api_key import Account, ApiKey, Way
from shared.keys.contract import KeyIssuer
from shared.keys.propagation import LONGEST_WAIT, probe
from shared.patience import TRY_SECONDS, retried, tries
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
    ends = 2 * MARGIN_SECONDS + TRY_SECONDS + 0.3
    with deadline(ends), pytest.raises(Unreachable, match="may take 600 s") as caught:
        count_probes(issuer)
    assert caught.value.retryable
    assert caught.value.field == "api_key"
    assert 1 < issuer.asked < 10


def test_after_all_of_the_issuers_time_it_is_rejected() -> None:
    issuer = Slow(rejections=math.inf, seconds=0.3)
    with deadline(60), pytest.raises(Rejected):
        count_probes(issuer)
    assert 1 < issuer.asked < 10


def test_what_the_issuer_has_had_for_longer_is_rejected_at_once() -> None:
    """However long it may need: 58 s and more fit into no step."""
    known: KeyIssuer = Slow(rejections=math.inf, seconds=600)  # type: ignore[assignment]  # as above
    with deadline(2 * MARGIN_SECONDS), pytest.raises(Rejected):
        probe(known, KEY, age=601)


# --- looking up names ---


def test_a_look_up_that_hangs_ends_with_the_steps_time(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(lookup, "_ask", lambda *_arguments, **_more: release.wait())
    try:
        with pytest.raises(socket.gaierror), deadline(2 * MARGIN_SECONDS + 0.2):
            socket.create_connection(("database.test", 1))
    finally:
        release.set()


def test_a_look_up_that_hangs_is_interrupted_by_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()
    monkeypatch.setattr(lookup, "_ask", lambda *_arguments, **_more: release.wait())
    monkeypatch.setattr(lookup, "time_left", lambda: math.inf)
    try:
        with pytest.raises(Unreachable, match="time was over"), deadline(MARGIN_SECONDS + 0.1):
            socket.getaddrinfo("database.test", 1)
    finally:
        release.set()


def test_a_look_up_answers_and_fails_as_ever() -> None:
    assert socket.getaddrinfo is lookup.bounded_getaddrinfo
    found = socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
    assert ("127.0.0.1", 80) in [each[4] for each in found]
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("no-such-host.invalid", 1)
    with pytest.raises(UnicodeError):
        socket.getaddrinfo("a..b", 1)


# --- trying again ---


def test_what_fails_otherwise_is_not_tried_again() -> None:
    asked: list[int] = []

    def fail() -> None:
        asked.append(1)
        raise Rejected("no", do="look")

    with pytest.raises(Rejected):
        retried(fail, on=Unreachable, within=5)
    assert len(asked) == 1


def test_the_last_error_is_raised_once_the_time_is_over() -> None:
    asked: list[int] = []

    def fail() -> None:
        asked.append(1)
        raise Unreachable(str(len(asked)), do="wait")

    with pytest.raises(Unreachable) as caught:
        retried(fail, on=Unreachable, within=0.4)
    assert caught.value.what == str(len(asked))
    assert len(asked) > 1


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(patience, "time", clock)
    return clock


@pytest.mark.parametrize("within", [0.05, 1.0, 5.0, 10.0, 30.0])
def test_the_last_try_is_when_the_time_is_over(clock: Clock, within: float) -> None:
    moments = [clock.now - 1000 for _ in tries(within)]
    assert moments[0] == 0
    assert moments[-1] == pytest.approx(within)
    assert all(b - a <= 2 for a, b in pairwise(moments))


def test_a_step_waits_for_no_longer_than_it_should(clock: Clock) -> None:
    issuer = Slow(rejections=math.inf, seconds=600)
    with pytest.raises(Unreachable):
        count_probes(issuer)
    assert clock.now - 1000 == pytest.approx(LONGEST_WAIT)
