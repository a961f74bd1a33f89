"""Keyshop, a made-up issuer of docs/issuers.md: every way to make a key, in memory."""

import base64
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
CREATED = 1_767_225_600  # the first second of 2026, as some issuers write it
Key = dict[str, Any]
_SET_PASSWORD = re.compile(r"""SET PASSWORD FOR "((?:[^"\\]|\\.)*)" = '((?:[^'\\]|\\.)*)'""")


def shown_of(key: Key) -> Key:
    """What it shows of a key: all but the value, and of that the ends."""
    secret = key["secret"]
    hint = f"{secret[:4]}****{secret[-4:]}"
    return {**{k: v for k, v in key.items() if k != "secret"}, "hint": hint}


@dataclass
class Keyshop:
    """What it knows; a key is accepted from the `slow`-th question on, if that is set.

    orders: keys that were asked for, and how often each was asked after.
    powerless: whether every key that is right lacks the right to what is asked.
    grants: the most scopes that a new key gets; None for any.
    """

    keys: dict[str, Key] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=lambda: {"c1": "first-secret"})
    slots: dict[str, str] = field(default_factory=lambda: {"key1": "one", "key2": "two"})
    users: dict[str, Key] = field(
        default_factory=lambda: {"app": {"password": "first", "tags": ["monitoring"]}}
    )
    replayed: dict[str, Key] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    grants: list[str] | None = None
    powerless: bool = False
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
            "secret": f"ks_{number}_{secrets.token_hex(12)}",
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
        if asked.method == "POST":
            return self._make(asked)
        if asked.method == "DELETE":
            return StubAnswer(204) if self.keys.pop(key_id, None) else StubAnswer(404)
        if key_id:
            return {"key": shown_of(self.keys[key_id])} if key_id in self.keys else StubAnswer(404)
        page = int(asked.query.get("page", "1"))
        shown = [shown_of(key) for key in self.keys.values()]
        more = f"/v1/keys?page={page + 1}" if len(shown) > page * PAGE else None
        return {"data": shown[(page - 1) * PAGE : page * PAGE], "next": more}

    def _make(self, asked: IssuerRequest) -> StubAnswer:
        if len(self.keys) >= self.limit:
            return StubAnswer(409, {"error": "quota"})
        once = asked.headers.get("idempotency-key")
        if once in self.replayed:
            return StubAnswer(201, {"key": self.replayed[once]})
        properties = {k: v for k, v in asked.json.items() if k != "name"}
        if self.grants is not None:
            properties["scopes"] = self.grants
        key = self.issue(asked.json["name"], **properties)
        answer = {**key, "public": f"pk_{key['id']}"}
        if once:
            self.replayed[once] = answer
        return StubAnswer(201, {"key": answer})

    def _me(self, asked: IssuerRequest, _rest: str) -> object:
        if self.slow:
            self.slow -= 1
            return StubAnswer(401)
        return self._greet(asked.bearer)

    def _greet(self, secret: str) -> object:
        accepted = {key["secret"]: key["id"] for key in self.keys.values()}
        if secret not in accepted:
            return StubAnswer(401)
        answer = {"user": {"name": OWNER}, "key": {"id": accepted[secret]}}
        return StubAnswer(403) if self.powerless else answer

    def _use(self, asked: IssuerRequest, _rest: str) -> object:
        """What applications ask for: any accepted key will do."""
        return {"ok": True} if self.accepts(asked.bearer) else StubAnswer(401)

    def _features(self, asked: IssuerRequest, _rest: str) -> object:
        return self._greet(asked.headers["authorization"])

    def _tokens(self, asked: IssuerRequest, secret: str) -> object:
        """Keys that have no other id than themselves."""
        if not self._may(asked):
            return StubAnswer(401)
        if asked.method == "POST":
            return StubAnswer(201, {"secret": self.issue(asked.json["name"])["secret"]})
        if asked.method == "DELETE":
            found = [str(key["id"]) for key in self.keys.values() if key["secret"] == secret]
            return StubAnswer(204) if found and self.keys.pop(found[0]) else StubAnswer(404)
        return {"tokens": [{k: key[k] for k in ("name", "secret")} for key in self.keys.values()]}

    def _orders(self, asked: IssuerRequest, number: str) -> object:
        """Keys that are not ready at once, and that nobody can end."""
        if not self._may(asked):
            return StubAnswer(401)
        if asked.method == "POST":
            ends = {}
            if "ttl" in asked.json:
                ends["expires_at"] = CREATED + int(asked.json["ttl"].removesuffix("h")) * 3600
            key = self.issue(asked.json["name"], created_at=CREATED, **ends)
            self.orders[str(key["id"])] = 0
            return StubAnswer(202, {}, {"Location": f"/v1/orders/{key['id']}"})
        if number not in self.orders:
            return StubAnswer(404)
        self.orders[number] += 1
        if self.orders[number] == 1:
            return {"state": "waiting"}
        file = base64.b64encode(json.dumps({"secret": self.keys[number]["secret"]}).encode())
        return StubAnswer(200, {"state": "ready", "file": file.decode()}, {"X-Key-Id": number})

    def _query(self, asked: IssuerRequest, _rest: str) -> object:
        """One statement of InfluxQL; what it cannot do is an error in an answer of 200."""
        if not self._may(asked):
            return StubAnswer(401)
        match = _SET_PASSWORD.fullmatch(asked.form["q"])
        parts = match.groups() if match else ("", "")
        name, password = (re.sub(r"\\(.)", r"\1", part) for part in parts)
        if name not in self.users:
            return {"results": [{"statement_id": 0, "error": "user not found"}]}
        self.users[name]["password"] = password
        return {"results": [{"statement_id": 0}]}

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
        if self.powerless:
            return StubAnswer(401, {"error": "unauthorized_client"})
        return {"access_token": "a-clients-token"}

    def _storage(self, asked: IssuerRequest, rest: str) -> object:
        if asked.method == "GET" and rest == "account":
            known = asked.headers.get("x-key") in self.slots.values()
            return StubAnswer(403) if known and self.powerless else {"ok": known}
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
        if not known or known["password"] != password:
            return StubAnswer(401)
        return StubAnswer(403) if self.powerless else {"name": name}

    def shown(self) -> str:
        """All it was ever told, for a look at what was kept."""
        return json.dumps([self.keys, self.users])
