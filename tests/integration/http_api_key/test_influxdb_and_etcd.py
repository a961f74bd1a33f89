"""Two real servers that no description comes with, by descriptions in their secrets."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from local.servers import etcd, influxdb
from local.servers.server import Server
from local.targets import Document, Place, create
from shared.aws.names import secret_name
from shared.errors import Forbidden, MalformedSecret, Misconfigured, Rejected, RotationError
from shared.protocol.event import Step
from tests.lab import Lab, LabSecret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

QUOTES = "app \"x\" \\ 'y'"  # what statements are written with
ADMIN = "{secret.admin_secret_arn}"
INFLUXDB: dict[str, Any] = {
    "base": "{secret.issuer_url}",
    "fields": {"key": "password"},
    "auth": {"basic": ["{secret.username}", "{key}"]},
    "admin": {"secret": ADMIN, "auth": {"basic": ["{admin.username}", "{admin.password}"]}},
    "choose": {"length": 30, "characters": "abcdefghijkmnopqrstuvwxyz'\"\\;-"},
    "set": {
        "request": "POST /query",
        "form": {"q": "SET PASSWORD FOR \"{secret.username|influxql}\" = '{key|influxql}'"},
        "expect": {"results[0].error": None},
        "because": {"results[0].error == 'user not found'": "there is no such user"},
    },
    "probe": {
        "request": "POST /query",
        "form": {"q": "SHOW DATABASES"},
        "rejected": ["error == 'authorization failed'"],
        "authenticated": ["starts_with(error, 'error authorizing query')"],
    },
}
LOGIN = {
    "request": "POST /auth/authenticate",
    "rejected": ["contains(error, 'authentication failed')"],
}
ETCD: dict[str, Any] = {
    "base": "{secret.issuer_url}",
    "fields": {"key": "password"},
    "auth": "none",
    "admin": {
        "secret": ADMIN,
        "login": {
            **LOGIN,
            "auth": "none",
            "body": {"name": "{admin.username}", "password": "{admin.password}"},
            "read": {"token": "token"},
        },
        "auth": {"headers": {"Authorization": "{token}"}},
    },
    "set": {
        "request": "POST /auth/user/changepw",
        "body": {"name": "{secret.username}", "password": "{key}"},
    },
    "probe": {
        **LOGIN,
        "body": {"name": "{secret.username}", "password": "{key}"},
        "authenticated": [],
    },
}


@dataclass(frozen=True)
class Users:
    """A running server, its description, and how to have its users without the rotator."""

    server: Server
    described: Mapping[str, Any]
    path: str
    admin: str
    make: Callable[[Server, str, str], None]
    lets_in: Callable[[Server, str, str], bool]


@pytest.fixture
def influxdb_users(place: Place) -> Users:
    server = place.running(influxdb.influxdb)
    return Users(server, INFLUXDB, "", server.admin, influxdb.make_user, influxdb.lets_in)


@pytest.fixture
def etcd_users(place: Place) -> Users:
    server = place.running(etcd.etcd)
    return Users(server, ETCD, "/v3", etcd.ADMIN, etcd.make_user, etcd.lets_in)


@pytest.fixture(params=["influxdb_users", "etcd_users"])
def users(request: pytest.FixtureRequest) -> Users:
    """Those of each in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Users)
    return found


class UserTarget:
    """A user of one of the two."""

    function: ClassVar[str] = "HttpApiKey"
    installs: ClassVar[bool] = True
    overlaps: ClassVar[bool] = False

    def __init__(self, users: Users, name: str, described: Mapping[str, Any] | None = None) -> None:
        self.users, self.settings, self.title = users, dict[str, str](), users.server.engine
        server = users.server
        self.document: Document = {
            "issuer": dict(described or users.described),
            "issuer_url": f"https://{server.host}:{server.port}{users.path}",
            "username": f"{name} {secrets.token_hex(4)}",
            "password": secrets.token_urlsafe(12),
        }
        users.make(server, str(self.document["username"]), str(self.document["password"]))

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        admin: Document = {
            "issuer_url": self.document["issuer_url"],
            "username": self.users.admin,
            "password": self.users.server.password,
            "inline": True,
        }
        arn = create(client, f"{name}-admin", admin)
        return create(client, name, {**self.document, "admin_secret_arn": arn})

    def accepts(self, document: Mapping[str, object]) -> bool:
        login = str(document["username"]), str(document["password"])
        return self.users.lets_in(self.users.server, *login)


