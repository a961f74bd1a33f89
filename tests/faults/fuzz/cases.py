"""Valid cases of described issuers: description, secret, admin's secret and good answers."""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rotators.http_api_key.issuer import HttpIssuer
from shared.tls import ca_bundle
from tests.faults.fuzz.mutations import CANARY
from tests.faults.fuzz.samples import ISSUERS, KEY, key_of, secret_of
from tests.issuers.described import EXAMPLES
from tests.issuers.keyshop import ADMIN, Keyshop
from tests.issuers.scripted import IssuerRequest, Script, StubAnswer

_PATH = re.compile(r"\w+(\.\w+)*")
_DAY = "2026-01-0{}T00:00:00Z"


@dataclass(frozen=True)
class FuzzCase:
    """A described issuer; `answers` makes a script of its good answers, in its first state."""

    name: str
    description: str
    document: str
    admin: Mapping[str, object]
    key_field: str
    answers: Callable[[], Script]

    @property
    def is_keyshop(self) -> bool:
        """Whether a Keyshop answers, which knows the accepted keys."""
        return self.name == "keyshop"

    @property
    def overlaps(self) -> bool:
        """Whether the current key still works after the next one was created."""
        return any(f'"{member}": ' in self.description for member in ("issue", "slots"))

    @staticmethod
    def tolerant(answers: Script) -> Script:
        """The script's answers, and status 400 to a request that it cannot handle."""

        def answer(asked: IssuerRequest) -> object:
            try:
                return answers(asked)
            except (LookupError, TypeError, ValueError, AttributeError):
                return StubAnswer(400)

        return answer


class CanaryShop(Keyshop):
    """A Keyshop whose every key contains the canary."""

    def __init__(self) -> None:
        super().__init__()
        self.issue(scopes=["read"], expires_at="2026-01-11T00:00:00Z")["secret"] = KEY
        self.clients["c1"] = self.slots["key1"] = KEY
        self.users["app"]["password"] = KEY

    def issue(self, name: str = "by hand", **more: object) -> dict[str, Any]:
        key = super().issue(name, **more)
        key["secret"] = f"ks_{key['id']}_{CANARY}"
        return key


def cases() -> Iterator[FuzzCase]:
    """A case for every description we ship, and for every example of docs/issuers.md."""
    for path in ISSUERS:
        described = json.loads(path.read_text())
        document = {**secret_of(described), "issuer": path.stem}
        answer = plausible(described, document)
        yield _case(path.stem, described, document, partial(always, answer))
    for example in (each for every in EXAMPLES.values() for each in every if "issuer" in each):
        key = example["issuer"]["fields"]["key"]
        yield _case("keyshop", example["issuer"], {**example, key: KEY}, CanaryShop)


def always(answer: object) -> Script:
    """A script with the same answer to every request."""
    return lambda _asked: answer


def _case(
    name: str,
    described: Any,  # noqa: ANN401 - any JSON
    document: dict[str, Any],
    answers: Callable[[], Script],
) -> FuzzCase:
    text = json.dumps(document)
    base = HttpIssuer(ca_bundle({}), {"ISSUER_HOSTS": "*"}).parse(document).account.issuer_url
    names = re.findall(r"\{admin\.(\w+)\}", json.dumps(described))
    admin: dict[str, object] = dict.fromkeys(names, f"{CANARY}-admin")
    admin |= {"issuer_url": base, "inline": True}
    if name == "keyshop":
        admin |= {"api_key": ADMIN, "username": "admin"}
    return FuzzCase(name, json.dumps(described), text, admin, described["fields"]["key"], answers)


def plausible(described: Any, document: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """One answer that has every field which any request of the description reads."""
    whole: dict[str, Any] = {}
    values = {"id": "k2", "key": key_of(described, "k2", f"{CANARY}-new")}
    values |= {"token": f"{CANARY}-token", "label": "by hand"}
    values |= {"created": _DAY.format(1), "expires": _DAY.format(9)}
    listing = dict(described.get("list", {}).get("read", {}))
    for slot, path in (listing.pop("key", None) or {}).items():
        is_current = slot == document[described["fields"]["slot"]]
        _set_path(whole, path, KEY if is_current else values["key"])
    for holder in (described["admin"], described):
        for call in _calls(holder, ("login", "issue", "replace", "inspect", "probe")):
            for part, path in call.get("read", {}).items():
                for one in path.values() if isinstance(path, dict) else [path]:
                    _set_path(whole, one, values.get(part, "more"))
            for path, wanted in call.get("expect", {}).items():
                _set_path(whole, path, _substituted(wanted, document))
    if "keys" not in listing:
        return whole
    listed: dict[str, Any] = {}
    for part, path in listing.items():
        if part != "keys":
            _set_path(listed, path, "k1" if part == "id" else values.get(part, 7))
    _set_path(whole, listing["keys"], [listed])
    return whole


def _calls(holder: Any, names: Iterable[str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """The requests of these names, of which there may be several of one."""
    for name in names if isinstance(holder, dict) else ():
        found = holder.get(name, [])
        yield from found if isinstance(found, list) else [found]


def _set_path(whole: dict[str, Any], path: str, value: object) -> None:
    """Set the path, unless it is no plain path or crosses a value that is no object."""
    if not _PATH.fullmatch(path):
        return
    *parents, last = path.split(".")
    for name in parents:
        whole = whole.setdefault(name, {})
        if not isinstance(whole, dict):
            return
    whole.setdefault(last, value)


def _substituted(wanted: object, document: Mapping[str, Any]) -> object:
    if wanted == "{id}":
        return "k2"
    match = re.fullmatch(r"\{secret\.(\w+)\}", wanted) if isinstance(wanted, str) else None
    return document[match[1]] if match else wanted


CASES = tuple(itertools.chain(cases()))
