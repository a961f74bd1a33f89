"""docs/issuers.md has every member, name, form and function of the language, and no other."""

import re

import pytest

from local.build.artifacts import ROOT
from rotators.http_api_key.description.escapes import ESCAPES
from rotators.http_api_key.description.expressions import compile_expression
from rotators.http_api_key.description.names import PLAIN, TIME_FORMS, UNITS
from rotators.http_api_key.description.places import DescriptionError
from rotators.http_api_key.description.reader import read_description
from tests.unit.rotators.http_api_key.description.samples import CHOSEN, GOOD, TURNS, changed

PAGE = (ROOT / "docs" / "issuers.md").read_text()
INSPECTED = changed(GOOD, "inspect", {"request": "GET /tokens/{id}"})
LOGIN = {"request": "POST /login", "read": {"token": "t"}}
REQUESTS = [
    *((GOOD, name) for name in ("issue", "list", "revoke", "probe")),
    *((TURNS, name) for name in ("replace", "list")),
    (CHOSEN, "set"),
    (INSPECTED, "inspect"),
    (changed(GOOD, "admin/login", LOGIN), "admin/login"),
]


def known(good: dict[str, object], path: str) -> set[str]:
    """What may stand beside a member that is not known."""
    with pytest.raises(DescriptionError) as caught:
        read_description(changed(good, path, 1), "issuer")
    _, _, names = caught.value.problem.partition("there are ")
    return set(names.split(", "))


def explained(number: int) -> set[str]:
    """The names in the first column of that table of members."""
    table = re.findall(r"^\| member \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)[number]
    rows = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_member_is_explained() -> None:
    assert explained(0) == known(GOOD, "surprise")


def test_every_member_of_a_request_is_explained() -> None:
    members = set().union(*(known(good, f"{path}/surprise") for good, path in REQUESTS))
    assert explained(1) == members


def test_every_name_and_form_is_explained() -> None:
    names = PAGE.partition("## Names in templates")[2].partition("\n## ")[0]
    for name in PLAIN:
        assert f"`{{{name}}}`" in names
    for form in (*TIME_FORMS[1:], *UNITS):
        assert f"<code>&#124;{form}</code>" in names
    table = PAGE.partition("| form | in |")[2].partition("\n\n")[0]
    assert set(ESCAPES) == set(re.findall(r"`([a-z]+)`", table))


def test_every_function_is_explained() -> None:
    for call in re.findall(r"`((?:base64_decode|parse_json)\(\w+\))`", PAGE):
        compile_expression(call, "the page")
    assert "`base64_decode(text)` and `parse_json(text)`" in PAGE
