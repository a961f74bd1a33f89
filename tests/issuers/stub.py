"""An issuer that behaves as its documentation shows, and notices what that does not show."""

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.issuers.examples import Documentation, Mismatch, Operation, Sent
from tests.issuers.stub_keys import (
    LIFETIMES,
    cut_ends,
    has_ended,
    lifetime_of,
    made,
    rights_of,
    shown,
)

REJECTED: Mapping[str, Any] = {"status": 401, "body": {"message": "Unauthorized"}}
GONE: Mapping[str, Any] = {"status": 404, "body": {"message": "Not Found"}}
FIRST_LIFETIME = timedelta(days=30)


@dataclass
class Stub:
    """One issuer with state. keys: the accepted ones and those that have expired, newest last.

    met: the operations that were asked for, in order; strange: requests like none documented;
    confidential: every key and token that was ever given out.
    refusing: operations that are answered so, where the asker's key is right, and such as have
    `whoever_asks` to everybody; slow: new keys that are not accepted yet; lists_expired: whether
    the list has keys that have expired, as some issuers' do.
    """

    documentation: Documentation
    keys: list[dict[str, Any]] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    confidential: set[str] = field(default_factory=set)
    refusing: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    slow: int = 0
    lists_expired: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        listing = self.documentation.operation("list")
        self.lists_expired = bool(listing and listing.document.get("lists_expired"))

    def first_key(
        self, label: str = "made by hand", *, lifetime: timedelta | None = None, **rights: object
    ) -> dict[str, Any]:
        """A key that somebody made by hand; what it may do is what the examples show, or `rights`.

        lifetime: None for what the examples show, which is for ever, or FIRST_LIFETIME.
        """
        for slot in reversed(self._slots):
            self._make({"slot": slot})
        if self._slots:
            return self.keys[-1]
        shown_rights, ends = self._shown_rights()
        if lifetime is None and ends:
            lifetime = FIRST_LIFETIME
        seconds = {} if lifetime is None else {"lifetime": int(lifetime.total_seconds())}
        return self._make({**shown_rights, **rights, **seconds, "label": label})

    def _shown_rights(self) -> tuple[dict[str, Any], bool]:
        """The rights of the documented key, and whether it has an end."""
        meanings: dict[str, Any] = {}
        for name in ("list", "inspect", "probe"):
            operation = self.documentation.operation(name)
            if name == "probe" and meanings:
                break
            meanings |= operation.means if operation else {}
        return rights_of(meanings), "expires" in meanings

    @property
    def _slots(self) -> dict[str, str]:
        """The members of the answer that have the keys, by the slots they are in."""
        replace = self.documentation.operation("replace")
        return dict(replace.document.get("slots", {})) if replace else {}

    def accepts(self, key: str) -> bool:
        return any(each["key"] == key and not has_ended(each) for each in self.keys)

    def answer(self, sent: Sent) -> tuple[int, object]:
        """Do what is asked for, if it is documented."""
        reasons = []
        for operation in self.documentation.operations:
            try:
                values = operation.match(sent)
            except Mismatch as mismatch:
                reasons.append(f"{operation.name}: {mismatch}")
                continue
            with self._lock:
                self.met.append(operation.name)
                return self._perform(operation, values)
        self.strange.append(f"{sent.method} {sent.url} is like none documented; {reasons}")
        return 418, {"message": "not documented"}

    def _perform(self, operation: Operation, values: dict[str, Any]) -> tuple[int, object]:
        refusal = self._refusal(operation, values)
        if refusal is not None:
            return _status_and_body(refusal)
        match operation.name:
            case "login":
                values["token"] = secrets.token_hex(16)
                self.tokens.add(values["token"])
                self.confidential.add(values["token"])
            case "issue":
                values = self._make(values)
            case "replace" if self._slots:
                self.keys = [each for each in self.keys if each["slot"] != values["slot"]]
                self._make(values)
                return operation.document["answer"]["status"], self._both()
            case "replace":
                values = self._replaced(operation, values)
            case "list":
                return operation.document["answer"]["status"], self._listed(operation)
            case "revoke":
                self.keys = [each for each in self.keys if str(each["id"]) != str(values["id"])]
            case "inspect":
                values = self._by_id(values["id"])
            case "probe":
                values = {**self._of(values["key"]), **values}
        return operation.document["answer"]["status"], operation.answer(values)

    def _refusal(self, operation: Operation, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The answer to who is not known, has no accepted key, or asks for more than there may be.

        What was asked with a key that is not accepted is refused before a right is looked at.
        """
        asks_with = values.get("key") if operation.name == "probe" else values.get("asker")
        told = self.refusing.get(operation.name)
        if told is not None and told.get("whoever_asks"):
            return told
        if "token" in values and values["token"] not in self.tokens:
            return REJECTED
        if asks_with is not None and not self._accepts_now(asks_with, operation, values):
            refusal: Mapping[str, Any] = operation.document.get("rejected", REJECTED)
            return refusal
        if told is not None:
            return told
        listed_ids = {str(each["id"]) for each in self.keys}
        if "id" in values and operation.name != "issue" and str(values["id"]) not in listed_ids:
            gone: Mapping[str, Any] = operation.document.get("gone", GONE)
            return gone
        return self._full_or_capped(operation, values) if operation.name == "issue" else None

    def _accepts_now(self, key: str, operation: Operation, values: Mapping[str, Any]) -> bool:
        """Whether the key is accepted, beside its own id where that is the user's name."""
        is_user = "user" in operation.document["request"] and "id" in values
        if is_user and str(self._by_id(values["id"]).get("key")) != key:
            return False
        if self.slow and self.keys and key == self.keys[-1]["key"]:
            self.slow -= 1
            return False
        return self.accepts(key)

    def _full_or_capped(
        self, operation: Operation, values: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """The refusal of one key too many, or of one that is to live for too long."""
        document = operation.document
        if len(self.keys) >= document.get("at_most", 100):
            refusal: Mapping[str, Any] = document["full"]
            return refusal
        cap = document.get("cap")
        lifetime = lifetime_of(made(operation.means, values)) if cap else None
        if lifetime is not None and lifetime > timedelta(**document["cap"]["at_most"]):
            capped: Mapping[str, Any] = document["cap"]["answer"]
            return capped
        return None

    def _replaced(self, operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
        old = self.keys[-1] if operation.document.get("keeps_old") else self.keys.pop()
        kept = {name: value for name, value in old.items() if name not in LIFETIMES}
        if "new_id" not in operation.means:
            return self._make({**kept, **values})
        new = self._make({**kept, **values, "id": None})
        return {**new, "id": old["id"], "new_id": new["id"]}

    def _of(self, key: str) -> dict[str, Any]:
        return next(each for each in self.keys if each["key"] == key)

    def _by_id(self, key_id: object) -> dict[str, Any]:
        """The key with the id; nothing of one that there is not."""
        return next((each for each in self.keys if str(each["id"]) == str(key_id)), {})

    def _make(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A key in the shape that the documentation shows."""
        operation = self.documentation.operation("issue") or self.documentation.operation("replace")
        assert operation is not None
        stays = operation.name == "replace" and "new_id" not in operation.means
        known = {"id": operation.means.get("id", "")} if stays else {}
        document = operation.document
        more = {**dict.fromkeys(self._shown_rights()[0]), **document.get("unasked", {}), **known}
        shape = {**operation.means, "id": operation.means.get("new_id", operation.means.get("id"))}
        key = made(shape, {**more, **values})
        for name, added in document.get("adds", {}).items():
            key[name] = [*(key[name] or []), *(each for each in added if each not in key[name])]
        for name in ("list", "issue"):
            example = self.documentation.operation(name)
            if example is not None and "shown" in example.means:
                key["shown"] = shown(key["key"], example.means["shown"])
        if "cuts_others_to" in document:
            cut_ends(self.keys, document["cuts_others_to"])
        self.keys.append(key)
        self.confidential.add(key["key"])
        return key

    def _both(self) -> dict[str, str]:
        return {self._slots[each["slot"]]: each["key"] for each in self.keys}

    def _listed(self, operation: Operation) -> object:
        """The documented list with the accepted keys in the place of the one that it shows."""
        if self._slots:
            return self._both()
        answer = json.loads(json.dumps(operation.document["answer"]["body"]))
        each = operation.document["each"]
        (pattern,) = answer[each] if each else answer
        items = [
            operation.filled(
                pattern, {**key, "is_expired": has_ended(key), "is_active": not has_ended(key)}
            )
            for key in self.keys
            if self.lists_expired or not has_ended(key)
        ]
        return {**answer, each: items} if each else items


def _status_and_body(answer: Mapping[str, Any]) -> tuple[int, object]:
    return answer["status"], answer.get("body")
