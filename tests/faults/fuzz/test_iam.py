"""Odd secrets of access keys: typed errors, or the same secret with another key in it."""

from random import Random
from typing import Any

import pytest

from rotators.iam.backend import AccessKeys
from shared.document.value import dump_document, load_value
from shared.secret import Secret
from shared.tls import RDS_AUTHORITIES
from tests.faults.fuzz.mutations import CANARY, as_text, mutate
from tests.faults.fuzz.oracle import Tally, fuzz, no_connections, share
from tests.fixtures.evidence import Evidence

ENDS = ("on-finish", "next-rotation", "after:7d", "never", 7)
OWN = {"access_key_id": "AWS_ACCESS_KEY_ID", "secret_access_key": "AWS_SECRET_ACCESS_KEY"}
SHOWN = ("username", "access_key_id", "ses_smtp_region", "rotation", "fields", *OWN.values())
ID, OTHER = "AKIAIOSFODNN7EXAMPLE", "AKIAOTHER7EXAMPLEKEY"


@pytest.fixture(scope="module")
def backend() -> AccessKeys:
    return AccessKeys({"TLS_CA_BUNDLE": str(RDS_AUTHORITIES)})


def document(rng: Random) -> dict[str, Any]:
    """A good one, of fields with the usual names or others, with and without what SES needs."""
    made: dict[str, Any] = {"username": "mailer", "access_key_id": ID, "secret_access_key": CANARY}
    if rng.random() < 0.5:
        made |= {"ses_smtp_region": "eu-central-1", "ses_smtp_password": rng.choice((None, CANARY))}
    if rng.random() < 0.3:
        made = {OWN.get(name, name): value for name, value in made.items()}
        made["rotation"] = {"fields": dict(OWN)}
    elif rng.random() < 0.4:
        made["rotation"] = {"old_key_ends": rng.choice(ENDS)}
    return made


def assert_kept(backend: AccessKeys, text: str) -> None:
    read = load_value(text)
    key = backend.parse(read)
    backend.check_wishes(key)
    assert load_value(dump_document(backend.render(key))) == read
    following = load_value(dump_document(backend.render(key.with_key(Secret("k"), key_id=OTHER))))
    changed = {name for name in read if read[name] != following[name]}
    assert changed == {"access_key_id", "secret_access_key"}


def test_odd_secrets_of_access_keys(backend: AccessKeys, evidence: Evidence) -> None:
    def try_example(rng: Random, tally: Tally) -> None:
        made = document(rng)
        text = as_text(rng, mutate(rng, made, SHOWN) if rng.random() < 0.9 else made)
        tally.attempt(lambda: assert_kept(backend, text))

    examples = share(2000)
    with no_connections():
        tally = fuzz("access keys", examples, try_example)
    tally.assert_varied(kinds=1, fields=6)
    evidence("fuzzing", "access keys", examples=examples, **tally.figures)
