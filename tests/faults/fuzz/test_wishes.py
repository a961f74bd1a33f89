"""Secrets with odd wishes in `rotation`, of every function, with settings that bound them."""

import math
from random import Random
from typing import Any

import pytest

from local import template
from local.servers.certificates import Authority
from shared.asked.passwords import ENOUGH_BITS
from shared.errors import MalformedSecret
from shared.keys.backend import ApiKeyBackend
from tests.faults.fuzz.mutations import CANARY, CONFIDENTIAL, mutate, odd
from tests.faults.fuzz.oracle import EXAMPLES, Tally, fuzz, no_connections
from tests.faults.fuzz.samples import KEYS, LOGINS
from tests.faults.fuzz.test_secrets import AdminTicket
from tests.fixtures.evidence import Evidence
from tests.wishes import assert_keeps_to_both

RULES: dict[str, tuple[Any, ...]] = {
    "password_length": (32, 33, 40, 64, 64, 200),
    "exclude_characters": ("ab", "'\"", " ", "0123456789", f"{CANARY}!"),
    "require_each_included_type": (True, True, "yes", False),
    **{f"exclude_{each}": (True, False, "no") for each in ("numbers", "punctuation", "lowercase")},
    **{f"minimum_{each}": (0, 1, 2, 5) for each in ("numbers", "punctuation", "uppercase")},
}
MORE: dict[str, dict[str, tuple[Any, ...]]] = {
    "PostgresSingleUser": {"short_gap": (True, False)},
    "MySqlSingleUser": {
        "short_gap": (True, False),
        "password_overlap": (True, False),
        "old_password_ends": ("on-finish", "next-rotation"),
    },
    "HttpApiKey": {"old_key_ends": ("on-finish", "next-rotation", "after:7d")},
}
SETTINGS: tuple[dict[str, str], ...] = (
    {},
    {"PASSWORD_LENGTH": "40", "SHORT_GAP": "false", "EXCLUDE_CHARACTERS": "!xy"},
    {"EXCLUDE_PUNCTUATION": "true", "MINIMUM_NUMBERS": "2", "OLD_KEY_ENDS": "next-rotation"},
    {"REQUIRE_EACH_INCLUDED_TYPE": "false", "OLD_PASSWORD_ENDS": "on-finish"},
)
Function = tuple[str, dict[str, str], Any]


@pytest.fixture(scope="module")
def functions(authority: Authority) -> list[Function]:
    bundle = {"TLS_CA_BUNDLE": str(authority.ca), "ISSUER_HOSTS": "*"}
    return [
        (name, environment, template.handler(name).build({**bundle, **environment}))
        for name in template.functions()
        if name not in ("GeneratedValue", "IamAccessKey")  # test_generated.py, test_iam.py
        for environment in SETTINGS
    ]


def wishes(rng: Random, function: str) -> object:
    """One to four members, mostly those that the function takes; sometimes something else."""
    known = {**RULES, **MORE.get(function, {})}
    asked = {name: rng.choice(known[name]) for name in rng.sample(sorted(known), rng.randint(1, 4))}
    if rng.random() < 0.7:
        asked["password_length"] = 200  # which makes good what most others take away
    if rng.random() < 0.4:
        return mutate(rng, asked, ()) if rng.random() < 0.9 else odd(rng, confidential=True)
    if rng.random() < 0.1:
        asked[rng.choice(("allow_unencrypted", "nonsense", "a b"))] = rng.choice(CONFIDENTIAL)
    return asked


def try_example(functions: list[Function], rng: Random, tally: Tally) -> None:
    name, environment, backend = rng.choice(functions)
    asked = wishes(rng, name)
    of_keys = isinstance(backend, ApiKeyBackend)
    document = {**rng.choice(KEYS if of_keys else LOGINS[-1:]).document(), "rotation": asked}
    credential = backend.parse(document)
    tally.attempt(lambda: check(backend, credential, asked, environment))


def check(backend: Any, credential: Any, asked: Any, environment: dict[str, str]) -> None:  # noqa: ANN401 - of either kind
    """Nothing but typed errors with the place; a password keeps to both rules, and is as strong."""
    try:
        if isinstance(backend, ApiKeyBackend):
            backend.check_wishes(credential)
            return
        admin = LOGINS[-1].document()
        created = backend.create(credential, AdminTicket(admin_secret=admin))
    except MalformedSecret as error:
        whole = credential.document.get("rotation")
        assert error.field is not None
        if error.field != "masterarn":
            assert error.field.partition(".")[0] == "rotation"
            assert whole is not None
        raise
    granted = backend.policies.granted(credential.document)
    own = math.floor(backend.policies.unasked.bits())
    assert math.floor(granted.bits()) >= min(own, ENOUGH_BITS)
    assert_keeps_to_both(created.password.reveal(), asked or {}, environment)


def test_ten_thousand_wishes(functions: list[Function], evidence: Evidence) -> None:
    with no_connections():
        tally = fuzz("wishes", EXAMPLES, lambda rng, tally: try_example(functions, rng, tally))
    tally.assert_varied(kinds=1, fields=15)
    evidence("fuzzing", "what a secret asks for", examples=EXAMPLES, **tally.figures)
