"""Answers that no issuer should give, read by the real client from a real socket."""

import json
from itertools import count
from pathlib import Path
from random import Random
from ssl import SSLSocket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.network.tls import TlsServer
from local.servers.certificates import Authority
from rotators.http_api_key.issuer import HttpIssuer
from shared import patience
from shared.keys.backend import ApiKeyBackend
from tests.faults.fuzz.answers import garbled_answer
from tests.faults.fuzz.cases import CASES, CanaryShop
from tests.faults.fuzz.issuer import (
    Answers,
    answer_bytes,
    keys_over,
    read_request,
    rotate,
    ticket_of,
)
from tests.faults.fuzz.oracle import EXAMPLES, Tally, fuzz, no_connections, share
from tests.faults.fuzz.samples import KEY
from tests.fixtures.evidence import Evidence
from tests.issuers.described import URL
from tests.issuers.scripted import IssuerRequest, Script

# Cases whose good answers let a whole rotation succeed.
GOOD = [case for case in CASES if case.is_keyshop or case.name in ("auth0", "jupyterhub", "twilio")]
SETTINGS: tuple[dict[str, str], ...] = (
    *({}, {}, {}, {}),
    {"OLD_KEY_ENDS": "on-finish"},
    {"OLD_KEY_ENDS": "after:1h"},
    {"SHORT_GAP": "true"},
)


class BadAnswers:
    """Good answers, a bad one at number `first`, then good ones again or only bad ones."""

    def __init__(self, rng: Random, script: Script, first: int) -> None:
        self._rng, self._script, self._first = rng, script, first
        self._forever = rng.random() < 0.3
        self._asked = count()
        self.given = 0

    def __call__(self, asked: IssuerRequest) -> bytes:
        number, answer = next(self._asked), self._script(asked)
        if number == self._first or (self._forever and number > self._first):
            self.given += 1
            return garbled_answer(self._rng, answer)
        return answer_bytes(answer)


def try_example(ca: Path, rng: Random, tally: Tally) -> int:
    """Try one example, and return how many bad answers were given.

    One example in three runs all steps; the others only verify the key, as testSecret does.
    """
    case, whole = rng.choice(GOOD), rng.random() < 0.35
    state = case.answers()
    bad = BadAnswers(rng, case.tolerant(state), rng.choice((0, 0, 0, 1, 1, 2)) if whole else 0)
    document = json.loads(case.document)
    keys = keys_over(bad, ca, rng.choice(SETTINGS))

    def steps() -> None:
        if whole:
            rotate(keys, document, case.admin)
        else:
            key = keys.parse(document)
            keys.verify(key, ticket_of(key, case.admin))

    tally.attempt(steps)
    if isinstance(state, CanaryShop) and case.overlaps:
        assert state.accepts(KEY), "the current key was ended"
    return bad.given


@pytest.fixture(autouse=True)
def _no_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "time_left", lambda: 0.0)


def test_ten_thousand_answers(authority: Authority, evidence: Evidence) -> None:
    given = 0

    def example(rng: Random, tally: Tally) -> None:
        nonlocal given
        given += try_example(authority.ca, rng, tally)

    with no_connections():
        tally = fuzz("answers", EXAMPLES, example)
    assert given >= EXAMPLES
    tally.assert_varied(kinds=8, fields=15)
    evidence("fuzzing", "the issuer's answers", examples=given, **tally.figures)


class Issuer(TlsServer):
    """A server that gives the answers over TLS."""

    answers: Answers

    def serve(self, connection: SSLSocket) -> None:
        raw = b""
        while b"\r\n\r\n" not in raw and (more := connection.recv(1 << 16)):
            raw += more
        if raw:
            connection.sendall(type(self).answers(read_request(raw)))


def test_some_answers_over_tls(authority: Authority, evidence: Evidence) -> None:
    """As above over real TLS; only verification is tried, whose requests have no body."""
    environment = {"ALLOW_PRIVATE_ISSUERS": "true"}
    keys = ApiKeyBackend(HttpIssuer(authority.ca, environment), environment)
    case = next(each for each in GOOD if each.is_keyshop and "[@]" not in each.description)
    with Issuer(authority.issue("fuzzed")).running() as port:
        url = f"https://localhost:{port}/v1"
        document = {**json.loads(case.document.replace(URL, url))}
        key = keys.parse(document)
        ticket = ticket_of(key, {**case.admin, "issuer_url": url})

        def over(rng: Random, tally: Tally) -> None:
            state = CanaryShop()
            Issuer.answers = staticmethod(BadAnswers(rng, case.tolerant(state), 0))
            tally.attempt(lambda: keys.verify(key, ticket))
            assert state.accepts(KEY)

        examples = share(500)
        tally = fuzz("answers over TLS", examples, over)
    tally.assert_varied(kinds=3, fields=3)
    evidence("fuzzing", "the issuer's answers, over TLS", examples=examples, **tally.figures)


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(rng=st.randoms(use_true_random=False))
def test_what_hypothesis_can_shrink(authority: Authority, rng: Random) -> None:
    with no_connections():
        try_example(authority.ca, rng, Tally("answers"))
