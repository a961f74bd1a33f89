"""Secrets of other shapes than AWS's functions have: rotated in place, and used as applications do.

The six are taken from docs/secrets.md.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import psycopg
import pymysql
import pytest
from psycopg.conninfo import make_conninfo

from local.bootstrap import ROOT
from local.processes.children import free_port
from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from shared.document.form import read_text, urls_of
from shared.document.value import load_value
from shared.errors import MalformedSecret, Rejected, TargetMismatch, Unreachable
from shared.protocol.event import Step
from shared.tls import verifying_context
from tests.engines import ALTERNATING, SINGLE, change_by_hand
from tests.lab import Lab, LabSecret

EVERY = ("postgres_server", "mariadb_server", "mysql_server")
PAGE = (ROOT / "docs" / "secrets.md").read_text()
SECTION = PAGE.partition("\n## Six shapes\n")[2].partition("\n### ")[0]
SHAPES = dict(
    zip(
        ("console", "cdk", "flat", "url", "settings", "plain"),
        re.findall(r"^```(?:json|text)\n(.*?)\n```$", SECTION, re.MULTILINE | re.DOTALL),
        strict=True,
    )
)
User = PostgresTarget | MySQLTarget


def database(server: Server) -> str:
    """One that every user may log in to."""
    return server.database if server.engine == "postgres" else "information_schema"


def shaped(name: str, target: User) -> str:
    """A shape of the page for this target."""
    server = target.server
    text: str = SHAPES[name]
    for written, real in {
        r"initial-password": str(target.document["password"]),
        r"\bapp\b": str(target.document["username"]),
        r"db\.example\.org": server.host,
        r"\b5432\b": str(server.port),
        r"\borders\b(?!-)": database(server),
    }.items():
        text = re.sub(written, real, text)
    if server.engine != "postgres":
        return re.sub(r"\bpostgres(ql)?\b", server.engine, text).replace("psycopg", "pymysql")
    return text


def store(secret: LabSecret, text: str) -> None:
    """Store the value, as a person would by hand."""
    secret.lab.client.put_secret_value(SecretId=secret.arn, SecretString=text)


def stored(secret: LabSecret) -> str:
    return str(secret.lab.client.get_secret_value(SecretId=secret.arn)["SecretString"])


def passwords(secret: LabSecret) -> set[str]:
    """Those of all versions."""
    listed = secret.lab.client.list_secret_version_ids(SecretId=secret.arn, IncludeDeprecated=True)
    ids = [version["VersionId"] for version in listed["Versions"]]
    read = [secret.lab.client.get_secret_value(SecretId=secret.arn, VersionId=each) for each in ids]
    return {str(as_read(each["SecretString"])["password"]) for each in read}


def as_read(text: str) -> Mapping[str, object]:
    return read_text(load_value(text), of="the secret")


def log_in_by(url: str, server: Server) -> None:
    """Log in as an application does, to the server itself where the URL has another address."""
    url = re.sub(r"pooler\.example\.org:6432", f"{server.host}:{server.port}", url)
    if server.engine == "postgres":
        url = url.replace("+psycopg", "").removeprefix("jdbc:")
        tls = {"sslmode": "verify-full", "sslrootcert": str(server.ca)}
        psycopg.connect(make_conninfo(url, **tls, channel_binding="disable")).close()
        return
    # Of the JDBC drivers, MariaDB's takes what stands there.
    decode = str if url.startswith("jdbc:mariadb:") else unquote
    parts = urlsplit(url.removeprefix("jdbc:"))
    options = dict(option.partition("=")[::2] for option in parts.query.split("&"))
    pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=decode(parts.username or options["user"]),
        password=decode(parts.password or options["password"]),
        database=unquote(parts.path.removeprefix("/")) or None,
        ssl=verifying_context(server.ca),
    ).close()


def assert_rotated(secret: LabSecret, before: str) -> None:
    """A new credential is in its places, works there, and nothing else has changed."""
    after, server = stored(secret), secret.target.server  # type: ignore[attr-defined]  # of databases
    old, new = as_read(before), as_read(after)
    assert old["password"] != new["password"]
    assert secret.target.accepts(new)
    for url in urls_of(new).values():
        log_in_by(url.text, server)
    text = before
    for name in ("password", "username"):
        text = text.replace(quote(str(old[name]), safe=""), quote(str(new[name]), safe=""))
    assert (json.loads(text) if text.startswith("{") else text) == (
        json.loads(after) if after.startswith("{") else after
    )


def rotate(secret: LabSecret, times: int = 3) -> None:
    for _ in range(times):
        before = stored(secret)
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert_rotated(secret, before)


def name() -> str:
    return f"shape_{uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_shape_of_the_page_is_rotated_three_times(
    lab: Lab, server: Server, shape: str, output: Callable[[], str]
) -> None:
    target = SINGLE[server.engine](server, name())
    secret = lab.secret(target)
    store(secret, shaped(shape, target))
    before = stored(secret)
    tested = secret.rotate(RotateImmediately=False)
    assert (tested.state, stored(secret)) == ("succeeded", before), tested.error
    rotate(secret)
    written = output()
    assert "step done" in written
    assert not [each for each in passwords(secret) if each in written]


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_person_may_change_the_shape(lab: Lab, server: Server) -> None:
    """The next rotation goes on, also from one that was given up in another shape."""
    target = SINGLE[server.engine](server, name())
    secret = lab.secret(target)
    for shape in ("plain", "settings", "console", "flat", "url"):
        target.document = {**target.document, **dict(as_read(stored(secret)))}
        store(secret, shaped(shape, target))
        rotate(secret, 1)
    event = secret.begin()
    secret.steps_before(event, Step.TEST)
    secret.abandon(event)
    assert not target.accepts(as_read(stored(secret)))
    target.document = {**target.document, **dict(as_read(stored(secret)))}
    store(secret, shaped("flat", target))
    rotate(secret, 1)


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_url_works_after_a_rotation_however_it_is_written(lab: Lab, server: Server) -> None:
    """With a user and passwords of all characters, in each place where they may stand."""
    target = SINGLE[server.engine](server, f"{name()} /@:é+", {"EXCLUDE_CHARACTERS": "~"})
    hard = "p/@:?#[]&=+ %é'\"\\~"
    change_by_hand(target, hard)
    target.document["password"] = hard
    user, password = (quote(str(target.document[n]), safe="") for n in ("username", "password"))
    place = f"{server.host}:{server.port}/{database(server)}"
    small = re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), user)
    scheme = "postgresql" if server.engine == "postgres" else server.engine
    written = {
        "PLAIN": f"{scheme}://{user}:{password}@{place}?connect_timeout=5",
        "LOWER": f"{scheme}://{small}:{password}@{place}",
        "SPLIT": f"{scheme}://{user}@{place}?connect_timeout=5&password={password}",
        "OPTIONS": f"{scheme}://{place}?user={user}&password={password}&connect_timeout=5",
    }
    secret = lab.secret(target)
    secret.store({**written, "rotation": {"urls": list(written)}})
    for _ in range(3):
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert secret.value().keys() == {*written, "rotation"}
        for each in written:
            log_in_by(secret.value()[each], server)


def test_a_url_that_could_not_hold_the_new_password_stops_createsecret(
    lab: Lab, mariadb_server: Server
) -> None:
    """Before anything is stored; then the secret asks for passwords that it can hold."""
    server = mariadb_server
    target = SINGLE[server.engine](server, name(), {"EXCLUDE_CHARACTERS": "-._~"})
    secret = lab.secret(target)
    place = f"{server.host}:{server.port}/{database(server)}"
    user, password = (target.document[each] for each in ("username", "password"))
    held = {"JDBC": f"jdbc:mariadb://{place}?user={user}&password={password}"}
    secret.store({**held, "rotation": {"urls": ["JDBC"]}})
    before = passwords(secret)
    event = secret.begin()
    with pytest.raises(MalformedSecret, match="EXCLUDE_CHARACTERS or") as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.field == "JDBC"
    secret.abandon(event)
    assert passwords(secret) == before
    wishes = {"urls": ["JDBC"], "exclude_characters": "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}"}
    secret.store({**held, "rotation": wishes})
    rotate(secret, 1)


def _url(login: Mapping[str, Any]) -> str:
    who = ":".join(quote(str(login[each]), safe="") for each in ("username", "password"))
    return f"{login['engine']}://{who}@{login['host']}:{login['port']}"


ADMINS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "fields": lambda admin: {
        "WHO": admin["username"],
        "WITH": admin["password"],
        "WHERE": admin["host"],
        "port": admin["port"],
        "rotation": {"fields": {"username": "WHO", "password": "WITH", "host": "WHERE"}},
    },
    "url": lambda admin: {"ADMIN_URL": _url(admin), "rotation": {"urls": ["ADMIN_URL"]}},
    "plain": _url,
}


def alternating(lab: Lab, server: Server, admin: str) -> LabSecret:
    """Two users whose secret is a URL beside the ARN of an admin's secret of this shape."""
    target = ALTERNATING[server.engine](server, name())
    secret = lab.secret(target)
    arn = secret.value()["masterarn"]
    shape = ADMINS[admin](json.loads(lab.client.get_secret_value(SecretId=arn)["SecretString"]))
    text = shape if isinstance(shape, str) else json.dumps(shape)
    lab.client.put_secret_value(SecretId=arn, SecretString=text)
    mapping = {"fields": {"masterarn": "ROTATED_BY"}, "urls": ["DATABASE_URL"]}
    url = f"{_url(target.document)}/{database(server)}?connect_timeout=5"
    secret.store({"DATABASE_URL": url, "ROTATED_BY": arn, "rotation": mapping})
    return secret


