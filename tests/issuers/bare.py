"""A described issuer with just what one rule is about, and answers that a test gives to it."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local.servers.certificates import Authority
from rotators.http_api_key.account.manager import Manager
from rotators.http_api_key.issuer import HttpIssuer
from shared.keys.api_key import ApiKey
from tests.issuers.issuing import ADMIN_ARN, HERE, ticket_with_admin
from tests.issuers.scripted import IssuerRequest, Stub, StubAnswer, stub_issuer

ADMIN = "the-admins-key"
OLD, NEW = "old-key-0123456789", "new-key-9876543210"
DESCRIPTION: Mapping[str, Any] = {
    "base": "{secret.api_url}",
    "fields": {"key": "api_key", "id": "key_id"},
    "auth": {"bearer": "{key}"},
    "admin": {"secret": "{secret.admin_secret_arn}", "auth": {"bearer": "{admin.api_key}"}},
    "issue": {
        "request": "POST /keys",
        "body": {"name": "{label}"},
        "read": {"id": "id", "key": "key"},
    },
    "list": {"request": "GET /keys", "read": {"keys": "keys", "id": "id", "label": "name"}},
    "revoke": {"request": "DELETE /keys/{id}"},
    "probe": {"request": "GET /me", "rejected": [401], "authenticated": []},
}
SECRET = {"api_key": OLD, "key_id": "k1", "admin_secret_arn": ADMIN_ARN, "owner": "app"}
# To each request its answer, or its answers one after the other, of which the last one stays.
Answers = Mapping[str, object]


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The old object with the new one's members, objects within them merged too; None takes off."""
    whole = copy.deepcopy(dict(old))
    for name, value in new.items():
        if value is None:
            whole.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(whole.get(name), dict):
            whole[name] = merged(whole[name], value)
        else:
            whole[name] = value
    return whole


@dataclass
class Bare:
    """A running issuer and the description of it; `answers` is by method and path."""

    stub: Stub
    issuer: HttpIssuer
    description: dict[str, Any]
    answers: dict[str, object] = field(default_factory=dict)

    def key(self, **fields: object) -> ApiKey:
        """The key in a secret with these fields."""
        document = {**SECRET, "api_url": self.stub.url, "issuer": self.description, **fields}
        return self.issuer.parse(document)

    def manager(self, key: ApiKey | None = None, **admin: object) -> Manager:
        """The key's account, with these members of the admin's secret besides."""
        secret = {"issuer_url": self.stub.url, "inline": True, "api_key": ADMIN, **admin}
        return self.issuer.manage(key or self.key(), ticket_with_admin(secret))

    def inherited(self, key: ApiKey | None = None) -> Mapping[str, object]:
        """What the successor of the key takes over, as createSecret finds out."""
        key = key or self.key()
        manager = self.manager(key)
        listed = next(each for each in manager.listed() if each.key_id in (key.key_id, ""))
        return manager.inspect(listed, key).kept


Start = Callable[..., Bare]
"""Run an issuer with these answers, by DESCRIPTION with these changes."""


@contextmanager
def bare_issuer(
    authority: Authority, answers: Answers, changes: Mapping[str, Any]
) -> Iterator[Bare]:
    with stub_issuer(authority, lambda _: StubAnswer(404)) as stub:
        issuer = HttpIssuer(authority.ca, {**HERE, "ISSUER_HOSTS": "localhost 127.0.0.1"})
        bare = Bare(stub, issuer, merged(DESCRIPTION, changes), dict(answers))
        stub.script = lambda asked: _answer(bare.answers, asked)
        yield bare


def _answer(answers: dict[str, object], asked: IssuerRequest) -> object:
    answer = answers.get(f"{asked.method} {asked.path}", StubAnswer(404))
    if isinstance(answer, list):
        answer = answer.pop(0) if len(answer) > 1 else answer[0]
    return answer(asked) if callable(answer) else answer
