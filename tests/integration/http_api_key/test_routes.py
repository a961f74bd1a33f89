"""Who writes a rotated secret, or answers for an issuer, does not say where credentials go."""

import copy
import json
from collections.abc import Callable, Iterator

import pytest

from local.servers.certificates import Authority
from rotators.http_api_key.description.sources import Sources
from rotators.http_api_key.http.calls import Call
from rotators.http_api_key.http.network import AnswerError, Network, Rules
from rotators.http_api_key.http.urls import origin
from rotators.http_api_key.issuer import HttpIssuer
from shared.errors import MalformedSecret, Misconfigured, RotationError, TargetMismatch
from shared.protocol.event import Step
from tests.issuers.described import BESIDE, EXAMPLES, REPLACED, target_of
from tests.issuers.issuing import ADMIN_ARN, HERE, ticket_with_admin
from tests.issuers.keyshop import Keyshop
from tests.issuers.scripted import IssuerRequest, Stub, StubAnswer, stub_issuer
from tests.lab import Lab, LabSecret


@pytest.fixture
def evil(authority: Authority) -> Iterator[Stub]:
    """A server with a certificate that is trusted, as anybody has for a host of their own."""
    with stub_issuer(authority, lambda _: {}) as running:
        yield running


@pytest.fixture
def make(lab: Lab, shop: Keyshop, stub: Stub) -> Callable[..., LabSecret]:
    """A secret of the example with an admin."""
    return lambda **settings: lab.secret(target_of(EXAMPLES[BESIDE][0], shop, stub, settings))


def host(stub: Stub) -> str:
    return stub.url.removeprefix("https://").partition("/")[0]


# --- what two parsers read differently ---


@pytest.mark.parametrize("hosts", ["", "{good}"])
def test_a_redirect_is_read_as_it_is_called(authority: Authority, evil: Stub, hosts: str) -> None:
    """To urlsplit it is user information before the right host, to urllib3 a host and a path."""

    def script(asked: IssuerRequest) -> object:
        return StubAnswer(
            307, headers={"Location": f"https://{host(evil)}\\@{asked.headers['host']}/x"}
        )

    with stub_issuer(authority, script) as good:
        rules = Rules.from_environment({**HERE, "ISSUER_HOSTS": hosts.format(good=host(good))})
        call = Call("POST", good.url + "/y", {"Authorization": "Bearer canary"}, b"{}")
        with pytest.raises(AnswerError):
            Network(authority.ca, rules).send(call)
    assert evil.asked == []


@pytest.mark.parametrize("form", ["https://{}\\@{}/x", "https://{}\\.{}/x", "//{}\\@{}/x"])
def test_a_next_page_is_too(
    make: Callable[..., LabSecret], stub: Stub, shop: Keyshop, evil: Stub, form: str
) -> None:
    secret = make()
    following = form.format(host(evil), host(stub))

    def script(asked: IssuerRequest) -> object:
        listing = asked.method == "GET" and asked.path == "/v1/keys"
        return {"data": [], "next": following} if listing else shop(asked)

    stub.script = script
    with pytest.raises(RotationError):
        secret.step(secret.begin(), Step.CREATE)
    assert evil.asked == []


def test_a_call_goes_to_no_unclear_host(authority: Authority, evil: Stub) -> None:
    network = Network(authority.ca, Rules.from_environment({**HERE, "ISSUER_HOSTS": "*.test"}))
    for url in (f"https://{host(evil)}\\.good.test/x", f"https://good.test@{host(evil)}/x"):
        with pytest.raises(AnswerError):
            network.send(Call("GET", url, {}, None))
    assert evil.asked == []


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://Keys.test", ("keys.test", 443)),
        ("https://keys.test:8443/a?b=@c", ("keys.test", 8443)),
        ("HTTPS://[2001:DB8::1]/a", ("2001:db8::1", 443)),
        ("http://keys.test/", None),
        ("https://", None),
        ("", None),
        ("https://user@keys.test/", None),
        ("https://keys.test\\@other.test/", None),
        ("https://keys.test:99999/", None),
        ("https://[keys.test/", None),
        ("https://keys.t\u00e9st/", None),
        ("https://keys.test/a b", None),
        ("https://keys\t.test/", None),
    ],
)
def test_what_a_url_names(url: str, place: tuple[str, int] | None) -> None:
    assert origin(url) == place


# --- which path of the right host ---


