"""`rotation` in secrets, and connection URLs: read, written and read again, or a typed error."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import quote, unquote_plus

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from local import template
from local.servers.certificates import Authority
from shared.aws.version import document_of
from shared.document.form import stored_of, urls_of
from shared.document.urls import Url, read_url
from shared.document.value import dump_document, load_value
from shared.protocol.contract import Backend
from shared.secret import Secret
from shared.strategies.database import DatabaseBackend
from tests.faults.fuzz.mutations import CANARY, as_text, edited, mutate
from tests.faults.fuzz.oracle import EXAMPLES, Tally, fuzz, no_connections
from tests.faults.fuzz.samples import ADMIN
from tests.fixtures.evidence import Evidence

URLS = (
    "{scheme}://app:{password}@127.0.0.1:1/orders?sslmode=require",
    "{scheme}+driver://app:{password}@db.test,[::1]:2/a%20b?a=b%23",
    "{scheme}://app@[::1]/?x&password={password}",
    "jdbc:{scheme}://db.test:1/orders?user=app&password={password}&ssl=true",
    "{scheme}://app@db.test",
)
SCHEMES = ("postgres", "postgresql", "mysql", "mariadb")
PASSWORDS = (CANARY, f"{CANARY}/@:é +%", f"{CANARY}~")
NEW = (("next user/", "next:p@ss %+é~"), ("next_user", "next.pass-~"))
# What messages may quote: the names of fields, and whose password it is.
SHOWN = frozenset({"host", "DB_HOST", "username", "DB_USER", "masterarn", "fields", "urls"})
FIELDS = {
    "username": "DB_USER",
    "password": "DB_PASSWORD",
    "host": "DB_HOST",
    "port": "DB_PORT",
    "dbname": "DB_NAME",
    "masterarn": "ADMIN",
}


def url(rng: Random) -> str:
    password = quote(rng.choice(PASSWORDS), safe="")
    return rng.choice(URLS).format(scheme=rng.choice(SCHEMES), password=password)


def secrets(rng: Random) -> Any:  # noqa: ANN401 - any JSON
    """A secret in one of the forms, with what else applications have in it."""
    password = rng.choice(PASSWORDS)
    flat: dict[str, Any] = {
        "DB_USER": "app",
        "DB_PASSWORD": password,
        "DB_HOST": "db.test",
        "DB_PORT": "5432",
        "DB_NAME": "orders",
        "ADMIN": ADMIN,
        "STRIPE_SECRET_KEY": f"sk_{CANARY}",
    }
    said = {name: field for name, field in FIELDS.items() if rng.random() < 0.8}
    scheme = rng.choice(SCHEMES)
    held = [each.format(scheme=scheme, password=quote(password, safe="")) for each in URLS]
    urls = dict(zip(("DATABASE_URL", "READ_URL", "OTHER_URL"), rng.sample(held, 3), strict=True))
    listed = [name for name in urls if rng.random() < 0.6]
    return rng.choice(
        (
            {**flat, "rotation": {"fields": dict(FIELDS)}},
            {**urls, "host": "db.test", "rotation": {"urls": listed}},
            {**flat, **urls, "rotation": {"fields": said, "urls": listed, "short_gap": True}},
            {"username": "app", **urls, **flat, "rotation": {"urls": listed, "fields": said}},
        )
    )


@pytest.fixture(scope="module")
def backends(authority: Authority) -> Mapping[str, Backend[Any]]:
    environment = {"TLS_CA_BUNDLE": str(authority.ca)}
    built = {name: template.handler(name).build(environment) for name in template.functions()}
    return {name: each for name, each in built.items() if isinstance(each, DatabaseBackend)}


def assert_rotates(backend: Backend[Any], text: str, new: tuple[str, str]) -> None:
    """The next login is read back from what is stored of it, and all else is as it was."""
    login = backend.parse(document_of({"SecretString": text}, of="the secret"))  # type: ignore[typeddict-item]
    assert dump_document(backend.render(login)) == dump_document(login.document)
    username, password = new
    written = dump_document(
        backend.render(replace(login, username=username, password=Secret(password)))
    )
    following = backend.parse(load_value(written))
    assert following == replace(
        login, username=username, password=Secret(password), document=following.document
    )
    before, after = (stored_of(each.document) for each in (login, following))
    assert list(before) == list(after)
    fields = {"username", "password"} | urls_of(login.document).keys()
    fields |= {FIELDS[name] for name in ("username", "password")}
    assert {n: v for n, v in before.items() if n not in fields} == {
        n: v for n, v in after.items() if n not in fields
    }
    for each in urls_of(following.document).values():
        assert_written(urls_of(login.document), each, new)


def assert_written(before: Mapping[str, Url], after: Url, new: tuple[str, str]) -> None:
    """It has the new credential alone, and as the parsers of drivers read it."""
    assert after.username in (None, new[0])
    assert after.password in (None, new[1])
    assert any(frame(after) == frame(each) for each in before.values())
    assert_read_alike(after)


def assert_read_alike(held: Url) -> None:
    """Every driver that reads it finds the user and the password that are read here."""
    for name, value in (*as_libpq_reads(held.text), *as_jdbc_reads(held.text)):
        assert value == {"user": held.username, "password": held.password}[name]


def frame(held: Url) -> list[str]:
    """A URL without its users and passwords: what stands before, between and behind them."""
    parts = sorted((*held.users, *held.passwords), key=lambda part: part.start)
    ends = [0, *(part.end for part in parts)]
    starts = [*(part.start for part in parts), len(held.text)]
    return [held.text[end:start] for end, start in zip(ends, starts, strict=True)]


def as_libpq_reads(text: str) -> Iterator[tuple[str, object]]:
    """The user and the password; nothing of a URL that is not for it, or that it refuses."""
    if text.startswith(("postgres://", "postgresql://")):
        try:
            parsed: dict[str, Any] = conninfo_to_dict(text)
        except (psycopg.ProgrammingError, UnicodeDecodeError):  # of an option, by psycopg itself
            return
        yield from ((name, parsed.get(name)) for name in ("user", "password"))


def as_jdbc_reads(text: str) -> Iterator[tuple[str, object]]:
    """The user and the password among the options, as the drivers that decode them do."""
    if text.startswith("jdbc:"):
        query = text.partition("?")[2]
        options = dict(option.partition("=")[::2] for option in query.split("&"))
        for name in {"user", "password"} & options.keys():
            yield name, unquote_plus(options[name])


def try_secret(backends: Mapping[str, Backend[Any]], rng: Random, tally: Tally) -> None:
    document = secrets(rng)
    if rng.random() < 0.3:
        name = rng.choice([name for name in document if name.endswith(("URL", "rotation"))])
        value = document[name]
        document[name] = edited(rng, value) if isinstance(value, str) else mutate(rng, value, SHOWN)
    elif rng.random() < 0.7:
        document = mutate(rng, document, SHOWN)
    text = as_text(rng, document) if rng.random() < 0.1 else json.dumps(document)
    if rng.random() < 0.1:
        text = edited(rng, url(rng)) if rng.random() < 0.5 else url(rng)
    backend, new = rng.choice(list(backends.values())), rng.choice(NEW)
    tally.attempt(lambda: assert_rotates(backend, text, new))


def try_url(rng: Random, tally: Tally) -> None:
    text = url(rng)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        text = edited(rng, text)
    new = rng.choice(NEW)

    def attempt() -> None:
        before = read_url(text, name="URL", of="the secret")
        assert_read_alike(before)
        assert before.with_login(before.username or "", before.password or "") == text
        after = read_url(before.with_login(*new), name="URL", of="the secret")
        assert_written({"URL": before}, after, new)
        assert (after.host, after.port, after.dbname) == (before.host, before.port, before.dbname)

    tally.attempt(attempt)


def test_ten_thousand_mappings(backends: Mapping[str, Backend[Any]], evidence: Evidence) -> None:
    with no_connections():
        tally = fuzz("forms", EXAMPLES, lambda rng, tally: try_secret(backends, rng, tally))
    tally.assert_varied(kinds=2, fields=30)
    evidence("fuzzing", "the secret's mapping and URLs", examples=EXAMPLES, **tally.figures)


def test_ten_thousand_urls(evidence: Evidence) -> None:
    tally = fuzz("urls", EXAMPLES, try_url)
    tally.assert_varied(kinds=1, fields=1)
    evidence("fuzzing", "a connection URL", examples=EXAMPLES, **tally.figures)
