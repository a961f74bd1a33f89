"""An issuer that behaves as its documentation shows, and notices what that does not show."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.issuers.operations import Mismatch, Operation, Sent
from tests.issuers.stub_account import StubAccount
from tests.issuers.stub_keys import lifetime_of, made

REJECTED: Mapping[str, Any] = {"status": 401, "body": {"message": "Unauthorized"}}
GONE: Mapping[str, Any] = {"status": 404, "body": {"message": "Not Found"}}


@dataclass
class Stub(StubAccount):
    """One issuer with state.

    met: the operations that were asked for, in order; strange: requests like none documented.
    refusing: operations that are answered so, where the asker's key is right, and such as have
    `whoever_asks` to everybody; slow: how often the newest key is not accepted yet.
    """

    met: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    refusing: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    slow: int = 0

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
                values = self.make(values)
            case "replace" if self.slots:
                self.keys = [each for each in self.keys if each["slot"] != values["slot"]]
                self.make(values)
                return operation.document["answer"]["status"], self.both()
            case "replace":
                values = self.replaced(operation, values)
            case "list":
                return operation.document["answer"]["status"], self.listed(operation)
            case "revoke":
                self.keys = [each for each in self.keys if str(each["id"]) != str(values["id"])]
            case "inspect":
                values = self.by_id(values["id"])
            case "probe" | "self":
                values = {**self.by_key(values["key"]), **values}
        return operation.document["answer"]["status"], operation.answer(values)

    def _refusal(self, operation: Operation, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The answer to who is not known, has no accepted key, or asks for more than there may be.

        What was asked with a key that is not accepted is refused before a right is looked at.
        """
        with_itself = operation.name in ("probe", "self")
        asks_with = values.get("key") if with_itself else values.get("asker")
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
        """Whether the key is accepted, beside its own id where that is the user's name.

        Only a Main key is told what it is itself.
        """
        is_user = "user" in operation.document["request"] and "id" in values
        if is_user and str(self.by_id(values["id"]).get("key")) != key:
            return False
        if operation.name == "self" and not self.by_key(key).get("main"):
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


def _status_and_body(answer: Mapping[str, Any]) -> tuple[int, object]:
    return answer["status"], answer.get("body")
