"""Every description's refusals in words: the right field, the right secret, the right remedy."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.servers.certificates import Authority
from rotators.http_api_key.account.manager import Manager
from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.sources import SHIPPED, Sources
from rotators.http_api_key.issuer import HttpIssuer
from shared.errors import Forbidden, Misconfigured, Rejected, RotationError, Unreachable
from shared.keys.api_key import ApiKey, Way
from tests.issuers.examples import NAMES, Documentation
from tests.issuers.internet import Internet
from tests.issuers.issuing import ADMIN_ARN, ticket_with_admin
from tests.issuers.operations import Sent
from tests.issuers.stub import Stub
from tests.issuers.stubbed import StubTarget

SHIPPED_NAMES = sorted(path.stem for path in SHIPPED.glob("*.json"))
Answer = tuple[int, object]
LOGGED_IN: Answer = (200, {"access_token": "a-token"})
# Run against the issuer itself, so that no example of its documentation is kept.
REAL: Mapping[str, Mapping[str, Any]] = {
    "jupyterhub": {
        "secret": {"issuer_url": "https://hub.example.org/hub/api", "owner": "app"},
        "admin": {"issuer_url": "https://hub.example.org/hub/api", "api_key": "admins-own"},
        "operations": {"any": {"request": {"url": "https://hub.example.org/"}}},
    },
    "rabbitmq": {
        "secret": {"issuer_url": "https://broker.example.org/api", "username": "app"},
        "admin": {
            "issuer_url": "https://broker.example.org/api",
            "username": "boss",
            "password": "admins-own",
        },
        "operations": {"any": {"request": {"url": "https://broker.example.org/"}}},
    },
}
# What issuers say with a refusal; of each description some of it is a wrong key, by what it says.
BODIES: list[object] = [
    {},
    {"status": 403, "message": None},
    {"message": "Missing or invalid credentials."},
    {"error": "not_authorized", "reason": "Login failed"},
    {"error": {"code": "invalid_api_key"}},
    {"code": 20003},
    {"error": "invalid_client"},
    {"errors": [{"code": 1000, "message": "Invalid API Token"}]},
    {"errors": [{"message": "authorization required"}]},
    {"errors": [{"field": None, "message": "The provided authorization grant is invalid"}]},
]
LACKING: list[object] = [
    {"message": "Action is not authorized with current scopes"},
    {"reason": "Not administrator user"},
    {"reason": "Not management user"},
    {"error": "unauthorized_client"},
    {"accessErrorId": "ACE01"},
    {"errors": [{"code": "forbidden_access"}]},
    {"error": {"code": "AuthorizationFailed"}},
    {"errorCode": "E0000006"},
]


@dataclass
class Saying(Stub):
    """A stub that answers with what a test says, one after the other; the last one stays."""

    says: list[Answer] = field(default_factory=list)

    def answer(self, sent: Sent) -> Answer:
        self.met.append(f"{sent.method} {sent.url}")
        return self.says.pop(0) if len(self.says) > 1 else self.says[0]


@dataclass
class Case:
    """A shipped description, a secret of it, and its issuer."""

    name: str
    stub: Saying
    issuer: HttpIssuer
    document: dict[str, Any]
    admin: Mapping[str, Any]

    @property
    def description(self) -> Description:
        return Sources({}).of(self.document)

    @property
    def is_own_admin(self) -> bool:
        return self.description.admin is None

    @property
    def key(self) -> ApiKey:
        return self.issuer.parse(self.document)

    @property
    def manager(self) -> Manager:
        return self.issuer.manage(self.key, ticket_with_admin(self.admin))

    def probe(self, *says: Answer) -> RotationError:
        self.stub.says = list(says)
        return self.refusal(lambda: self.issuer.probe(self.key))

    def list(self, *says: Answer) -> RotationError:
        """What the admin's first request gives; the keys' list, where there is one."""
        self._say_after_login(*says)
        if self.description.list or self.description.slot_list:
            return self.refusal(lambda: self.manager.slot_of(self.key) or self.manager.listed())
        return self.refusal(self._make)

    def make(self, *says: Answer) -> RotationError:
        self._say_after_login(*says)
        return self.refusal(self._make)

    def _make(self) -> None:
        if self.description.way is Way.CHOSEN:
            self.manager.set_key(self.issuer.choose(self.key), accepted=self.key, kept={})
        else:
            self.manager.issue(self.key, {})

    def _say_after_login(self, *says: Answer) -> None:
        admin = self.description.admin
        self.stub.says = [*([LOGGED_IN] if admin and admin.login else []), *says]

    def refusal(self, ask: Callable[[], object]) -> RotationError:
        with pytest.raises(RotationError) as caught:
            ask()
        self._check(caught.value)
        return caught.value

    def _check(self, error: RotationError) -> None:
        """Hold what is the same for all messages of all descriptions."""
        text = str(error)
        names = self.document.keys() | self.admin.keys()
        setting = (error.field or "issuer").partition(".")[0]
        assert setting in names | {"issuer"} or setting.isupper(), error.field
        # Of a description, not of the secret: its members.
        said = {"rejected", "authenticated", "revoke", "base", "choose", "issuer", *names}
        quoted = set(re.findall(r"'([A-Za-z_]\w*)'", text.replace(self._sentence(), "")))
        assert quoted <= said | {str(value) for value in self.document.values()}, text
        assert ("issuer_url" in text) <= ("issuer_url" in self.document), text
        if self.is_own_admin:
            assert "admin's" not in text, text
        values = [*self.admin.values(), self.document[self.description.fields["key"]]]
        hidden = [v for v in values if isinstance(v, str) and not v.startswith("https://")]
        assert not [value for value in hidden if value in text], text
        assert "revoked it" not in text

    def _sentence(self) -> str:
        """What the description itself adds for this answer, which may quote words of its own."""
        _, document = self.stub.says[0] if self.stub.says else (0, None)
        reasons = (request.reason(document) for request in self.description.requests)
        return next((reason for reason in reasons if reason), "\0")


def documentation_of(name: str) -> Documentation:
    return Documentation.read(name) if name in NAMES else Documentation(name, REAL[name])


@pytest.fixture(params=SHIPPED_NAMES)
def case(
    request: pytest.FixtureRequest, internet: tuple[Internet, str], authority: Authority
) -> Iterator[Case]:
    server, proxy = internet
    name = request.param
    documentation = documentation_of(name)
    server.add(documentation)  # its hosts
    saying = Saying(documentation)
    server.stubs |= dict.fromkeys(documentation.hosts, saying)
    hosts = " ".join(sorted(documentation.hosts))
    issuer = HttpIssuer(authority.ca, {"ISSUER_PROXY": proxy, "ISSUER_HOSTS": hosts})
    target = StubTarget(name, saying)
    key = saying.first_key() if name in NAMES else {"key": "keys-own-value", "id": "k-1"}
    document = target.secret(key)
    if "admin" in documentation.document:
        document["admin_secret_arn"] = ADMIN_ARN
    yield Case(name, saying, issuer, document, documentation.document.get("admin", {}))
    for host in documentation.hosts:
        del server.stubs[host]


def found(case: Case, place: str, outcome: str, bodies: list[object]) -> Answer | None:
    """An answer to the request that the description takes for this; None where there is none."""
    description = case.description
    asked = description.list or description.slot_list or description.renew
    request = {"probe": description.probe, "admin": asked}[place]
    for status in (401, 403):
        for body in bodies:
            if request.outcome(status, body) == outcome:
                return status, body
    return None


def test_a_wrong_key(case: Case) -> None:
    answer = found(case, "probe", "rejected", BODIES)
    assert answer is not None, "a wrong key's answer is to be among BODIES"
    error = case.probe(answer)
    assert isinstance(error, Rejected)
    assert error.field == case.description.fields["key"]
    if case.key.key_id is not None:
        assert f"'{case.key.key_id}'" in error.what
    assert "neither expired nor been revoked" in error.do
    assert not re.search(r"of '\d+'", error.what), "a number is nobody's name"


def test_a_key_without_a_right(case: Case) -> None:
    answer = found(case, "probe", "authenticated", LACKING)
    if answer is not None:
        case.stub.says = [answer]
        case.issuer.probe(case.key)
    untold = (403, {"unheard": "of"})
    if case.description.probe.outcome(*untold) is None:
        error = case.probe(untold)
        assert isinstance(error, Forbidden)
        assert error.field == case.description.fields["key"]
        assert "does not tell whether the key" in error.what
    else:
        assert answer is None, "one status cannot be both"


def asker_field(case: Case) -> str:
    return case.description.fields["key"] if case.is_own_admin else "admin_secret_arn"


def asker(case: Case) -> str:
    return "the key" if case.is_own_admin else "the admin's key"


def test_a_wrong_admin(case: Case) -> None:
    answer = found(case, "admin", "rejected", BODIES) or (401, {})
    error = case.list(answer)
    assert isinstance(error, Rejected)
    assert error.field == asker_field(case)
    assert f"rejected {asker(case)} (HTTP" in error.what


def test_an_admin_without_a_right(case: Case) -> None:
    answer = found(case, "admin", "authenticated", LACKING) or (403, {"unheard": "of"})
    error = case.list(answer)
    assert isinstance(error, Forbidden)
    assert error.field == asker_field(case)
    assert f"refused {asker(case)} a right" in error.what


def test_a_login_that_is_refused(case: Case) -> None:
    admin = case.description.admin
    if admin is None or admin.login is None:
        case.manager.credentials_once()
        assert case.stub.met == []
        return
    case.stub.says = [(400, {"unheard": "of"})]
    error = case.refusal(case.manager.credentials_once)
    assert isinstance(error, Misconfigured)
    assert error.field == "admin_secret_arn"
    assert "does not let the admin log in" in error.what
    assert "as many keys" not in str(error)
    assert len(case.stub.met) == 1


@pytest.mark.parametrize("status", [400, 404, 409, 418, 500, 503, 302])
def test_what_the_admin_is_told(case: Case, status: int) -> None:
    for ask in (case.list, case.make):
        error = ask((status, {"unheard": "of"}))
        assert f"HTTP {status}" in error.what
        assert "log in" not in error.what
    assert "there may be as many keys as may be" not in str(case.list((400, {})))


@pytest.mark.parametrize("status", [400, 404, 409, 418, 500, 503])
def test_what_the_key_is_told(case: Case, status: int) -> None:
    error = case.probe((status, {"unheard": "of"}))
    assert f"HTTP {status}" in error.what
    assert "admin" not in str(error)


def test_an_issuer_that_is_gone(
    case: Case, internet: tuple[Internet, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = internet
    monkeypatch.setattr(server, "context", lambda _: None)
    for ask in (case.list, case.make, case.probe):
        error = ask((200, {}))
        assert isinstance(error, Unreachable)
        assert error.field in {*case.document, "issuer"}