@pytest.mark.parametrize(
    ("server", "admin"),
    [
        *(("postgres_server", admin) for admin in ADMINS),
        ("mariadb_server", "plain"),
        ("mysql_server", "fields"),
    ],
    indirect=["server"],
)
def test_users_take_turns_in_a_url(lab: Lab, server: Server, admin: str) -> None:
    secret = alternating(lab, server, admin)
    tested = secret.rotate(RotateImmediately=False)
    assert tested.state == "succeeded", tested.error
    users = []
    for _ in range(3):
        before = as_read(stored(secret))
        rotate(secret, 1)
        assert secret.target.accepts(before)
        users.append(as_read(stored(secret))["username"])
    first = users[1]
    assert users == [f"{first}_clone", first, f"{first}_clone"]


def test_two_users_have_no_room_in_a_plain_string(lab: Lab, postgres_server: Server) -> None:
    target = ALTERNATING["postgres"](postgres_server, name())
    secret = lab.secret(target)
    store(secret, shaped("plain", target))
    event = secret.begin()
    with pytest.raises(MalformedSecret, match="store a JSON object, with the URL") as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.field == "masterarn"
    secret.abandon(event)


def test_a_drivers_error_has_the_names_of_its_secret(lab: Lab, postgres_server: Server) -> None:
    """Of the rotated secret's URL where that is at fault, and of the admin's where that is."""
    secret = alternating(lab, postgres_server, "fields")
    good, port = stored(secret), free_port()
    store(secret, good.replace(f":{postgres_server.port}/", f":{port}/"))
    event = secret.begin()
    with pytest.raises(TargetMismatch, match="or 'DATABASE_URL' in one of the secrets") as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.field == "ROTATED_BY"
    secret.abandon(event)
    arn = json.loads(good)["ROTATED_BY"]
    admin = lab.client.get_secret_value(SecretId=arn)["SecretString"]
    wrong = json.dumps({**json.loads(admin), "port": port})
    lab.client.put_secret_value(SecretId=arn, SecretString=wrong)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Unreachable, match="check 'DATABASE_URL', the port") as unanswered:
        secret.step(event, Step.SET)
    assert unanswered.value.field == "DATABASE_URL"
    secret.abandon(event)
    lab.client.put_secret_value(
        SecretId=arn,
        SecretString=admin.replace(json.loads(admin)["WITH"], "another"),
    )
    store(secret, good)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Rejected, match="for the admin's login") as rejected:
        secret.step(event, Step.SET)
    assert rejected.value.field == "ROTATED_BY"
    secret.abandon(event)