HUB = {
    "issuer": "jupyterhub",
    "owner": "app",
    "api_key": "k0",
    "key_id": "1",
    "admin_secret_arn": ADMIN_ARN,
}
ALLOWED = {"api_key": "ADM", "allow": [{"secret": "*", "owner": "app"}]}


@pytest.mark.parametrize("path", ["/users/victim/tokens?", "/users/victim/tokens#", "?", "\\x"])
def test_a_base_takes_no_path_for_something_else(
    authority: Authority, evil: Stub, path: str
) -> None:
    issuer = HttpIssuer(authority.ca, {**HERE, "ISSUER_HOSTS": "localhost"})
    with pytest.raises(MalformedSecret) as caught:
        issuer.parse({**HUB, "issuer_url": evil.url + path})
    assert caught.value.field == "issuer_url"


@pytest.mark.parametrize(
    "fields",
    [
        {"issuer_url": "{url}/user/mallory/proxy/8000"},
        {"host": "localhost", "issuer": {"use": "gitlab", "base": "{url}/user/mallory"}},
        {"issuer": {"use": "jupyterhub", "values": {"issuer_url": "{url}/user/mallory"}}},
    ],
)
def test_the_right_host_is_not_enough_for_the_admins_key(
    authority: Authority, evil: Stub, fields: dict[str, object]
) -> None:
    """On JupyterHub a path is another user's own server."""
    issuer = HttpIssuer(authority.ca, {**HERE, "ISSUER_HOSTS": "localhost"})
    document = json.loads(
        json.dumps({"project_id": "7", **HUB, **fields}).replace("{url}", evil.url)
    )
    names = {"use": "gitlab", "fields": {"key": "api_key", "id": "key_id"}}
    if isinstance(document.get("issuer"), dict) and document["issuer"]["use"] == "gitlab":
        document["issuer"] |= names
    key = issuer.parse(document)
    with pytest.raises(MalformedSecret) as caught:
        issuer.manage(key, ticket_with_admin({"api_key": "ADM"}))
    assert caught.value.field == "issuer_url"
    with pytest.raises(TargetMismatch):
        issuer.manage(key, ticket_with_admin({"api_key": "ADM", "issuer_url": evil.url}))
    assert evil.asked == []


def test_a_base_of_ours_leaves_no_choice_of_the_path(authority: Authority) -> None:
    issuer = HttpIssuer(authority.ca, {**HERE, "ISSUER_HOSTS": "keys.example.org"})
    document = {
        **{name: HUB[name] for name in ("api_key", "key_id", "admin_secret_arn")},
        "host": "keys.example.org",
        "project_id": "7",
    }
    names = {"key": "api_key", "id": "key_id"}
    for use in ("gitlab", "jupyterhub"):
        described = {"use": use, "fields": names}
        values = {} if use == "gitlab" else {"values": {"issuer_url": "https://keys.example.org"}}
        environment = {**HERE, "ISSUER_HOSTS": "*", "ISSUER": json.dumps({**described, **values})}
        described_issuer = HttpIssuer(authority.ca, environment)
        described_issuer.manage(
            described_issuer.parse({**document, "owner": "app"}),
            ticket_with_admin({"api_key": "ADM"}),
        )
    key = issuer.parse({**document, "issuer": {"use": "gitlab", "fields": names}})
    issuer.manage(key, ticket_with_admin({"api_key": "ADM"}))


def test_a_value_that_is_not_sent_allows_nothing(authority: Authority) -> None:
    issuer = HttpIssuer(authority.ca, {**HERE, "ISSUER_HOSTS": "keys.example.org"})
    names = {"key": "api_key", "id": "key_id"}
    described = {"use": "gitlab", "fields": names, "values": {"owner": "app"}}
    key = issuer.parse({**HUB, "host": "keys.example.org", "project_id": "7", "issuer": described})
    with pytest.raises(TargetMismatch, match="allow"):
        issuer.manage(key, ticket_with_admin(ALLOWED))


def test_where_an_admin_logs_in_is_not_a_field(make: Callable[..., LabSecret]) -> None:
    secret = make()
    value = json.loads(json.dumps(secret.value()))
    login = {"request": "POST /login", "base": "{secret.login_url}", "read": {"token": "token"}}
    value["issuer"]["admin"]["login"] = login
    secret.store({**value, "login_url": "https://keys.example.org"})
    with pytest.raises(MalformedSecret, match=r"issuer\.admin\.login\.base must begin"):
        secret.step(secret.begin(), Step.CREATE)


