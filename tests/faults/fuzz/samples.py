"""Valid secrets of every kind, whose confidential values contain the canary."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.build.artifacts import ROOT
from tests.faults.fuzz.mutations import CANARY
from tests.issuers.described import EXAMPLES

PASSWORD = f'{CANARY}"é\\'
KEY = f"ks_1_{CANARY}-key"  # as a key of id 1 at the Keyshop begins
ADMIN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf"
ISSUERS = sorted((ROOT / "rotators" / "http_api_key" / "issuers").glob("*.json"))
# Messages may quote where a database is and whose password the secret has.
LOGIN_SHOWN = frozenset({"host", "username", "masterarn", "issuer"})
# Messages may quote a description's URLs, field names and slots' names.
DESCRIPTION_SHOWN = frozenset({"base", "key", "id", "slot", "slots", "use", "owner", "issuer"})


@dataclass(frozen=True)
class Sample:
    """A secret's text; `shown` are the fields that messages may quote."""

    text: str
    shown: frozenset[str]

    def document(self) -> Any:  # noqa: ANN401 - any JSON
        """A new copy of the document."""
        return json.loads(self.text)


def logins() -> Iterator[Sample]:
    """Secrets of database users, in the form of AWS's functions."""
    whole = {
        "engine": "postgres",
        "host": "127.0.0.1",
        "port": 1,
        "username": "app",
        "password": PASSWORD,
        "dbname": "orders",
        "ssl": True,
        "masterarn": ADMIN,
        "note": {"kept": [CANARY, 1.5]},
    }
    for engine in ("postgres", "mysql", "mariadb", "aurora-postgresql"):
        yield Sample(json.dumps({**whole, "engine": engine}), LOGIN_SHOWN)
    nodes = ["127.0.0.1:2", "[::1]:3", "cache-2.test"]
    for engine, more in (("valkey", nodes), ("rediss", ", ".join(nodes))):
        document = {**whole, "engine": engine, "nodes": more, "persistence": "config"}
        yield Sample(json.dumps(document), LOGIN_SHOWN)
    for service in ("elasticache", "memorydb"):
        document = {**whole, "engine": "valkey", "managed": service, "user_id": "app-1"}
        yield Sample(json.dumps(document), LOGIN_SHOWN)
    small = {name: whole[name] for name in ("host", "username", "password")}
    yield Sample(json.dumps({**small, "port": "5432", "ssl": "yes"}), LOGIN_SHOWN)


def keys() -> Iterator[Sample]:
    """Secrets of keys: for each description we ship, by name and inline, and for each example.

    Any field but the key may be part of a URL, so messages may quote it.
    """
    for path in ISSUERS:
        described = json.loads(path.read_text())
        document = secret_of(described)
        shown = DESCRIPTION_SHOWN | document.keys() | quoted(described)
        shown -= {described["fields"]["key"], "note"}
        for issuer in (path.stem, {"use": path.stem, "propagation": "5s"}, described):
            yield Sample(json.dumps({**document, "issuer": issuer}), shown)
    for example in (each for every in EXAMPLES.values() for each in every if "issuer" in each):
        key = example["issuer"]["fields"]["key"]
        shown = (DESCRIPTION_SHOWN | example.keys() | quoted(example["issuer"])) - {key}
        yield Sample(json.dumps({**example, key: KEY}), shown)


def quoted(described: Any) -> set[str]:  # noqa: ANN401 - any JSON
    """The members that messages quote: expressions say where to look, and sentences what to do."""
    found = {"url", "until", "skip", "value", "authenticated", "rejected", "gone", "later", "done"}
    if isinstance(described, dict):
        for member in ("fields", "read", "because", "refuse", "expect"):
            found |= described.get(member, {}).keys()
            for inner in described.get(member, {}).values():  # each slot's, or a header
                found |= inner.keys() if isinstance(inner, dict) else set()
    each = described.values() if isinstance(described, dict) else described
    for inner in each:
        if isinstance(inner, dict | list):
            found |= quoted(inner)
    return found


def secret_of(described: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """A secret with every field that the description needs."""
    names = re.findall(r"\{secret\.(\w+)\??\}", json.dumps(described))
    document: dict[str, Any] = {name: _field(name) for name in names}
    fields = described["fields"]
    if "slots" in described:
        document[fields["slot"]] = described["slots"][0]
    if "id" in fields:
        document[fields["id"]] = "k1"
    return {**document, fields["key"]: key_of(described, "k1", KEY), "note": CANARY}


def key_of(described: Any, key_id: str, rest: str) -> str:  # noqa: ANN401 - any JSON
    """A key that shows its id, if the description says that keys do."""
    carried: str = described.get("carries", "")
    return carried.replace("{id}", key_id) + rest


def _field(name: str) -> str:
    if name == "admin_secret_arn":
        return ADMIN
    if name == "owner_type":
        return "projects"
    if "url" in name:
        return "https://127.0.0.1:1/api"
    return "issuer.test" if name in ("domain", "site", "host", "api_host") else "app"


LOGINS, KEYS = tuple(logins()), tuple(keys())