@pytest.fixture
def secret(lab: Lab, users: Users) -> LabSecret:
    return lab.secret(UserTarget(users, QUOTES))


def change_admin(secret: LabSecret, **more: object) -> None:
    client, arn = secret.lab.client, str(secret.value()["admin_secret_arn"])
    admin = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    client.put_secret_value(SecretId=arn, SecretString=json.dumps({**admin, **more}))


def refused(secret: LabSecret, kind: type[RotationError], words: str) -> RotationError:
    """A rotation ends like this before testSecret."""
    with pytest.raises(kind, match=words) as caught:
        secret.steps(secret.begin(), Step.CREATE, Step.SET)
    return caught.value


def test_rotations(secret: LabSecret) -> None:
    for _ in range(3):
        before = secret.value()
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert secret.target.accepts(secret.value())
        assert not secret.target.accepts(before)


def test_somebody_elses_user_keeps_its_password(secret: LabSecret, users: Users) -> None:
    other = UserTarget(users, "root").document
    secret.store({**secret.value(), "username": other["username"]})
    error = refused(secret, Rejected, "rejected the key")
    assert error.field == "password"
    assert secret.target.accepts(other)


def test_an_admin_without_the_right(secret: LabSecret, users: Users) -> None:
    small = UserTarget(users, "small").document
    change_admin(secret, username=small["username"], password=small["password"])
    error = refused(secret, Forbidden, "refused the admin's key a right")
    assert error.field == "admin_secret_arn"
    assert secret.target.accepts(secret.value())


def test_an_admin_with_a_wrong_password(secret: LabSecret) -> None:
    change_admin(secret, password="wrong")
    error = refused(secret, Rejected, "rejected the admin's key")
    assert error.field == "admin_secret_arn"
    assert secret.target.accepts(secret.value())


def nobody(_server: Server, _name: str, _password: str) -> None:
    """Make no user."""


def test_a_user_of_etcd_without_a_password_gets_none(lab: Lab, etcd_users: Users) -> None:
    """etcd itself would give it one."""
    secret = lab.secret(UserTarget(replace(etcd_users, make=nobody), "certificate"))
    etcd.make_user(etcd_users.server, secret.value()["username"], None)
    refused(secret, Rejected, "rejected the key")
    assert not secret.accepted_versions()


def test_an_error_of_influxdb_inside_a_success(lab: Lab, influxdb_users: Users) -> None:
    """A name that would be two statements, if it were not written as a name."""
    server = influxdb_users.server
    name = f'x" = \'y\'; DROP USER "{server.admin}"; SET PASSWORD FOR "x'
    secret = lab.secret(UserTarget(replace(influxdb_users, make=nobody), name))
    change_admin(secret, reset=[secret_name(secret.arn)])
    error = refused(secret, Misconfigured, r"issuer\.set\.expect .*: there is no such user")
    assert error.field == "issuer.set.expect"
    assert influxdb.lets_in(server, server.admin, server.password)


def test_a_statement_without_the_escape_is_refused(lab: Lab, influxdb_users: Users) -> None:
    statement = "SET PASSWORD FOR \"{secret.username}\" = '{key}'"
    described = {**INFLUXDB, "set": {**INFLUXDB["set"], "form": {"q": statement}}}
    secret = lab.secret(UserTarget(influxdb_users, QUOTES, described))
    error = refused(secret, MalformedSecret, "influxql")
    assert error.field == "issuer.set.form.q"
    assert secret.target.accepts(secret.value())
