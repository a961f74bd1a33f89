"""Odd secrets of generated values: typed errors, or new values that keep to their rules."""

from datetime import UTC, datetime
from random import Random

from rotators.generated.backend import GeneratedValues
from rotators.generated.forms.form import Moment
from rotators.generated.testing.secrets import KEYRING, SHARED_KEYRING, document
from shared.document.value import dump_document, load_value
from tests.faults.fuzz.mutations import CANARY, as_text, mutate
from tests.faults.fuzz.oracle import Tally, fuzz, no_connections, share
from tests.fixtures.evidence import Evidence

MOMENT = Moment(datetime(2027, 1, 1, tzinfo=UTC), None)
BACKENDS = tuple(
    GeneratedValues({"GENERATE": each}) for each in ("", '{"it": "text", "SecretString": "hex"}')
)
RULES = (
    KEYRING,
    SHARED_KEYRING,
    *({"kind": "hex", "bits": 256}, {"kind": "text", "length": 40}, {"kind": "base64url"}),
)
SHOWN = ("it", "kind", "bits", "length", "keyring", "keep", "generate", "rotation")


def try_example(rng: Random, tally: Tally) -> None:
    secret = document("it", rng.choice(RULES))
    secret["STRIPE_KEY"] = CANARY
    text = as_text(rng, mutate(rng, secret, SHOWN) if rng.random() < 0.9 else secret)
    tally.attempt(lambda: assert_made(rng.choice(BACKENDS), text))


def assert_made(backend: GeneratedValues, text: str) -> None:
    current = backend.parse(load_value(text))
    backend.check(current)
    made = {each.name: each.form.renew(each.value, MOMENT) for each in current.held()}
    following = backend.parse(load_value(dump_document(current.with_values(made).document)))
    assert not [each.name for each in following.held() if each.form.flaw(each.value)]
    rest = set(current.document) - set(made)
    assert all(current.document[name] == following.document[name] for name in rest)


def test_odd_secrets_of_generated_values(evidence: Evidence) -> None:
    examples = share(2000)
    with no_connections():
        tally = fuzz("generated values", examples, try_example)
    tally.assert_varied(kinds=1, fields=15)
    evidence("fuzzing", "generated values", examples=examples, **tally.figures)
