"""Keyshop, a made-up issuer of docs/issuers.md: every way to make a key, in memory."""

import itertools
import json
import re
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.issuers.scripted import IssuerRequest, StubAnswer

ADMIN = "the-admins-key"
OWNER = "app"
PAGE = 2
Key = dict[str, Any]


@dataclass
class Keyshop:
    """What it knows; a key is accepted from the `slow`-th question on, if that is set."""

    keys: dict[str, Key] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=lambda: {"c1": "first-secret"})
    slots: dict[str, str] = field(default_factory=lambda: {"key1": "one", "key2": "two"})
    users: dict[str, Key] = field(
        default_factory=lambda: {"app": {"password": "first", "tags": ["monitoring"]}}
    )
    replayed: dict[str, Key] = field(default_factory=dict)
    limit: int = 100
    slow: int = 0
    refuses: str = "\0"
    heard: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def issue(self, name: str = "by hand", **more: object) -> Key:
        """A key made at the shop's own counter."""
        number = next(self.numbers)
        key = {
            "id": number,
            "name": name,
            "secret": f"ks_{secrets.token_hex(12)}",
            "created_at": "2026-01-01T00:00:00Z",
            **more,
        }
        self.keys[str(number)] = key
        return key

    def accepts(self, value: str) -> bool:
        """Whether it is any accepted key's value."""
        accepted = {key["secret"] for key in self.keys.values()}
        accepted |= {*self.clients.values(), *self.slots.values()}
        return value in accepted | {user["password"] for user in self.users.values()}

    def __call__(self, asked: IssuerRequest) -> object:
        """Answer a request."""
        with self.lock:
            self.heard.append(f"{asked.method} {asked.path}")
            first, _, rest = asked.path.removeprefix("/v1/").partition("/")
            answer: object = getattr(self, f"_{first}", lambda *_: StubAnswer(404))(asked, rest)
            return answer

    def _may(self, asked: IssuerRequest) -> bool:
        accepted = {key["secret"] for key in self.keys.values()}
        return asked.bearer in accepted | {ADMIN, "a-token"}

    def _keys(self, asked: IssuerRequest, key_id: str) -> object:
        if not self._may(asked):
            return StubAnswer(401)
        if asked.method == "POST" and len(self.keys) >= self.limit:
            return StubAnswer(409)
        if asked.method == "POST":
            once = asked.headers.get("idempotency-key")
            if once in self.replayed:
                return StubAnswer(201, {"key": self.replayed[once]})
            properties = {k: v for k, v in asked.json.items() if k != "name"}
            key = self.issue(asked.json["name"], **properties)
            answer = {**key, "public": f"pk_{key['id']}"}
            if once:
                self.replayed[once] = answer
            return StubAnswer(201, {"key": answer})
        if asked.method == "DELETE":
            return StubAnswer(204) if self.keys.pop(key_id, None) else StubAnswer(404)
        page = int(asked.query.get("page", "1"))
        shown = [{k: v for k, v in key.items() if k != "secret"} for key in self.keys.values()]
        more = f"/v1/keys?page={page + 1}" if len(shown) > page * PAGE else None
        return {"data": shown[(page - 1) * PAGE : page * PAGE], "next": more}

    def _me(self, asked: IssuerRequest, _rest: str) -> object:
        if self.slow:
            self.slow -= 1
            return StubAnswer(401)
        accepted = {key["secret"] for key in self.keys.values()}
        return {"user": {"name": OWNER}} if asked.bearer in accepted else StubAnswer(401)

    def _login(self, asked: IssuerRequest, _rest: str) -> object:
        return {"access_token": "a-token"} if asked.basic == ("admin", ADMIN) else StubAnswer(401)

    def _clients(self, asked: IssuerRequest, rest: str) -> object:
        match = re.fullmatch(r"(\w+)/rotate", rest)
        if match is None or match[1] not in self.clients or not self._may(asked):
            return StubAnswer(404)
        self.clients[match[1]] = secrets.token_hex(12)
        return {"client_secret": self.clients[match[1]]}

    def _token(self, asked: IssuerRequest, _rest: str) -> object:
        form = asked.form
        if self.clients.get(form["client_id"]) != form["client_secret"]:
            return StubAnswer(401, {"error": "invalid_client"})
        return {"access_token": "a-clients-token"}

    def _storage(self, asked: IssuerRequest, rest: str) -> object:
        if asked.method == "GET" and rest == "account":
            return {"ok": asked.headers.get("x-key") in self.slots.values()}
        if not self._may(asked):
            return StubAnswer(403)
        if asked.method == "POST":
            self.slots[asked.json["name"]] = secrets.token_hex(12)
        return {"keys": [{"name": n, "value": v} for n, v in self.slots.items()]}

    def _users(self, asked: IssuerRequest, name: str) -> object:
        user = self.users.get(name)
        if user is None:
            return StubAnswer(404)
        if self._may(asked) and asked.method == "GET":
            return {"name": name, "tags": user["tags"]}
        if not self._may(asked) and asked.basic != (name, user["password"]):
            return StubAnswer(401)
        if "old" in asked.json and asked.json["old"] != user["password"]:
            return StubAnswer(401)
        if re.search(self.refuses, asked.json["password"]):
            return StubAnswer(422)
        self.users[name] = {**user, **{k: v for k, v in asked.json.items() if k != "old"}}
        return StubAnswer(204)

    def _whoami(self, asked: IssuerRequest, _rest: str) -> object:
        name, password = asked.basic
        known = self.users.get(name)
        return {"name": name} if known and known["password"] == password else StubAnswer(401)

    def shown(self) -> str:
        """All it was ever told, for a look at what was kept."""
        return json.dumps([self.keys, self.users])
