"""API keys of an issuer with an HTTP API, and the function that rotates them.

The API is JupyterHub's: `POST /users/{owner}/tokens`, `GET` and `DELETE` of the same, `GET /user`.
Source: JupyterHub documentation, "REST API".
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import urllib3

from rotators.http_api_key_errors import NO_RIGHT, garbage, issuer_at, no_answer, refusal
from shared.credentials import Account, ApiKey
from shared.errors import Forbidden, Rejected, RotationError, TargetMismatch
from shared.handler import make_handler
from shared.issued_keys import IssuedKey
from shared.secret import Secret
from shared.tls import ca_bundle

CONNECT_SECONDS = 5
ANSWER_SECONDS = 10
MAX_ANSWER_BYTES = 1 << 20

_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A live key as the issuer lists it."""

    key_id: str
    label: str
    limits: Mapping[str, object]


class HttpIssuer:
    """An issuer behind HTTPS; follows no redirect and uses no proxy."""

    name: ClassVar[str] = "http_api_key"

    def __init__(self, ca: Path) -> None:
        self._http = urllib3.PoolManager(
            ca_certs=str(ca),
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
            retries=False,
        )

    def issue(
        self, account: Account, *, label: str, limits: Mapping[str, object], admin: Secret
    ) -> tuple[str, Secret]:
        """A new key's id and value; the label is its note."""
        if limits.get("expires_in", 0) is None:  # it ends, and nobody can tell when
            raise garbage(account)
        body = {**limits, "note": label}
        answer = self._call("POST", account, _tokens(account), admin, body=body)
        key_id, key = answer.get("id"), answer.get("token")
        if not (isinstance(key_id, str) and isinstance(key, str) and _fits_a_header(key)):
            raise garbage(account)
        return key_id, Secret(key)

    def owned(self, account: Account, *, admin: Secret) -> Sequence[ListedKey]:
        """The account's live keys."""
        listed = self._call("GET", account, _tokens(account), admin).get("api_tokens")
        if not isinstance(listed, list):
            raise garbage(account)
        keys = [key for key in listed if isinstance(key, dict) and isinstance(key.get("id"), str)]
        return [ListedKey(key["id"], str(key.get("note")), _limits(key)) for key in keys]

    def revoke(self, account: Account, key_id: str, *, admin: Secret) -> None:
        """End a key; one that is already gone is a success.

        JupyterHub answers 404 also to an admin without the right, hence the second look.
        """
        path = f"{_tokens(account)}/{quote(key_id, safe='')}"
        try:
            self._call("DELETE", account, path, admin)
        except TargetMismatch:
            if key_id in {key.key_id for key in self.owned(account, admin=admin)}:
                raise NO_RIGHT.error(issuer_at(account)) from None

    def probe(self, key: ApiKey, /) -> None:
        """Ask who the key belongs to; raises Rejected, or TargetMismatch for somebody else."""
        try:
            owner = self._call("GET", key.account, "/user", key.key).get("name")
        except (Rejected, Forbidden):
            raise Rejected(
                f"{issuer_at(key.account)} rejected the key of {key.account.owner!r}",
                do="check that the issuer has not revoked it",
                field="api_key",
            ) from None
        if owner != key.account.owner:
            raise TargetMismatch(
                f"{issuer_at(key.account)} says the key is not of {key.account.owner!r}",
                do="correct 'owner' in the secret",
                field="owner",
            )

    def _call(
        self,
        method: str,
        account: Account,
        path: str,
        key: Secret,
        *,
        body: Mapping[str, object] | None = None,
    ) -> dict[str, Any]:
        status, content = self._request(method, account, path, key, body)
        if status not in _SUCCESS:
            raise refusal(status, account)
        return _object(content, account) if content else {}

    def _request(
        self, method: str, account: Account, path: str, key: Secret, body: object
    ) -> tuple[int, bytes]:
        problem: RotationError
        try:
            answer = self._http.request(
                method,
                account.issuer_url + path,
                body=None if body is None else json.dumps(body),
                headers={
                    "Authorization": f"Bearer {key.reveal()}",
                    "Content-Type": "application/json",
                    "Accept": "application/json",
                    # A connection kept while Lambda sleeps may be dead when it wakes.
                    "Connection": "close",
                },
                redirect=False,
                preload_content=False,
            )
            try:
                content = answer.read(MAX_ANSWER_BYTES + 1)
            finally:
                answer.close()
        except urllib3.exceptions.HTTPError as error:
            problem = no_answer(error, account)
        else:
            if len(content) > MAX_ANSWER_BYTES:
                raise garbage(account)
            return answer.status, content
        # Outside the handler: the library's errors may hold the request.
        raise problem


def _tokens(account: Account) -> str:
    return f"/users/{quote(account.owner, safe='')}/tokens"


def _limits(key: Mapping[str, Any]) -> dict[str, object]:
    """The scopes of a listed key and the seconds it was issued for, as `issue` takes them."""
    limits: dict[str, object] = {}
    if isinstance(key.get("scopes"), list):
        limits["scopes"] = key["scopes"]
    if key.get("expires_at") is not None:
        limits["expires_in"] = _lifetime(key)
    return limits


def _lifetime(key: Mapping[str, Any]) -> int | None:
    """The seconds a listed key was issued for; None where its times cannot be read."""
    try:
        issued, ends = (datetime.fromisoformat(key[name]) for name in ("created", "expires_at"))
        return round((ends - issued).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None


def _fits_a_header(key: str) -> bool:
    return bool(key) and key.isascii() and key.isprintable() and " " not in key


def _object(content: bytes, account: Account) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise garbage(account)
    return answer


def _issued_key(environment: Mapping[str, str]) -> IssuedKey:
    return IssuedKey(HttpIssuer(ca_bundle(environment)))


lambda_handler = make_handler(_issued_key, strategy="issued_key")
