"""Environments with odd variables: a backend is built, and makes a password or runs a step."""

import os
from collections import ChainMap
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from local import template
from local.functions.home import LambdaContext
from local.servers.certificates import Authority
from rotators.generated.backend import GeneratedValues
from rotators.generated.forms.form import Moment
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from rotators.iam.backend import AccessKeys
from shared.keys.backend import ApiKeyBackend
from shared.passwords import CLASSES
from shared.secret import Secret
from shared.strategies import AlternatingUsers, SingleUser
from tests.faults.fuzz.mutations import CANARY, CONFIDENTIAL, ODD, edited
from tests.faults.fuzz.oracle import EXAMPLES, Tally, fuzz, no_connections, share
from tests.faults.fuzz.samples import KEYS, LOGINS
from tests.fixtures.evidence import Evidence
from tests.lab import Lab

BUILDERS = {name: template.handler(name).build for name in template.functions()}
VARIABLES = sorted(
    {name for function in template.functions().values() for name in function.environment}
    | {"LAMBDA_TASK_ROOT"}
)
WORDS = """
true false 1 0 yes no 16 20 64 4096 4097 3 1_0 +5 1e2 ٣٢ १२ ² INFO debug next-rotation on-finish
after:7d after:0d after:99999m gitlab rabbitmq * [ [z-a] !#$% / . /var ../.. {} http:// http://[
http://proxy:3128 https://[::1]:1 https://h:99999 abcdefghijklmnopqrstuvwxyz 0123456789
/dev/null /nonexistent /etc/hostname
"""
USUAL = (
    *WORDS.split(),
    *('{"it": "hex"}', '{"it": {"kind": "hex", "bits": 8}}'),
    *("", " True ", "32\n", "a.test, b.test:8443", '"', "\udcff", f"http://{CANARY}:pw@h"),
    *('{"use": "gitlab"}', '{"use": 1}', f'{{"use": "gitlab", "values": {{"host": "{CANARY}"}}}}'),
)


def value(rng: Random, name: str, bundle: str) -> str:
    """A text that an environment can have: without NUL, and with surrogates for invalid UTF-8."""
    if name == "TLS_CA_BUNDLE" and rng.random() < 0.5:
        return bundle
    sample = rng.choice(rng.choice((USUAL, USUAL, ODD, CONFIDENTIAL)))
    text = sample if isinstance(sample, str) else str(sample)[:300]
    if rng.random() < 0.2:
        text = edited(rng, text)
    return os.fsdecode(os.fsencode(text.encode(errors="replace"))).replace("\0", "")


def environment(rng: Random, bundle: str) -> dict[str, str]:
    """One to four variables, and the CA bundle."""
    names = rng.sample(VARIABLES, rng.choice((1, 2, 2, 3, 4)))
    return {"TLS_CA_BUNDLE": bundle} | {name: value(rng, name, bundle) for name in names}


def assert_password_follows_settings(function: str, given: dict[str, str]) -> None:
    """Build the backend, and assert its password's length and characters."""
    backend = BUILDERS[function](given)
    if isinstance(backend, AccessKeys):
        return  # IAM makes the keys
    if isinstance(backend, ApiKeyBackend):
        password = backend._issuer._policies.unasked.generate()  # type: ignore[attr-defined]  # HttpIssuer's
        backend.parse(KEYS[0].document())
    elif isinstance(backend, GeneratedValues):
        secret = backend.parse({"it": None, "rotation": {"generate": {"it": "text"}}})
        backend.check(secret)
        moment = Moment(datetime.now(UTC), None)
        password = Secret(str(secret.forms["it"].renew(None, moment)))
    else:
        assert isinstance(backend, SingleUser | AlternatingUsers)
        login = backend.parse({**LOGINS[-1].document(), "ssl": True})
        password = backend.create(login, None).password  # type: ignore[arg-type]  # it asks nothing
    characters = password.reveal()
    assert len(characters) == int(given.get("PASSWORD_LENGTH") or 32)
    left = set("".join(each.characters for each in CLASSES)) - set(
        given.get("EXCLUDE_CHARACTERS", "")
    )
    assert set(characters) <= left


def test_ten_thousand_environments(authority: Authority, evidence: Evidence) -> None:
    def try_example(rng: Random, tally: Tally) -> None:
        given = environment(rng, str(authority.ca))
        tally.attempt(lambda: assert_password_follows_settings(rng.choice(list(BUILDERS)), given))

    with no_connections():
        tally = fuzz("environments", EXAMPLES, try_example)
    tally.assert_varied(kinds=2, fields=15)
    evidence("fuzzing", "the environment", examples=EXAMPLES, **tally.figures)


def test_some_environments_of_the_handler(
    lab: Lab, demo_issuer: Issuer, authority: Authority, evidence: Evidence
) -> None:
    secret = lab.secret(IssuerTarget(demo_issuer))
    event = secret.begin()
    secret.steps(event)
    before = secret.labels(), secret.value(), secret.accepted_versions()
    handlers = {name: template.handler(name) for name in BUILDERS}

    def try_example(rng: Random, tally: Tally) -> None:
        given = ChainMap(environment(rng, str(authority.ca)), os.environ)
        handler = replace(rng.choice(list(handlers.values())), environment=given)
        context = LambdaContext(function_name="f", timeout=60, memory_limit_in_mb="256")
        tally.attempt(lambda: handler({**event, "Step": "createSecret"}, context))

    examples = share(300)
    tally = fuzz("environments of a handler", examples, try_example)
    assert (secret.labels(), secret.value(), secret.accepted_versions()) == before
    tally.assert_varied(kinds=1, fields=5)
    evidence("fuzzing", "the environment, by the handler", examples=examples, **tally.figures)
