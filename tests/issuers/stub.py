"""An issuer that behaves as its documentation shows, and notices what that does not show."""

import itertools
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.issuers.examples import Documentation, Mismatch, Operation, Sent

REJECTED: Mapping[str, Any] = {"status": 401, "body": {"message": "Unauthorized"}}
GONE: Mapping[str, Any] = {"status": 404, "body": {"message": "Not Found"}}
_numbers = itertools.count(1000)


@dataclass
class Stub:
    """One issuer with state. keys: the accepted ones, newest last.

    met: the operations that were asked for, in order; strange: requests like none documented;
    confidential: every key and token that was ever given out.
    """

    documentation: Documentation
    keys: list[dict[str, Any]] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    confidential: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def first_key(self, label: str = "made by hand") -> dict[str, Any]:
        """A key that somebody made by hand; what it may do is what the list's example shows."""
        for slot in reversed(self._slots):
            self._make({"slot": slot})
        if self._slots:
            return self.keys[-1]
        listed = self.documentation.operation("list")
        meant_by = listed.means if listed else {}
        rights = {k: v for k, v in meant_by.items() if k not in ("created", "asker", "token")}
        return self._make({**rights, "label": label})

    @property
    def _slots(self) -> dict[str, str]:
        """The members of the answer that have the keys, by the slots they are in."""
        replace = self.documentation.operation("replace")
        return dict(replace.document.get("slots", {})) if replace else {}

    def accepts(self, key: str) -> bool:
        return any(each["key"] == key for each in self.keys)

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
        known = self._reject(operation, values)
        if known is not None:
            return known
        match operation.name:
            case "login":
                values["token"] = secrets.token_hex(16)
                self.tokens.add(values["token"])
                self.confidential.add(values["token"])
            case "issue":
                if len(self.keys) >= operation.document.get("at_most", 100):
                    return _status_and_body(operation.document["full"])
                values = self._make(values)
            case "replace" if self._slots:
                self.keys = [each for each in self.keys if each["slot"] != values["slot"]]
                self._make(values)
                both = {self._slots[each["slot"]]: each["key"] for each in self.keys}
                return operation.document["answer"]["status"], both
            case "replace":
                old = self.keys[-1] if operation.document.get("keeps_old") else self.keys.pop()
                values = self._make({**old, **values})
            case "list":
                return operation.document["answer"]["status"], self._listed(operation)
            case "revoke":
                self.keys = [each for each in self.keys if str(each["id"]) != str(values["id"])]
            case "probe":
                values = {**self._of(values["key"]), **values}
        return operation.document["answer"]["status"], operation.answer(values)

    def _reject(self, operation: Operation, values: Mapping[str, Any]) -> tuple[int, object] | None:
        """The refusal, where what was sent is of nobody who is known, or of no accepted key."""
        asks_with = {"key"} & values.keys() if operation.name == "probe" else set()
        asker = values.get("asker") if "asker" in values else None
        if "token" in values and values["token"] not in self.tokens:
            return _status_and_body(REJECTED)
        if asker is not None and not self.accepts(asker):
            return _status_and_body(REJECTED)
        if asks_with and not self.accepts(values["key"]):
            return _status_and_body(operation.document.get("rejected", REJECTED))
        listed_ids = {str(each["id"]) for each in self.keys}
        if "id" in values and operation.name != "issue" and str(values["id"]) not in listed_ids:
            return _status_and_body(operation.document.get("gone", GONE))
        return None

    def _of(self, key: str) -> dict[str, Any]:
        return next(each for each in self.keys if each["key"] == key)

    def _make(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A key with an id, a value and a time in the shape that the documentation shows."""
        operation = self.documentation.operation("issue") or self.documentation.operation("replace")
        assert operation is not None
        shape, number = operation.means, next(_numbers)
        made = {**values, "key": f"{str(shape['key'])[:6]}{secrets.token_hex(12)}"}
        if operation.name == "issue":
            made["id"] = number if isinstance(shape["id"], int) else f"{shape['id'][:-4]}{number}"
            made["created"] = _now(shape.get("created", ""))
        elif "id" not in made:
            made["id"] = shape.get("id", "")
        self.keys.append(made)
        self.confidential.add(made["key"])
        return made

    def _listed(self, operation: Operation) -> object:
        """The documented list with the accepted keys in the place of the one that it shows."""
        answer = json.loads(json.dumps(operation.document["answer"]["body"]))
        each = operation.document["each"]
        (pattern,) = answer[each] if each else answer
        one = Operation("", {"answer": {"body": pattern}, "means": operation.means})
        items = [one.answer(key) for key in self.keys]
        return {**answer, each: items} if each else items


def _now(example: object) -> object:
    """This moment as the example writes one."""
    now = datetime.now(UTC)
    return int(now.timestamp()) if isinstance(example, int) else now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _status_and_body(answer: Mapping[str, Any]) -> tuple[int, object]:
    return answer["status"], answer.get("body")
