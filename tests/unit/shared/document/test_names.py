"""Advice about a field that a connection URL says: a field of its own, where that is a way."""

import json
import re

import pytest

from shared.document.form import names_of, read_text
from shared.document.value import load_value
from shared.errors import Misconfigured
from tests.unit.test_messages import FILES

URL = "postgres://app:old@db.test:6432/orders"
SHAPES = {
    "URL": json.dumps({"DATABASE_URL": URL, "rotation": {"urls": ["DATABASE_URL"]}}),
    "plain": URL,
    "null": json.dumps(
        {
            "DATABASE_URL": URL,
            "DB_HOST": None,
            "rotation": {"fields": {"host": "DB_HOST"}, "urls": ["DATABASE_URL"]},
        }
    ),
}
ADVICE = sorted(
    line.rpartition(": ")[2]
    for file in FILES.values()
    for line in file.read_text().splitlines()
    if re.search(r"'(host|port|dbname|tls_host)'", line)
)


def told(shape: str, do: str) -> str:
    names = names_of(read_text(load_value(SHAPES[shape]), of="the secret"))
    return Misconfigured("it is odd", do=do, field="host").rename_fields(names).do


@pytest.mark.parametrize("do", ADVICE)
def test_no_advice_has_a_server_written_into_an_applications_url(do: str) -> None:
    of_url, plain = told("URL", do), told("plain", do)
    for each in (of_url, plain):
        assert not re.search(r"\b(let|set|in) '(DATABASE_URL|SecretString)'(?! or in)", each)
    own_field = re.search(r"\b(let|set|in) '(host|port|dbname)'", do)
    assert ("a field '" in of_url) == bool(own_field)
    no_room = "a plain string has no room for a field: store a JSON object"
    asks_for_room = own_field or re.search(r"correct '(host|dbname)'|'tls_host'", do)
    assert (no_room in plain) == bool(asks_for_room)


@pytest.mark.parametrize(
    ("shape", "do", "expected"),
    [
        (
            "URL",
            "let 'host' name the server itself",
            "let a field 'host' beside 'DATABASE_URL' name the server itself",
        ),
        (
            "null",
            "let 'host' name the server itself",
            "let a field 'DB_HOST' beside 'DATABASE_URL' name the server itself",
        ),
        (
            "URL",
            "let 'host' and 'port' be the server's",
            "let a field 'host' and a field 'port' beside 'DATABASE_URL' be the server's",
        ),
        (
            "URL",
            "correct 'dbname', or add it",
            "correct 'dbname', in 'DATABASE_URL' or in a field of its own, or add it",
        ),
        ("URL", "correct 'username' in it", "correct 'DATABASE_URL' in it"),
        ("URL", "check 'host' and 'port'", "check 'DATABASE_URL'"),
        ("URL", "take 'host'@'%' away", "take 'host'@'%' away"),
    ],
)
def test_advice_is_told_by_the_names_of_the_secret(shape: str, do: str, expected: str) -> None:
    assert told(shape, do) == expected
