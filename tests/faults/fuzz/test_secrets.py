"""Secrets of every kind with odd values in them, parsed by every backend."""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local import template
from local.servers.certificates import Authority
from shared.aws.version import document_of
from shared.document.value import dump_document, load_value
from shared.protocol.contract import Backend
from tests.fake_ticket import FakeTicket
from tests.faults.fuzz.mutations import as_text, edited, mutate
from tests.faults.fuzz.oracle import EXAMPLES, Tally, fuzz, no_connections, traces
from tests.faults.fuzz.samples import KEY, KEYS, LOGINS, Sample
from tests.fixtures.evidence import Evidence
from tests.issuers.described import EXAMPLES as EXAMPLES_OF_ISSUERS
from tests.issuers.described import PLAIN

# JMESPath's own warning about a literal in backticks.
QUIET = pytest.mark.filterwarnings(
    "ignore:deprecated string literal syntax:PendingDeprecationWarning"
)
BACKENDS = {
    **{
        name: template.handler(name).build
        for name in template.functions()
        if name not in ("GeneratedValue", "IamAccessKey")  # test_generated.py, test_iam.py
    },
    "HttpApiKey of plain strings": template.handler("HttpApiKey").build,
    "HttpApiKey of some hosts": template.handler("HttpApiKey").build,
}
SETTINGS = {
    "MySqlSingleUser": {"ALLOW_UNENCRYPTED": "true"},
    "HttpApiKey of plain strings": {"ISSUER": json.dumps(EXAMPLES_OF_ISSUERS[PLAIN][0])},
    "HttpApiKey of some hosts": {"ISSUER_HOSTS": "*.test, 127.0.0.1:*"},
}


@pytest.fixture(scope="module")
def backends(authority: Authority) -> dict[str, Backend[Any]]:
    bundle = {"TLS_CA_BUNDLE": str(authority.ca)}
    return {name: build({**bundle, **SETTINGS.get(name, {})}) for name, build in BACKENDS.items()}


def answer(rng: Random, samples: Sequence[Sample]) -> dict[str, Any]:
    """An answer of GetSecretValue."""
    sample = rng.choice(samples)
    document = sample.document()
    if rng.random() < 0.95:
        document = mutate(rng, document, sample.shown)
    text = as_text(rng, document)
    if rng.random() < 0.01:
        return {"SecretBinary": text.encode(errors="replace")}
    return {"SecretString": text}


class AdminTicket(FakeTicket):
    """Of a rotation whose admin's secret has this document, and no tag."""

    def tags_of(self, _arn: str) -> dict[str, str]:
        return {}


def assert_round_trip(
    name: str,
    backend: Backend[Any],
    stored: Any,  # noqa: ANN401 - any answer
    admin: Mapping[str, object],
) -> None:
    """Parse and render as the function does; create the next password if it is a database's."""
    document = document_of(stored, of="the secret")
    credential = backend.parse(document)
    written = load_value(dump_document(backend.render(credential)))
    if name.startswith("Http"):
        # A numeric id is rendered as text.
        assert {n: str(v) for n, v in written.items()} == {n: str(v) for n, v in document.items()}
        return
    assert written == document
    following = backend.create(credential, AdminTicket(admin_secret=admin))
    assert not traces(repr(following.password))
    dump_document(backend.render(following))


def try_example(backends: dict[str, Backend[Any]], rng: Random, tally: Tally) -> None:
    of_keys = rng.random() < 0.5
    stored = answer(rng, KEYS if of_keys else LOGINS)
    # Sometimes a secret of another kind than the function rotates.
    names = [name for name in backends if name.startswith("Http") is of_keys]
    name = rng.choice(list(backends) if rng.random() < 0.05 else names)
    if name.endswith("strings") and rng.random() < 0.9:
        stored = {"SecretString": edited(rng, rng.choice((KEY, "", f"{KEY} é", "\n", "{")))}
    sample = rng.choice(LOGINS)
    admin = sample.document()
    if rng.random() < 0.5:
        admin = mutate(rng, admin, sample.shown)
    tally.attempt(lambda: assert_round_trip(name, backends[name], stored, admin))


@QUIET
def test_ten_thousand_secrets(backends: dict[str, Backend[Any]], evidence: Evidence) -> None:
    with no_connections():
        tally = fuzz("secrets", EXAMPLES, lambda rng, tally: try_example(backends, rng, tally))
    tally.assert_varied(kinds=3, fields=200)
    evidence("fuzzing", "the secret's JSON", examples=EXAMPLES, **tally.figures)


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(rng=st.randoms(use_true_random=False))
@QUIET
def test_what_hypothesis_can_shrink(backends: dict[str, Backend[Any]], rng: Random) -> None:
    with no_connections():
        try_example(backends, rng, Tally("secrets"))