@pytest.mark.parametrize("key_id", ["../../users/victim/tokens/42", "..", "a\\..\\b", "a/./b"])
def test_an_id_leads_to_no_other_path(
    make: Callable[..., LabSecret], stub: Stub, key_id: str
) -> None:
    secret = make(OLD_KEY_ENDS="on-finish")
    good = secret.value()
    secret.store({**good, "key_id": key_id, "api_key": "other"})
    with pytest.raises(MalformedSecret) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "key_id"
    assert [each for each in stub.asked if each.method != "GET"] == []


@pytest.mark.parametrize("ends", ["on-finish", "next-rotation"])
def test_the_id_of_an_edited_old_version_does_neither(
    make: Callable[..., LabSecret], stub: Stub, ends: str
) -> None:
    secret = make(OLD_KEY_ENDS=ends)
    good = secret.value()
    secret.store({**good, "key_id": "../../users/victim/tokens/42", "api_key": "other"})
    secret.store(good)
    assert secret.rotate().state == "succeeded"
    assert secret.rotate().state == "succeeded"
    assert [each for each in stub.asked if "victim" in each.raw_path] == []


# --- what is shown ---


def test_what_is_sent_outside_of_urls_is_not_shown(
    lab: Lab, shop: Keyshop, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    example = copy.deepcopy(EXAMPLES[REPLACED][0])
    example["other_password"] = "canary"
    example["issuer"]["probe"]["form"]["password"] = "{secret.other_password}"
    secret = lab.secret(target_of(example, shop, stub, {}))
    event = secret.begin()
    secret.step(event, Step.CREATE)
    shop.clients["c1"] = "x"
    with pytest.raises(RotationError) as caught:
        secret.step(event, Step.SET)
    assert "c1" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert "canary" not in caplog.text


def test_it_still_tells_two_accounts_apart(authority: Authority) -> None:
    issuer = HttpIssuer(authority.ca, HERE)
    described = copy.deepcopy(EXAMPLES[REPLACED][0])
    described["issuer"]["probe"]["form"]["password"] = "{secret.other_password}"
    one, other = (issuer.parse({**described, "other_password": each}) for each in ("a", "b"))
    assert one.account.owner == other.account.owner
    assert one.account != other.account
    assert one.account == issuer.parse({**described, "other_password": "a"}).account


# --- what is at the edge of what can be read ---


def test_a_redirect_to_no_port_is_no_answer(authority: Authority) -> None:
    def script(_: IssuerRequest) -> object:
        return StubAnswer(307, headers={"Location": "https://localhost:99999/x"})

    with stub_issuer(authority, script) as good, pytest.raises(AnswerError):
        Network(authority.ca, Rules.from_environment(HERE)).send(Call("GET", good.url, {}, None))


@pytest.mark.parametrize("following", ["https://[x", "https://localhost:99999/", "a b"])
def test_a_next_page_that_is_no_url(
    make: Callable[..., LabSecret], stub: Stub, shop: Keyshop, following: str
) -> None:
    secret = make()

    def script(asked: IssuerRequest) -> object:
        listing = asked.method == "GET" and asked.path == "/v1/keys"
        return {"data": [], "next": following} if listing else shop(asked)

    stub.script = script
    with pytest.raises(Misconfigured, match="not the answer of an API"):
        secret.step(secret.begin(), Step.CREATE)


def test_a_key_until_the_last_year_has_a_successor(
    make: Callable[..., LabSecret], shop: Keyshop
) -> None:
    """As issuers write `never`."""
    secret = make()
    for key in shop.keys.values():
        key["expires_at"] = "9999-12-31T23:59:59Z"
    assert secret.rotate().state == "succeeded"
    assert shop.keys[secret.value()["key_id"]]["expires_at"] == "9999-12-31T23:59:59Z"


def test_an_expression_that_is_too_deep(make: Callable[..., LabSecret]) -> None:
    secret = make()
    value = json.loads(json.dumps(secret.value()))
    value["issuer"]["probe"]["expect"] = {"!" * 20_000 + "a": 1}
    secret.store(value)
    with pytest.raises(MalformedSecret, match="not a JMESPath expression"):
        secret.step(secret.begin(), Step.CREATE)


@pytest.mark.parametrize("name", ["Acme Inc", "https://login.acme.test", "Acme", "acme"])
def test_a_field_issuer_of_somebodys_own(name: str) -> None:
    with pytest.raises(MalformedSecret, match="not a description of ours"):
        Sources({}).of({"issuer_url": "https://hub.test/api", "issuer": name})
